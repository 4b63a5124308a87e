"""Files that were fetched: whole or not there, and never more of them than the bound."""

import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model.errors import DataError, RunError
from training.data.file_cache import FileCache, default_folder


def fetch(cache: FileCache, key: str, data: bytes = b"x" * 100, **options: str) -> Path:
    return cache.fetch(key, ".bin", len(data), [data[:7], data[7:]], where=f"at {key}", **options)


def never() -> Iterator[bytes]:
    raise AssertionError("asked for what is there")
    yield b""


def test_a_file_is_fetched_once(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "new" / "cache", 1000)
    path = fetch(cache, "one")
    assert path.read_bytes() == b"x" * 100 and path.suffix == ".bin"
    assert cache.fetch("one", ".bin", 100, never(), where="") == path
    assert FileCache(tmp_path / "new" / "cache", 1000).fetch("one", ".bin", 100, never(), where="") == path


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 350)
    paths = {}
    for place, key in enumerate(("a", "b", "c")):
        paths[key] = fetch(cache, key)
        os.utime(paths[key], (1000 + place, 1000 + place))
    fetch(cache, "a")  # used again
    fetch(cache, "d")
    assert [paths[key].exists() for key in "abc"] == [True, False, True]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 350


def test_a_file_that_takes_more_than_half_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"at big: has .* allow it more"):
        fetch(FileCache(tmp_path, 199), "big")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("pieces", [[b"x" * 99], [b"x" * 101], [b"x" * 60, b"y" * 40]])
def test_what_is_torn_too_long_or_other_bytes_is_not_kept(pieces: list[bytes], tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"x" * 100).hexdigest()
    with pytest.raises(DataError, match="at it: what was fetched is not what its index says"):
        FileCache(tmp_path, 1000).fetch("it", ".bin", 100, pieces, where="at it", sha256=sha256)
    assert not list(tmp_path.iterdir())


def test_a_broken_connection_leaves_nothing(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * 50
        raise DataError("gone")

    with pytest.raises(DataError, match="gone"):
        FileCache(tmp_path, 1000).fetch("it", ".bin", 100, pieces(), where="")
    assert not list(tmp_path.iterdir())


def test_a_file_of_another_size_is_fetched_again(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 1000)
    fetch(cache, "it").write_bytes(b"torn")
    assert fetch(cache, "it").read_bytes() == b"x" * 100


def test_leftovers_of_killed_writers_go_and_those_at_work_stay(tmp_path: Path) -> None:
    old, young = tmp_path / ".old.bin.1.part", tmp_path / ".young.bin.2.part"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000,) * 2)
    fetch(FileCache(tmp_path, 1000), "it")
    assert not old.exists() and young.exists()


def test_threads_share_what_one_of_them_fetched(tmp_path: Path) -> None:
    cache, fetched = FileCache(tmp_path, 1000), []

    def pieces() -> Iterator[bytes]:
        fetched.append(1)
        time.sleep(0.05)
        yield b"x" * 100

    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: cache.fetch("it", ".bin", 100, pieces(), where=""), range(4)))
    assert len(set(paths)) == 1 and len(fetched) == 1


def test_a_disk_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RunError, match="could not be written"):
        fetch(FileCache(tmp_path / "file" / "cache"), "it")


def test_the_platforms_cache_folder_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "arvd" in default_folder().parts
