"""Parquet files from elsewhere: a few columns, a few rows, with everything bounded and read at arm's length."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from model.errors import DataError

from .extras import needed
from .isolated import IsolatedReader

with needed("pyarrow"):
    import pyarrow as pa

MAX_ROWS = 20_000_000
"""Most rows of a file that is believed: two weeks of footage at 16 frames a second."""
MAX_BYTES = 256 << 20
"""Most bytes that are read at a time; what 1,000,000 rows of an action of 60 numbers take."""
_CONTENTS_BYTES = 16 << 20


class ParquetRows:
    """Some columns of one file, read in spans of rows."""

    def __init__(self, path: Path, wanted: Collection[str], reader: IsolatedReader) -> None:
        """Read the file's table of contents.

        Raises:
            DataError: when the file is missing, is no parquet file or states absurd sizes.
        """
        self.path, self._reader = path, reader
        if not path.is_file():
            raise DataError(f"{path}: missing; restore it or export the dataset again")
        contents: dict[str, Any] = json.loads(reader.ask(path, _CONTENTS_BYTES) or b"{}")
        self.rows, names = int(contents["rows"]), contents["columns"]
        if not 0 <= self.rows <= MAX_ROWS:
            raise DataError(f"{path}: states {self.rows:,} rows, more than any recording has; remove the file")
        if doubled := {name for name in names if names.count(name) > 1} & set(wanted):
            raise DataError(f"{path}: holds the column {min(doubled)} twice; export the dataset again")
        self.columns = tuple(name for name in names if name in wanted)

    def read(self, start: int, end: int) -> Any:
        """Rows [start, end), at least one, as a pyarrow table of the wanted columns that the file has.

        Raises:
            DataError: when they are not there, do not decode, or take more than `MAX_BYTES`.
        """
        if not 0 <= start < end <= self.rows:
            raise DataError(f"{self.path}: has {self.rows:,} rows, not {end:,}; export the dataset again")
        data = self._reader.ask(self.path, MAX_BYTES, columns=list(self.columns), start=start, end=end)
        with readable(self.path):
            table = pa.ipc.open_stream(data).read_all()
            table.validate(full=True)
        if table.num_rows != end - start or tuple(table.column_names) != self.columns:
            raise DataError(f"{self.path}: holds less than it states; export the dataset again")
        return table


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Around what is made of rows of `path`: what is wrong with them becomes a DataError."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise DataError(f"{path}: not readable ({reason}); copy it again or export it again") from None
