"""The start screen: worlds and their scenes to choose from, there before torch is.

While a person looks, torch is imported in a thread of its own, so that the world that is chosen loads the sooner.
"""

import contextlib
import threading
import time
from dataclasses import replace
from pathlib import Path

import pygame

from model.errors import ArvdError
from model.pictures import read_picture

from . import theme
from .engine import Pixels
from .kept_walks import KeptWalk, newest_walks
from .last_played import last_place
from .menu.board import Board
from .menu.gallery import start_page
from .menu.page import Card
from .menu.seed_page import seed_page
from .menu.settings_pages import settings_page
from .options import Options
from .overlays import room_by_pages
from .own_picture import is_picture, picture_of
from .picture import Picture, cover
from .refresh import Refresh
from .seat import Seat
from .settings import Settings
from .toasts import Toasts
from .worlds import KnownWorld, known_worlds, still_there

_LONGEST_SECONDS = 0.25  # without an event; signals are looked at so often
_KEPT = 4  # saved walks to go on with
_LIGHT, _BEHIND_SETTINGS = 0.85, 0.35


class Lobby:
    """The start screen, from its first picture to the choice."""

    def __init__(self, options: Options, seat: Seat) -> None:
        """Show the worlds; `options` say all that is not chosen here."""
        self._options, self._seat = options, seat
        self._chosen: Options | None = None
        self._left = False
        self._stale = True
        self._refresh = Refresh(seat.preferences.settings.picture.most_fps, seat.window.screen)
        self._behind: Path | Pixels | None = None
        self._behind_size = seat.window.size
        play = seat.preferences.settings.play
        last = last_place(play)
        self._worlds = known_worlds(*(last[:1] if last is not None else ()), *still_there(play.recent_worlds))
        self._kept = newest_walks(self._worlds, _KEPT)
        self._toasts = Toasts(seat.window.wake)
        self._toasts.still = seat.preferences.settings.picture.reduced_motion
        self._board = Board(seat, self._toasts.say)
        self._picture = Picture(seat.window.context)
        self._picture.filter = seat.preferences.settings.picture.filter
        self._board.menu.open(lambda: start_page(self, self._worlds, self._kept, last))

    def run(self) -> Options | None:
        """Return what was chosen, None for nothing."""
        seat = self._seat
        seat.preferences.listeners.append(self._follow)
        for note in seat.preferences.take_notes():
            self._toasts.say(note)
        self._draw(time.perf_counter())
        threading.Thread(target=_preload, name="preload").start()  # no daemon: half of torch cannot be left behind
        while not seat.stop.is_set() and not self._left and self._chosen is None:
            for event in seat.window.wait_events(self._patience()):
                self._handle(event)
            self._stale |= self._board.tick()
            now = time.perf_counter()
            if (self._stale or self._toasts.moving(now)) and self._refresh.due(now):
                self._draw(now)
        seat.preferences.listeners.remove(self._follow)
        self._board.save()
        self._picture.release()
        return self._chosen

    @property
    def seed(self) -> int:
        """Seed of the walk that will be begun."""
        return self._options.seed

    def choose(self, world: KnownWorld, scene: str) -> None:
        """Begin at a scene."""
        self._chosen = self._options.in_world(world.folder, scene)

    def go_on(self, walk: KeptWalk) -> None:
        """Go on with a saved walk."""
        self._chosen = replace(self._options.in_world(walk.world.folder, None), slot=walk.slot.name)

    def show_settings(self) -> None:
        """Show the settings."""
        menu = self._board.menu
        menu.push(lambda: settings_page(self._seat.preferences, menu))

    def choose_seed(self) -> None:
        """Ask for another seed."""
        menu = self._board.menu

        def take(seed: int) -> None:
            self._options = replace(self._options, seed=seed)
            menu.back()

        menu.push(lambda: seed_page(self.seed, take, menu))

    def leave(self) -> None:
        """End the program."""
        self._left = True

    def _handle(self, event: pygame.event.Event) -> None:
        if event.type == pygame.QUIT:
            self.leave()
        elif event.type in (pygame.VIDEORESIZE, pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED):
            self._stale = True
        elif is_picture(event, pasting=self._board.menu.asking is None):
            self._take_picture(event)
        else:
            self._stale |= self._board.feed(event)

    def _take_picture(self, event: pygame.event.Event) -> None:
        try:
            path = picture_of(event)
            chosen = self._in_selected_world(str(path))
            read_picture(path, chosen.spec.height, chosen.spec.width)
        except ArvdError as error:
            self._toasts.say(str(error))
        else:
            self._chosen = chosen

    def _in_selected_world(self, scene: str) -> Options:
        """Begin at `scene` in the world whose place is seen: of the card that is selected, or was last."""
        seen = [(known.picture, world) for world in self._worlds for known in world.scenes]
        for picture, world in (*seen, *((walk.slot.thumbnail, walk.world) for walk in self._kept)):
            if picture is self._behind:
                return self._options.in_world(world.folder, scene)
        return replace(self._options, scene=scene)

    def _follow(self, before: Settings, now: Settings) -> None:
        del before
        self._picture.filter, self._refresh.most = now.picture.filter, now.picture.most_fps
        self._toasts.still = now.picture.reduced_motion
        self._stale = True

    def _draw(self, now: float) -> None:
        self._refresh.begin(now)
        size = self._seat.window.size
        self._show_behind()
        scale = theme.text_scale_of(size, self._seat.preferences.settings.picture.text_scale)
        pages = self._board.sprites()
        sprites = [*pages, *self._toasts.sprites(room_by_pages(size, pages), now, scale)]
        light = _LIGHT if self._board.menu.depth == 1 else _BEHIND_SETTINGS
        self._picture.draw(size, sprites, light=light, place=cover(self._behind_size, size))
        self._seat.window.show()
        self._stale = False

    def _show_behind(self) -> None:
        """Put the selected scene behind everything."""
        menu = self._board.menu
        item = menu.page.items[menu.selected] if menu.is_open else None
        if isinstance(item, Card) and item.picture is not None and item.picture is not self._behind:
            pixels = self._board.view.pictures.pixels(item.picture)
            if pixels is not None:
                self._picture.upload(pixels)
                self._behind, self._behind_size = item.picture, (pixels.shape[1], pixels.shape[0])

    def _patience(self) -> float:
        now = time.perf_counter()
        if self._stale or self._toasts.moving(now):
            return self._refresh.remaining(now)
        return self._board.patience(_LONGEST_SECONDS)


def _preload() -> None:
    """Import what every world needs; what is wrong with it, the world that is loaded will say."""
    with contextlib.suppress(Exception):
        import model.world  # noqa: F401
