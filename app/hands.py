"""What the hands did since the last frame: the one thing that main thread and generator thread share about input.

The main thread feeds commands and motion as they arrive, the generator takes one `Sample` per frame. Each press of a
key is one press in the frames: it is down for a frame at least, and up for one before the next press. Mouse motion is
summed to the frame in which it came and no count is lost; what a world could not follow at once is spread over three
frames at most. Losing the focus clears everything; what was done while nobody played is forgotten.
"""

import math
import threading
from collections import Counter
from dataclasses import dataclass

from model.actions import TURN_DEGREES, Action

from .settings import HandsSettings

MAX_YAW, MAX_PITCH = 12.0, 6.0
"""Most degrees of the mouse in one frame, as in footage of people walking, unless the rest would wait for too long."""

SPREAD_FRAMES = 3
"""Frames over which a motion beyond that is spread: a flick of 90 degrees goes on for no longer than a hand takes."""

_HARDEST = 120.0  # degrees in any frame, with room for stick and keys below what an action can hold

MOST_PRESSES = 8
"""Presses of one key that wait for their frames; a world that makes n frames a second shows n / 2 presses of them."""

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
        self._down: set[str] = set()  # in the newest sample
        self._presses: Counter[str] = Counter()  # that no sample has shown yet
        self._waiting = Degrees()
        self._pace = Degrees()  # of a motion that is being spread
        self._given = Degrees()
        self._rate = Degrees()
        self._since: float | None = None
        self._focus = True

    def change(self, settings: HandsSettings) -> None:
        """Use other settings from now on; nothing stays held under the old ones."""
        self._settings = settings
        self.clear()

    def hold(self, command: str, down: bool, now: float) -> None:
        """Note that a held command begins or ends; one of `settings.toggle` lasts from one press to the next.

        What is pressed while the window has no keyboard is another program's: a key that was held when the focus went
        repeats itself, and reaches the window under the mouse all the same where nothing else takes it.
        """
        with self._lock:
            if down and not self._focus:
                return
            if command in self._settings.toggle:
                if not down:
                    return
                down = command not in self._held
            if down:
                if command not in self._held:  # another input of the same command presses nothing
                    self._presses[command] = min(MOST_PRESSES, self._presses[command] + 1)
                self._held.add(command)
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
            self._rate = Degrees()
            self._forget()

    def forget(self) -> None:
        """Forget presses and motion that no sample has shown, and keep what is held: nobody played until now."""
        with self._lock:
            self._forget()

    def focus(self, focus: bool) -> None:
        """Note that the window has the person's keyboard, or lost it: then the hands are empty."""
        self._focus = focus
        if not focus:
            self.clear()

    def sample(self) -> Sample:
        """Return what the hands did since the last sample, and start anew."""
        with self._lock:
            down = self._down = self._pressed()
            mouse = self._turn_of_mouse()
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

    def _pressed(self) -> set[str]:
        """Take what is down in the next frame; a press that follows another one first lets the key come up."""
        pressed = set(self._presses) - self._down
        held = {name for name in self._held if name not in self._presses}
        self._presses.subtract(pressed)
        self._presses = +self._presses
        return pressed | held

    def _turn_of_mouse(self) -> Degrees:
        """Take what the mouse turns in the next frame."""
        waiting, pace = self._waiting, self._pace
        mouse = Degrees(
            _portion(waiting.pitch, max(MAX_PITCH, abs(pace.pitch))), _portion(waiting.yaw, max(MAX_YAW, abs(pace.yaw)))
        )
        self._waiting = rest = waiting - mouse
        self._given += mouse
        self._pace = Degrees(mouse.pitch if rest.pitch else 0.0, mouse.yaw if rest.yaw else 0.0)
        return mouse

    def _forget(self) -> None:
        self._presses.clear()
        self._waiting = self._pace = Degrees()
        self._since = None

    def _note(self, now: float) -> None:
        if self._since is None:
            self._since = now


_KEYS = frozenset(Action.__dataclass_fields__) - {"pitch", "yaw"}


def _portion(waiting: float, pace: float) -> float:
    """Part of the `waiting` degrees for one frame, at least `pace`: the last part comes within `SPREAD_FRAMES`."""
    most = min(_HARDEST, max(pace, abs(waiting) / SPREAD_FRAMES))
    # what rounding leaves over is no frame of its own
    return waiting if abs(waiting) <= 1.0001 * most else math.copysign(most, waiting)
