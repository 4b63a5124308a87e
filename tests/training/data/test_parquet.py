from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import DataError
from training.data import parquet
from training.data.isolated import IsolatedReader
from training.data.parquet import ParquetRows, readable

ROWS, GROUP = 100, 13
READER = IsolatedReader("parquet")


def table() -> pa.Table:
    numbers = np.arange(ROWS)
    lists = pa.array([[float(n), float(-n)] for n in numbers], pa.list_(pa.float32()))
    texts = pa.array([f"text {n}" for n in numbers])
    return pa.table({"number": numbers, "a.dotted/name": numbers * 2, "list": lists, "text": texts})


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parquet") / "some table.parquet"
    pq.write_table(table(), path, row_group_size=GROUP)
    return path


@given(st.data())
@settings(deadline=None, max_examples=50)
def test_spans_of_rows_are_those_of_the_table(path: Path, data: st.DataObject) -> None:
    rows = ParquetRows(path, ("number", "list", "a.dotted/name", "not there"), READER)
    assert (rows.rows, rows.columns) == (ROWS, ("number", "a.dotted/name", "list"))
    for _ in range(3):
        start = data.draw(st.integers(0, ROWS - 1))
        end = data.draw(st.integers(start + 1, ROWS))
        assert rows.read(start, end).equals(table().select(rows.columns).slice(start, end - start))


@pytest.mark.parametrize(("start", "end"), [(0, ROWS + 1), (-1, 2), (ROWS, ROWS + 1), (5, 1 << 62)])
def test_rows_that_are_not_there(path: Path, start: int, end: int) -> None:
    with pytest.raises(DataError, match=r"some table\.parquet: has 100 rows"):
        ParquetRows(path, ("number",), READER).read(start, end)


def doubled(path: Path) -> None:
    numbers = pa.array(range(3))
    pq.write_table(pa.Table.from_arrays([numbers, numbers], ["number", "number"]), path)


def swollen(path: Path) -> None:
    pq.write_table(pa.table({"number": np.zeros(parquet.MAX_ROWS + 1, np.int8)}), path)


def packed(path: Path) -> None:
    lists = pa.FixedSizeListArray.from_arrays(np.zeros(8_000_000, np.int8), 8_000)
    pq.write_table(pa.table({"number": lists}), path, compression="zstd")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_bytes(b""), "damaged"),
        (lambda path: path.write_text("PAR1 and no more PAR1"), "damaged"),
        (lambda path: path.mkdir(), "missing"),
        (lambda path: None, "missing"),
        (doubled, "the column number twice"),
        (swollen, "20,000,001 rows, more than any recording"),
        (packed, "more than 1,048,576 bytes"),
    ],
)
def test_bad_files_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], reason: str
) -> None:
    monkeypatch.setattr(parquet, "MAX_BYTES", 1 << 20)
    path = tmp_path / "ü b.parquet"
    make(path)
    with pytest.raises(DataError, match=f"ü b.parquet: .*{reason}"):
        rows = ParquetRows(path, ("number",), READER)
        rows.read(0, rows.rows)


def test_damage_of_any_kind_is_refused_or_harmless(path: Path, tmp_path: Path) -> None:
    data, broken = path.read_bytes(), tmp_path / "broken.parquet"
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        changed = bytearray(data)
        for place in rng.integers(len(data), size=int(rng.integers(1, 6))):
            changed[place] = rng.integers(256)
        broken.write_bytes(changed)
        try:
            rows = ParquetRows(broken, ("number", "text", "list"), READER)
            found = rows.read(0, max(1, rows.rows))
            with readable(broken):
                found.to_pylist()
        except DataError as error:
            refused += "broken.parquet" in str(error)
    assert refused > 50
