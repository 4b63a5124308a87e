"""What a check has to say: one finding is one kind of damage at one place, with what to do about it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "absurd action",
    "black frames",
    "damaged video",
    "dropped frames",
    "early actions",
    "frame rate",
    "frame size",
    "frozen picture",
    "held key",
    "inserted frames",
    "late actions",
    "leaked clip",
    "lost actions",
    "menu frames",
    "pitch sign",
    "repeated frames",
    "twin clips",
    "uneven rate",
    "units",
    "unreadable",
    "unrelated actions",
    "yaw sign",
]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One kind of damage at one place of a dataset."""

    kind: Kind
    clip: str
    frames: tuple[int, int] | None = None
    """First frame and the one after the last; None where it concerns the clip as a whole."""
    problem: str
    """What is wrong, as the end of a sentence that begins with the clip."""
    remedy: str
    """What to do, as an order; empty where the problem says it already."""

    @property
    def sentence(self) -> str:
        """Clip, place, problem and remedy in one line."""
        first, end = self.frames or (0, 0)
        place = f" frames {first}-{end - 1}" if end - first > 1 else f" frame {first}" if self.frames else ""
        return f"{self.clip}{place}: {self.problem}" + (f"; {self.remedy}" if self.remedy else "")
