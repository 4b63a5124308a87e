"""Folders of files that are read by ranges of bytes: on this disk, on a web server, in a dataset repository of the hub.

`open_store` tells by the address which it is. Everything that fsspec knows can be read, `https://` and `hf://` being
tested; the network is asked again a few times before it is given up.
"""

import re
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from model.errors import DataError
from model.footage.untrusted import inside

from .extras import needed

HUB = "hf://"
MOST_READ = 64 << 20
"""Bytes that are asked for at once, at most."""
_PIECE = 8 << 20  # bytes of one request when much is read
_PAUSES = (0.5, 2.0, 5.0)  # seconds before the network is asked again
_HUB_ADDRESS = re.compile(
    r"hf://datasets/(?P<repository>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w.-]+))?(?:/(?P<folder>.+))?", re.ASCII
)

T = TypeVar("T")


@dataclass(frozen=True)
class StoredFile:
    """A file of a store, unread."""

    size: int
    content: str
    """What changes when the content does: a hash or tag that the server gives, or the time of the last change."""
    sha256: str = ""
    """Of the content, if the server says so."""


class Store(Protocol):
    """A folder of files; names are paths from there, with "/" between folders."""

    address: str

    @abstractmethod
    def files(self) -> Mapping[str, StoredFile]:
        """All files, sorted by name; those of folders below too, except on a web server."""

    @abstractmethod
    def file(self, name: str) -> StoredFile | None:
        """One file, None where there is none of this name."""

    @abstractmethod
    def read(self, name: str, start: int, size: int) -> bytes:
        """Exactly `size` bytes of a file from `start` on; raises DataError when they cannot be had."""

    def pieces(self, name: str, start: int, size: int) -> Iterator[bytes]:
        """Bytes of a file, however many, a few MB at a time; raises DataError as `read`."""
        for place in range(start, start + size, _PIECE):
            yield self.read(name, place, min(_PIECE, start + size - place))

    def where(self, name: str) -> str:
        """Address of a file, for messages."""
        return f"{self.address.rstrip('/')}/{name}"


def open_store(address: str) -> Store:
    """Open the folder at `address`: a path, `https://...` or `hf://datasets/org/repo[@revision][/folder]`.

    Raises:
        DataError: when the address is malformed, or the network has nothing there.
    """
    if "://" not in address:
        return LocalStore(Path(address))
    return _open_hub(address) if address.startswith(HUB) else RemoteStore(address, address)


class LocalStore(Store):
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        """Raises DataError when there is no such folder."""
        if not root.is_dir():
            raise DataError(f"{root}: no such folder; give the folder that holds the footage")
        self.root, self.address = root, str(root)

    def files(self) -> Mapping[str, StoredFile]:
        """All files, of folders below too."""
        names = sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file())
        return {name: file for name in names if (file := self.file(name)) is not None}

    def file(self, name: str) -> StoredFile | None:
        """One file; raises DataError when it is a link that leads out of the folder."""
        path = inside(self.root, self.root / name)
        if not path.is_file():
            return None
        stat = path.stat()
        return StoredFile(stat.st_size, f"{stat.st_size} {stat.st_mtime_ns}")

    def read(self, name: str, start: int, size: int) -> bytes:
        """Exactly `size` bytes of a file from `start` on."""
        path = inside(self.root, self.root / name)
        if not path.is_file():
            raise DataError(f"{path}: missing; restore it")
        try:
            with path.open("rb") as file:
                file.seek(start)
                return _whole(file.read(min(size, MOST_READ)), size, str(path))
        except OSError as error:
            raise DataError(f"{path}: not readable ({error.strerror}); check that it is there") from None


class RemoteStore(Store):
    """A folder that fsspec reads."""

    def __init__(self, address: str, asked: str) -> None:
        """Prepare to read `address`, which people know as `asked`; nothing is read yet."""
        with needed("fsspec"):
            from fsspec.core import url_to_fs

            options = {} if address.startswith(HUB) else {"headers": {"Accept-Encoding": "identity"}}
            self._system, root = _asked(lambda: url_to_fs(address, **options), asked)
        self._root, self.address, self._on_hub = root.rstrip("/"), asked, address.startswith(HUB)

    def files(self) -> Mapping[str, StoredFile]:
        """All files, of folders below too, except on a web server: there, those that its page of the folder lists."""
        if self._on_hub:
            found = _asked(lambda: self._system.find(self._root, detail=True), self.address)
            return {name.removeprefix(f"{self._root}/"): _stored(found[name]) for name in sorted(found)}
        listed = _asked(lambda: self._system.ls(f"{self._root}/", detail=False), self.address)
        names = sorted({path.removeprefix(f"{self._root}/") for path in listed if path.startswith(f"{self._root}/")})
        return {name: file for name in names if "/" not in name and (file := self.file(name)) is not None}

    def file(self, name: str) -> StoredFile | None:
        """One file."""

        def ask() -> StoredFile | None:
            try:
                return _stored(self._system.info(f"{self._root}/{name}"))
            except FileNotFoundError:
                return None

        return _asked(ask, self.where(name))

    def read(self, name: str, start: int, size: int) -> bytes:
        """Exactly `size` bytes of a file from `start` on."""

        def ask() -> bytes:
            with self._system.open(f"{self._root}/{name}", "rb", cache_type="none") as file:
                file.seek(start)
                data: bytes = file.read(min(size, MOST_READ))
            return _whole(data, size, self.where(name))

        # the hub's own client has asked again already
        return _asked(ask, self.where(name), pauses=() if self._on_hub else _PAUSES)


def _open_hub(address: str) -> Store:
    """Open a dataset repository as it is now: what is changed there later is not mixed with what was read before."""
    found = _HUB_ADDRESS.fullmatch(address)
    if not found or {".", ".."} & set(re.split(r"[/@]", address.removeprefix(HUB))):
        raise DataError(
            f"{address!r} is no address of a dataset; write hf://datasets/organisation/repository, "
            "with @revision and /folder behind it where they are needed"
        )
    from huggingface_hub import HfApi

    repository, revision, folder = found["repository"], found["revision"], found["folder"]
    commit = _asked(lambda: HfApi().dataset_info(repository, revision=revision).sha, address)
    pinned = f"{HUB}datasets/{repository}@{commit}"
    return RemoteStore(f"{pinned}/{folder}" if folder else pinned, address)


def _stored(info: Mapping[str, Any]) -> StoredFile:
    """File out of what fsspec says of it; the hub gives hashes, a web server gives tags."""
    size, tags = int(info["size"] or 0), ("blob_id", "ETag", "Last-Modified")
    if info.get("lfs"):
        sha256 = str(info["lfs"]["sha256"])
        return StoredFile(size, sha256, sha256)
    return StoredFile(size, f"{size} {next((info[tag] for tag in tags if tag in info), '')}")


def _whole(data: bytes, size: int, where: str) -> bytes:
    if len(data) != size:
        raise DataError(f"{where}: {size:,} bytes are expected and {len(data):,} are there; copy the file again")
    return data


def _asked(question: Callable[[], T], where: str, pauses: tuple[float, ...] = _PAUSES) -> T:
    """Answer of the network, which is asked again while it fails for reasons that pass.

    Raises:
        DataError: with what it said last.
    """
    for pause in (*pauses, None):
        try:
            return question()
        except (DataError, ImportError):
            raise
        except Exception as error:  # httpx, aiohttp and others share no base but this
            if pause is None or not _passes(error):
                reason = (str(error) or type(error).__name__).splitlines()[0]
                raise DataError(
                    f"{where}: could not be fetched ({reason}); check the name and the connection"
                ) from error
        time.sleep(pause)
    raise AssertionError("the last pause is None")


def _passes(error: Exception) -> bool:
    """Whether the same question may be answered later: not when something is not there or not allowed."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    if isinstance(error, HfHubHTTPError):
        return error.response.status_code >= 500
    return not isinstance(error, FileNotFoundError | PermissionError | HFValidationError)
