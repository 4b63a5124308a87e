import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.errors import DataError, RunError
from model.footage.gf_minecraft import GFMinecraft
from training.data.gf_archive import Archive, find_archives, unpack

from .archives import footage_files, split, zipped


def listing(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    return footage_files(tmp_path, ["seed_1_part_0", "ein Wald ä"])


@pytest.mark.parametrize("above", ["", "data_2003", "GF-Minecraft/data_2003"])
def test_parts_are_unpacked_as_one_archive(above: str, files: dict[str, bytes], tmp_path: Path) -> None:
    parts = split(zipped(files, above), tmp_path / "GF-Minecraft" / "data_2003", 6)
    for path in (tmp_path / "GF-Minecraft", tmp_path, parts[0].parent, parts[3]):
        assert find_archives(path) == (Archive("data_2003", tuple(parts)),)
    before = listing(tmp_path / "GF-Minecraft")
    done: list[None] = []
    root = unpack(find_archives(tmp_path)[0], tmp_path / "out", lambda: done.append(None))
    assert root == tmp_path / "out" / "data_2003" and listing(root) == files and len(done) == len(files)
    assert listing(tmp_path / "GF-Minecraft") == before, "nothing is written beside the parts"
    dataset = GFMinecraft(tmp_path / "out")
    assert dataset.names == ("ein Wald ä", "seed_1_part_0") and len(dataset.read(1)) == 6


def test_what_is_downloaded_becomes_one_dataset(tmp_path: Path) -> None:
    names = {"data_2003": "a", "data_269": "b", "sample-10": "c"}
    made = {archive: footage_files(tmp_path / archive, [name], flat=name == "c") for archive, name in names.items()}
    source = tmp_path / "hub" / "GF-Minecraft"
    split(zipped(made["data_2003"], "data_2003"), source / "data_2003", 2)
    for name in ("data_269", "sample-10"):
        (source / f"{name}.zip").write_bytes(zipped(made[name], name, packed=zipfile.ZIP_STORED))
    (source / "data_269.zip.lock").touch()
    archives = find_archives(tmp_path / "hub")
    assert [archive.name for archive in archives] == ["data_2003", "data_269", "sample-10"]
    for archive in archives:
        unpack(archive, tmp_path / "out")
    assert GFMinecraft(tmp_path / "out").names == ("a", "b", "c")
    assert find_archives(source / "sample-10.zip")[0].name == "sample-10"


def test_a_broken_off_unpacking_goes_on(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive("data_269", (tmp_path / "data_269.zip",))
    archive.parts[0].write_bytes(zipped(files))
    done: list[None] = []

    def stop() -> None:
        done.append(None)
        if len(done) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(archive, tmp_path / "out", stop)
    root = tmp_path / "out" / "data_269"
    early = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    assert len(early) == 2
    unpack(archive, tmp_path / "out", stop)
    assert listing(root) == files and len(done) == len(files)
    assert {path: path.stat().st_mtime_ns for path in early} == early
    next(iter(early)).write_bytes(b"somebody else's")
    with pytest.raises(DataError, match="is there and is not that of the archive; choose another folder"):
        unpack(archive, tmp_path / "out")
    assert next(iter(early)).read_bytes() == b"somebody else's"


def test_missing_and_doubled_archives(files: dict[str, bytes], tmp_path: Path) -> None:
    source = tmp_path / "hub"
    with pytest.raises(DataError, match="no such file or folder"):
        find_archives(source)
    source.mkdir()
    with pytest.raises(DataError, match="holds no archives; expected part_aa"):
        find_archives(source)
    data = zipped(files)
    parts = split(data, source / "data_2003", 4)
    shutil.copy(tmp_path / "hub" / "data_2003" / "part_aa", source / "data_2003.zip")
    with pytest.raises(DataError, match="is the same archive as"):
        find_archives(source)
    (source / "data_2003.zip").unlink()
    parts[1].rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="part_ab: this part is missing; download it"):
        find_archives(source)
    (tmp_path / "elsewhere").rename(parts[1])
    parts[3].unlink()
    with pytest.raises(DataError, match="damaged or a part is missing"):
        unpack(find_archives(source)[0], tmp_path / "out")


def test_a_link_in_the_target_is_not_followed(files: dict[str, bytes], tmp_path: Path) -> None:
    archive = Archive("x", (tmp_path / "x.zip",))
    archive.parts[0].write_bytes(zipped(files))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "x").mkdir(parents=True)
    (tmp_path / "out" / "x" / "video").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="leads out of"):
        unpack(archive, tmp_path / "out")
    assert not listing(tmp_path / "elsewhere") and not listing(tmp_path / "out")


def test_a_disk_that_is_too_small_is_told_before(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive("x", (tmp_path / "x.zip",))
    archive.parts[0].write_bytes(zipped(files))
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(9, 9, 9))  # type: ignore[attr-defined]
    with pytest.raises(RunError, match=r"needs 0\.0 GiB, 0\.0 are free; choose another disk"):
        unpack(archive, tmp_path / "out")
    assert not listing(tmp_path / "out")


@pytest.mark.parametrize("told", [-1, +1])
def test_a_size_that_lies_leaves_nothing_behind(told: int, tmp_path: Path) -> None:
    data = os.urandom(5000)
    zip_bytes = bytearray(zipped({"a.mp4": data, "b.mp4": data}))
    size = len(data).to_bytes(4, "little")
    for header in (b"PK\1\2", b"PK\3\4"):
        at = zip_bytes.index(size, zip_bytes.index(header))
        zip_bytes[at : at + 4] = (len(data) + told).to_bytes(4, "little")
    (tmp_path / "x.zip").write_bytes(zip_bytes)
    with pytest.raises(DataError, match="is damaged or a part is missing"):
        unpack(Archive("x", (tmp_path / "x.zip",)), tmp_path / "out")
    assert not listing(tmp_path / "out")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_is_unpacked_or_one_clear_sentence(data: st.DataObject, tmp_path: Path) -> None:
    original = zipped({"metadata/a.json": b"{}" * 20, "video/a.mp4": bytes(range(64))})
    place = data.draw(st.integers(0, len(original)))
    cut = place + data.draw(st.integers(0, 12))
    path = tmp_path / "x.zip"
    path.write_bytes(original[:place] + data.draw(st.binary(max_size=8)) + original[cut:])
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    try:
        root = unpack(Archive("x", (path,)), tmp_path / "out")
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert all(path.is_relative_to(root) for path in (tmp_path / "out").rglob("*.*"))


def test_actions_are_those_of_the_archive(files: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(zipped(files))
    ours = GFMinecraft(unpack(Archive("x", (tmp_path / "x.zip",)), tmp_path / "out"))
    theirs = GFMinecraft(tmp_path / "made")
    assert ours.names == theirs.names
    for i in range(2):
        np.testing.assert_array_equal(ours.actions(i), theirs.actions(i))
        assert ours.digest(i) == theirs.digest(i)
