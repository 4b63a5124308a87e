"""Files from elsewhere, read by a process that may die of them without harm: a limit on memory, a limit on time.

LMDB believes what it maps, and Arrow's reader of Parquet ends its process on some errors. So neither reads here what
someone else wrote.
"""

import contextlib
import json
import struct
import subprocess
import sys
import weakref
from pathlib import Path
from threading import Lock, Timer
from typing import Any, Literal

from model.errors import DataError
from model.footage.untrusted import in_words

_CHILD = Path(__file__).with_name("isolated_child.py")
_SECONDS = 60.0  # for one answer; a slow disk reads the largest in ten
_MISSING, _TOO_LONG, _FAILED = -1, -2, -3
_WORDS = 1000  # longest text of an error

Kind = Literal["lmdb", "parquet"]


class IsolatedReader:
    """A process that reads files of one kind; it begins with the first question, and anew after it died."""

    def __init__(self, kind: Kind) -> None:
        """Nothing is started yet."""
        self._kind: Kind = kind
        self._lock = Lock()  # a clip may be read ahead while another is worked on
        self._process: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[..., Any] | None = None

    def ask(self, path: Path, most: int, **wanted: Any) -> bytes | None:
        """Answer of at most `most` bytes to what is wanted of the file `path`; None where there is nothing.

        Raises:
            DataError: naming the file, when it is damaged or the answer is longer.
        """
        with self._lock:
            length, value = self._exchange({"path": str(path.absolute()), "most": most, **wanted}, most)
        if length == _MISSING:
            return None
        if length == _TOO_LONG:
            raise DataError(f"{path}: holds a value of more than {most:,} bytes; export it again in smaller parts")
        if length == _FAILED:
            reason = in_words(value.decode(errors="replace")) or "its pages lead nowhere"
            raise DataError(f"{path}: damaged ({reason}); copy it again or export it again")
        return value

    def _exchange(self, request: dict[str, Any], most: int) -> tuple[int, bytes]:
        """Length that the process answers with, and the value; its last words where it died or failed."""
        process = self._started()
        assert process.stdin and process.stdout
        timer = Timer(_SECONDS, process.kill)
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(f"{json.dumps(request)}\n".encode())
            process.stdin.flush()
            length = _length(process)
            if length == _FAILED:
                return _FAILED, process.stdout.read(min(_length(process), _WORDS))
            value = process.stdout.read(length) if 0 <= length <= most else b""
            if len(value) == max(0, length):
                return length, value
        except (OSError, ValueError, struct.error):  # it died before it had read or answered all
            pass
        finally:
            timer.cancel()
        return _FAILED, self._last_words()

    def close(self) -> None:
        """End the process."""
        if self._end is not None:
            self._end()
        self._process = None

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            # -P: nothing that lies beside the script is taken for a package
            command, pipe = [sys.executable, "-P", str(_CHILD), self._kind], subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
            self._end = weakref.finalize(self, _end, self._process)
        return self._process

    def _last_words(self) -> bytes:
        """What the process said when it died, if anything; the next question starts another."""
        assert self._process and self._end
        self._process.kill()
        _, said = self._process.communicate()
        self.close()
        return said.strip().rpartition(b"\n")[2].strip()[:_WORDS]


def _length(process: "subprocess.Popen[bytes]") -> int:
    assert process.stdout
    return int(struct.unpack("<q", process.stdout.read(8))[0])


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    with contextlib.suppress(OSError, ValueError):  # its pipes are closed already
        process.communicate()
