import copy
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.actions import KEYS, Action
from model.errors import DataError
from model.footage.clip import Prompt
from model.footage.gf_minecraft import GFMinecraft
from model.footage.video import VideoHead
from tests.footage import make_frames, make_records, write_clip, write_metadata, write_video

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def edit(root: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Change the metadata of clip `a` in place."""
    path = root / "metadata" / "a.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    return path


def read_record(tmp_path: Path, **fields: object) -> Action:
    """What the reader makes of one record."""
    records: list[dict[str, Any]] = [
        {"ws": 0, "ad": 0, "scs": 0, "pitch_delta": 0.0, "yaw_delta": 0.0, **changed} for changed in ({}, fields)
    ]
    write_metadata(tmp_path / "one.json", records)
    write_video(tmp_path / "one.mp4", make_frames(records, 0))
    return Action.from_vector(GFMinecraft(tmp_path).actions(0)[1])


def test_two_folders_and_flat_layout_read_alike(tmp_path: Path) -> None:
    write_clip(tmp_path / "folders", "a", 12)
    write_clip(tmp_path / "flat", "a", 12, flat=True)
    one, two = GFMinecraft(tmp_path / "folders"), GFMinecraft(tmp_path / "flat")
    assert one.names == two.names == ("a",) and one.frame_counts == two.frame_counts == (12,)
    assert one.size == two.size == (32, 48) and one.fps == two.fps == 16.0
    np.testing.assert_array_equal(one.read(0).frames, two.read(0).frames)
    np.testing.assert_array_equal(one.actions(0), two.actions(0))
    assert one.digest(0) == two.digest(0)


def test_post_processed_metadata_folder_is_read(footage: Path) -> None:
    (footage / "metadata").rename(footage / "metadata-detection")
    assert GFMinecraft(footage).names == ("a", "b")


def test_pictures_and_actions_pair_up(footage: Path) -> None:
    clip = GFMinecraft(footage).read(0)
    expected = make_frames(make_records(12, 0), 0)
    assert clip.frames.shape == (12, 32, 48, 3) and clip.frames.dtype == np.uint8 and len(clip) == 12
    assert np.abs(clip.frames.astype(float) - expected).mean() < 6  # H.264 leaves a little noise


@pytest.mark.parametrize(
    ("fields", "action"),
    [
        ({"ws": 1}, Action(forward=True)),
        ({"ws": 2, "ad": 1}, Action(back=True, left=True)),
        ({"ad": 2, "scs": 1}, Action(right=True, jump=True)),
        ({"scs": 2}, Action(sneak=True)),
        ({"scs": 3}, Action(sprint=True)),
        ({"scs": 1, "keys": ["jump", "sprint", "attack"]}, Action(jump=True, sprint=True, attack=True)),
        ({"pitch_delta": 0.2, "yaw_delta": -0.4}, Action(pitch=3.0, yaw=-6.0)),
        ({"yaw_delta": 1}, Action(yaw=15.0)),
        ({"collision": 1, "pos": [1, 2, 3]}, Action()),
    ],
)
def test_records_become_actions(fields: dict[str, object], action: Action, tmp_path: Path) -> None:
    read = read_record(tmp_path, **fields)
    assert all(getattr(read, key) == getattr(action, key) for key in KEYS)
    assert read.pitch == pytest.approx(action.pitch, abs=1e-5)
    assert read.yaw == pytest.approx(action.yaw, abs=1e-5)


def test_entry_0_is_neutral_whatever_it_says(footage: Path) -> None:
    edit(footage, lambda document: document["actions"]["0"].update(ws=1, yaw_delta=3.0))
    actions = GFMinecraft(footage).actions(0)
    assert actions.dtype == np.float32 and not actions[0].any() and actions[1:].any()


def test_digest_follows_video_and_metadata(footage: Path) -> None:
    before = GFMinecraft(footage)
    edit(footage, lambda document: document.update(biome="desert"))
    write_video(footage / "video" / "b.mp4", make_frames(make_records(12, 9), 9))
    after = GFMinecraft(footage)
    assert before.digest(0) != GFMinecraft(footage).digest(1) != after.digest(0)
    assert len(before.digest(0)) == 64


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("actions"), 'has no table "actions"'),
        (lambda d: d.update(actions=[]), 'has no table "actions"'),
        (lambda d: d.update(actions={}), 'has no table "actions"'),
        (lambda d: d["actions"].update(x=d["actions"].pop("3")), 'lacks action "3" of 12'),
        (lambda d: d["actions"].pop("11"), "the video has 12 frames but the metadata 11 actions"),
        (lambda d: d["actions"].update({"3": None}), 'action "3" is not a table'),
        (lambda d: d["actions"]["3"].pop("ws"), "action \"3\" lacks or garbles 'ws'"),
        (lambda d: d["actions"]["3"].update(ws=7), 'action "3" lacks or garbles 7'),
        (lambda d: d["actions"]["3"].update(ad=[1]), 'action "3" lacks or garbles'),
        (lambda d: d["actions"]["3"].update(scs="1"), 'action "3" lacks or garbles'),
        (lambda d: d["actions"]["3"].update(keys=["forward", "fly"]), r"unknown keys \['fly'\]"),
        (lambda d: d["actions"]["3"].update(keys=None), 'action "3" lacks or garbles'),
        (lambda d: d["actions"]["3"].update(keys=[["jump"]]), 'action "3" lacks or garbles'),
        (lambda d: d["actions"]["3"].update(keys="jump"), "unknown keys"),
        (lambda d: d["actions"]["3"].update(yaw_delta=math.nan), "NaN is no number"),
        (lambda d: d["actions"]["3"].update(pitch_delta=-math.inf), "-Infinity is no number"),
        (lambda d: d["actions"]["3"].update(yaw_delta=90), "give deltas in units of 15 degrees"),
        (lambda d: d["actions"]["3"].update(yaw_delta="0.1"), "'0.1', not a number"),
        (lambda d: d["actions"]["3"].update(yaw_delta=True), "True, not a number"),
        (lambda d: d["actions"]["3"].update(yaw_delta=[0.1]), "not a number"),
        (lambda d: d["actions"]["3"].update(yaw_delta=10**400), 'action "3" lacks or garbles'),
    ],
)
def test_garbled_metadata_is_one_clear_sentence(
    change: Callable[[dict[str, Any]], object], message: str, footage: Path
) -> None:
    edit(footage, change)
    with pytest.raises(DataError, match=message) as caught:
        GFMinecraft(footage)
    assert "\n" not in str(caught.value) and ";" in str(caught.value) and "a" in str(caught.value)


def test_a_number_too_large_for_a_float_is_absurd(footage: Path) -> None:
    path = footage / "metadata" / "a.json"
    path.write_text(path.read_text().replace('"yaw_delta": ', '"yaw_delta": 1e999, "was": ', 1))
    with pytest.raises(DataError, match=r'action "0" turns the camera by .*inf'):
        GFMinecraft(footage)


@pytest.mark.parametrize("text", [b"", b'{"actions": {"0"', b"\xff\xfe\x00", b"[" * 100_000, b"[]", b"null"])
def test_torn_json_is_a_data_error(text: bytes, footage: Path) -> None:
    path = footage / "metadata" / "a.json"
    path.write_bytes(text)
    with pytest.raises(DataError, match=str(path)):
        GFMinecraft(footage)


def test_oversized_json_is_refused_unread(footage: Path) -> None:
    os.truncate(footage / "metadata" / "a.json", 65 << 20)
    with pytest.raises(DataError, match="is 65 MiB, larger than the 64 MiB any clip needs"):
        GFMinecraft(footage)


def test_missing_folder_and_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder; give the folder that holds metadata/ and video/"):
        GFMinecraft(tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds no clips; expected"):
        GFMinecraft(tmp_path)


def test_missing_video(footage: Path) -> None:
    (footage / "video" / "b.mp4").unlink()
    with pytest.raises(DataError, match=r"b\.mp4: the video is missing; restore it or remove b\.json"):
        GFMinecraft(footage)


def test_video_that_vanishes_later(footage: Path) -> None:
    dataset = GFMinecraft(footage)
    (footage / "video" / "b.mp4").unlink()
    with pytest.raises(DataError, match="the video is missing"):
        dataset.read(1)


@pytest.mark.parametrize("data", [b"", b"no video at all" * 100])
def test_unreadable_video(data: bytes, footage: Path) -> None:
    (footage / "video" / "b.mp4").write_bytes(data)
    with pytest.raises(DataError, match=r"b\.mp4: not a readable video"):
        GFMinecraft(footage)


def test_truncated_video(footage: Path) -> None:
    path = footage / "video" / "b.mp4"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=r"b"):
        GFMinecraft(footage).read(1)


def test_video_of_another_length_than_its_head_says(footage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.footage.gf_minecraft.read_head", lambda _: VideoHead(32, 48, 16.0, 0))
    write_video(footage / "video" / "b.mp4", make_frames(make_records(9, 1), 1))
    with pytest.raises(DataError, match="b: the video has 9 frames but the metadata 12 actions"):
        GFMinecraft(footage).read(1)
    write_video(footage / "video" / "b.mp4", make_frames(make_records(40, 1), 1))
    with pytest.raises(DataError, match=r"b\.mp4: holds more than the 12 frames expected"):
        GFMinecraft(footage).read(1)


def test_clips_of_another_size_or_rate_are_refused(footage: Path) -> None:
    frames = make_frames(make_records(12, 1), 1)
    write_video(footage / "video" / "b.mp4", frames, fps=20)
    with pytest.raises(DataError, match="is 48x32 at 20 frames/s, other clips are 48x32 at 16"):
        GFMinecraft(footage)
    write_video(footage / "video" / "b.mp4", frames[:, :16])
    with pytest.raises(DataError, match="is 48x16 at 16 frames/s"):
        GFMinecraft(footage)


def test_a_playlist_named_mp4_reaches_no_other_file(footage: Path) -> None:
    target = footage / "video" / "a.mp4"
    lists = [
        f"ffconcat version 1.0\nfile {target}\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/{target.name}\n#EXT-X-ENDLIST\n",
    ]
    for text in lists:
        (footage / "video" / "b.mp4").write_text(text)
        with pytest.raises(DataError, match=r"b\.mp4"):
            GFMinecraft(footage)


def test_a_name_that_looks_like_a_url_is_only_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path, "real", 8, flat=True)
    for ending in ("json", "mp4"):
        (tmp_path / f"real.{ending}").rename(tmp_path / f"concat:x|y.{ending}")
    monkeypatch.chdir(tmp_path)
    assert len(GFMinecraft(Path()).read(0)) == 8


def test_hidden_files_and_folders_named_json_are_passed_over(footage: Path) -> None:
    (footage / "metadata" / ".trash.json").write_text("torn")
    (footage / "metadata" / "folder.json").mkdir()
    assert GFMinecraft(footage).names == ("a", "b")


def test_a_video_that_is_a_folder_is_missing(footage: Path) -> None:
    (footage / "video" / "b.mp4").unlink()
    (footage / "video" / "b.mp4").mkdir()
    with pytest.raises(DataError, match="the video is missing"):
        GFMinecraft(footage)


def test_some_clips_of_many(shared_footage: Path) -> None:
    assert GFMinecraft(shared_footage, {"c", "a"}).names == ("a", "c")
    with pytest.raises(DataError, match="holds none of the clips asked for"):
        GFMinecraft(shared_footage, {"d"})


def test_splits_below_one_root_are_one_dataset(tmp_path: Path) -> None:
    write_clip(tmp_path / "GF-Minecraft" / "data_2003", "seed_1_part_0", 8, 1)
    write_clip(tmp_path / "GF-Minecraft" / "data_269", "seed_2_part_0", 9, 2)
    write_clip(tmp_path / "GF-Minecraft" / "sample 10", "seed_3_part_0", 10, 3, flat=True)
    dataset = GFMinecraft(tmp_path)
    assert dataset.names == ("seed_1_part_0", "seed_2_part_0", "seed_3_part_0")
    assert dataset.frame_counts == (8, 9, 10) and [len(dataset.read(i)) for i in range(3)] == [8, 9, 10]
    assert [path.name for path in dataset.files(2)] == ["seed_3_part_0.json", "seed_3_part_0.mp4"]
    assert dataset.video(2) == dataset.files(2)[1]


def test_what_a_clip_does_not_record_is_masked(footage: Path) -> None:
    edit(footage, lambda document: [record.update(yaw_delta=0.0) for record in document["actions"].values()])
    keyboard_only, both = (GFMinecraft(footage).read(index).known for index in (0, 1))
    assert keyboard_only.tolist() == [True] * 7 + [False] * 4
    assert both.tolist() == [True] * 7 + [False, False, True, True]


def test_details_and_prompts_of_each_split(tmp_path: Path) -> None:
    for split, text in (("one", "Ein Hügel, am Morgen."), ("two", "Sand.")):
        write_clip(tmp_path / split, f"{split}_part_0", 8)
        rows = f'Original video name,Start frame index,End frame index,Prompt\n{split}_part,2,8,"{text}"\n'
        (tmp_path / split / "annotation.csv").write_text(rows, "utf-8")
    dataset = GFMinecraft(tmp_path)
    assert dataset.details(0).biome == "plains" and dataset.details(0).weather == ""
    assert dataset.details(0).prompts == (Prompt(2, 8, "Ein Hügel, am Morgen."),)
    assert dataset.details(1).prompt(0, 4) == "Sand." and dataset.details(1).prompt(0, 2) == ""
    (tmp_path / "one" / "annotation.csv").write_text("torn")
    torn = GFMinecraft(tmp_path)
    assert torn.details(1).prompts and len(torn.read(0)) == 8
    with pytest.raises(DataError, match=r"annotation\.csv: its first line is no header"):
        torn.details(0)


def test_annotations_that_lead_out_are_refused(footage: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text("")
    (footage / "annotation.csv").symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(DataError, match="leads out of"):
        GFMinecraft(footage).details(0)


HOPS = [(0, 70.0), (1, 70.5), (1, 70.75), (1, 70.5), (0, 70.5), (1, 70.5)]  # scs, height; only frame 1 is a jump


def hop(root: Path, **every: object) -> GFMinecraft:
    records = [{**NEUTRAL, "scs": scs, "pos": [0, height, 0], **every} for scs, height in HOPS]
    root.mkdir()
    write_metadata(root / "a.json", records)
    write_video(root / "a.mp4", make_frames(records, 0))
    return GFMinecraft(root, effective_jumps=True)


NEUTRAL: dict[str, Any] = {"ws": 0, "ad": 0, "scs": 0, "pitch_delta": 0.0, "yaw_delta": 0.0}


def test_effective_jumps_are_asked_for_and_make_another_clip(tmp_path: Path) -> None:
    effective, raw = hop(tmp_path / "gf"), GFMinecraft(tmp_path / "gf")
    assert raw.actions(0)[:, 4].tolist() == [0, 1, 1, 1, 0, 1]
    assert effective.actions(0)[:, 4].tolist() == [0, 1, 0, 0, 0, 0]
    assert effective.digest(0) != raw.digest(0), "or a cache of one would be taken for the other"
    for dataset in (effective, raw):
        found = dataset.detection(0)
        assert found is not None and found.jump_invalid.tolist() == [False, False, True, True, False, True]


def test_recordings_of_arvd_and_clips_without_places_keep_their_jumps(tmp_path: Path) -> None:
    ours = hop(tmp_path / "ours", keys=["jump"])
    assert ours.actions(0)[:, 4].tolist() == [0, 1, 1, 1, 1, 1] and ours.detection(0) is not None
    nowhere = hop(tmp_path / "nowhere", pos=None)
    assert nowhere.actions(0)[:, 4].tolist() == [0, 1, 1, 1, 0, 1] and nowhere.detection(0) is None
    for root, dataset in (("ours", ours), ("nowhere", nowhere)):
        assert dataset.digest(0) == GFMinecraft(tmp_path / root).digest(0)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@FUZZ
@given(
    field=st.sampled_from(["ws", "ad", "scs", "pitch_delta", "yaw_delta", "keys", "pos"]),
    value=JSON_VALUES,
    whole=st.booleans(),
)
def test_any_value_in_a_record_is_read_or_a_data_error(
    field: str, value: object, whole: bool, fuzzed: tuple[Path, bytes]
) -> None:
    root, original = fuzzed
    document = copy.deepcopy(json.loads(original))
    document["actions"]["3"] = value if whole else document["actions"]["3"] | {field: value}
    open_or_refuse(root, json.dumps(document).encode())


@FUZZ
@given(data=st.data())
def test_any_damage_to_the_bytes_is_read_or_a_data_error(data: st.DataObject, fuzzed: tuple[Path, bytes]) -> None:
    root, original = fuzzed
    place = data.draw(st.integers(0, len(original)))
    cut = place + data.draw(st.integers(0, 20))
    open_or_refuse(root, original[:place] + data.draw(st.binary(max_size=6)) + original[cut:])


@settings(FUZZ, max_examples=25)
@given(place=st.floats(0, 1), noise=st.binary(min_size=1, max_size=16))
def test_any_damage_to_a_video_is_read_or_a_data_error(place: float, noise: bytes, footage: Path) -> None:
    path = footage / "video" / "a.mp4"
    original = path.read_bytes()
    start = int(place * (len(original) - 1))
    path.write_bytes((original[:start] + noise + original[start + len(noise) :])[: len(original)])
    try:
        GFMinecraft(footage).read(0)
    except DataError as error:
        assert "\n" not in str(error)
    finally:
        path.write_bytes(original)


@pytest.fixture
def fuzzed(footage: Path) -> tuple[Path, bytes]:
    return footage, (footage / "metadata" / "a.json").read_bytes()


def open_or_refuse(root: Path, metadata: bytes) -> None:
    (root / "metadata" / "a.json").write_bytes(metadata)
    try:
        dataset = GFMinecraft(root)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(dataset.actions(0)).all()
