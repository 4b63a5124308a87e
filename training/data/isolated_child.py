"""Reads LMDB and Parquet files from elsewhere, in a process of its own: their libraries may die of a bad file.

Run by `isolated`, as a file: it imports nothing of the project. Its argument is the kind of file. Each line of the
input is a table in JSON with the name of a file and what is wanted of it; each answer is a length (little-endian, 8
bytes; -1 nothing there, -2 longer than `most`, -3 an error, whose text is the next answer) and so many bytes.
"""

import json
import struct
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

_MISSING, _TOO_LONG, _FAILED = -1, -2, -3
_MEMORY = 1 << 30  # without what is mapped from files
_CONTENTS = 64 << 20  # most bytes of a Parquet file's own table of contents


def main(kind: str) -> None:
    """Answer until the input ends."""
    _bound_memory()
    kinds: dict[str, Callable[[], Callable[..., Any]]] = {"lmdb": Lmdb, "parquet": Parquet}
    answer = kinds[kind]()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        most = request.pop("most")
        try:
            value = answer(**request)
        except Exception as error:  # whatever a library makes of a bad file
            _write(_FAILED)
            value = str(error).partition("\n")[0][:200].encode()
        if value is None or len(value) > most:
            _write(_MISSING if value is None else _TOO_LONG)
        else:
            _write(len(value), value)


def _write(length: int, value: Any = b"") -> None:
    sys.stdout.buffer.write(struct.pack("<q", length))
    sys.stdout.buffer.write(value)
    sys.stdout.buffer.flush()


class Lmdb:
    """Values of LMDB files; the one that was read last stays open."""

    def __init__(self) -> None:
        self._path = ""
        self._transaction: Any = None

    def __call__(self, path: str, key: str) -> Any:
        """Value under `key`, as it lies in the file; None where there is none."""
        if path != self._path:
            import lmdb

            options = {"subdir": False, "readonly": True, "lock": False, "create": False, "readahead": False}
            self._transaction = lmdb.open(path, max_dbs=0, **options).begin(buffers=True)
        self._path = ""  # after an error it is opened anew
        value = self._transaction.get(key.encode())
        self._path = path
        return value


class Parquet:
    """Rows of Parquet files; the row groups that were read last are kept."""

    def __init__(self) -> None:
        self._path = ""
        self._file: Any = None
        self._starts: list[int] = []
        self._kept: tuple[Any, Any] = (None, None)

    def __call__(self, path: str, columns: Sequence[str] = (), start: int = 0, end: int = 0) -> Any:
        """Rows [start, end) of some columns as a stream of Arrow's, or what the file holds where they are none."""
        import pyarrow as pa

        if start >= end or path != self._path:  # what a file holds is asked for anew: it may have changed
            self._open(path)
        if start >= end:
            return json.dumps({"rows": self._starts[-1], "columns": self._file.schema_arrow.names}).encode()
        first, last = bisect_right(self._starts, start) - 1, bisect_left(self._starts, end)
        wanted = (path, first, last, list(columns))
        if self._kept[0] != wanted:
            self._kept = (None, None)  # one of them at a time
            batches = self._file.iter_batches(16_384, list(range(first, last)), list(columns), use_threads=False)
            self._kept = (wanted, pa.Table.from_batches([batch.select(columns) for batch in batches]))
        table = self._kept[1].slice(start - self._starts[first], end - start).replace_schema_metadata(None)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        return sink.getvalue()

    def _open(self, path: str) -> None:
        import pyarrow.parquet as pq

        limits = {"thrift_string_size_limit": _CONTENTS, "thrift_container_size_limit": _CONTENTS >> 3}
        self._file = pq.ParquetFile(path, **limits)
        contents = self._file.metadata
        counts = [contents.row_group(i).num_rows for i in range(contents.num_row_groups)]
        self._starts = list(accumulate(counts, initial=0))
        if min(counts, default=0) < 0 or self._starts[-1] != contents.num_rows:
            raise ValueError("its row groups do not add up")
        self._path, self._kept = path, (None, None)


def _bound_memory() -> None:
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(sys.argv[1])
