import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.errors import DataError
from training.data.joined import MOST_READ, JoinedFiles


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(st.binary(max_size=6), min_size=1, max_size=4),
    steps=st.lists(st.tuples(st.integers(0, 2), st.integers(-8, 24), st.integers(-1, 9)), max_size=6),
)
def test_it_reads_as_one_file_would(pieces: list[bytes], steps: list[tuple[int, int, int]], tmp_path: Path) -> None:
    paths = [tmp_path / f"part_{i}" for i in range(len(pieces))]
    for path, piece in zip(paths, pieces, strict=True):
        path.write_bytes(piece)
    one = io.BytesIO(b"".join(pieces))
    with JoinedFiles(paths) as joined:
        assert joined.size == len(one.getvalue()) and joined.readable() and joined.seekable()
        for whence, offset, count in steps:
            before = {0: 0, 1: one.tell(), 2: joined.size}[whence]
            if before + offset < 0:
                with pytest.raises(ValueError, match="lies before the start"):
                    joined.seek(offset, whence)
                continue
            one.seek(before + offset)
            assert joined.seek(offset, whence) == one.tell()
            assert joined.read(count) == one.read(count) and joined.tell() == one.tell()


def test_a_claim_of_too_much_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "part_aa"
    with path.open("wb") as file:
        file.truncate(2 * MOST_READ)
    with JoinedFiles([path]) as joined:
        assert len(joined.read(MOST_READ)) == MOST_READ
        joined.seek(0)
        for count in (MOST_READ + 1, -1, 1 << 60):
            with pytest.raises(DataError, match="states a table of contents of"):
                joined.read(count)


def test_a_part_that_becomes_shorter(tmp_path: Path) -> None:
    paths = [tmp_path / "part_aa", tmp_path / "part_ab"]
    for path in paths:
        path.write_bytes(b"1234")
    with JoinedFiles(paths) as joined:
        paths[1].write_bytes(b"1")
        with pytest.raises(DataError, match="part_ab: became shorter"):
            joined.read(8)
