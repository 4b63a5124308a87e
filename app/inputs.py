"""From the library's events to commands: keys, mouse buttons, wheel and pads by name, and what they are bound to.

The library tells of a key where it is ("scancode") and, under the layout of now, what it does ("key").
"""

from collections.abc import Iterator

import pygame

from .bindings import HELD, commands_of, is_pad
from .hands import Degrees, Hands
from .key_names import name_of
from .pads import Pad
from .settings import HandsSettings

_MOUSE = {1: "mouse left", 2: "mouse middle", 3: "mouse right"}
_KEYBOARD = (pygame.KEYDOWN, pygame.KEYUP)
_BUTTONS = (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP)
_TURNS = (pygame.CONTROLLERAXISMOTION, pygame.CONTROLLERDEVICEREMOVED)  # a pad that is gone turns no more
_WHEEL_BUTTONS = (4, 5)  # the library tells the wheel twice; its own event also counts steps


class Inputs:
    """Names what happens at keyboard, mouse and pads, and hands it on to the hands."""

    def __init__(self, settings: HandsSettings, hands: Hands) -> None:
        """Feed `hands` as `settings` bind the inputs."""
        self._hands, self._pad = hands, Pad()
        self.by_pad = False
        """Whether it was a pad that was used last."""
        self.change(settings)

    def change(self, settings: HandsSettings) -> None:
        """Use other settings from now on."""
        self._settings = settings
        self._commands = commands_of(settings.all_bindings())
        self._pad.dead_zone, self._pad.degrees = settings.dead_zone, settings.stick_degrees
        self._pad.invert, self._pad.sticks = settings.invert, settings.sticks
        self._hands.change(settings)

    def uses(self, name: str) -> bool:
        """Whether an input is bound to a command."""
        return name in self._commands

    def clicks(self, event: pygame.event.Event) -> bool:
        """Whether an event presses a mouse button; the wheel has none."""
        return bool(event.type == pygame.MOUSEBUTTONDOWN) and event.button not in _WHEEL_BUTTONS

    def goes_on(self, event: pygame.event.Event) -> bool:
        """Whether an event asks to go on where play waits: a mouse button, or the lowest of a pad's four."""
        by_pad = event.type == pygame.CONTROLLERBUTTONDOWN and event.button == pygame.CONTROLLER_BUTTON_A
        return by_pad or self.clicks(event)

    def changes(self, event: pygame.event.Event) -> Iterator[tuple[str, bool]]:
        """Names of the inputs that an event presses (True) or releases; the wheel does both at once."""
        for name, down in self._changes(event):
            self.by_pad = is_pad(name) if down else self.by_pad
            yield name, down

    def loses_pad(self, event: pygame.event.Event) -> bool:
        """Whether an event takes away the pad that was used last; to be asked before it is taken."""
        return self._pad.loses(event)

    def feed(self, event: pygame.event.Event, now: float) -> tuple[str, ...]:
        """Take an event that arrived at `now` seconds; returns the commands that it presses, held ones left out."""
        pressed: list[str] = []
        for name, down in self.changes(event):
            for command in self._commands.get(name, ()):
                if command in HELD:
                    self._hands.hold(command, down, now)
                elif down:
                    pressed.append(command)
        if event.type == pygame.MOUSEMOTION:
            self.by_pad = False
            self._hands.move(event.rel[0], event.rel[1], now)
        elif event.type in _TURNS:
            self.by_pad |= any(self._pad.turn)
            self._hands.turn(Degrees(*self._pad.turn), now)
        return tuple(pressed)

    def release(self) -> None:
        """Let go of everything: the focus is elsewhere, or a menu is open."""
        for _ in self._pad.release():
            pass
        self._hands.clear()

    def _changes(self, event: pygame.event.Event) -> Iterator[tuple[str, bool]]:
        if event.type in _KEYBOARD:
            yield name_of(event.key, event.dict.get("scancode", 0)), event.type == pygame.KEYDOWN
        elif event.type in _BUTTONS:
            if event.button not in _WHEEL_BUTTONS:
                name = _MOUSE.get(event.button, f"mouse {event.button - 2}")  # 4 and 5 are the wheel's
                yield name, event.type == pygame.MOUSEBUTTONDOWN
        elif event.type == pygame.MOUSEWHEEL:
            for _ in range(abs(event.y)):
                name = "wheel up" if event.y > 0 else "wheel down"
                yield name, True
                yield name, False
        else:
            self.by_pad &= not self._pad.loses(event)
            yield from self._pad.feed(event)
