"""Short sentences at the bottom of the picture: what just happened, for a few seconds. Any thread may say one."""

import threading
import time
from collections import deque
from collections.abc import Callable

import pygame

from . import theme
from .picture import Sprite

_SECONDS, _FADE_SECONDS = 3.5, 0.6
_MOST = 3  # at a time
_LETTERS = 90


class Toasts:
    """What is to be read right now."""

    def __init__(self, wake: Callable[[], None], clock: Callable[[], float] = time.perf_counter) -> None:
        """`wake` is called for every new sentence, so that it is drawn."""
        self._wake, self._clock = wake, clock
        self._lock = threading.Lock()
        self._said: deque[tuple[str, float]] = deque(maxlen=_MOST)
        self._drawn: dict[tuple[str, float], pygame.Surface] = {}

    def say(self, sentence: str) -> None:
        """Show a sentence; one that is there already only stays longer."""
        words = " ".join(sentence.split())
        words = words if len(words) <= _LETTERS else f"{words[: _LETTERS - 3]}..."
        with self._lock:
            kept = [entry for entry in self._said if entry[0] != words]
            self._said = deque([*kept, (words, self._clock())], maxlen=_MOST)
        self._wake()

    def moving(self, now: float) -> bool:
        """Whether something is to be seen, which fades."""
        return any(now - since < _SECONDS for _, since in self._said)

    def sprites(self, window: tuple[int, int], now: float, low: float = 0.85) -> list[Sprite]:
        """Return the sentences, the newest lowest, down to that share of the window."""
        with self._lock:
            said = [(words, since) for words, since in self._said if now - since < _SECONDS]
        scale = theme.scale_of(window)
        bottom = round(window[1] * low)
        sprites = []
        for number, (words, since) in enumerate(reversed(said)):
            surface = self._surface(words, scale)
            bottom -= surface.get_height() + round(8 * scale)
            alpha = min(1.0, (_SECONDS - (now - since)) / _FADE_SECONDS)
            sprites.append(Sprite(f"toast {number}", surface, ((window[0] - surface.get_width()) // 2, bottom), alpha))
        self._drawn = {key: surface for key, surface in self._drawn.items() if key[0] in {words for words, _ in said}}
        return sprites

    def _surface(self, words: str, scale: float) -> pygame.Surface:
        if (words, scale) not in self._drawn:
            face = theme.text(words, 22 * scale)
            surface = theme.panel((face.get_width() + round(36 * scale), round(38 * scale)), 19 * scale)
            surface.blit(face, face.get_rect(center=surface.get_rect().center))
            self._drawn[words, scale] = surface
        return self._drawn[words, scale]
