"""The writer thread: takes frames from the generator, which never waits for it, and writes replays.

Frames wait in a queue of bounded memory. When it is full a picture is dropped, counted, and marked in the replay; its
action is kept, so that the replay still makes the same frames again. Whatever goes wrong on the disk ends the
recording, is said once, and leaves the game alone.
"""

import contextlib
import itertools
import re
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue

from model.actions import Action
from model.footage.replay import MAX_FRAMES, ReplayHeader
from model.footage.replay_writer import SYNC_SECONDS, ReplayWriter

from .engine import Pixels
from .spot import Spot

QUEUE_BYTES = 64 << 20
"""Of pictures that may wait: a minute of 160x96 at 20 per second, five seconds of 640x360."""
_PATIENT_FRAMES = 32
"""That may wait where the disk may hold the player up: few, so that they are soon written when a signal comes."""
_PATIENT_SECONDS = 0.001
_MOST_WAITING = 20_000  # frames, pictures or not: a quarter of an hour in which the disk took nothing
LEAST_FREE_BYTES = 512 << 20
"""Left on the disk for everything else."""
_JOIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Begin:
    """What a replay begins with."""

    header: ReplayHeader
    picture: Pixels
    state: bytes | None = None
    """Of a session that is already under way."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One generated frame; nobody may write into `pixels` afterwards."""

    action: Action
    pixels: Pixels | None
    time: float
    """Seconds since the replay began."""
    ms: float
    focus: bool
    late: int


class _End:
    """The replay is over."""


class _Stop:
    """So is the thread."""


class Recorder:
    """Writes one replay after the other into a folder. `begin`, `put` and `end` are for one thread."""

    def __init__(
        self,
        folder: Path,
        *,
        budget: int,
        patient: bool = False,
        say: Callable[[str], None] = lambda sentence: None,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        """Replays in `folder` may take `budget` bytes together.

        `patient` waits where a picture would be dropped; `say` hears, from another thread, why a recording ended early.
        """
        self.folder = folder
        self.notice = ""
        """Why the newest recording ended early."""
        self.notices = 0
        """How many did; the reason may be the same as before."""
        self.written: list[Path] = []
        """Folders of the replays so far."""
        self.frames = 0
        """Written to all replays so far."""
        self.dropped = 0
        """Pictures that the disk was too slow for."""
        self._budget, self._patient, self._say, self._free_bytes = budget, patient, say, free_bytes
        self._queue: SimpleQueue[Begin | Taken | _End | _Stop] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        # Each of these is written by one thread only, so that handing a frame over takes no lock.
        self._begun = self._current = 0  # replays begun, and the number of the one that takes frames, 0 for none
        self._taken = self._bytes_put = 0
        self._opened = self._failed = 0  # the writer's: replays begun, and the number of the newest given up
        self._bytes_got = 0
        self._folders: dict[int, Path] = {}  # by the numbers of their replays
        self._cut: dict[int, int] = {}  # lines of those that were given up
        self._writer: ReplayWriter | None = None
        self._others = 0  # bytes of the other replays in the folder

    @property
    def recording(self) -> bool:
        """Whether frames are being taken."""
        return self._current != 0 and self._current != self._failed

    @property
    def taken(self) -> int:
        """Frames handed over since the recording began."""
        return self._taken

    def begin(self, begin: Begin) -> None:
        """Start a new replay; one that is being written ends."""
        if not self._thread.is_alive():
            self._thread.start()
        self.notice, self._taken = "", 0
        self._begun += 1
        self._current = self._begun
        self._queue.put(begin)

    def put(self, frame: Taken) -> Spot | None:
        """Hand over a frame; costs the caller microseconds, whatever the disk does.

        Returns where it will stand; None where it is not taken.
        """
        if not self.recording:
            return None
        size = 0 if frame.pixels is None else frame.pixels.nbytes
        if self._patient:
            while self._queue.qsize() >= _PATIENT_FRAMES and self.recording:
                time.sleep(_PATIENT_SECONDS)
        elif self._bytes_put - self._bytes_got + size > QUEUE_BYTES:
            self.dropped += 1
            frame, size = replace(frame, pixels=None), 0
            if self._queue.qsize() > _MOST_WAITING:
                self._tell(f"the disk of {self.folder} takes nothing; choose another folder with --record")
                self.end()
                return None
        self._taken += 1
        self._bytes_put += size
        self._queue.put(frame)
        return Spot(self._current, self._taken)

    def folder_of(self, spot: Spot) -> Path | None:
        """Return the replay that holds a frame; None while it has no name, or where it ended before that frame."""
        lost = spot.index >= self._cut.get(spot.replay, spot.index + 1)
        return None if lost else self._folders.get(spot.replay)

    def end(self) -> None:
        """Close the replay after the frames that were handed over."""
        if self._current:
            self._current = 0
            self._queue.put(_End())

    def close(self) -> None:
        """End the replay, if there is one, and the thread; returns when all is on the disk."""
        self.end()
        if self._thread.is_alive():
            self._queue.put(_Stop())
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        checked = time.monotonic()
        while not isinstance(item := self._next(), _Stop):
            try:
                self._carry_out(item)
                if self._writer is not None and time.monotonic() - checked >= SYNC_SECONDS:
                    checked = time.monotonic()
                    if lack := self._lack():
                        self._give_up(lack)
            except Exception as error:  # the game must go on, whatever a disk or an encoder can think of
                self._give_up(_reason(error))

    def _next(self) -> Begin | Taken | _End | _Stop | None:
        """Return the next thing to do; None after a while without any."""
        try:
            item = self._queue.get(timeout=SYNC_SECONDS)
        except Empty:
            return None
        if isinstance(item, Taken) and item.pixels is not None:
            self._bytes_got += item.pixels.nbytes
        return item

    def _carry_out(self, item: Begin | Taken | _End | None) -> None:
        match item:
            case Begin():
                self._opened += 1
                self._finish()
                self._open(item)
            case Taken() if self._writer is not None:
                self._writer.write(
                    item.action, item.pixels, time=item.time, ms=item.ms, focus=item.focus, late=item.late
                )
                self.frames += 1
                if self._writer.frames == MAX_FRAMES:
                    self._give_up(f"no replay is longer than {MAX_FRAMES:,} frames; begin another")
            case _End():
                self._finish()
            case None if self._writer is not None:
                self._writer.sync()

    def _open(self, begin: Begin) -> None:
        self._others = _size(self.folder)
        if lack := self._lack():
            self._give_up(lack)
            return
        folder = _new_folder(self.folder, begin.header)
        self._writer = ReplayWriter(folder, begin.header, begin.picture, begin.state)
        self.written.append(folder)
        self._folders[self._opened] = folder

    def _finish(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _lack(self) -> str:
        """Say what there is too little of to go on, if anything."""
        taken = self._others + (self._writer.size if self._writer is not None else 0)
        if taken >= self._budget:
            return f"{self.folder} holds {taken / 1e9:.1f} GB, all it may; delete replays or raise --record-budget"
        existing = next(folder for folder in (self.folder, *self.folder.absolute().parents) if folder.exists())
        if self._free_bytes(existing) < LEAST_FREE_BYTES:
            return f"the disk of {self.folder} is nearly full; make room or choose another folder with --record"
        return ""

    def _give_up(self, reason: str) -> None:
        """End the recording early; what was written stays."""
        self._cut[self._opened] = self._writer.frames if self._writer is not None else 0
        with contextlib.suppress(Exception):  # a full disk takes no ending either; it is a replay without one
            self._finish()
        self._tell(reason)
        self._failed = self._opened

    def _tell(self, reason: str) -> None:
        self.notice, self.notices = f"recording stopped: {reason}", self.notices + 1
        self._say(self.notice)


def _new_folder(parent: Path, header: ReplayHeader) -> Path:
    """Return the name of a folder that is not there yet."""
    world = re.sub(r"[^\w .-]", "_", header.world).strip(" .")[:80] or "world"
    name = f"{datetime.fromisoformat(header.recorded):%Y%m%d-%H%M%S}-{world}"
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(parent / name for name in names if not (parent / name).exists())


def _size(folder: Path) -> int:
    """Bytes of all files in a folder; those that vanish meanwhile do not count."""
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            size += path.stat().st_size if path.is_file() else 0
    return size


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror or error}; make room or choose another folder with --record"
    return " ".join(str(error).split()) or type(error).__name__
