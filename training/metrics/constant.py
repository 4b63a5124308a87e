"""ForgeWM's clips of constant actions: does the picture move the right way for *both* of an opposite pair?

From each start w, s, a, d, left and right are held for 76 frames. A world that always drifts one way obeys one of a
pair and so gets nothing. Keys (KCtrl) and mouse are counted apart; real segments in which a player did the same show
what the measure itself can see. In place of an inverse-dynamics model the mouse is read from the motion of the picture.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.footage.clip import Dataset

from .control import FORCES, STRAFES, Force, Share, both_obeyed, measure_real
from .pictures import Bytes
from .playable import PlayableWorld, Start, draw_starts, ignore, roll_out_all

FRAMES = 76
"""Frames of a rollout."""

ACTIONS: Mapping[str, Force] = {force.name: force for force in (*FORCES, *STRAFES)}
"""What is held, by name."""

PAIRS = {"w / s": ("w", "s"), "a / d": ("a", "d"), "left / right": ("left", "right")}
"""Opposite actions, by name."""

GROUPS = {"keys": ("w / s", "a / d"), "mouse": ("left / right",)}
"""KCtrl is that of the keys."""


@dataclass(frozen=True, kw_only=True)
class ConstantConfig:
    """How much is measured; ForgeWM has 77 starts."""

    clips: int = 8
    """From the first start of each, all actions are played."""
    real_clips: int = 20
    """Clips that are searched for real segments."""
    steps: int | None = None
    """Denoising evaluations per frame; the world's own number if None."""
    seed: int = 0


@dataclass(frozen=True)
class Constant:
    """Result of `measure_constant`."""

    generated: Mapping[str, Share]
    """Starts whose picture obeyed, by action."""
    real: Mapping[str, Share]
    """Real segments whose picture did, by action."""
    pairs: Mapping[str, Share]
    """Starts whose picture obeyed both of a pair."""

    def group(self, name: str) -> Share:
        """Pairs of `keys` or `mouse` together."""
        return sum((self.pairs[pair] for pair in GROUPS[name]), Share(0, 0, 0))

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        shares = {"generated": self.generated, "real": self.real, "pairs": self.pairs}
        found = {part: {name: share.document() for name, share in entry.items()} for part, entry in shares.items()}
        return {"frames": FRAMES, **found, **{name: self.group(name).document() for name in GROUPS}}


@dataclass(frozen=True)
class Held:
    """What one start became under each action, for pictures: name -> (76, h, w, 3)."""

    start: Start
    generated: Mapping[str, Bytes]


def measure_constant(
    world: PlayableWorld,
    dataset: Dataset,
    config: ConstantConfig,
    *,
    progress: Callable[[str], None] = ignore,
    keep: Callable[[Held], None] = ignore,
) -> Constant:
    """Play every action from a start of each clip; `keep` is handed all of them.

    Raises:
        DataError: when a clip is too short.
    """
    motions: dict[str, list[list[float]]] = {name: [] for name in ACTIONS}
    for starts in draw_starts(dataset, clips=config.clips, starts=1, horizon=1, seed=config.seed + 7):
        start, played = starts[0], {}
        progress(f"constant {start.clip}")
        asked = [[force.action] * FRAMES for force in ACTIONS.values()]
        rolled = roll_out_all(world, [start] * len(asked), asked, seed=config.seed, steps=config.steps)
        for (name, force), frames in zip(ACTIONS.items(), rolled, strict=True):
            motions[name].append([force.measure(np.concatenate([start.last[None], frames]))])
            played[name] = frames
        keep(Held(start, played))
    forces = tuple(ACTIONS.values())
    real = measure_real(dataset, clips=config.real_clips, forces=forces, progress=progress)
    obeyed = {name: force.obeyed(motions[name]) for name, force in ACTIONS.items()}
    return Constant(
        generated={name: Share.of(right) for name, right in obeyed.items()},
        real={name: Share.of(ACTIONS[name].obeyed(found)) for name, found in real.items()},
        pairs={pair: both_obeyed(obeyed[one], obeyed[other]) for pair, (one, other) in PAIRS.items()},
    )
