"""A menu at a seat: fed with the window's events, drawn into it; the settings that its pages change are written."""

import time
from collections.abc import Callable

import pygame

from model.errors import ArvdError

from ..picture import Sprite
from ..seat import Seat
from .asking import Typing
from .menu import Menu
from .view import MenuView


class Board:
    """A menu and its picture."""

    def __init__(self, seat: Seat, say: Callable[[str], None]) -> None:
        """Show nothing yet; `say` hears what cannot be done."""
        self.menu = Menu(say)
        self.view = MenuView(self.menu)
        self._seat, self._say = seat, say

    def feed(self, event: pygame.event.Event) -> bool:
        """Take an event; returns whether there is something else to be seen."""
        self._fit()
        before = self._state()
        names = tuple(self._seat.inputs.changes(event))
        self._try(lambda: self.menu.feed(event, names))
        return self._state() != before

    def focus(self, focus: bool) -> None:
        """Note that the window has the person's keyboard, or lost it: nothing stays held, on a page or behind it."""
        self._seat.hands.focus(focus)
        self._seat.inputs.release()
        self.menu.let_go()

    def tick(self) -> bool:
        """Let time pass; returns whether there is something else to be seen."""
        before = self._state()
        self._try(self.menu.tick)
        self._try(self._seat.preferences.tick)
        return self._state() != before

    def patience(self, longest: float) -> float:
        """Seconds until `tick` has something to do, at most `longest`."""
        now = time.perf_counter()
        dues = [due for due in (self.menu.due, self._seat.preferences.due) if due is not None]
        return max(0.0, min([longest, *(due - now for due in dues)]))

    def sprites(self) -> list[Sprite]:
        """Return what is to be seen of the menu."""
        self._fit()
        return self.view.sprites()

    def _fit(self) -> None:
        self.menu.by_pad = self._seat.inputs.by_pad
        self.menu.fit(self._seat.window.size, self._seat.preferences.settings.picture.text_scale)

    def _state(self) -> object:
        menu = self.menu
        if not menu.is_open:
            return None
        typed = menu.asking.field.text if isinstance(menu.asking, Typing) else ""
        return menu.page, menu.selected, menu.top, self._seat.inputs.by_pad, menu.asking is None, typed

    def _try(self, do: Callable[[], None]) -> None:
        try:
            do()
        except (ArvdError, OSError) as error:
            self._say(str(error))
