"""Hands before a menu: inputs by name, a mouse, and a clock."""

from collections.abc import Iterator
from contextlib import contextmanager

import pygame
import pytest

from app import theme
from app.menu.menu import Menu
from tests.app.fakes import FakeClock

WINDOW = (1280, 720)
_NOTHING = pygame.event.Event(pygame.NOEVENT)


class Hands:
    """Presses, points and clicks."""

    def __init__(self, window: tuple[int, int] = WINDOW) -> None:
        self.said: list[str] = []
        self.clock = FakeClock()
        self.menu = Menu(self.said.append, self.clock)
        self.menu.fit(window, 1.0)

    def press(self, *names: str) -> None:
        for name in names:
            self.hold(name)
            self.let_go(name)

    def hold(self, name: str) -> None:
        self.menu.feed(_NOTHING, ((name, True),))

    def let_go(self, name: str) -> None:
        self.menu.feed(_NOTHING, ((name, False),))

    def type(self, text: str) -> None:
        for letter in text:
            event = pygame.event.Event(pygame.KEYDOWN, key=ord(letter), unicode=letter, mod=0)
            self.menu.feed(event, ((letter, True),))

    def key(self, code: int, name: str) -> None:
        self.menu.feed(pygame.event.Event(pygame.KEYDOWN, key=code, unicode="", mod=0), ((name, True),))

    def point(self, place: tuple[int, int]) -> None:
        for at in ((place[0] - 1, place[1]), place):
            self.menu.feed(pygame.event.Event(pygame.MOUSEMOTION, pos=at), ())

    def click(self, place: tuple[int, int]) -> None:
        self.point(place)
        self.menu.feed(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=place), (("mouse left", True),))
        self.menu.feed(pygame.event.Event(pygame.MOUSEBUTTONUP, button=1, pos=place), (("mouse left", False),))

    def choose(self, label: str) -> None:
        """Choose the item of that label with the mouse, as far as it is in sight."""
        self.click(self.place_of(label).center)

    def place_of(self, label: str) -> pygame.Rect:
        return self.menu.layout.place(self.labels.index(label), self.menu.top)

    @property
    def labels(self) -> list[str]:
        return [getattr(item, "label", "") for item in self.menu.page.items]

    @property
    def selected(self) -> str:
        return self.labels[self.menu.selected]


@contextmanager
def fonts() -> Iterator[None]:
    """Let pages be laid out, on no display."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDL_VIDEODRIVER", "dummy")
        theme.font.cache_clear()  # fonts of before are gone with the library
        pygame.font.init()
        yield
        theme.font.cache_clear()
        pygame.font.quit()
