"""The background thread: what is shown of clips besides their frames. It may come late."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from model.errors import ArvdError
from model.footage.clip import Actions, Dataset, Details, Known
from model.footage.seek import Picture, open_frames

from .worker import Job, Worker

T = TypeVar("T")

_SMALL = (120, 200)  # height and width that a small picture need not exceed
_MOST_SMALL = 1000  # 40 MB at the most


@dataclass(frozen=True)
class Facts:
    """What the hands did in a clip, and what else is known of it."""

    actions: Actions
    known: Known
    details: Details


class Background(Worker):
    """Reads facts, small pictures and digests of the clips that are looked at."""

    def __init__(self, dataset: Dataset, wake: Callable[[], None]) -> None:
        """Read from `dataset`."""
        super().__init__("background", wake)
        self._dataset = dataset
        self._clip: int | None = None
        self._listed: tuple[int, ...] = ()
        self._digest_wanted = False
        self._facts: OrderedDict[int, Facts | None] = OrderedDict()
        self._small: OrderedDict[int, Picture | None] = OrderedDict()
        self._digests: dict[int, str] = {}

    def want(self, clip: int | None, listed: Sequence[int], digest: bool) -> None:
        """Say which clip is looked at, which ones are listed, and whether the digest is to be seen."""
        wanted = (clip, tuple(listed), digest)
        with self._changed:
            if wanted != (self._clip, self._listed, self._digest_wanted):
                self._clip, self._listed, self._digest_wanted = wanted
                self._changed.notify()

    def facts(self, clip: int) -> Facts | None:
        """What the hands did in a clip; None while that is not read, or cannot be."""
        with self._changed:
            return self._facts.get(clip)

    def small(self, clip: int) -> Picture | None:
        """A small picture from the middle of a clip; None while there is none."""
        with self._changed:
            return self._small.get(clip)

    def digest(self, clip: int) -> str:
        """Content hash of a clip; empty while it is not known."""
        return self._digests.get(clip, "")

    def _choose(self) -> Job | None:
        clip = self._clip
        if clip is not None and clip not in self._facts:
            return lambda: self._read_facts(clip)
        for listed in self._listed:
            if listed not in self._small:
                return lambda: self._read_small(listed)
        if clip is not None and self._digest_wanted and clip not in self._digests:
            return lambda: self._read_digest(clip)
        return None

    def _finish(self) -> None:
        """Nothing is held between two jobs."""

    def _read_facts(self, clip: int) -> None:
        try:
            facts = Facts(self._dataset.actions(clip), self._dataset.known(clip), self._dataset.details(clip))
        except ArvdError:  # the decoder says what is wrong with the clip
            facts = None
        self._keep(self._facts, clip, facts)

    def _read_small(self, clip: int) -> None:
        try:
            with closing(open_frames(self._dataset, clip)) as frames:
                key = frames.key_before(self._dataset.frame_counts[clip] // 2)
                _, picture = next(frames.frames_from(key))
                height, width = picture.shape[:2]
                every = max(1, min(height // _SMALL[0], width // _SMALL[1]))
                small = picture[::every, ::every].copy()
        except (ArvdError, StopIteration):
            small = None
        self._keep(self._small, clip, small)

    def _read_digest(self, clip: int) -> None:
        try:
            self._digests[clip] = self._dataset.digest(clip)
        except (ArvdError, OSError) as error:
            self._digests[clip] = f"unknown ({error})"
        self._wake()

    def _keep(self, kept: OrderedDict[int, T], clip: int, value: T) -> None:
        with self._changed:
            kept[clip] = value
            while len(kept) > _MOST_SMALL:
                kept.popitem(last=False)
        self._wake()
