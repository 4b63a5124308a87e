from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

import pytest

from training.data.filling import FILES_PER_CHUNK, FillingFiles


def opened(path: Path) -> BinaryIO:
    return path.open("wb", buffering=0)


def put(files: FillingFiles[BinaryIO], frames: int, size: int) -> None:
    files.writer_for(frames).write(bytes(size))
    files.frames += frames


def test_files_follow_each_other_by_their_size(tmp_path: Path) -> None:
    with FillingFiles(tmp_path, ".bin", opened, most_bytes=100) as files:
        for size in (40, 40, 40, 300, 10):
            put(files, 4, size)
        assert files.place == {"chunk_index": 0, "file_index": 2}
    sizes = {path.name: path.stat().st_size for path in sorted((tmp_path / "chunk-000").iterdir())}
    # what comes is taken to be as large as what came: the third would make 120, the fourth 80
    assert sizes == {"file-000.bin": 80, "file-001.bin": 340, "file-002.bin": 10}


def test_files_follow_each_other_by_their_frames(tmp_path: Path) -> None:
    with FillingFiles(tmp_path, "", opened, most_bytes=1000, most_frames=10) as files:
        places = []
        for frames in (6, 4, 1, 12, 1):
            put(files, frames, 1)
            places.append(files.place["file_index"])
    assert places == [0, 0, 1, 2, 3]


def test_folders_follow_each_other(tmp_path: Path) -> None:
    with FillingFiles(tmp_path, "", opened, most_bytes=0) as files:
        for _ in range(FILES_PER_CHUNK + 1):
            put(files, 1, 1)
        assert files.place == {"chunk_index": 1, "file_index": 0}
    assert (tmp_path / "chunk-001" / "file-000").read_bytes() == b"\0"


def test_a_file_has_its_name_only_when_it_is_full(tmp_path: Path) -> None:
    finished: Callable[[], list[str]] = lambda: sorted(p.name for p in tmp_path.rglob("file-*"))  # noqa: E731
    with FillingFiles(tmp_path, "", opened, most_bytes=10) as files:
        put(files, 1, 10)
        assert finished() == []
        put(files, 1, 10)
        assert finished() == ["file-000"]
    assert finished() == ["file-000", "file-001"]


def test_an_error_takes_the_open_file_away(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), FillingFiles(tmp_path, "", opened, most_bytes=10) as files:
        put(files, 1, 10)
        put(files, 1, 10)
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["file-000"]


def test_a_writer_may_begin_its_file_late(tmp_path: Path) -> None:
    """As an encoder does, which looks ahead: after a short first clip there is no file yet."""
    made: list[Path] = []
    with FillingFiles(tmp_path, ".bin", lambda path: made.append(path) or nullcontext(path), most_bytes=100) as files:
        for _ in range(2):
            files.writer_for(3)
            files.frames += 3
        made[0].write_bytes(b"late")
    assert [path.name for path in (tmp_path / "chunk-000").iterdir()] == ["file-000.bin"]
