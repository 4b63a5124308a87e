"""What tar files may hold, and where it lies in them."""

import io
import random
import tarfile
from pathlib import Path

import pytest

from model.errors import DataError
from training.data.store import LocalStore
from training.data.tar_shards import Member, ShardWriter, members


def listed(path: Path) -> list[Member]:
    return list(members(LocalStore(path.parent), path.name))


def write(path: Path, *entries: tarfile.TarInfo | str, format_: int = tarfile.PAX_FORMAT) -> Path:
    with tarfile.open(path, "w", format=format_) as tar:
        for entry in entries:
            info = tarfile.TarInfo(entry) if isinstance(entry, str) else entry
            data = info.name.encode()[:50]
            info.size = info.size or len(data)
            tar.addfile(info, io.BytesIO(data.ljust(info.size)))
    return path


NAMES = ("a.mp4", "ein längerer Name mit Leerzeichen.json", "folder/c.mp4", "./d.json", "x" * 200 + ".mp4")


@pytest.mark.parametrize("format_", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_files_are_found_where_they_lie(format_: int, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", *NAMES, format_=format_)
    data = path.read_bytes()
    found = listed(path)
    assert [member.name for member in found] == [name.rpartition("/")[2] for name in NAMES]
    for member, name in zip(found, NAMES, strict=True):
        assert data[member.start : member.start + member.size] == name.encode()[:50]


def test_a_writer_says_where_its_files_lie_and_repeats_its_bytes(tmp_path: Path) -> None:
    for place in ("one", "two"):
        writer = ShardWriter(tmp_path / f"{place}.tar")
        said = [writer.add(name.replace("/", ""), io.BytesIO(b"y" * size), size) for size, name in enumerate(NAMES)]
        writer.close()
    assert listed(tmp_path / "one.tar") == said
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def info(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, link, size
    return made


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (info("../up.mp4"), "leads out"),
        (info("/etc/x.mp4"), "leads out"),
        (info("a/../../b.mp4"), "leads out"),
        (info("/".join("abcdefghij")), "leads out"),
        (info("link.mp4", tarfile.SYMTYPE, "/etc/passwd"), "is a link"),
        (info("link.mp4", tarfile.LNKTYPE, "a.mp4"), "is a link"),
        (info("pipe", tarfile.FIFOTYPE), "is a link"),
        (info("disk", tarfile.BLKTYPE), "is a link"),
        (info("bell\a.mp4"), "no name of a file"),
    ],
)
def test_what_no_footage_holds_is_refused_by_name(entry: tarfile.TarInfo, complaint: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", "good.mp4", entry)
    with pytest.raises(DataError, match=rf"a\.tar: entry .*{complaint}"):
        listed(path)


def test_files_with_holes_are_refused(tmp_path: Path) -> None:
    sparse = tarfile.TarInfo("holes.mp4")
    sparse.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": "99999999999", "GNU.sparse.name": "holes.mp4"}
    with pytest.raises(DataError, match="has holes"):
        listed(write(tmp_path / "a.tar", sparse))


def test_a_size_beyond_the_end_of_the_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", "a.mp4", "b.mp4")
    header = tarfile.TarInfo("b.mp4")
    header.size = 1 << 40
    data = bytearray(path.read_bytes())
    data[1024:1536] = header.tobuf(tarfile.GNU_FORMAT)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"entry 'b\.mp4' ends behind the end of the file"):
        listed(path)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_name_of_megabytes_is_refused_before_it_is_read(kind: bytes, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", "a.mp4", info("long", kind, size=3 << 20), "b.mp4")
    with pytest.raises(DataError, match="not a readable tar file"):
        listed(path)


def test_a_map_of_holes_without_end_is_refused(tmp_path: Path) -> None:
    sparse = tarfile.TarInfo("holes.mp4")
    sparse.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "holes.mp4"}
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        data = b"999999999\n" + b"0\n" * (2 << 20)
        sparse.size = len(data)
        tar.addfile(sparse, io.BytesIO(data))
    with pytest.raises(DataError, match="not a readable tar file"):
        listed(path)


@pytest.mark.parametrize("data", [b"", b"\0" * 700, b"no tar at all" * 100, b"\x1f\x8b\x08" + b"\0" * 600])
def test_no_tar_file_is_a_data_error_or_empty(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(data)
    try:
        assert listed(tmp_path / "a.tar") == []
    except DataError as error:
        assert "a.tar: not a readable tar file" in str(error)


def test_any_damage_is_a_data_error_or_harmless(tmp_path: Path) -> None:
    pristine = write(tmp_path / "a.tar", *NAMES).read_bytes()
    for seed in range(400):
        path = tmp_path / "mutated.tar"
        path.write_bytes(mutated(pristine, seed))
        try:
            found = listed(path)
        except DataError:
            continue
        assert all(0 <= member.start <= member.start + member.size <= len(pristine) + 8 for member in found)


def mutated(data: bytes, seed: int) -> bytes:
    """`data` with a few bytes changed, cut out or put in, mostly in headers."""
    rng = random.Random(seed)
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(changed))
        if rng.random() < 0.8:
            place = place // 512 * 512 + rng.choice((0, 124, 135, 148, 156, 157, 257, 345, rng.randrange(500)))
        kind = rng.random()
        if kind < 0.7:
            changed[place : place + 1] = bytes([rng.randrange(256)])
        elif kind < 0.85:
            del changed[place : place + rng.choice((1, 7, 512))]
        else:
            changed[place:place] = rng.randbytes(rng.choice((1, 7)))
        if rng.random() < 0.5:  # so that the header is believed
            start = place // 512 * 512
            header = bytes(changed[start : start + 512])
            if len(header) == 512:
                changed[start + 148 : start + 156] = b"%06o\0 " % (sum(header[:148]) + sum(header[156:]) + 256)
        if not changed:
            return b""
    return bytes(changed)
