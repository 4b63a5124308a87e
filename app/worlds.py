"""Which worlds there are to choose from, and what is wrong with those that cannot be chosen."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from model.errors import WorldError
from model.world_spec import Scene, WorldSpec, bundled_worlds, read_scenes, read_spec

_LONGEST_TITLE = 80


@dataclass(frozen=True)
class KnownWorld:
    """A world as it is offered."""

    folder: Path
    title: str
    spec: WorldSpec | None = None
    """None for one that cannot be read."""
    scenes: tuple[Scene, ...] = ()
    fault: str = ""
    """Why it cannot be read."""

    @property
    def about(self) -> str:
        """Size and rate in words."""
        return "" if self.spec is None else f"{self.spec.width}x{self.spec.height}, {self.spec.fps:g} frames a second"

    def picture(self, scene: str | None) -> Path | None:
        """Return the picture of a scene by name, that of the first one for any other name."""
        named = [known.picture for known in self.scenes if known.name == scene]
        return next(iter((*named, *(known.picture for known in self.scenes))), None)


def known_worlds(*own: Path) -> tuple[KnownWorld, ...]:
    """Return the worlds in folders of one's `own`, each once, and after them those that come with arvd."""
    folders: dict[Path, Path] = {}
    bundled = {folder.resolve() for folder in bundled_worlds().values()}
    for folder in own:
        if (place := folder.resolve()) not in bundled:
            folders.setdefault(place, folder)
    return tuple(map(look_at, (*folders.values(), *bundled_worlds().values())))


def still_there(folders: Iterable[str]) -> tuple[Path, ...]:
    """Return those folders whose worlds can be played."""
    return tuple(Path(folder) for folder in folders if _is_playable(folder))


def look_at(folder: Path) -> KnownWorld:
    """Read what a folder says of its world."""
    try:
        spec, scenes = read_spec(folder), read_scenes(folder)
    except WorldError as error:
        return KnownWorld(folder, folder.name, fault=str(error))
    named = tuple(replace(scene, title=_shown(scene.title) or scene.name) for scene in scenes)
    return KnownWorld(folder, _shown(spec.title) or folder.name, spec, named)


def _is_playable(folder: str) -> bool:
    try:
        return look_at(Path(folder)).spec is not None
    except (OSError, ValueError):  # a name that no folder can have
        return False


def _shown(words: str) -> str:
    """What of a title can be shown; worlds come from anywhere."""
    return "".join(letter for letter in words if letter.isprintable())[:_LONGEST_TITLE].strip()
