"""What the measures need of a world: to be started from footage and stepped.

`model.world.World` offers it, and so do the fakes of the tests.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from model.actions import Action
from model.errors import DataError
from model.footage.clip import Dataset
from model.footage.pitch import pitch_after
from model.imagine import Stroll, imagine
from model.world import World

from .pictures import Bytes

_AT_ONCE = 16  # walks taken together; more gain little on a CPU

CONTEXT = 8
"""Real frames given before a world is asked to go on."""


class PlayableSession(Protocol):
    """A walk through a world."""

    def step(self, action: Action) -> Bytes:
        """Next frame (h, w, 3) under `action`."""


class PlayableWorld(Protocol):
    """A world as the measures see it."""

    def start(
        self,
        scene: str | None = None,
        *,
        seed: int = 0,
        steps: int | None = None,
        clip: tuple[Bytes, Sequence[Action]] | None = None,
        pitch: float = 0.0,
    ) -> PlayableSession:
        """Begin at a scene or from frames (t, h, w, 3) with t actions, the camera at `pitch` degrees before them."""

    def reconstruct(self, frames: Bytes) -> Bytes:
        """Frames (t, h, w, 3) through encoder and decoder."""


@dataclass(frozen=True)
class Start:
    """A moment of real footage: `CONTEXT` frames before it and what really followed."""

    clip: str
    first: int
    """Index in the clip of the first frame that a world has to draw."""
    context: Bytes
    """(CONTEXT, h, w, 3)."""
    context_actions: tuple[Action, ...]
    future: Bytes
    """(t, h, w, 3), the real frames that followed."""
    future_actions: tuple[Action, ...]
    pitch: float
    """Of the camera before the first context frame's action, in degrees."""

    @property
    def last(self) -> Bytes:
        """Newest real frame (h, w, 3) before the world takes over."""
        newest: Bytes = self.context[-1]
        return newest


def ignore(_: object) -> None:
    """Take a note of nothing: what `progress` and `keep` are when nobody listens."""


def draw_starts(dataset: Dataset, *, clips: int, starts: int, horizon: int, seed: int) -> Iterator[list[Start]]:
    """Yield, clip by clip, `starts` random moments with `horizon` frames after each.

    The first `clips` clips are used.

    Raises:
        DataError: when a clip is too short.
    """
    for index in range(min(clips, len(dataset.names))):
        clip = dataset.read(index)
        last = len(clip) - horizon
        if last < CONTEXT:
            raise DataError(
                f"{clip.name}: has {len(clip)} frames, evaluation needs {CONTEXT + horizon}; drop short clips"
            )
        rng = np.random.default_rng([seed, index])
        moments = np.sort(rng.choice(np.arange(CONTEXT, last + 1), min(starts, last + 1 - CONTEXT), replace=False))
        actions = [Action.from_vector(vector) for vector in clip.actions]
        yield [
            Start(
                clip.name,
                int(k),
                clip.frames[k - CONTEXT : k],
                tuple(actions[k - CONTEXT : k]),
                clip.frames[k : k + horizon],
                tuple(actions[k : k + horizon]),
                pitch_after(dataset.pitch(index), clip.actions[: k - CONTEXT]),
            )
            for k in moments
        ]


def roll_out(world: PlayableWorld, start: Start, actions: Sequence[Action], *, seed: int, steps: int | None) -> Bytes:
    """Frames (t, h, w, 3) that `world` draws after the start's context under t actions."""
    clip = (start.context, start.context_actions)
    session = world.start(clip=clip, seed=seed, steps=steps, pitch=start.pitch)
    return np.stack([session.step(action) for action in actions])


def roll_out_all(
    world: PlayableWorld, starts: Sequence[Start], actions: Sequence[Sequence[Action]], *, seed: int, steps: int | None
) -> Bytes:
    """Frames (s, t, h, w, 3) after each start under its t actions; in a world computed as it was trained, all at once.

    Other runtimes play one walk at a time: what is measured then is what they compute. The seed of a walk is `seed`
    plus the frame that it begins with.
    """
    if isinstance(world, World) and world.runtime.startswith("eager"):
        strolls = [
            Stroll(start.context, start.context_actions, future, seed + start.first, start.pitch)
            for start, future in zip(starts, actions, strict=True)
        ]
        return imagine(world, strolls, steps)
    rolled = [
        roll_out(world, start, future, seed=seed + start.first, steps=steps)
        for start, future in zip(starts, actions, strict=True)
    ]
    return np.stack(rolled)


def roll_clips(
    world: PlayableWorld, drawn: Iterable[list[Start]], *, seed: int, steps: int | None
) -> Iterator[tuple[list[Start], Bytes]]:
    """The starts of each clip and the frames (s, t, h, w, 3) drawn after them under the real actions.

    Several clips are rolled out together, so that a batch is filled however few starts each has.
    """
    waiting: list[list[Start]] = []

    def rolled() -> Iterator[tuple[list[Start], Bytes]]:
        starts = [start for clip in waiting for start in clip]
        frames = roll_out_all(world, starts, [start.future_actions for start in starts], seed=seed, steps=steps)
        ends = np.cumsum([len(clip) for clip in waiting])
        yield from zip(waiting, np.split(frames, ends[:-1]), strict=True)

    for starts in drawn:
        waiting.append(starts)
        if sum(map(len, waiting)) >= _AT_ONCE:
            yield from rolled()
            waiting = []
    if waiting:
        yield from rolled()
