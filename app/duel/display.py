"""What the window shows of a comparison, and when: two pictures, turned with the mouse, and what is to be read."""

from collections.abc import Sequence
from dataclasses import replace

from .. import theme
from ..display import turn_since
from ..engine import Pixels
from ..picture import Picture, Sprite
from ..refresh import Refresh
from ..room import SAID, room_of
from ..screens import loading
from ..seat import Seat
from ..settings import PictureSettings
from ..toasts import Toasts
from .layout import Layout, layout_of
from .options import DuelOptions
from .pairs import Pair
from .view import DuelFacts, DuelView
from .voting import CHOICES, Choice

_BEAT_SECONDS = 0.25  # of the loading screen
_TURNING_LIGHT, _PAUSED_LIGHT = 0.4, 0.7


class DuelDisplay:
    """Draws; used by the main thread alone."""

    def __init__(self, options: DuelOptions, seat: Seat, toasts: Toasts) -> None:
        """Show nothing yet; sentences come from `toasts`."""
        self._specs = tuple(side.spec for side in options.sides)
        self._window, self._hands, self._toasts = seat.window, seat.hands, toasts
        self._view = DuelView()
        self._pictures = tuple(Picture(seat.window.context, field_of_view=spec.field_of_view) for spec in self._specs)
        settings = seat.preferences.settings.picture
        self.refresh = Refresh(settings.most_fps, seat.window.screen)
        self.pair: Pair | None = None
        """What is on the screen."""
        self.stale = True
        """Whether what is on the screen is out of date."""
        self._drawn_at = 0.0
        self.change(settings)

    def change(self, settings: PictureSettings) -> None:
        """Draw otherwise from now on."""
        self.warps = settings.late_warp and not settings.reduced_motion
        """Whether the pictures follow the mouse between frames."""
        self._still = self._toasts.still = settings.reduced_motion
        self.refresh.most, self._text_scale = settings.most_fps, settings.text_scale
        for picture in self._pictures:
            picture.filter = settings.filter
        self.stale = True

    def take(self, pair: Pair) -> None:
        """Show a pair from the next picture on."""
        for picture, frame in zip(self._pictures, pair.frames, strict=True):
            picture.upload(frame.pixels)
        self.pair, self.stale = pair, True

    def draw(self, now: float, order: tuple[int, int], facts: DuelFacts | None) -> None:
        """Draw everything and put it on the screen, worlds in that order; without `facts` both are waited for."""
        self.refresh.begin(now)
        if self.pair is None or facts is None:
            self._draw_loading(now)
        else:
            self._draw_pair(now, self.pair, order, facts)
        self._window.show()
        self._drawn_at, self.stale = now, False

    def moving(self, now: float) -> bool:
        """Whether something has to be drawn anew although nothing else changed."""
        beats = self.pair is None and self._beat(now) != self._beat(self._drawn_at)
        return beats or self._toasts.moving(now)

    def choice_at(self, place: tuple[int, int], order: tuple[int, int]) -> Choice | None:
        """Return what a click there votes."""
        if self.pair is None:
            return None
        entries = zip(CHOICES, self._places(order).entries, strict=True)
        return next((choice for choice, entry in entries if entry.collidepoint(place)), None)

    def seen(self, order: tuple[int, int]) -> Pixels:
        """Draw both pictures alone, worlds in that order, and return them (h, w, 3), beside each other as they are."""
        assert self.pair is not None
        places = self._places(order)
        self._draw_pictures(self.pair, order, places)
        self.stale = True
        left, right = places.pictures
        both = left.union(right)
        return self._pictures[0].read(self._window.size)[both.top : both.bottom, both.left : both.right]

    def close(self) -> None:
        """Free the graphics memory."""
        for picture in self._pictures:
            picture.release()

    def _draw_loading(self, now: float) -> None:
        size = self._window.size
        sprites = loading("A or B?", size, self._beat(now), "waking two worlds", text_scale=self._text_scale)
        sprites += self._toasts.sprites(room_of(size, SAID), now, theme.text_scale_of(size, self._text_scale))
        self._pictures[0].draw(size, sprites)

    def _draw_pair(self, now: float, pair: Pair, order: tuple[int, int], facts: DuelFacts) -> None:
        places = self._places(order)
        light = _TURNING_LIGHT if facts.turning else _PAUSED_LIGHT if facts.paused else 1.0
        sprites = self._view.sprites(places, facts)
        room = replace(room_of(self._window.size), bottom=places.entries[0].top)
        sprites += self._toasts.sprites(room, now, places.scale)
        self._draw_pictures(pair, order, places, sprites, light=light, turned=self.warps and not facts.paused)

    def _draw_pictures(
        self,
        pair: Pair,
        order: tuple[int, int],
        places: Layout,
        sprites: Sequence[Sprite] = (),
        *,
        light: float = 1.0,
        turned: bool = False,
    ) -> None:
        for side, place in zip(order, places.pictures, strict=True):
            turn = turn_since(pair.frames[side], self._hands) if turned else None
            over = sprites if side == order[1] else ()
            clear = side == order[0]
            self._pictures[side].draw(places.window, over, light=light, turn=turn, place=place, clear=clear)

    def _places(self, order: tuple[int, int]) -> Layout:
        left, right = (self._specs[side] for side in order)
        shapes = ((left.width, left.height), (right.width, right.height))
        return layout_of(self._window.size, shapes, self._text_scale)

    def _beat(self, now: float) -> int | None:
        """Which dot of the loading screen is lit, counted on; None where nothing moves."""
        return None if self._still else int(now / _BEAT_SECONDS)
