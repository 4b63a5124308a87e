"""What of a window is still free: overlays take their places from its edges one after the other, none over another."""

from dataclasses import dataclass

from . import theme

EDGE = 20
"""Distance from the edge of a 1280x720 window."""
GAP = 8
"""Between two overlays, in the same measure."""
SAID = 0.85
"""How far down what is said over a picture stands, in windows."""


@dataclass(frozen=True)
class Room:
    """A free place, in window pixels."""

    left: int
    top: int
    right: int
    bottom: int
    middle: int
    """Across: where things are centred that have the room for it."""

    @property
    def width(self) -> int:
        """Across, in pixels."""
        return max(1, self.right - self.left)

    @property
    def height(self) -> int:
        """Down, in pixels."""
        return max(1, self.bottom - self.top)

    def centred(self, width: int) -> int:
        """Left edge of something so wide, which stays within."""
        return max(self.left, min(self.middle - width // 2, self.right - width))


def room_of(window: tuple[int, int], low: float = 1.0) -> Room:
    """Return what there is in a window of that size down to that share of its height, the edges left free."""
    edge = round(EDGE * theme.scale_of(window))
    return Room(edge, edge, window[0] - edge, min(round(window[1] * low), window[1] - edge), window[0] // 2)
