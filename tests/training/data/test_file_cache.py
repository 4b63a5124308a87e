"""Files that were fetched: whole or not there, and never more of them than the bound."""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
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


def test_different_files_come_at_the_same_time(tmp_path: Path) -> None:
    cache, together = FileCache(tmp_path, 1000), threading.Barrier(5)

    def pieces(key: int) -> Iterator[bytes]:
        together.wait(20)  # broken unless all five are asked for at once
        yield bytes([key]) * 100

    with ThreadPoolExecutor(5) as pool:
        paths = list(pool.map(lambda key: cache.fetch(str(key), ".bin", 100, pieces(key), where=""), range(5)))
    assert [path.read_bytes() for path in paths] == [bytes([key]) * 100 for key in range(5)]


def test_who_waits_for_a_file_that_fails_elsewhere_fetches_it(tmp_path: Path) -> None:
    cache, begun, fail = FileCache(tmp_path, 1000), threading.Event(), threading.Event()

    def broken() -> Iterator[bytes]:
        begun.set()
        assert fail.wait(20)
        raise DataError("gone")
        yield b""

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.fetch, "it", ".bin", 100, broken(), where="")
        assert begun.wait(20)
        second = pool.submit(fetch, cache, "it")
        time.sleep(0.05)
        fail.set()
        with pytest.raises(DataError, match="gone"):
            first.result(20)
        assert second.result(20).read_bytes() == b"x" * 100


@pytest.mark.parametrize("size", [100, 40])
def test_many_threads_keep_the_bound(size: int, tmp_path: Path) -> None:
    cache, largest = FileCache(tmp_path, 200), [0]

    def held() -> int:
        total = 0
        for path in tmp_path.iterdir():
            with suppress(OSError):
                total += path.stat().st_size
        return total

    def pieces() -> Iterator[bytes]:
        for _ in range(size // 10):
            time.sleep(0.001)
            yield b"x" * 10
        largest.append(held())

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda key: cache.fetch(str(key % 7), ".bin", size, pieces(), where=""), range(40)))
    assert max(largest) <= 200 and held() <= 200 and not list(tmp_path.glob(".*"))


def test_what_came_last_stays_while_others_come(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 400)
    for place, key in enumerate(("old", "older")):
        os.utime(fetch(cache, key), (1000 - place,) * 2)
    last, coming = fetch(cache, "last"), threading.Event()
    leave = threading.Event()

    def pieces() -> Iterator[bytes]:
        coming.set()
        assert leave.wait(20)
        yield b"y" * 200

    with ThreadPoolExecutor(2) as pool:
        large = pool.submit(cache.fetch, "large", ".bin", 200, pieces(), where="")
        assert coming.wait(20) and last.exists()
        small = pool.submit(fetch, cache, "small")
        time.sleep(0.05)
        assert not small.done() and last.exists(), "half of the bound is on its way, the other is for what is there"
        leave.set()
        assert large.result(20).exists() and small.result(20).exists()


def test_a_disk_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RunError, match="could not be written"):
        fetch(FileCache(tmp_path / "file" / "cache"), "it")


def test_the_platforms_cache_folder_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "arvd" in default_folder().parts
