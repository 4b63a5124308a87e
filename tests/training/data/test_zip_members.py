"""Archives with something evil in them are refused by its name, before a byte is written."""

import io
import stat
import zipfile
from pathlib import Path

import pytest

from model.errors import DataError
from training.data.gf_archive import Archive, unpack
from training.data.zip_members import checked_members

from .archives import zipped

HONEST = {"metadata/a.json": b"{}", "video/a.mp4": b"video"}


def refused(tmp_path: Path, data: bytes) -> str:
    """The sentence that unpacking ends with; nothing is written."""
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(DataError) as caught:
        unpack(Archive("x", (tmp_path / "x.zip",)), tmp_path / "out" / "here")
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"x.zip"}
    assert "x.zip" in str(caught.value) and str(caught.value).isprintable() and ";" in str(caught.value)
    return str(caught.value)


def planted(name: str, data: bytes = b"evil", **fields: object) -> bytes:
    """An honest archive with one more entry."""
    memory = io.BytesIO(zipped(HONEST))
    info = zipfile.ZipInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    with zipfile.ZipFile(memory, "a") as archive:
        archive.writestr(info, data)
    return memory.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "../a.mp4",
        "video/../../a.mp4",
        "/tmp/a.mp4",
        "video//a.mp4",
        "video/./b.mp4",
        "..\\a.mp4",
        "C:\\a.mp4",
        "video/a\nb.mp4",
        "video/\x1b[2J.mp4",
        "../evil/",
        "../notes.txt",
    ],
)
def test_paths_that_leave_the_folder(name: str, tmp_path: Path) -> None:
    assert "is no name of a file in this folder" in refused(tmp_path, planted(name))


def test_a_name_that_goes_on_behind_its_end(tmp_path: Path) -> None:
    data = planted("video/b.mp4-txt").replace(b"b.mp4-txt", b"b.mp4\0txt")
    assert "is no name of a file" in refused(tmp_path, data)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices(kind: int, tmp_path: Path) -> None:
    data = planted("video/b.mp4", b"/etc/passwd", external_attr=(kind | 0o777) << 16)
    assert "'video/b.mp4' is a link or a device" in refused(tmp_path, data)


def test_encrypted_entries(tmp_path: Path) -> None:
    data = bytearray(planted("video/b.mp4"))
    for header, flags in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        data[data.rindex(header) + flags] |= 1
    assert "'video/b.mp4' is encrypted" in refused(tmp_path, bytes(data))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression(method: int, tmp_path: Path) -> None:
    assert "packed in an unusual way" in refused(tmp_path, planted("video/b.mp4", compress_type=method))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["video/a.mp4", "VIDEO/A.mp4"])
def test_one_file_twice(name: str, tmp_path: Path) -> None:
    assert "is there twice" in refused(tmp_path, planted(name))


def test_one_file_in_two_spellings_of_unicode(tmp_path: Path) -> None:
    data = zipped({"a\u0308.mp4": b"1", "\u00e4.mp4": b"2"})
    assert "is there twice" in refused(tmp_path, data)


def test_a_file_that_is_a_folder_too(tmp_path: Path) -> None:
    assert "lies in a file, not in a folder" in refused(tmp_path, planted("video/a.mp4/b.mp4"))


def test_a_document_larger_than_any(tmp_path: Path) -> None:
    data = planted("metadata/b.json", bytes(65 << 20), compress_type=zipfile.ZIP_DEFLATED)
    assert len(data) < 1 << 20
    assert "'metadata/b.json' unpacks to 65 MiB, more than the 64 MiB" in refused(tmp_path, data)


def test_a_small_archive_that_fills_the_disk(tmp_path: Path) -> None:
    data = planted("video/b.mp4", bytes(100 << 20), compress_type=zipfile.ZIP_DEFLATED)
    assert "would unpack to 100 MiB, which no footage does" in refused(tmp_path, data)


def test_files_of_the_same_bytes(tmp_path: Path) -> None:
    """The central directory names the first file's bytes for both."""
    data = bytearray(zipped({"a.mp4": b"1", "b.mp4": b"1"}, packed=zipfile.ZIP_STORED))
    entry = data.rindex(b"PK\1\2")
    data[entry + 42 : entry + 46] = bytes(4)
    assert "'b.mp4' shares its bytes with another" in refused(tmp_path, bytes(data))


def test_an_archive_without_footage(tmp_path: Path) -> None:
    assert "holds no footage" in refused(tmp_path, zipped({"notes.txt": b"x", "__MACOSX/a.mp4": b"x", ".b.mp4": b"x"}))
    assert "holds no footage" in refused(tmp_path, zipped({}))
    assert "File is not a zip file" in refused(tmp_path, b"PK")


@pytest.mark.parametrize(
    ("paths", "kept"),
    [
        (["top/a.mp4", "top/a.json"], ["a.mp4", "a.json"]),
        (["x/top/video/a.mp4", "x/top/metadata/a.json"], ["video/a.mp4", "metadata/a.json"]),
        (["x/one/a.mp4", "x/two/b.mp4"], ["one/a.mp4", "two/b.mp4"]),
        (["x/a.mp4", "b.mp4"], ["x/a.mp4", "b.mp4"]),
        (["metadata/a.json", "metadata/b.json"], ["metadata/a.json", "metadata/b.json"]),
        (["data/video/a.mp4"], ["video/a.mp4"]),
        (["data/annotation.csv", "data/a.mp4", "data/notes.txt", "data/.DS_Store"], ["annotation.csv", "a.mp4"]),
    ],
)
def test_folders_above_the_footage_are_left_out(paths: list[str], kept: list[str]) -> None:
    data = zipped(dict.fromkeys(paths, b"x"))
    members = checked_members(zipfile.ZipFile(io.BytesIO(data)).infolist(), Path("x.zip"), len(data))
    assert ["/".join(member.parts) for member in members] == kept
