"""Frames on their way from the generator to the screen: a slot that holds only the newest."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from model.actions import IDLE, Action

from .engine import Pixels
from .hands import Degrees
from .past import Past
from .spot import Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkFacts:
    """What there is to know of a walk at one of its frames."""

    scene: str | None
    """None for the world's first."""
    seed: int
    steps: int
    auto: bool
    """Whether the number of steps follows the machine."""
    strength: float
    """Detail as a share of the start's, 0 to 1."""
    faded: bool
    reach: int
    """Frames that can be gone back."""
    past_bytes: int
    """Memory that going back takes."""
    context: float
    """Share of the generator's context that is filled."""
    too_slow: bool = False
    """Whether this machine does not hold the world's rate in so many steps, which nothing but a person changes."""
    fewest: bool = False
    """Whether there is no smaller number of them."""
    pitch: float = 0.0
    """Of the camera, in degrees from -90 to 90, + = down."""
    spot: Spot | None = None
    """Where the frame stands in a replay; None for one that was not recorded."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture on its way to the screen."""

    pixels: Pixels
    index: int
    """Frames generated so far in this session; 0 is the picture of the scene."""
    action: Action = IDLE
    since: float | None = None
    """Arrival of the oldest input that this frame is the first to show, in seconds."""
    step_ms: float = 0.0
    stage_ms: Mapping[str, float] = field(default_factory=dict)
    rate: float = 0.0
    """Frames per second that the generator made lately."""
    turned: Degrees | None = None
    """What the mouse had turned when the frame was begun; None for a frame that nobody's hands made."""
    walk: WalkFacts | None = None
    old: bool = False
    """Whether it was seen before, and is shown on the way to where play goes on."""
    note: str = ""
    """What is said over it."""
    past: Past | None = None
    """What the person goes back in; None while nobody does."""


class Handover:
    """A slot for the newest frame."""

    def __init__(self, wake: Callable[[], None] = lambda: None) -> None:
        """Start empty; `wake` is called for each frame that is put."""
        self._wake = wake
        self._lock = threading.Lock()
        self._frame: Frame | None = None
        self.dropped = 0

    def put(self, frame: Frame) -> None:
        """Offer a frame; one that was not taken is dropped and its input is answered by this one."""
        with self._lock:
            unseen = self._frame
            if unseen is not None and unseen.index > 0 and not unseen.old:
                self.dropped += 1
                frame = replace(frame, since=earliest(unseen.since, frame.since))
            self._frame = frame
        self._wake()

    @property
    def waiting(self) -> bool:
        """Whether a frame is there to be taken."""
        return self._frame is not None

    def take(self) -> Frame | None:
        """Return the newest frame not taken yet."""
        with self._lock:
            frame, self._frame = self._frame, None
            return frame


def earliest(first: float | None, second: float | None) -> float | None:
    """Return the earlier of two times, as far as there are any."""
    times = [time for time in (first, second) if time is not None]
    return min(times) if times else None
