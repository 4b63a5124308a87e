import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from model.actions import KEYS
from model.errors import DataError
from model.footage.clip import Frames
from model.footage.seek import SeekableVideo
from model.footage.vpt import VPT
from tests.footage import make_frames, make_records, write_video
from tests.training.metrics.readers import turn_reader
from training.data.video_folder import VideoFolder
from training.data.vpt_writer import write_vpt
from training.inverse_dynamics import InverseDynamicsModel, TrainedOn, load_inverse_dynamics

FUZZ = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def make_model(fps: float = 16.0) -> InverseDynamicsModel:
    model = turn_reader()
    model.trained_on = TrainedOn(dataset="0" * 64, clips=1, frames=24, steps=1, fps=fps)
    return model


def walk(count: int = 20, seed: int = 0) -> Frames:
    """The shifting wall in twice its size."""
    return make_frames(make_records(count, seed), seed).repeat(2, 1).repeat(2, 2)


def turned(count: int = 20, seed: int = 0) -> np.ndarray:
    """What `make_model` reads off `walk`: two degrees a pixel of its own size."""
    return 2 * np.array([record["yaw_delta"] for record in make_records(count, seed)])


@pytest.fixture
def films(tmp_path: Path) -> Path:
    root = tmp_path / "films"
    (root / "more").mkdir(parents=True)
    for seed, name in enumerate(("a b.mp4", "more/c.mkv", "more/D.MOV")):
        write_video(root / name, walk(20 + seed, seed))
    (root / "readme.txt").write_text("no film")
    return root


def test_actions_of_plain_videos_are_read_from_the_pictures(films: Path) -> None:
    dataset = VideoFolder(films, make_model())
    assert dataset.names == ("a b", "more__D", "more__c") and dataset.frame_counts == (20, 22, 21)
    assert dataset.fps == 16.0 and dataset.size == (64, 96)
    for index, (count, seed) in enumerate([(20, 0), (22, 2), (21, 1)]):
        actions = dataset.actions(index)
        assert actions.dtype == np.float32 and not actions[0].any()
        np.testing.assert_allclose(actions[1:, -1], turned(count, seed)[1:], atol=1e-5)
        clip = dataset.read(index)
        assert np.abs(clip.frames.astype(float) - walk(count, seed)).mean() < 6 and clip.actions is actions
        path = dataset.video(index)
        assert path is not None and dataset.files(index) == (path,) and path.stem == clip.name.split("__")[-1]
    known = dataset.known(0)
    assert known[KEYS.index("left")] and known[-2:].all() and not known[KEYS.index("attack")]


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm", "avi", "mov"])
def test_every_container_is_read(ending: str, tmp_path: Path) -> None:
    plain = tmp_path / "plain.mp4"
    write_video(plain, walk())
    films = tmp_path / "films"
    films.mkdir()
    # the same H.264 whatever the container: WebM's own codecs take long to encode
    target = films / f"one.{ending}"
    if ending == "webm":
        write_video(films / "one.mkv", walk())
        (films / "one.mkv").rename(target)
    else:
        write_video(target, walk())
    dataset = VideoFolder(films, make_model())
    assert dataset.frame_counts == (20,)
    np.testing.assert_allclose(dataset.actions(0)[1:, -1], turned()[1:], atol=1e-5)


def test_of_faster_videos_frames_are_left_out(tmp_path: Path) -> None:
    write_video(tmp_path / "fast.mp4", walk().repeat(3, 0), fps=48)
    write_video(tmp_path / "slow.mp4", walk(), fps=16)
    dataset = VideoFolder(tmp_path, make_model())
    assert dataset.fps == 16 and dataset.frame_counts == (20, 20)
    np.testing.assert_allclose(dataset.actions(0), dataset.actions(1), atol=1e-5)
    assert dataset.video(0) is None and dataset.video(1) == tmp_path / "slow.mp4"
    assert np.abs(dataset.read(0).frames.astype(float) - walk()).mean() < 6


def test_slower_videos_are_refused(films: Path) -> None:
    with pytest.raises(DataError, match=r"a b\.mp4: has 16 frames/s, but its actions can only be read at 20"):
        VideoFolder(films, make_model(fps=20)).actions(0)


def test_actions_are_read_once(films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "read"
    before = sorted(films.rglob("*"))
    dataset = VideoFolder(films, make_model(), cache)
    expected = dataset.actions(0)
    assert dataset.actions(0) is expected
    assert [path.name for path in cache.iterdir()] == [f"{dataset.digest(0)}.actions.safetensors"]
    assert sorted(films.rglob("*")) == before

    def again(*_: Any) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("training.data.video_folder.infer_actions", again)
    assert VideoFolder(films, make_model(), cache).actions(0).tobytes() == expected.tobytes()
    with pytest.raises(AssertionError, match="read again"):
        VideoFolder(films, make_model(fps=15.9), cache).actions(0)  # another model
    with pytest.raises(AssertionError, match="read again"):
        VideoFolder(films, make_model()).actions(0)


@pytest.mark.parametrize("damage", ["torn", "empty", "other", "short", "nan", "wide"])
def test_damaged_caches_are_read_anew(damage: str, films: Path, tmp_path: Path) -> None:
    cache = tmp_path / "read"
    expected = VideoFolder(films, make_model(), cache).actions(0)
    (path,) = cache.iterdir()
    kept = path.read_bytes()
    if damage in ("torn", "empty"):
        path.write_bytes(kept[:-40] if damage == "torn" else b"")
    else:
        wrong = {
            "other": {"rows": expected},
            "short": {"actions": expected[:-1]},
            "nan": {"actions": expected * np.float32("nan")},
            "wide": {"actions": expected.astype(np.float64)},
        }[damage]
        save_file(wrong, path)
    assert VideoFolder(films, make_model(), cache).actions(0).tobytes() == expected.tobytes()
    assert path.read_bytes() == kept


def test_digest_follows_video_and_model(films: Path) -> None:
    first = VideoFolder(films, make_model()).digest(0)
    other = make_model()
    with torch.no_grad():
        other.key_head.bias[0] += 1
    write_video(films / "more" / "c.mkv", walk(20, 9))
    again = VideoFolder(films, make_model())
    assert first == again.digest(0) != again.digest(2) and len(first) == 64
    assert len({first, VideoFolder(films, other).digest(0), VideoFolder(films, make_model(15.9)).digest(0)}) == 3


def test_read_footage_goes_out_as_any_other(films: Path, tmp_path: Path) -> None:
    dataset = VideoFolder(films, make_model())
    write_vpt(dataset, tmp_path / "vpt")
    copy = VPT(tmp_path / "vpt")
    assert copy.names == dataset.names
    for index in range(3):
        assert copy.actions(index).tobytes() == dataset.actions(index).tobytes()


def test_videos_of_different_or_small_sizes_are_refused(films: Path) -> None:
    write_video(films / "z.mp4", walk()[:, :60])
    with pytest.raises(DataError, match=r"z\.mp4: is 96x60, other videos are 96x64; give videos of one size"):
        VideoFolder(films, make_model())
    shutil.rmtree(films / "more")
    (films / "a b.mp4").unlink()
    write_video(films / "z.mp4", walk()[:, :30])
    with pytest.raises(DataError, match=r"z\.mp4: is 96x30, smaller than the 48x32 from which"):
        VideoFolder(films, make_model())


def test_missing_and_empty_folders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        VideoFolder(tmp_path / "nowhere", make_model())
    with pytest.raises(DataError, match=r"holds no videos; expected files that end in \.mp4, \.mkv"):
        VideoFolder(tmp_path, make_model())


def test_what_is_no_video_is_named(films: Path) -> None:
    (films / "b.avi").write_bytes(b"no film at all" * 100)
    with pytest.raises(DataError, match=r"b\.avi: not a readable video"):
        VideoFolder(films, make_model())


@FUZZ
@given(place=st.floats(0, 1), noise=st.binary(min_size=1, max_size=16), whole=st.booleans())
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_any_damage_to_a_video_is_read_or_refused(
    ending: str, place: float, noise: bytes, whole: bool, tmp_path: Path
) -> None:
    path, kept = tmp_path / f"a.{ending}", tmp_path / "a.kept"
    if not kept.exists():
        write_video(path, walk())
        kept.write_bytes(path.read_bytes())
    original = kept.read_bytes()
    start = int(place * (len(original) - 1))
    path.write_bytes(original[:start] + noise + (original[start + len(noise) :] if whole else b""))
    try:
        dataset = VideoFolder(tmp_path, make_model())
        clip = dataset.read(0)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert len(clip) == dataset.frame_counts[0] and np.isfinite(clip.actions).all()


def test_a_frame_that_does_not_decode_is_named(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decode = SeekableVideo.frames_from
    monkeypatch.setattr(
        SeekableVideo,
        "frames_from",
        lambda video, at: (found for found in decode(video, at) if found[0] not in (7, 19)),
    )
    with pytest.raises(DataError, match=r"a b\.mp4: frame 7 does not decode; encode the video again or remove it"):
        VideoFolder(films, make_model()).actions(0)
    monkeypatch.setattr("training.data.video_folder.shown_frames", lambda seconds, fps, path: np.arange(0, 20, 2))
    assert len(VideoFolder(films, make_model()).actions(0)) == 10  # none of the others is missed


def test_the_model_that_comes_with_arvd_reads_videos_at_its_own_rate(films: Path) -> None:
    model = load_inverse_dynamics(Path(str(resources.files("assets"))) / "inverse-dynamics" / "luanti.safetensors")
    dataset = VideoFolder(films, model)
    assert dataset.fps == 16.0 and dataset.known(0).sum() == 9
    yaw = dataset.actions(0)[1:, -1]
    assert np.corrcoef(yaw, turned()[1:])[0, 1] > 0.9  # a wall is no world, but it turns like one
