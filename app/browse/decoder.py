"""The decoder thread: the frame that is looked at first, then those that will be looked at next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from model.errors import DataError
from model.footage.clip import Dataset
from model.footage.seek import ClipFrames, Picture, open_frames

from .cache import CACHE_BYTES, FrameCache
from .worker import Job, Worker

_AHEAD_SECONDS = 2.0
_AHEAD_SHARE = 4  # of the cache, for frames that are not looked at yet


@dataclass(frozen=True)
class Wanted:
    """A frame that is looked at, and where from there."""

    clip: int
    frame: int
    backward: bool = False


@dataclass
class _Open:
    """A clip whose frames are being read, and the frame that comes next."""

    clip: int
    frames: ClipFrames
    numbered: Iterator[tuple[int, Picture]] | None = None
    next: int = 0


class Decoder(Worker):
    """Decodes what is wanted into a cache. It alone holds videos open."""

    def __init__(self, dataset: Dataset, wake: Callable[[], None], most_bytes: int = CACHE_BYTES) -> None:
        """Decode from `dataset` and hold at most `most_bytes` of frames."""
        super().__init__("decoder", wake)
        self._dataset = dataset
        self._cache = FrameCache(most_bytes)
        frame_bytes = 3 * dataset.size[0] * dataset.size[1]
        self._ahead = max(1, min(round(_AHEAD_SECONDS * dataset.fps), most_bytes // _AHEAD_SHARE // frame_bytes))
        self._wanted: Wanted | None = None
        self._faults: dict[int, str] = {}
        self._open: _Open | None = None

    def want(self, wanted: Wanted | None) -> None:
        """Say what is looked at now; what was wanted before no longer matters."""
        with self._changed:
            if wanted != self._wanted:
                self._wanted = wanted
                self._changed.notify()

    def nearest(self, clip: int, frame: int) -> tuple[int, Picture] | None:
        """Return the decoded frame that is nearest to `frame`, with its number; None when none is decoded."""
        with self._changed:
            return self._cache.nearest(clip, frame)

    def fault(self, clip: int) -> str:
        """Say why a clip does not decode; empty while it does."""
        return self._faults.get(clip, "")

    def _choose(self) -> Job | None:
        wanted = self._wanted
        if wanted is None or wanted.clip in self._faults:
            return None
        missing = self._missing(wanted)
        return None if missing is None else lambda: self._decode(wanted, missing)

    def _missing(self, wanted: Wanted) -> int | None:
        """First frame that is not decoded of those that are wanted, in the order of need."""
        end = -1 if wanted.backward else self._dataset.frame_counts[wanted.clip]
        step = -1 if wanted.backward else 1
        ahead = range(wanted.frame, end, step)[: self._ahead + 1]
        return next((frame for frame in ahead if (wanted.clip, frame) not in self._cache), None)

    def _decode(self, wanted: Wanted, goal: int) -> None:
        """Decode one frame on the way to `goal`."""
        try:
            number, picture = self._next(self._opened(wanted.clip), goal)
        except DataError as error:
            self._faults[wanted.clip] = str(error)
            self._let_go()
            self._wake()
            return
        with self._changed:
            looked_at = self._wanted
            exact = looked_at is None or (looked_at.clip, looked_at.frame) in self._cache
            self._cache.put(wanted.clip, number, picture)
        if not exact:
            self._wake()

    def _opened(self, clip: int) -> _Open:
        if self._open is None or self._open.clip != clip:
            self._let_go()
            self._open = _Open(clip, open_frames(self._dataset, clip))
        return self._open

    def _next(self, opened: _Open, goal: int) -> tuple[int, Picture]:
        """Read on, or anew from a keyframe where that is nearer."""
        if opened.numbered is None or not opened.frames.key_before(goal) <= opened.next <= goal:
            opened.numbered = opened.frames.frames_from(goal, before=self._ahead)
        found = next(opened.numbered, None)
        if found is None:
            name = self._dataset.names[opened.clip]
            raise DataError(f"{name}: ends before frame {goal}; record or export the clip again")
        opened.next = found[0] + 1
        return found

    def _let_go(self) -> None:
        if self._open is not None:
            self._open.frames.close()
            self._open = None

    def _finish(self) -> None:
        self._let_go()
