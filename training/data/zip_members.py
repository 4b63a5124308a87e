"""What an honest zip archive of footage may hold; anything else is refused by name before a byte is written."""

import itertools
import stat
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from model.errors import DataError
from model.footage.untrusted import MAX_JSON_BYTES, plain_name

_LIMITS = {".json": MAX_JSON_BYTES, ".csv": MAX_JSON_BYTES, ".mp4": 4 << 30}  # bytes; a clip's video has about 50 MB
_LAYOUT = ("metadata", "metadata-detection", "video")
_ENCRYPTED = 0x1
_HEADER_BYTES = 30  # before each file's name and data
_EXPANSION = 64  # times its own size that an archive may grow to: videos do not grow, metadata does tenfold


@dataclass(frozen=True, eq=False)
class Member:
    """One file of an archive."""

    info: zipfile.ZipInfo
    parts: tuple[str, ...]
    """Its path, without the folders that all files of the archive share."""

    @property
    def size(self) -> int:
        """Bytes that it unpacks to, by its own word."""
        return self.info.file_size


def checked_members(infos: Iterable[zipfile.ZipInfo], archive: Path, archive_bytes: int) -> tuple[Member, ...]:
    """Metadata, videos and annotations of an archive; other files are passed over, though they are checked too.

    Raises:
        DataError: naming an entry whose path leaves the folder, that is a link, encrypted, there twice, shares its
            bytes with another or unpacks to more than it should; or when there is no footage.
    """
    files = [info for info in infos if not _checked(info, archive).is_dir()]
    _refuse_doubles(files, archive)
    _refuse_overlaps(files, archive)
    wanted = [info for info in files if _is_footage(info)]
    if not wanted:
        raise DataError(f"{archive}: holds no footage (*.mp4 and *.json); give another archive")
    total = sum(info.file_size for info in wanted)
    if total > _EXPANSION * archive_bytes + MAX_JSON_BYTES:
        raise DataError(
            f"{archive}: {archive_bytes >> 20} MiB would unpack to {total >> 20} MiB, which no footage does; remove it"
        )
    paths = [tuple(info.orig_filename.split("/")) for info in wanted]
    shared = _shared_folders(paths)
    return tuple(Member(info, path[shared:]) for info, path in zip(wanted, paths, strict=True))


def _checked(info: zipfile.ZipInfo, archive: Path) -> zipfile.ZipInfo:
    where = f"{archive}: entry {info.orig_filename!r:.120}"
    for part in info.orig_filename.removesuffix("/").split("/"):
        plain_name(part, where)
    kind = stat.S_IFMT(info.external_attr >> 16)
    fault = None
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        fault = "is a link or a device, not a file"
    elif info.flag_bits & _ENCRYPTED:
        fault = "is encrypted"
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        fault = "is packed in an unusual way, neither stored nor deflated"
    elif _is_footage(info) and info.file_size > (most := _LIMITS[PurePosixPath(info.filename).suffix]):
        fault = f"unpacks to {info.file_size >> 20} MiB, more than the {most >> 20} MiB any clip needs"
    if fault:
        raise DataError(f"{where} {fault}; take it out of the archive")
    return info


def _is_footage(info: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(info.filename)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return path.suffix in _LIMITS and not hidden and not info.is_dir()


def _refuse_doubles(files: Iterable[zipfile.ZipInfo], archive: Path) -> None:
    """No two names that are one file on any system, and no file that is the folder of another."""
    names: set[str] = set()
    for info in files:
        name = unicodedata.normalize("NFC", info.filename).casefold()
        if name in names:
            raise DataError(f"{archive}: entry {info.filename!r:.120} is there twice; take one out of the archive")
        names.add(name)
    for name in names:
        if any(str(folder) in names for folder in PurePosixPath(name).parents):
            raise DataError(f"{archive}: entry {name!r:.120} lies in a file, not in a folder; download it again")


def _refuse_overlaps(files: Iterable[zipfile.ZipInfo], archive: Path) -> None:
    """No two files of the same bytes: that is how a small archive unpacks to a disk full."""
    ordered = sorted(files, key=lambda info: info.header_offset)
    for info, following in itertools.pairwise(ordered):
        if info.header_offset + _HEADER_BYTES + info.compress_size > following.header_offset:
            raise DataError(
                f"{archive}: entry {following.filename!r:.120} shares its bytes with another; remove the archive"
            )


def _shared_folders(paths: Sequence[tuple[str, ...]]) -> int:
    """How many folders above the layout all paths have in common."""
    depth = 0
    while True:
        names = {path[depth] if len(path) > depth + 1 else "" for path in paths}
        if len(names) != 1 or names & {"", *_LAYOUT}:
            return depth
        depth += 1
