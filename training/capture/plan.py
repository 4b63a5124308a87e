"""What a capture is to hold: clip k is a function of the plan's seed and k, whoever makes it and whenever."""

import json
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np

from model.errors import DataError
from model.files import write_atomically
from model.footage.untrusted import read_json

DARK_BIOMES = ("rainforest", "under", "unknown")
"""Parts of the names of biomes that are left out unless asked for: too dense to see, or below the ground."""
TIMES = {"day": (0.30, 0.70), "dusk": (0.22, 0.30), "any": (0.22, 0.80)}
"""Times of day, 0.5 is noon; outside of 0.22 to 0.80 the picture is nearly black."""

_SIDES = ((160, 640), (96, 360))  # least and most pixels across and down
_FILE = "capture.json"


class Draw(IntEnum):
    """What a random generator is for; each has one of its own, so that one more draw here changes nothing there."""

    WORLD = 1
    PLACE = 2
    WALK = 3


@dataclass(frozen=True, kw_only=True)
class CapturePlan:
    """Clips of one kind."""

    clips: int
    game: str = "luanti"
    frames: int = 513
    """Of each clip."""
    size: tuple[int, int] = (96, 160)
    """Height and width."""
    fps: float = 16.0
    seed: int = 0
    biomes: tuple[str, ...] = ()
    """Names as the game reports them; none: all but DARK_BIOMES."""
    times: tuple[float, float] = TIMES["day"]
    """Earliest and latest time of day."""
    places_per_world: int = 10
    """Clips, each of a place of its own, until the game starts afresh with another world."""

    def __post_init__(self) -> None:
        """Refuse what the game cannot do; raises DataError."""
        for side, (least, most), name in zip(reversed(self.size), _SIDES, ("width", "height"), strict=True):
            if not least <= side <= most or side % 2:
                raise DataError(f"{name} {side} cannot be captured; give an even one from {least} to {most}")
        for name, value in (("clips", self.clips), ("places per world", self.places_per_world)):
            if value < 1:
                raise DataError(f"{name} is {value}; give 1 or more")
        if self.frames < 2:
            raise DataError(f"a clip of {self.frames} frames holds no action; give 2 or more")
        if not 1 <= self.fps <= 60:
            raise DataError(f"{self.fps:g} frames/s cannot be captured; give 1 to 60")
        if not 0 <= self.times[0] <= self.times[1] <= 1:
            raise DataError(f"the times {self.times} are no range; give for example 0.3-0.7")
        if self.seed < 0:
            raise DataError(f"the seed is {self.seed}; give 0 or more")

    def world(self, clip: int) -> int:
        """Number of the world that a clip is of."""
        return clip // self.places_per_world

    def world_seed(self, clip: int) -> int:
        """Seed of that world, as the game takes it."""
        return int(self.generator(Draw.WORLD, self.world(clip)).integers(1, 2**31))

    def name(self, clip: int) -> str:
        """Name of a clip."""
        return f"seed_{self.world_seed(clip)}_part_{clip % self.places_per_world}"

    def generator(self, draw: Draw, number: int) -> np.random.Generator:
        """Randomness for one purpose of one clip or world."""
        return np.random.default_rng((self.seed, draw, number))

    def allows(self, biome: str) -> bool:
        """Whether a place in this biome is wanted."""
        return biome in self.biomes if self.biomes else not any(dark in biome for dark in DARK_BIOMES)

    def missing(self, folder: Path) -> list[int]:
        """Clips that are not in `folder` yet."""
        return [k for k in range(self.clips) if not (folder / "metadata" / f"{self.name(k)}.json").is_file()]

    def begin(self, folder: Path) -> None:
        """Note in `folder` what it is captured with, or see that it is what it was begun with.

        Raises:
            DataError: when it holds something else.
        """
        ours = asdict(self)
        del ours["clips"]  # more of the same may be asked for at any time
        ours = json.loads(json.dumps(ours))
        path = folder / _FILE
        if path.is_file():
            theirs = read_json(path)
            differing = sorted(key for key in ours if not isinstance(theirs, dict) or theirs.get(key) != ours[key])
            if differing:
                raise DataError(
                    f"{folder}: was begun with other {', '.join(differing)} ({path.name} tells); "
                    "repeat those or choose another folder"
                )
        elif any((folder / "metadata").glob("*.json")):
            raise DataError(f"{folder}: holds footage that no capture has begun; choose another folder")
        else:
            write_atomically(path, json.dumps(ours, indent=1).encode())
