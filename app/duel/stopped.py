"""What is seen when one of the two worlds makes no more frames: why, and what can be done."""

import time

import pygame

from .. import theme
from ..engine import Pixels
from ..fault_report import FaultReport
from ..menu.board import Board
from ..menu.fault_page import stopped_page
from ..menu.page import Entry
from ..overlays import room_by_pages
from ..picture import Picture, cover
from ..refresh import Refresh
from ..seat import Seat
from ..toasts import Toasts

_LONGEST_SECONDS = 0.25  # without an event; signals are looked at so often
_LIGHT = 0.3


class Stopped:
    """The page, from its first picture to the choice."""

    def __init__(self, fault: FaultReport, seat: Seat, behind: Pixels) -> None:
        """Show why, over the picture `behind`."""
        self._seat, self._behind = seat, behind
        self._again = self._left = False
        self._stale = True
        settings = seat.preferences.settings.picture
        self._toasts = Toasts(seat.window.wake)
        self._toasts.still, self._text_scale = settings.reduced_motion, settings.text_scale
        self._refresh = Refresh(settings.most_fps, seat.window.screen)
        self._picture = Picture(seat.window.context)
        self._picture.filter = settings.filter
        self._picture.upload(behind)
        self._board = Board(seat, self._toasts.say)
        restart = Entry(label="Restart", note="load both worlds again, begin with this round", do=self._begin_again)
        self._board.menu.open(lambda: stopped_page(fault, "The comparison stopped", [restart], self._leave))

    def run(self) -> bool:
        """Return whether the person wants to begin again."""
        while not (self._seat.stop.is_set() or self._again or self._left):
            for event in self._seat.window.wait_events(self._patience()):
                if event.type == pygame.QUIT:
                    self._leave()
                elif event.type in (pygame.VIDEORESIZE, pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED):
                    self._stale = True
                else:
                    self._stale |= self._board.feed(event)
            self._stale |= self._board.tick()
            now = time.perf_counter()
            if (self._stale or self._toasts.moving(now)) and self._refresh.due(now):
                self._draw(now)
        self._picture.release()
        return self._again

    def _begin_again(self) -> None:
        self._again = True

    def _leave(self) -> None:
        self._left = True

    def _draw(self, now: float) -> None:
        self._refresh.begin(now)
        size = self._seat.window.size
        pages = self._board.sprites()
        said = self._toasts.sprites(room_by_pages(size, pages), now, theme.text_scale_of(size, self._text_scale))
        place = cover((self._behind.shape[1], self._behind.shape[0]), size)
        self._picture.draw(size, [*pages, *said], light=_LIGHT, place=place)
        self._seat.window.show()
        self._stale = False

    def _patience(self) -> float:
        now = time.perf_counter()
        if self._stale or self._toasts.moving(now):
            return self._refresh.remaining(now)
        return self._board.patience(_LONGEST_SECONDS)
