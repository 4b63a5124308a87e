"""Whether long play holds its look: windows of the same scripted play from each scene, beside the first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from model.actions import parse_actions

from .pictures import Look, look
from .playable import PlayableWorld, ignore

SCRIPT = parse_actions("w*14, w+right*6, right*4, w*10, w+left*6, left*4, s*3, d*3")
"""Play of one window: it ends looking the way it began, so that windows can be compared."""


@dataclass(frozen=True, kw_only=True)
class DriftConfig:
    """How much is measured."""

    windows: int = 10
    steps: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Drift:
    """Result of `measure_drift`: the mean look of each window, by scene."""

    scenes: Mapping[str, tuple[Look, ...]]

    @property
    def windows(self) -> tuple[Look, ...]:
        """Each window's look, mean over scenes."""
        table = np.array([[list(asdict(entry).values()) for entry in looks] for looks in self.scenes.values()])
        return tuple(Look(*(float(value) for value in row)) for row in table.mean(0))

    def spread(self, scene: str | None = None) -> dict[str, float]:
        """Largest over smallest window for each number of a look; 1 = no change. All scenes' mean if None."""
        looks = self.windows if scene is None else self.scenes[scene]
        rows = [asdict(entry) for entry in looks]
        return {key: max(row[key] for row in rows) / max(min(row[key] for row in rows), 1e-9) for key in rows[0]}

    def last_to_first(self, scene: str | None = None) -> dict[str, float]:
        """Last window over first, for each number of a look."""
        looks = self.windows if scene is None else self.scenes[scene]
        first, last = asdict(looks[0]), asdict(looks[-1])
        return {key: last[key] / max(first[key], 1e-9) for key in first}

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        scenes = {
            name: {
                "windows": [asdict(entry) for entry in looks],
                "best_to_worst": self.spread(name),
                "last_to_first": self.last_to_first(name),
            }
            for name, looks in self.scenes.items()
        }
        return {
            "frames_per_window": len(SCRIPT),
            "windows": [asdict(entry) for entry in self.windows],
            "best_to_worst": self.spread(),
            "last_to_first": self.last_to_first(),
            "scenes": scenes,
        }


def measure_drift(
    world: PlayableWorld,
    scenes: Sequence[str],
    config: DriftConfig,
    *,
    progress: Callable[[str], None] = ignore,
) -> Drift:
    """Play the script once a window from each scene."""
    found = {}
    for scene in scenes:
        session = world.start(scene, seed=config.seed, steps=config.steps)
        looks = []
        for window in range(config.windows):
            progress(f"drift {scene} {window + 1}/{config.windows}")
            looks.append(look(np.stack([session.step(action) for action in SCRIPT])))
        found[scene] = tuple(looks)
    return Drift(found)
