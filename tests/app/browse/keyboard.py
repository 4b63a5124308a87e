"""Hands for the browser's state machine: events as pygame makes them, and a clock that only moves when told."""

from pathlib import Path

import pygame

from app.browse.archive import Archive
from app.browse.browser import Browser
from app.browse.layout import Do, Layout, layout_of
from model.footage.edits import Edits, read_edits
from model.footage.folder import open_unedited

SIZE = (1280, 720)
_NAMED = {
    "left": pygame.K_LEFT,
    "right": pygame.K_RIGHT,
    "up": pygame.K_UP,
    "down": pygame.K_DOWN,
    "home": pygame.K_HOME,
    "end": pygame.K_END,
    "space": pygame.K_SPACE,
    "delete": pygame.K_DELETE,
    "escape": pygame.K_ESCAPE,
    "enter": pygame.K_RETURN,
    "backspace": pygame.K_BACKSPACE,
    "F3": pygame.K_F3,
}
_RUSSIAN = {"ш": pygame.KSCAN_I, "щ": pygame.KSCAN_O, "я": pygame.KSCAN_Z}
"""Where such letters are on the keyboard."""
_MODS = {"shift": pygame.KMOD_SHIFT, "ctrl": pygame.KMOD_CTRL}


def _code(name: str) -> int:
    return _NAMED[name] if name in _NAMED else ord(name)


def refuse(path: str) -> None:
    """A system without a trash."""
    raise OSError(f"no trash for {path}")


class Person:
    """Someone who browses a folder."""

    def __init__(self, root: Path, edits: Edits | None = None) -> None:
        self.root = root
        self.dataset = open_unedited(root)
        edits = read_edits(root) if edits is None else edits
        archive = Archive(root, self.dataset, refuse)
        self.browser = Browser(self.dataset.names, self.dataset.frame_counts, self.dataset.fps, edits, archive)
        self.now = 100.0

    @property
    def layout(self) -> Layout:
        return layout_of(SIZE)

    @property
    def said(self) -> str:
        return self.browser.said(self.now)[0]

    def down(self, words: str) -> None:
        """Hold a key down; down again is what a held key repeats."""
        *mods, name = words.split("+") if len(words) > 1 else [words]
        key = _code(name)
        mod = sum(_MODS[mod] for mod in mods)
        letter = "" if name in _NAMED or "ctrl" in mods else name
        letter = " " if name == "space" else letter
        self._feed(pygame.KEYDOWN, key=key, mod=mod, unicode=letter, scancode=_RUSSIAN.get(name, 0))

    def up(self, words: str) -> None:
        name = words.rpartition("+")[2] or words
        self._feed(pygame.KEYUP, key=_code(name), mod=0)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.down(key)
            self.up(key)

    def type(self, words: str) -> None:
        self.press(*words)

    def point(self, place: tuple[int, int]) -> None:
        self._feed(pygame.MOUSEMOTION, pos=place, rel=(0, 0), buttons=(0, 0, 0))

    def hold(self, place: tuple[int, int]) -> None:
        self._feed(pygame.MOUSEBUTTONDOWN, pos=place, button=pygame.BUTTON_LEFT)

    def let_go(self) -> None:
        self._feed(pygame.MOUSEBUTTONUP, pos=self.browser.pointer.place, button=pygame.BUTTON_LEFT)

    def click(self, place: tuple[int, int]) -> None:
        self.hold(place)
        self.let_go()

    def click_button(self, do: Do) -> None:
        self.click(dict(self.layout.buttons)[do].center)

    def wheel(self, place: tuple[int, int], notches: int) -> None:
        self.point(place)
        self._feed(pygame.MOUSEWHEEL, x=0, y=notches)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.browser.tick(self.now)

    def _feed(self, kind: int, **what: object) -> None:
        self.browser.feed(pygame.event.Event(kind, what), self.layout, self.now)
