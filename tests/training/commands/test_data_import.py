"""Footage goes out in every format and comes back: actions to the bit, frames to the codec."""

import json
import shutil
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from model.actions import KEYS
from model.footage.folder import open_dataset
from model.footage.gf_minecraft import GFMinecraft
from tests.footage import make_frames, make_records, write_clip, write_hops, write_metadata, write_video
from training.commands.data import main
from training.data.formats import FORMATS
from training.data.gf_writer import write_gf_minecraft
from training.data.shifted import ShiftedDataset


@pytest.mark.parametrize("format_", [name for name, kind in FORMATS.items() if kind.read and kind.write])
def test_every_format_there_and_back(
    format_: str, shared_footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, back = tmp_path / "out", tmp_path / "back"
    assert main(["export", format_, str(shared_footage), str(out)]) == 0
    assert f"3 clips, 75 frames as {format_}" in capsys.readouterr().out
    assert main(["import", format_, str(out), str(back)]) == 0
    before, after = GFMinecraft(shared_footage), GFMinecraft(back)
    assert after.names == before.names and after.fps == before.fps and after.size == before.size
    for k in range(3):
        assert after.actions(k).tobytes() == before.actions(k).tobytes()
        # in grey, since some formats keep colour at half the size and this footage is all colour
        frames, source = (dataset.read(k).frames.mean(-1) for dataset in (after, before))
        assert np.abs(frames - source).mean() < 9 < np.abs(frames[:-1] - source[1:]).mean()
    assert main(["import", format_, str(out), str(back)]) == 0  # again: nothing left to do


def test_misaligned_clips_are_refused_and_a_shift_puts_them_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(2):
        write_clip(tmp_path / "good", f"clip{seed}", 200, seed)
    write_gf_minecraft(ShiftedDataset(GFMinecraft(tmp_path / "good"), -1), tmp_path / "early")
    command = ["import", "gf-minecraft", str(tmp_path / "early")]
    assert main([*command, str(tmp_path / "no")]) == 1
    said = capsys.readouterr().err
    assert "refused: clip0: " in said and "--shift 1" in said and "nothing was imported" in said
    assert not (tmp_path / "no").exists()
    assert main([*command, str(tmp_path / "yes"), "--shift", "1"]) == 0
    right, again = GFMinecraft(tmp_path / "good"), GFMinecraft(tmp_path / "yes")
    np.testing.assert_array_equal(right.actions(0)[2:], again.actions(0)[2:])


def test_one_misaligned_clip_among_good_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_clip(tmp_path / "all", "good", 200, 0)
    write_clip(tmp_path / "other", "late", 200, 1)
    write_gf_minecraft(ShiftedDataset(GFMinecraft(tmp_path / "other"), 1), tmp_path / "late")
    for part in ("video", "metadata"):
        for path in (tmp_path / "late" / part).iterdir():
            shutil.copy(path, tmp_path / "all" / part)
    assert main(["import", "gf-minecraft", str(tmp_path / "all"), str(tmp_path / "out")]) == 1
    assert GFMinecraft(tmp_path / "out").names == ("good",) and "refused: late: " in capsys.readouterr().err


def test_import_resizes(shared_footage: Path, tmp_path: Path) -> None:
    assert main(["import", "gf-minecraft", str(shared_footage), str(tmp_path / "out"), "--size", "24x16"]) == 0
    assert GFMinecraft(tmp_path / "out").size == (16, 24)


@pytest.mark.parametrize("size", [[], ["--size", "24x16"]])
@pytest.mark.parametrize("remote", [False, True])
def test_jumps_that_did_nothing_are_dropped_while_that_can_be_told(
    remote: bool, size: list[str], hub: Path, tmp_path: Path
) -> None:
    effective, out = write_hops(hub), tmp_path / "out"
    source = "hf://datasets/someone/walks" if remote else str(hub)
    assert main(["import", "gf-minecraft", source, str(out), *size]) == 0
    jump = KEYS.index("jump")
    assert GFMinecraft(out).actions(0)[:, jump].tolist() == effective
    assert GFMinecraft(out, effective_jumps=True).actions(0)[:, jump].tolist() == effective
    assert sum(GFMinecraft(hub).actions(0)[:, jump]) == 3 * sum(effective)


def test_jumps_beside_the_wrong_frames_stay_as_they_were_pressed(tmp_path: Path) -> None:
    root, path = tmp_path / "gf", tmp_path / "gf" / "metadata" / "hops.json"
    write_hops(root)
    pressed = GFMinecraft(root).actions(0)
    records = list(json.loads(path.read_text())["actions"].values())
    early = [after | {"pos": record["pos"]} for record, after in pairwise(records)]
    write_metadata(path, [*early, records[-1]])
    assert main(["import", "gf-minecraft", str(root), str(tmp_path / "out"), "--shift", "1"]) == 0
    np.testing.assert_array_equal(GFMinecraft(tmp_path / "out").actions(0)[2:], pressed[2:])


def test_import_unpacks_what_was_downloaded(shared_footage: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        for path in sorted(shared_footage.rglob("*.*")):
            archive.write(path, Path("data_2003") / path.relative_to(shared_footage))
    data = whole.read_bytes()
    folder = tmp_path / "down" / "data_2003"
    folder.mkdir(parents=True)
    for name, part in (("part_aa", data[:5000]), ("part_ab", data[5000:])):
        (folder / name).write_bytes(part)
    assert main(["import", "gf-minecraft", str(tmp_path / "down"), str(tmp_path / "out")]) == 0
    assert GFMinecraft(tmp_path / "out").frame_counts == (24, 31, 20)


def test_plain_videos_get_actions(tmp_path: Path, reader: Path) -> None:
    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "walk.mp4", make_frames(make_records(40, 0), 0))
    command = ["import", "videos", str(tmp_path / "videos"), str(tmp_path / "out"), "--idm", str(reader)]
    assert main(command) == 0
    dataset = GFMinecraft(tmp_path / "out")
    assert dataset.frame_counts == (40,) and not dataset.known(0).all()


def test_only_tagged_clips_go_out(shared_footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "footage"
    shutil.copytree(shared_footage, root)
    (root / "arvd-edits.toml").write_text('format = 1\n[clips.b]\nfirst = 5\nlast = 20\ntags = ["good"]\n')
    assert main(["export", "gf-minecraft", str(root), str(tmp_path / "out"), "--tags", "good"]) == 0
    out = open_dataset(tmp_path / "out")
    assert out.names == ("b",) and out.frame_counts == (16,) and out.details(0).tags == ("good",)
    assert main(["export", "gf-minecraft", str(root), str(tmp_path / "no"), "--tags", "bad"]) == 2
    assert "no clip is tagged bad" in capsys.readouterr().err


def test_a_cache_goes_out_as_lmdb_and_comes_back(
    shared_footage: Path, tiny_world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache, out, back = (tmp_path / name for name in ("cache", "out", "back"))
    assert main(["encode", str(shared_footage), "--world", str(tiny_world), "--out", str(cache)]) == 0
    assert main(["export", "matrix-game", str(cache), str(out)]) == 0
    assert main(["import", "matrix-game", str(out), str(back)]) == 0
    assert {path.name: path.read_bytes() for path in cache.glob("*.safetensors")} == {
        path.name: path.read_bytes() for path in back.glob("*.safetensors")
    }
    assert main(["import", "matrix-game", str(out), str(back), "--size", "24x16"]) == 2
    assert "leave it out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import", "gf-minecraft", "nowhere", "out"], "nowhere"),
        (["import", "vpt", ".", "out"], "holds no"),
        (["export", "vpt", "nowhere", "out"], "no such folder"),
        (["export", "matrix-game", "nowhere", "out"], "no latent cache"),
        (["import", "gf-minecraft", "gopher://x", "out"], "no such address"),
    ],
)
def test_bad_input_is_one_line_and_2(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and said in err and err.count("\n") == 1


@pytest.mark.parametrize("words", [["import", "gif", "a", "b"], ["import", "vpt", "a"], ["export", "videos", "a", "b"]])
def test_wrong_usage_leaves_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2 and "usage: arvd-data" in capsys.readouterr().err
