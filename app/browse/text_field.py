"""One line of text that is being typed."""

from enum import Enum, auto

import pygame

_LONGEST = 64


class Typed(Enum):
    """What a key did."""

    NOTHING = auto()
    CHANGED = auto()
    DONE = auto()
    GIVEN_UP = auto()


class TextField:
    """Text that grows and shrinks at its end."""

    def __init__(self, text: str = "") -> None:
        """Begin with some text."""
        self.text = text

    def press(self, event: pygame.event.Event) -> Typed:
        """Take a key."""
        if event.key in (pygame.K_RETURN, pygame.K_KP_ENTER):
            return Typed.DONE
        if event.key == pygame.K_ESCAPE:
            return Typed.GIVEN_UP
        before = self.text
        whole = event.mod & (pygame.KMOD_CTRL | pygame.KMOD_META)
        if event.key == pygame.K_BACKSPACE:
            self.text = "" if whole else self.text[:-1]
        elif not whole and event.unicode and event.unicode.isprintable():
            self.text = (self.text + event.unicode)[:_LONGEST]
        return Typed.CHANGED if self.text != before else Typed.NOTHING
