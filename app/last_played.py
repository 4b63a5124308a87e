"""Where a person played last: kept in the settings, selected and shown on the next start screen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from model.world_spec import bundled_worlds

from .plain_name import is_text
from .player import Player
from .preferences import Preferences
from .settings import PlaySettings
from .worlds import look_at

_RECENT = 4  # worlds of one's own; more would be looked for in a list, not on a start screen


@contextmanager
def remembered(player: Player, preferences: Preferences) -> Iterator[None]:
    """Remember at the end which world was played, and which of its scenes the walk began in, if it came to that.

    A world whose folder the settings cannot name, since they are text, is not remembered.
    """
    try:
        yield
    finally:
        facts, world = player.facts, name_of(player.known.folder)
        if facts is not None and is_text(world):
            scene, play = facts.scene if facts.scene in player.scenes else "", preferences.settings.play
            own = () if world in bundled_worlds() else (world,)
            recent = (*own, *(folder for folder in play.recent_worlds if folder != world))[:_RECENT]
            preferences.change(play=replace(play, last_world=world, last_scene=scene or "", recent_worlds=recent))


def name_of(folder: Path) -> str:
    """Return the name of a world that comes with arvd, wherever that lies by then, and the path of any other."""
    found = folder.resolve()
    return next((name for name, place in bundled_worlds().items() if place.resolve() == found), str(found))


def last_place(settings: PlaySettings) -> tuple[Path, str] | None:
    """Return the folder of the world that was played last, if it can still be, and the scene; "" for the first."""
    name = settings.last_world
    if not name:
        return None
    folder = bundled_worlds().get(name) or Path(name)
    try:
        known = look_at(folder)
    except (OSError, ValueError):  # a name that no folder can have
        return None
    if known.spec is None:
        return None
    return folder, settings.last_scene if settings.last_scene in {scene.name for scene in known.scenes} else ""
