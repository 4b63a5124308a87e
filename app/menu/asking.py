"""Questions that a page asks: a line to be typed, or an input to be pressed. While one is open it takes every event."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pygame

from ..browse.text_field import TextField, Typed

LISTENING_SECONDS = 8.0
"""After which nothing was pressed: a pad has no key that means no."""


@dataclass
class Typing:
    """A line of text."""

    title: str
    note: str
    done: Callable[[str], None]
    """Takes what was typed; may raise ArvdError, which is said."""
    allowed: str = ""
    """Letters that can be typed; empty for all."""
    field: TextField = field(default_factory=TextField)

    def feed(self, event: pygame.event.Event, names: Iterable[tuple[str, bool]], now: float) -> bool:
        """Take an event; True once the question is answered or given up."""
        del now
        if ("pad b", True) in names:
            return True
        if event.type != pygame.KEYDOWN:
            return False
        typed = event.unicode
        if self.allowed and typed and typed.isprintable() and typed not in self.allowed:
            return False
        what = self.field.press(event)
        if what is Typed.DONE:
            self.done(self.field.text)
        return what in (Typed.DONE, Typed.GIVEN_UP)

    def over(self, now: float) -> bool:
        """Whether it has waited long enough."""
        del now
        return False


@dataclass
class Listening:
    """The next key, button or pad button; Esc is none."""

    title: str
    note: str
    done: Callable[[str], None]
    """Takes the name of the input."""
    until: float
    """When it gives up, in seconds."""

    def feed(self, event: pygame.event.Event, names: Iterable[tuple[str, bool]], now: float) -> bool:
        """Take an event; True once something was pressed."""
        del event, now
        for name, down in names:
            if down:
                if name and name != "escape":
                    self.done(name)
                return True
        return False

    def over(self, now: float) -> bool:
        """Whether it has waited long enough."""
        return now >= self.until


Asking = Typing | Listening
