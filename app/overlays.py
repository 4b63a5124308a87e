"""Everything that stands over the picture: loading screen, menu, figures, hands, marks, notices."""

from dataclasses import dataclass
from enum import Enum, auto

import pygame

from model.actions import Action
from model.world_spec import WorldSpec

from . import theme
from .engine import World
from .handover import Frame
from .hands_view import coarse, draw_hands
from .hud import Facts, Hud
from .picture import Sprite
from .record_mark import RecordMark
from .recording import Recording
from .report import resident_mb
from .screens import Hint, loading
from .toasts import Toasts

_BEAT_SECONDS = 0.25  # of the loading screen
UNDER_PAGES = 0.985
"""How far down what is said stands while a page is open, in windows."""


class Mood(Enum):
    """What the picture is at the moment."""

    LOADING = auto()
    MENU = auto()
    PAUSED = auto()
    REWINDING = auto()
    PLAYING = auto()


@dataclass(frozen=True)
class Counts:
    """What the generator counts for the figures."""

    world: World | None
    dropped: int
    late: int
    shown: float
    """Pictures shown per second."""


class Overlays:
    """Draws what has to be read, and keeps which of it is switched on."""

    def __init__(self, spec: WorldSpec, recording: Recording, toasts: Toasts, *, figures: bool) -> None:
        """Nothing but marks and notices, and the figures if they are wanted."""
        self._spec, self._toasts = spec, toasts
        self._hud, self._hint = Hud(), Hint()
        self._hud.visible = figures
        self._hands = figures
        self._mark = RecordMark(recording, spec.fps)
        self._banners: dict[tuple[object, ...], pygame.Surface] = {}

    def toggle(self, overlay: str) -> None:
        """Show or hide "figures" or "hands"; the hands come and go with the figures as well."""
        if overlay == "figures":
            self.show_figures(not self._hud.visible)
        else:
            self._hands = not self._hands

    def show_figures(self, shown: bool) -> None:
        """Show the figures with the hands, or neither."""
        self._hud.visible = self._hands = shown

    def note_frame(self, frame: Frame) -> None:
        """Take a frame that is about to be shown."""
        if not frame.old:
            self._hud.note_frame(frame)

    def note_latency(self, milliseconds: float) -> None:
        """Take the time from an input to the picture that shows it."""
        self._hud.note_latency(milliseconds)

    def moving(self, now: float, drawn_at: float, mood: Mood) -> bool:
        """Whether something has to be drawn anew although nothing else changed."""
        if mood is Mood.LOADING:
            return int(now / _BEAT_SECONDS) != int(drawn_at / _BEAT_SECONDS)
        return self._toasts.moving(now)

    def sprites(
        self,
        size: tuple[int, int],
        now: float,
        mood: Mood,
        frame: Frame | None,
        menu: list[Sprite],
        counts: Counts,
        captured: bool,
    ) -> list[Sprite]:
        """Return all that is to be seen over a frame in a window of `size` pixels."""
        if mood is Mood.MENU:
            return menu + self._toasts.sprites(size, now, UNDER_PAGES)
        if mood is Mood.LOADING or frame is None:
            return loading(self._spec.title, size, int(now / _BEAT_SECONDS)) + self._toasts.sprites(size, now)
        sprites = self._figures(size, now, frame, counts)
        sprites += self._mark.sprites(size, now) + self._notices(size, mood, frame)
        sprites += self._toasts.sprites(size, now)
        return sprites + self._hint.sprites(size, now, captured)

    def _figures(self, size: tuple[int, int], now: float, frame: Frame, counts: Counts) -> list[Sprite]:
        scale = theme.scale_of(size)
        edge = round(20 * scale)
        sprites = []
        if self._hud.visible:
            surface = self._hud.surface(self._facts(frame, counts), now, scale)
            sprites.append(Sprite("hud", surface, (edge, edge)))
        if self._hands:
            hands = draw_hands(coarse(frame.action if frame else Action()), scale)
            sprites.append(Sprite("hands", hands, (edge, size[1] - edge - hands.get_height())))
        return sprites

    def _facts(self, frame: Frame, counts: Counts) -> Facts:
        world, walk = counts.world, frame.walk
        return Facts(
            title=self._spec.title,
            engine=f"{world.device} {world.runtime}" if world else "-",
            fps=self._spec.fps,
            shown=counts.shown,
            dropped=counts.dropped,
            late=counts.late,
            walk=walk,
            memory_mb=resident_mb(),
        )

    def _notices(self, size: tuple[int, int], mood: Mood, frame: Frame) -> list[Sprite]:
        """What the picture is, if it is not simply played; and that the world fades, if it does."""
        words = []
        if mood is Mood.PAUSED:
            words.append(("paused", theme.INK))
        elif mood is Mood.REWINDING and frame.walk is not None:
            words.append((f"rewinding to frame {frame.index:,}", theme.INK))
        if frame.walk is not None and frame.walk.faded and mood is Mood.PLAYING:
            words.append(("the world is fading: G goes back to a clear frame", theme.WARN))
        scale = theme.scale_of(size)
        top, sprites = round(24 * scale), []
        for name, (sentence, colour) in enumerate(words):
            surface = self._banner(sentence, colour, scale)
            sprites.append(Sprite(f"notice {name}", surface, ((size[0] - surface.get_width()) // 2, top)))
            top += surface.get_height() + round(8 * scale)
        return sprites

    def _banner(self, sentence: str, colour: theme.Colour, scale: float) -> pygame.Surface:
        key = (sentence, colour, scale)
        if key not in self._banners:
            words = theme.text(sentence, 24 * scale, colour)
            surface = theme.panel((words.get_width() + round(44 * scale), round(44 * scale)), 22 * scale)
            surface.blit(words, words.get_rect(center=surface.get_rect().center))
            self._banners = {key: surface}
        return self._banners[key]
