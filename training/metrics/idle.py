"""Whether a view lasts while nobody moves: it is walked to from each scene, then looked at for hundreds of frames.

A generated frame is a drawing of its own, so two of one view differ; how much is `flicker`, each frame against the one
before. What counts is whether the view goes further from what it was than that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from model.actions import IDLE, parse_actions

from .intervals import Estimate, estimate, plain_estimates
from .pictures import Bytes, psnr, sharpness
from .playable import PlayableWorld, ignore

WALK = parse_actions("w*14, w+right*6, w*10")
"""How a view is come to."""

WINDOW = 50
"""Frames between two looks."""

NUMBERS = ("psnr", "flicker", "sharpness", "brightness")
"""What is known of a look."""

_LEAD = 10  # frames in which a walk comes to rest, before the view is taken for what it was


@dataclass(frozen=True, kw_only=True)
class IdleConfig:
    """How much is measured."""

    frames: int = 500
    """That nobody moves in each scene."""
    steps: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Look:
    """A view after `WINDOW` frames more."""

    psnr: float
    """Of the last frame against the first, in dB."""
    flicker: float
    """Of each frame against the one before, mean, in dB."""
    sharpness: float
    """Of the last frame, relative to the first."""
    brightness: float
    """Likewise."""


@dataclass(frozen=True)
class Stand:
    """One scene, for pictures: the first frame and one of each look."""

    scene: str
    frames: Bytes
    """(looks + 1, h, w, 3)."""


@dataclass(frozen=True)
class Idle:
    """Result of `measure_idle`: looks by scene."""

    scenes: Mapping[str, Sequence[Look]]
    seed: int

    def looks(self) -> tuple[dict[str, Estimate], ...]:
        """Each look's numbers, mean over scenes (scenes drawn with replacement)."""
        rows = zip(*self.scenes.values(), strict=True)
        return tuple(
            {name: estimate([[getattr(look, name)] for look in row], self.seed) for name in NUMBERS} for row in rows
        )

    def worst(self) -> tuple[str, Look]:
        """Scene whose view went farthest from what it was, at its last look."""
        scene = min(self.scenes, key=lambda name: self.scenes[name][-1].psnr)
        return scene, self.scenes[scene][-1]

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "frames_per_look": WINDOW,
            "looks": [plain_estimates(look) for look in self.looks()],
            "worst_scene": self.worst()[0],
            "scenes": {scene: [asdict(look) for look in looks] for scene, looks in self.scenes.items()},
        }


def measure_idle(
    world: PlayableWorld,
    scenes: Sequence[str],
    config: IdleConfig,
    *,
    progress: Callable[[str], None] = ignore,
    keep: Callable[[Stand], None] = ignore,
) -> Idle:
    """Walk from each scene and stand; `keep` is handed what each view looked like."""
    found = {}
    for scene in scenes:
        session = world.start(scene, seed=config.seed, steps=config.steps)
        for action in (*WALK, *[IDLE] * _LEAD):
            session.step(action)
        first, looks = session.step(IDLE), []
        shown = [first]
        for k in range(max(1, config.frames // WINDOW)):
            progress(f"idle {scene} {(k + 1) * WINDOW}")
            frames = np.stack([shown[-1], *(session.step(IDLE) for _ in range(WINDOW))])
            shown.append(frames[-1])
            looks.append(_look(frames, first))
        found[scene] = looks
        keep(Stand(scene, np.stack(shown)))
    return Idle(found, config.seed)


def _look(frames: Bytes, first: Bytes) -> Look:
    last = frames[-1]
    return Look(
        psnr=float(psnr(last, first)),
        flicker=float(psnr(frames[1:], frames[:-1]).mean()),
        sharpness=float(sharpness(last) / max(1e-9, float(sharpness(first)))),
        brightness=float(last.mean() / max(1e-9, float(first.mean()))),
    )
