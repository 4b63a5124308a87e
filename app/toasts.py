"""Short sentences at the bottom of the picture: what just happened, for a few seconds. Any thread may say one."""

import threading
import time
from collections import deque
from collections.abc import Callable

import pygame

from .bubble import bubble
from .picture import Sprite
from .room import GAP, Room

_SECONDS, _FADE_SECONDS = 3.5, 0.6
_LETTERS_A_SECOND = 20  # that one reads beside playing
_MOST = 3  # at a time
_LETTERS, _SIZE = 240, 22


class Toasts:
    """What is to be read right now."""

    def __init__(self, wake: Callable[[], None], clock: Callable[[], float] = time.perf_counter) -> None:
        """`wake` is called for every new sentence, so that it is drawn."""
        self._wake, self._clock = wake, clock
        self._lock = threading.Lock()
        self._said: deque[tuple[str, float]] = deque(maxlen=_MOST)
        self._seen: list[tuple[str, float, float]] = []  # as `sprites` showed them last
        self.still = False
        """Whether sentences go at once instead of fading."""
        self._drawn: dict[tuple[str, float, int, int], pygame.Surface] = {}

    def say(self, sentence: str) -> None:
        """Show a sentence; one that is there already only stays longer."""
        words = " ".join(sentence.split())
        words = words if len(words) <= _LETTERS else f"{words[: _LETTERS - 3]}..."
        with self._lock:
            kept = [entry for entry in self._said if entry[0] != words]
            self._said = deque([*kept, (words, self._clock())], maxlen=_MOST)
        self._wake()

    def moving(self, now: float) -> bool:
        """Whether there is something else to be seen than `sprites` showed last: one more, one that fades or went."""
        return self._looks(now) != self._seen

    def sprites(self, room: Room, now: float, scale: float) -> list[Sprite]:
        """Return the sentences at the bottom of the room, the newest lowest, and as many above it as there is room."""
        said = self._seen = self._looks(now)
        bottom = room.bottom
        sprites: list[Sprite] = []
        for number, (words, _, alpha) in enumerate(reversed(said)):
            surface = self._surface(words, scale, room)
            bottom -= surface.get_height() + round(GAP * scale)
            if bottom < room.top and sprites:
                break
            at = room.centred(surface.get_width()), max(room.top, bottom)
            sprites.append(Sprite(f"toast {number}", surface, at, alpha))
        self._drawn = {key: surface for key, surface in self._drawn.items() if key[0] in {words for words, *_ in said}}
        return sprites

    def _looks(self, now: float) -> list[tuple[str, float, float]]:
        """Sentences that are to be seen, oldest first: since when, and how solid, above 0 to 1."""
        with self._lock:
            said = [(*entry, _until(*entry) - now) for entry in self._said]
        fade = 0.0 if self.still else _FADE_SECONDS
        return [(words, since, 1.0 if left >= fade else left / fade) for words, since, left in said if left > 0]

    def _surface(self, words: str, scale: float, room: Room) -> pygame.Surface:
        key = words, scale, room.width, room.height
        if key not in self._drawn:
            self._drawn[key] = bubble(words, _SIZE * scale, room.width, height=room.height)
        return self._drawn[key]


def _until(words: str, since: float) -> float:
    """When a sentence goes: longer ones take longer to be read."""
    return since + max(_SECONDS, len(words) / _LETTERS_A_SECOND)
