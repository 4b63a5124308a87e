"""Pages over a still picture: the loop of the start screen, and of the page that says why a comparison stopped."""

import time
from abc import ABC, abstractmethod

import pygame

from .. import theme
from ..engine import Pixels
from ..overlays import room_by_pages
from ..picture import Picture, cover
from ..refresh import Refresh
from ..seat import Seat
from ..settings import Settings
from ..toasts import Toasts
from .board import Board

_LONGEST_SECONDS = 0.25  # without an event; signals are looked at so often


class OverPicture(ABC):
    """A menu, a picture behind it that fills the window, and sentences for the person."""

    def __init__(self, seat: Seat) -> None:
        """Show nothing yet."""
        self._seat = seat
        self._left = False
        self._stale = True
        settings = seat.preferences.settings
        self._refresh = Refresh(settings.picture.most_fps, seat.window.screen)
        self._toasts = Toasts(seat.window.wake)
        self._board = Board(seat, self._toasts.say)
        self._picture = Picture(seat.window.context)
        self._behind_size = seat.window.size
        self._follow(settings, settings)

    def leave(self) -> None:
        """End the program."""
        self._left = True

    @property
    @abstractmethod
    def _done(self) -> bool:
        """Whether something was chosen."""

    @property
    @abstractmethod
    def _light(self) -> float:
        """How bright the picture behind is, 0 to 1."""

    def _take(self, event: pygame.event.Event) -> bool:
        """Take an event that is not for the menu; returns whether it was one."""
        del event
        return False

    def _loop(self) -> None:
        """Show the page until something is chosen, the person leaves, or a signal comes."""
        seat = self._seat
        seat.preferences.listeners.append(self._follow)
        while not (seat.stop.is_set() or self._left or self._done):
            for event in seat.window.wait_events(self._patience()):
                self._handle(event)
            self._stale |= self._board.tick()
            now = time.perf_counter()
            if (self._stale or self._toasts.moving(now)) and self._refresh.due(now):
                self._draw(now)
        seat.preferences.listeners.remove(self._follow)
        seat.preferences.save()
        self._picture.release()

    def _show(self, pixels: Pixels) -> None:
        """Put a picture (height, width, 3) behind everything."""
        self._picture.upload(pixels)
        self._behind_size = pixels.shape[1], pixels.shape[0]

    def _handle(self, event: pygame.event.Event) -> None:
        if event.type == pygame.QUIT:
            self.leave()
        elif event.type in (pygame.WINDOWFOCUSLOST, pygame.WINDOWFOCUSGAINED):
            self._board.focus(event.type == pygame.WINDOWFOCUSGAINED)
        elif event.type in (pygame.VIDEORESIZE, pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED):
            self._stale = True
        elif not self._take(event):
            self._stale |= self._board.feed(event)

    def _follow(self, before: Settings, now: Settings) -> None:
        del before
        self._picture.filter, self._refresh.most = now.picture.filter, now.picture.most_fps
        self._toasts.still = now.picture.reduced_motion
        self._stale = True

    def _draw(self, now: float) -> None:
        self._refresh.begin(now)
        size = self._seat.window.size
        scale = theme.text_scale_of(size, self._seat.preferences.settings.picture.text_scale)
        pages = self._board.sprites()
        sprites = [*pages, *self._toasts.sprites(room_by_pages(size, pages), now, scale)]
        self._picture.draw(size, sprites, light=self._light, place=cover(self._behind_size, size))
        self._seat.window.show()
        self._stale = False

    def _patience(self) -> float:
        now = time.perf_counter()
        if self._stale or self._toasts.moving(now):
            return self._refresh.remaining(now)
        return self._board.patience(_LONGEST_SECONDS)
