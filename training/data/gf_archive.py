"""Unpacks GF-Minecraft as it is downloaded: `data_2003/part_aa` and so on, `data_269.zip`, `sample-10.zip`.

The parts are read as one stream where they lie. All names and sizes in an archive are checked before the first file is
written, and each file once more while it is; what was unpacked before is passed over.
"""

import itertools
import re
import shutil
import string
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model.errors import DataError, RunError
from model.files import finished_file
from model.footage.untrusted import in_words, inside, plain_name

from .joined import JoinedFiles
from .zip_members import Member, checked_members

_PART = re.compile(r"part_[a-z]{2}")
_PARTS = tuple(f"part_{a}{b}" for a, b in itertools.product(string.ascii_lowercase, repeat=2))
_DEPTH = 2  # folders above the archives: GF-Minecraft/data_2003
_AT_ONCE = 1 << 20  # bytes


@dataclass(frozen=True)
class Archive:
    """One zip file, in one or several parts."""

    name: str
    parts: tuple[Path, ...]


def find_archives(path: Path) -> tuple[Archive, ...]:
    """Archives in a folder and the folders below, sorted, or the one that `path` is (for parts: any of them).

    Raises:
        DataError: when there are none, a part is missing, or one archive is there twice.
    """
    if path.is_file():
        files = [path] if path.suffix == ".zip" else sorted(path.parent.glob("part_*"))
    elif path.is_dir():
        files = sorted(file for depth in range(_DEPTH + 1) for file in path.glob("*/" * depth + "*") if file.is_file())
    else:
        raise DataError(f"{path}: no such file or folder; give what was downloaded")
    parts = [file for file in files if _PART.fullmatch(file.name)]
    found = [Archive(file.stem, (file,)) for file in files if file.suffix == ".zip"]
    found += [_joined(folder, tuple(group)) for folder, group in itertools.groupby(parts, lambda file: file.parent)]
    if not found:
        raise DataError(f"{path}: holds no archives; expected part_aa, part_ab ... or *.zip")
    found.sort(key=lambda archive: archive.name)
    for one, other in itertools.pairwise(found):
        if one.name == other.name:
            raise DataError(f"{other.parts[0]}: is the same archive as {one.parts[0]}; move one of them away")
    return tuple(found)


def unpack(archive: Archive, folder: Path, advance: Callable[[], None] = lambda: None) -> Path:
    """Unpack into a folder of the archive's name in `folder`, and return it; `advance` is called once per file.

    Raises:
        DataError: naming the entry that is not what an honest archive holds, or the damage.
        RunError: when the disk is too small or cannot be written.
    """
    root = folder / plain_name(archive.name, str(archive.parts[0]))
    try:
        root.mkdir(parents=True, exist_ok=True)
        with JoinedFiles(archive.parts) as stream, zipfile.ZipFile(stream) as opened:
            members = checked_members(opened.infolist(), archive.parts[0], stream.size)
            missing = [member for member in members if not _is_there(member, folder, root)]
            _refuse_full_disk(root, sum(member.size for member in missing))
            for member in missing:
                _write(opened, member, root)
                advance()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise DataError(
            f"{archive.parts[0]}: the archive is damaged or a part is missing ({in_words(error)}); download it again"
        ) from None
    except OSError as error:
        raise RunError(
            f"{error.filename or root}: could not be written ({error.strerror}); make room or choose another folder"
        ) from error
    return root


def _joined(folder: Path, parts: tuple[Path, ...]) -> Archive:
    for part, expected in zip(parts, _PARTS, strict=False):
        if part.name != expected:
            raise DataError(f"{folder / expected}: this part is missing; download it")
    return Archive(folder.resolve().name, parts)


def _is_there(member: Member, folder: Path, root: Path) -> bool:
    """Whether a file was unpacked before: files are whole or not there."""
    target = inside(folder, root.joinpath(*member.parts))
    if not target.exists():
        return False
    if not target.is_file() or target.stat().st_size != member.size:
        raise DataError(f"{target}: is there and is not that of the archive; choose another folder")
    return True


def _refuse_full_disk(root: Path, needed: int) -> None:
    free = shutil.disk_usage(root).free
    if needed > free:
        raise RunError(f"{root}: needs {needed / 2**30:.1f} GiB, {free / 2**30:.1f} are free; choose another disk")


def _write(opened: zipfile.ZipFile, member: Member, root: Path) -> None:
    target = root.joinpath(*member.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member.info) as source, finished_file(target) as unfinished:
        with unfinished.open("wb") as file:
            shutil.copyfileobj(source, file, _AT_ONCE)
            written = file.tell()
        if written != member.size:
            raise zipfile.BadZipFile(f"{member.info.filename!r} holds {written} of {member.size} bytes")
