"""What the hands did since the last frame: the one thing that main thread and generator thread share about input.

The main thread feeds commands and motion as they arrive, the generator takes one `Sample` per frame. A key tapped
between two frames counts for one frame; mouse motion is summed and handed out whole, spread over frames where
a world could not follow it at once; losing the focus clears everything.
"""

import threading
from dataclasses import dataclass

from model.actions import TURN_DEGREES, Action

from .settings import HandsSettings

MAX_YAW, MAX_PITCH = 12.0, 6.0
"""Most degrees of the mouse in one frame, as in footage of people walking; the rest waits for the next frame."""

_TURNS = {"turn left": (0, -1), "turn right": (0, 1), "turn up": (-1, 0), "turn down": (1, 0)}  # pitch, yaw


@dataclass(frozen=True, slots=True)
class Degrees:
    """A turn of the camera, + = down / right."""

    pitch: float = 0.0
    yaw: float = 0.0

    def __add__(self, other: "Degrees") -> "Degrees":
        return Degrees(self.pitch + other.pitch, self.yaw + other.yaw)

    def __sub__(self, other: "Degrees") -> "Degrees":
        return Degrees(self.pitch - other.pitch, self.yaw - other.yaw)


@dataclass(frozen=True, slots=True)
class Sample:
    """What the hands did during one frame."""

    action: Action
    since: float | None = None
    """Arrival in seconds of the oldest event that this action is the first to answer, if there is one."""
    focus: bool = True
    """Whether the window had the person's keyboard."""
    turned: Degrees = Degrees()
    """All that the mouse has turned the camera until and with this frame."""


class Hands:
    """What the hands hold and have done since the last sample. Safe to use from two threads."""

    def __init__(self, settings: HandsSettings | None = None) -> None:
        """Start with empty hands."""
        self._settings = settings or HandsSettings()
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._tapped: set[str] = set()
        self._waiting = Degrees()
        self._given = Degrees()
        self._rate = Degrees()
        self._since: float | None = None
        self._focus = True

    def change(self, settings: HandsSettings) -> None:
        """Use other settings from now on; nothing stays held under the old ones."""
        self._settings = settings
        self.clear()

    def hold(self, command: str, down: bool, now: float) -> None:
        """Note that a held command begins or ends; one of `settings.toggle` lasts from one press to the next."""
        with self._lock:
            if command in self._settings.toggle:
                if not down:
                    return
                down = command not in self._held
            if down:
                self._held.add(command)
                self._tapped.add(command)
            elif command in self._held:
                self._held.discard(command)
            else:
                return  # pressed before the focus came here
            self._note(now)

    def move(self, right: int, down: int, now: float) -> None:
        """Note mouse motion, in counts."""
        degrees, invert = self._settings.mouse_degrees, -1 if self._settings.invert else 1
        with self._lock:
            self._waiting += Degrees(down * degrees * invert, right * degrees)
            self._note(now)

    def turn(self, degrees_per_frame: Degrees, now: float) -> None:
        """Note how a stick turns from now on."""
        with self._lock:
            if degrees_per_frame != self._rate:
                self._rate = degrees_per_frame
                self._note(now)

    def holds(self, command: str) -> bool:
        """Whether a command lasts right now."""
        return command in self._held

    def clear(self) -> None:
        """Let go of everything and forget all motion."""
        with self._lock:
            self._held.clear()
            self._tapped.clear()
            self._waiting = self._rate = Degrees()
            self._since = None

    def focus(self, focus: bool) -> None:
        """Note that the window has the person's keyboard, or lost it: then the hands are empty."""
        self._focus = focus
        if not focus:
            self.clear()

    def sample(self) -> Sample:
        """Return what the hands did since the last sample, and start anew."""
        with self._lock:
            down = self._held | self._tapped
            self._tapped.clear()
            mouse = Degrees(_within(self._waiting.pitch, MAX_PITCH), _within(self._waiting.yaw, MAX_YAW))
            self._waiting -= mouse
            self._given += mouse
            turned, rate = self._given, self._rate
            since, self._since = self._since, None
        pitch, yaw = mouse.pitch + rate.pitch, mouse.yaw + rate.yaw
        for name in down & _TURNS.keys():
            up_down, left_right = _TURNS[name]
            pitch += TURN_DEGREES * up_down
            yaw += TURN_DEGREES * left_right
        keys = dict.fromkeys(sorted(down & _KEYS), True)
        return Sample(Action(**keys, pitch=pitch, yaw=yaw), since, self._focus, turned)

    def ahead_of(self, turned: Degrees) -> Degrees:
        """Return what the mouse has turned since a frame whose sample said `turned`."""
        with self._lock:
            return self._given + self._waiting - turned

    def _note(self, now: float) -> None:
        if self._since is None:
            self._since = now


_KEYS = frozenset(Action.__dataclass_fields__) - {"pitch", "yaw"}


def _within(degrees: float, most: float) -> float:
    return max(-most, min(most, degrees))
