"""What a person has chosen, in `settings.toml` of the platform's configuration folder.

Unknown keys, of a newer arvd or mistyped by hand, and values that cannot be used are reported; defaults stand in for
the values. All that stays in the file: only what a person chooses otherwise is written (`app/settings_writing.py`). A
file that is no TOML is set aside under a name of its own, never lost; one that cannot be read, or not be set aside, is
never written over.
"""

import errno
import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_type_hints

from platformdirs import user_config_path

from model.config import ConfigError, build
from model.runtimes.names import ONNX_RUNTIMES, RUNTIMES

from .bindings import COMMANDS, Bindings, Sticks, merged

T = TypeVar("T")

VERSION = 1
FILE = "settings.toml"
_SEEN_AT_ONCE = 3  # sentences over the picture
_MOST_ASIDE = 20  # files that were set aside and that nobody looked at since
_LEFT = "the file is left as it is, and nothing that is chosen is kept"
KEYS = "keys"
"""In the metadata of a table that is one value of a dataclass: which keys of it this arvd knows."""


@dataclass(frozen=True, kw_only=True)
class HandsSettings:
    """Keys, mouse and pad."""

    preset: str = "default"
    bindings: dict[str, tuple[str, ...]] = field(default_factory=dict, metadata={KEYS: COMMANDS})
    """What differs from the preset."""
    mouse_degrees: float = 0.15
    """Camera degrees per count of mouse motion."""
    invert: bool = False
    """Mouse and stick forward look down."""
    stick_degrees: float = 9.0
    """Camera degrees per frame of a stick at its end."""
    sticks: Sticks = "left walks"
    dead_zone: float = 0.15
    """Share of a stick's way that counts as rest."""
    toggle: tuple[str, ...] = ()
    """Keys that stay down from one press to the next, such as sneak and sprint."""

    def __post_init__(self) -> None:
        self.all_bindings()
        if not 0 < self.mouse_degrees <= 10 or not 0 < self.stick_degrees <= 15:
            raise ValueError("mouse_degrees must be above 0 and at most 10, stick_degrees at most 15")
        if not 0 <= self.dead_zone < 1:
            raise ValueError("dead_zone must be 0 or more and below 1")

    def all_bindings(self) -> Bindings:
        """Bindings of the preset with the changes."""
        return merged(self.preset, self.bindings)


@dataclass(frozen=True, kw_only=True)
class PictureSettings:
    """How frames come to the screen."""

    filter: Literal["pixels", "smooth", "edges"] = "edges"
    late_warp: bool = True
    """Shift the newest frame by the newest mouse motion until the next one lands."""
    fullscreen: bool = False
    vsync: bool = True
    most_fps: int = 0
    """Pictures per second at most; 0 for as many as the display shows."""
    text_scale: float = 1.0
    reduced_motion: bool = False
    """Nothing over the picture moves or fades, no late warp."""

    def __post_init__(self) -> None:
        if not (self.most_fps == 0 or 10 <= self.most_fps <= 1000) or not 0.5 <= self.text_scale <= 4:
            raise ValueError("most_fps must be 10 to 1000, or 0, and text_scale 0.5 to 4")


@dataclass(frozen=True, kw_only=True)
class PlaySettings:
    """What happens while playing."""

    quality: Literal["world", "auto", "1", "2", "4"] = "world"
    """Network evaluations per frame: the world's own number, as many as hold its frame rate here, or so many."""
    runtime: str = "auto"
    """What computes worlds: the fastest that is known of each, or one by name."""
    window: Literal["all", "two thirds", "a third"] = "all"
    """How much of the frames that a world was made to remember it does."""
    rewind_seconds: float = 60.0
    figures: bool = False
    """Show figures from the start."""
    record_budget_gb: float = 10.0
    """What recordings may take of the disk."""
    fit: bool = True
    """Fit a world to this machine while it is played for the first time."""
    last_world: str = ""
    """World that was played last: name of a bundled one, folder of any other; selected on the start screen."""
    last_scene: str = ""
    """Where in it; empty for its first scene, or a picture of one's own."""
    recent_worlds: tuple[str, ...] = ()
    """Folders of worlds of one's own that were played lately, the newest first; shown on the start screen."""

    def __post_init__(self) -> None:
        if not 0 <= self.rewind_seconds <= 600 or not 0 < self.record_budget_gb <= 10_000:
            raise ValueError("rewind_seconds must be 0 to 600 and record_budget_gb above 0, at most 10,000")
        if self.runtime not in ("auto", *RUNTIMES, *ONNX_RUNTIMES):
            raise ValueError(f"runtime must be auto, {', '.join((*RUNTIMES, *ONNX_RUNTIMES))}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All of it."""

    hands: HandsSettings = field(default_factory=HandsSettings)
    picture: PictureSettings = field(default_factory=PictureSettings)
    play: PlaySettings = field(default_factory=PlaySettings)


@dataclass(frozen=True)
class Loaded:
    """Settings as read, and what there is to say about the file."""

    settings: Settings
    notes: tuple[str, ...] = ()
    """One sentence each: unknown keys, values that cannot be used, a file that was set aside."""
    flaw: Literal["", "no TOML", "unreadable"] = ""
    """Why nothing of a file that is there could be used, and why it must not be written over."""

    @property
    def brief(self) -> tuple[str, ...]:
        """As many notes as can be seen at once, the last of which stands for the rest."""
        if len(self.notes) <= _SEEN_AT_ONCE:
            return self.notes
        shown = self.notes[: _SEEN_AT_ONCE - 1]
        left = len(self.notes) - len(shown)
        return (*shown, f"{left} more things are wrong with the settings; arvd-play --doctor names them all")


def settings_path() -> Path:
    """Where the settings lie: `ARVD_SETTINGS`, or the platform's configuration folder."""
    named = os.environ.get("ARVD_SETTINGS")
    return Path(named) if named else user_config_path("arvd", appauthor=False) / FILE


def load_settings(path: Path) -> Loaded:
    """Read the settings to play by them: a file that is no TOML is set aside, so that it is not written over."""
    loaded = read_settings(path)
    if loaded.flaw != "no TOML":
        return loaded
    (note,) = loaded.notes
    try:
        aside = _set_aside(path)
    except OSError as error:
        stays = f"it cannot be set aside ({error.strerror or error}), defaults are used; {_LEFT}"
        return replace(loaded, notes=(f"{note}; {stays}",))
    return replace(loaded, notes=(f"{note}; it was set aside as {aside.name}, defaults are used",), flaw="")


def read_settings(path: Path) -> Loaded:
    """Read the settings and leave the file as it is; whatever it holds, what can be used of it counts."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Loaded(Settings())
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a bare ValueError
        return Loaded(Settings(), (f"{path} is no TOML ({error})",), flaw="no TOML")
    except OSError as error:
        note = f"{path} cannot be read ({error.strerror or error}), defaults are used; {_LEFT}"
        return Loaded(Settings(), (note,), flaw="unreadable")
    notes: list[str] = []
    version = table.get("version", 1)  # a file that was begun by hand may have none
    if version != VERSION:
        notes.append(f"{path} is of version {version!r}, this arvd knows {VERSION} and uses what it knows")
    known = {key: value for key, value in table.items() if key != "version"}
    return Loaded(_usable(Settings, known, "", notes), tuple(notes))


def asides_of(path: Path) -> tuple[Path, ...]:
    """Names under which settings that are no TOML are set aside, in the order in which they are taken."""
    first = path.with_name(f"{path.name}.broken")
    return first, *(first.with_name(f"{first.name}-{number}") for number in range(2, _MOST_ASIDE + 1))


def _set_aside(path: Path) -> Path:
    """Give the file the first name that is free, and return that; OSError where it can have none."""
    for aside in asides_of(path):
        try:
            aside.touch(exist_ok=False)  # whoever else looks for a name, this one is taken
        except FileExistsError:
            continue
        try:
            path.replace(aside)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
        return aside
    raise FileExistsError(errno.EEXIST, f"{_MOST_ASIDE} were set aside before; delete those")


def _usable(cls: type[T], table: Mapping[str, Any], where: str, notes: list[str]) -> T:
    """Build `cls` from what can be used of `table`; the rest is noted and left at its default."""
    hints, keys = get_type_hints(cls), _keys_of(cls)
    good: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{where}{key}"
        if key not in hints:
            notes.append(_unknown(name))
        elif is_dataclass(hints[key]):
            if isinstance(value, Mapping):
                good[key] = _usable(cast(type[Any], hints[key]), value, f"{name}.", notes)
            else:
                notes.append(f"setting {name!r} must be a table; its defaults are used")
        elif key in keys and isinstance(value, Mapping):
            good[key] = _usable_entries(cls, key, value, name, notes)
        else:
            try:
                good[key] = getattr(build(cls, {key: value}), key)
            except ConfigError as error:
                notes.append(f"setting {name!r} cannot be used ({error}); its default is")
    return cls(**good)


def _usable_entries(
    cls: type[Any], key: str, entries: Mapping[str, Any], where: str, notes: list[str]
) -> dict[str, Any]:
    """Return what can be used of a table that is the value `key` of `cls`, entry by entry; the rest is noted."""
    good: dict[str, Any] = {}
    for entry, value in entries.items():
        name = f"{where}.{entry}"
        if entry not in _keys_of(cls)[key]:
            notes.append(_unknown(name))
            continue
        try:
            good |= getattr(build(cls, {key: {entry: value}}), key)
        except ConfigError as error:
            notes.append(f"setting {name!r} cannot be used ({error}); its default is")
    return good


def _keys_of(cls: Any) -> dict[str, Collection[str]]:
    """Known keys of the values of a dataclass that are tables themselves."""
    return {entry.name: entry.metadata[KEYS] for entry in fields(cls) if KEYS in entry.metadata}


def _unknown(name: str) -> str:
    return f"setting {name!r} is unknown to this arvd; it is kept and does nothing"
