import os
from pathlib import Path

import pytest

from model.errors import DataError
from model.footage.gf_layout import ClipFiles, find_clips


def plant(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def paths(root: Path) -> list[tuple[str, str, str]]:
    return [
        (clip.name, str(clip.metadata.relative_to(root)), str(clip.video.relative_to(root)))
        for clip in find_clips(root)
    ]


@pytest.mark.parametrize("folder", ["metadata", "metadata-detection"])
def test_two_folders(folder: str, tmp_path: Path) -> None:
    plant(tmp_path, f"{folder}/b.json", "video/b.mp4", f"{folder}/a.json", "video/a.mp4", "annotation.csv", "x.json")
    assert paths(tmp_path) == [("a", f"{folder}/a.json", "video/a.mp4"), ("b", f"{folder}/b.json", "video/b.mp4")]
    assert {clip.split for clip in find_clips(tmp_path)} == {tmp_path}


def test_raw_metadata_goes_before_what_was_made_of_it(tmp_path: Path) -> None:
    plant(tmp_path, "metadata-detection/a.json", "video/a.mp4")
    (tmp_path / "metadata").mkdir()
    assert paths(tmp_path)[0][1] == "metadata-detection/a.json", "an empty folder says nothing"
    plant(tmp_path, "metadata/a.json")
    assert paths(tmp_path)[0][1] == "metadata/a.json"


def test_flat(tmp_path: Path) -> None:
    plant(tmp_path, "a.json", "a.mp4", "ein Wald.json", "ein Wald.mp4", "alone.mp4", "deeper/c.json", "deeper/c.mp4")
    assert paths(tmp_path) == [("a", "a.json", "a.mp4"), ("ein Wald", "ein Wald.json", "ein Wald.mp4")]


@pytest.mark.parametrize("above", ["", "GF-Minecraft", "data/GF-Minecraft"])
def test_several_splits_below(above: str, tmp_path: Path) -> None:
    top = tmp_path / above
    plant(top / "data_2003", "metadata/s_1.json", "video/s_1.mp4", "metadata/s_2.json", "video/s_2.mp4")
    plant(top / "data_269", "metadata/s_3.json", "video/s_3.mp4", "annotation.csv")
    plant(top / "sample", "s_4.json", "s_4.mp4")
    plant(top, "__MACOSX/data_269/metadata/._s_3.json", ".cache/x.json", ".cache/x.mp4", "README.json")
    found = find_clips(tmp_path)
    assert [clip.name for clip in found] == ["s_1", "s_2", "s_3", "s_4"]
    assert [clip.split.name for clip in found] == ["data_2003", "data_2003", "data_269", "sample"]


def test_clips_of_one_name_in_two_splits_are_told_apart(tmp_path: Path) -> None:
    for split in ("data_2003", "data_269"):
        plant(tmp_path / "GF-Minecraft" / split, "metadata/s_1.json", "video/s_1.mp4")
    plant(tmp_path / "GF-Minecraft" / "data_269", "metadata/s_2.json")
    names = ["GF-Minecraft__data_2003__s_1", "GF-Minecraft__data_269__s_1", "s_2"]
    assert [clip.name for clip in find_clips(tmp_path)] == names
    assert [clip.name for clip in find_clips(tmp_path / "GF-Minecraft" / "data_269")] == ["s_1", "s_2"]


def test_metadata_without_videos_is_listed_where_it_can_be_nothing_else(tmp_path: Path) -> None:
    plant(tmp_path, "index.json", "r1-options.json", "r1.mp4")
    with pytest.raises(DataError, match="holds no clips; expected"):
        find_clips(tmp_path)
    plant(tmp_path, "metadata/a.json")
    metadata = tmp_path / "metadata" / "a.json"
    assert find_clips(tmp_path) == (ClipFiles("a", metadata, tmp_path / "video" / "a.mp4", tmp_path),)
    plant(tmp_path / "flat", "a.json", "b.json", "b.mp4")
    assert [clip.name for clip in find_clips(tmp_path / "flat")] == ["a", "b"]


@pytest.mark.parametrize("files", [("s.tar",), ("index.json", "shard-000000.tar"), ("index.json", "actions.f32")])
def test_tar_shards_are_to_be_imported_and_nothing_of_them_is_to_be_removed(
    files: tuple[str, ...], tmp_path: Path
) -> None:
    plant(tmp_path, *files)
    with pytest.raises(DataError, match=r"holds tar shards, .* `arvd-data import webdataset .* FOLDER`$"):
        find_clips(tmp_path)
    plant(tmp_path, "metadata/a.json", "video/a.mp4")
    assert [clip.name for clip in find_clips(tmp_path)] == ["a"], "clips beside a tar are clips"


def test_missing_and_empty(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder; give the folder that holds metadata/ and video/"):
        find_clips(tmp_path / "nowhere")
    plant(tmp_path, "a/b/c/d/metadata/too_deep.json", "a/b/c/d/video/too_deep.mp4", "x.mp4")
    with pytest.raises(DataError, match="holds no clips; expected"):
        find_clips(tmp_path)


@pytest.mark.parametrize("link", ["root/metadata/b.json", "root/video/a.mp4", "root/metadata", "root/video", "root/s"])
def test_links_that_lead_out_are_refused(link: str, tmp_path: Path) -> None:
    for root in ("root", "other"):
        plant(tmp_path / root, "metadata/a.json", "video/a.mp4", "metadata/b.json", "video/b.mp4")
    if link == "root/s":
        (tmp_path / "root" / "metadata").rename(tmp_path / "kept")
        (tmp_path / "root" / "s").symlink_to(tmp_path / "other")
    else:
        path = tmp_path / link
        path.rename(tmp_path / "kept")
        path.symlink_to(tmp_path / "other" / path.relative_to(tmp_path / "root"))
    with pytest.raises(DataError, match="leads out of"):
        find_clips(tmp_path / "root")


def test_links_within_and_links_in_a_circle(tmp_path: Path) -> None:
    plant(tmp_path, "store/clip.bin", "data/metadata/a.json", "data/video/b.mp4")
    (tmp_path / "data" / "video" / "a.mp4").symlink_to(tmp_path / "store" / "clip.bin")
    assert [clip.name for clip in find_clips(tmp_path)] == ["a"]
    plant(tmp_path / "round", "x")
    (tmp_path / "round" / "again").symlink_to(tmp_path / "round")
    with pytest.raises(DataError, match="holds no clips"):
        find_clips(tmp_path / "round")


@pytest.mark.parametrize("name", [b"a\nb", b"\xff", b"a\x1b[2J", b"a\\b"])
def test_names_that_no_terminal_shows_are_refused(name: bytes, tmp_path: Path) -> None:
    plant(tmp_path, "metadata/a.json")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/metadata/" + name + b".json")).touch()
    with pytest.raises(DataError, match="is no name of a file") as caught:
        find_clips(tmp_path)
    assert str(caught.value).isprintable()
