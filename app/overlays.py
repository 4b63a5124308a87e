"""Everything that stands over the picture: loading screen, menu, figures, hands, marks, notices."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

import pygame

from model.actions import Action
from model.world_spec import WorldSpec

from . import theme
from .bindings import DEFAULT, Bindings
from .bubble import bubble
from .engine import World
from .handover import Frame
from .hands_view import caps_of, coarse, draw_hands
from .hud import Facts, Hud, hud_scale
from .key_names import key_of
from .past_view import PastView
from .picture import Sprite
from .record_mark import RecordMark
from .recording import Recording
from .report import resident_mb, video_mb
from .room import GAP, SAID, Room, room_of
from .screens import Hint, loading
from .settings import PictureSettings
from .slowness import Slowness
from .toasts import Toasts

_BEAT_SECONDS = 0.25  # of the loading screen
_UNDER_PAGES = 0.985  # how far down what is said stands while a page is open, in windows
_BESIDE_PAGES = 220  # least width of a place beside them that it takes instead, in a 1280x720 window
_HINTED = 0.94  # how far down the first hint stands


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

    def __init__(
        self,
        spec: WorldSpec,
        recording: Recording,
        toasts: Toasts,
        *,
        figures: bool,
        bindings: Callable[[], Bindings] = lambda: DEFAULT,
    ) -> None:
        """Nothing but marks and notices, and the figures if they are wanted; `bindings` are those of now."""
        self._spec, self._toasts, self._bindings = spec, toasts, bindings
        self.by_pad: Callable[[], bool] = lambda: False
        """Tells whether a pad was used last, whose buttons are named then."""
        self._hud, self._hint = Hud(), Hint()
        self._hud.visible = figures
        self._hands = figures
        self._mark, self._past = RecordMark(recording, spec.fps), PastView(spec.fps)
        self._slowness = Slowness()
        self._banners: dict[tuple[object, ...], pygame.Surface] = {}
        self.text_scale = 1.0
        """How much larger words are than they would be, as far as there is room."""
        self._still = False

    def change(self, settings: PictureSettings) -> None:
        """Draw otherwise from now on."""
        self.text_scale = settings.text_scale
        self._still = self._toasts.still = settings.reduced_motion

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
        if frame.old:
            return
        self._hud.note_frame(frame)
        if frame.walk is not None:
            words = self._slowness.words(frame.walk, self._bindings(), by_pad=self.by_pad())
            if words is not None:
                self._toasts.say(words)

    def note_latency(self, milliseconds: float) -> None:
        """Take the time from an input to the picture that shows it."""
        self._hud.note_latency(milliseconds)

    def note_turn(self, milliseconds: float) -> None:
        """Take the time from a motion of the mouse to the picture that is turned by it."""
        self._hud.note_turn(milliseconds)

    def moving(self, now: float, drawn_at: float, mood: Mood) -> bool:
        """Whether something has to be drawn anew although nothing else changed."""
        beats = mood is Mood.LOADING and self._beat(now) != self._beat(drawn_at)
        return beats or self._toasts.moving(now)

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
        scale = theme.text_scale_of(size, self.text_scale)
        if mood is Mood.MENU:
            return menu + self._toasts.sprites(room_by_pages(size, menu), now, scale)
        if mood is Mood.LOADING or frame is None:
            screen = loading(self._spec.title, size, self._beat(now), text_scale=self.text_scale)
            return screen + self._toasts.sprites(room_of(size, SAID), now, scale)
        hud = self._draw_hud(size, now, scale, frame, counts) if self._hud.visible else None
        for hands, hint in ((self._hands, True), (self._hands, False), (False, False)):
            figures, room = self._figures(size, scale, hud, frame.action if hands else None)
            past, room = self._past.sprites(room, frame, scale) if mood is Mood.REWINDING else ([], room)
            marks = self._mark.sprites(room, now, scale)
            notices, room = self._notices(room, scale, mood, frame, marks, barred=bool(past))
            hinted = replace(room, bottom=min(room.bottom, round(_HINTED * size[1])))
            hints = self._hints(hinted, now, scale, captured) if hint else []
            low = min([room.bottom, round(SAID * size[1]), *(sprite.at[1] for sprite in hints)])
            said = self._toasts.sprites(replace(room, bottom=low), now, scale)
            if _apart(figures + past[:1] + marks + notices + said + hints):
                break
        return figures + past + marks + notices + said + hints

    def _hints(self, room: Room, now: float, scale: float, captured: bool) -> list[Sprite]:
        """The first hint, for the device that was used last."""
        bindings, by_pad = self._bindings(), self.by_pad()
        return self._hint.sprites(room, now, scale, captured, bindings, by_pad=by_pad, still=self._still)

    def _beat(self, now: float) -> int | None:
        """Which dot of the loading screen is lit, counted on; None where nothing moves."""
        return None if self._still else int(now / _BEAT_SECONDS)

    def _draw_hud(
        self, size: tuple[int, int], now: float, scale: float, frame: Frame, counts: Counts
    ) -> pygame.Surface:
        room = room_of(size)
        return self._hud.surface(lambda: self._facts(frame, counts), now, hud_scale(size, scale), room.height)

    def _figures(
        self, size: tuple[int, int], scale: float, hud: pygame.Surface | None, action: Action | None
    ) -> tuple[list[Sprite], Room]:
        """Figures at the left, hands under them, or at the right where that is too low; and the room that is left."""
        room, gap = room_of(size), round(GAP * scale)
        left, top, low, sprites = room.left, room.top, room.bottom, []
        taken = left
        if hud is not None:
            sprites.append(Sprite("hud", hud, (left, top)))
            taken, top = left + hud.get_width() + gap, top + hud.get_height() + gap
        if action is not None:
            hands = draw_hands(coarse(action), scale, caps_of(self._bindings()))
            width, height = hands.get_size()
            beside = low - height < top
            sprites.append(Sprite("hands", hands, (room.right - width if beside else left, low - height)))
            taken = taken if beside else max(taken, left + width + gap)
            low -= height + gap if beside else 0
        return sprites, replace(room, left=taken, bottom=low)

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
            video_mb=video_mb() if world and world.device.startswith("cuda") else None,
        )

    def _notices(
        self, room: Room, scale: float, mood: Mood, frame: Frame, marks: list[Sprite], *, barred: bool
    ) -> tuple[list[Sprite], Room]:
        """What the picture is, if it is not simply played and no bar says it; that the world fades, if it does.

        And the room under it.
        """
        words = []
        if frame.note:
            words.append((frame.note, theme.INK))
        elif mood is Mood.PAUSED:
            words.append(("paused", theme.INK))
        elif mood is Mood.REWINDING and not barred and (back := self._past.words(frame)):
            words.append((back, theme.INK))
        if frame.walk is not None and frame.walk.faded and mood is Mood.PLAYING:
            key = key_of(self._bindings(), "anchor", pad=self.by_pad())
            mended = f": {key} goes back to a clear frame" if key else ""
            words.append((f"the world is fading{mended}", theme.WARN))
        gap, top, sprites = round(GAP * scale), room.top, []
        under = max((mark.at[1] + mark.surface.get_height() + gap for mark in marks), default=top)
        for name, (sentence, colour) in enumerate(words):
            surface = self._banner(sentence, colour, scale, room.width)
            left = room.centred(surface.get_width())
            if any(left + surface.get_width() + gap > mark.at[0] for mark in marks):
                top = max(top, under)
            sprites.append(Sprite(f"notice {name}", surface, (left, top)))
            top += surface.get_height() + gap
        return sprites, replace(room, top=max(top, under))

    def _banner(self, sentence: str, colour: theme.Colour, scale: float, width: int) -> pygame.Surface:
        key = (sentence, colour, scale, width)
        if key not in self._banners:
            self._banners = {key: bubble(sentence, 24 * scale, width, colour)}
        return self._banners[key]


def room_by_pages(size: tuple[int, int], pages: list[Sprite]) -> Room:
    """Return where words stand while pages are open: at their right if there is room enough, else over their foot."""
    room = room_of(size, _UNDER_PAGES)
    left = room.left + max((page.at[0] + page.surface.get_width() for page in pages), default=0)
    if not pages or room.right - left < _BESIDE_PAGES * theme.scale_of(size):
        return room
    return replace(room, left=left, middle=(left + room.right) // 2)


def _apart(sprites: list[Sprite]) -> bool:
    """Whether none stands on another one."""
    places = [sprite.surface.get_rect(topleft=sprite.at) for sprite in sprites]
    return not any(place.collidelistall(places[number + 1 :]) for number, place in enumerate(places))
