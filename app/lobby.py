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

from .engine import Pixels
from .kept_walks import KeptWalk, newest_walks
from .last_played import last_place
from .menu.gallery import start_page
from .menu.over_picture import OverPicture
from .menu.page import Card
from .menu.seed_page import seed_page
from .menu.settings_pages import settings_page
from .options import Options
from .own_picture import Pasting, is_picture, path_of
from .seat import Seat
from .worlds import KnownWorld, known_worlds, still_there

_KEPT = 4  # saved walks to go on with
_LIGHT, _BEHIND_SETTINGS = 0.85, 0.35


class Lobby(OverPicture):
    """The start screen, from its first picture to the choice."""

    def __init__(self, options: Options, seat: Seat) -> None:
        """Show the worlds; `options` say all that is not chosen here."""
        super().__init__(seat)
        self._options = options
        self._chosen: Options | None = None
        self._behind: Path | Pixels | None = None
        self._pasting = Pasting(self._toasts.say)
        play = seat.preferences.settings.play
        last = last_place(play)
        self._worlds = known_worlds(*(last[:1] if last is not None else ()), *still_there(play.recent_worlds))
        self._kept = newest_walks(self._worlds, _KEPT)
        self._board.menu.open(lambda: start_page(self, self._worlds, self._kept, last))

    def run(self) -> Options | None:
        """Return what was chosen, None for nothing."""
        for note in self._seat.preferences.take_notes():
            self._toasts.say(note)
        self._draw(time.perf_counter())
        threading.Thread(target=_preload, name="preload").start()  # no daemon: half of torch cannot be left behind
        self._loop()
        self._pasting.end()
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

    @property
    def _done(self) -> bool:
        return self._chosen is not None

    @property
    def _light(self) -> float:
        return _LIGHT if self._board.menu.depth == 1 else _BEHIND_SETTINGS

    def _take(self, event: pygame.event.Event) -> bool:
        """Begin in a picture that is dropped or pasted."""
        if not is_picture(event, pasting=self._board.menu.asking is None):
            return False
        if event.type != pygame.DROPFILE:
            self._pasting.begin()
            return True
        try:
            path = path_of(event.file)
            chosen = self._in_selected_world(str(path))
            read_picture(path, chosen.spec.height, chosen.spec.width)
        except ArvdError as error:
            self._toasts.say(str(error))
        else:
            self._chosen = chosen
        return True

    def _in_selected_world(self, scene: str) -> Options:
        """Begin at `scene` in the world whose place is seen: of the card that is selected, or was last."""
        seen = [(known.picture, world) for world in self._worlds for known in world.scenes]
        for picture, world in (*seen, *((walk.slot.thumbnail, walk.world) for walk in self._kept)):
            if picture is self._behind:
                return self._options.in_world(world.folder, scene)
        return replace(self._options, scene=scene)

    def _draw(self, now: float) -> None:
        """Put the selected scene behind everything."""
        menu = self._board.menu
        item = menu.page.items[menu.selected] if menu.is_open else None
        if isinstance(item, Card) and item.picture is not None and item.picture is not self._behind:
            pixels = self._board.view.pictures.pixels(item.picture)
            if pixels is not None:
                self._show(pixels)
                self._behind = item.picture
        super()._draw(now)


def _preload() -> None:
    """Import what every world needs; what is wrong with it, the world that is loaded will say."""
    with contextlib.suppress(Exception):
        import model.world  # noqa: F401
