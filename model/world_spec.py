"""What a world folder says of itself: `world.toml` and `scenes/scenes.toml`, read strictly and without torch.

A world is a folder with `world.toml`, `generator.safetensors`, `autoencoder.safetensors` and `scenes/`.
"""

import hashlib
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeVar

from . import hub
from .config import ConfigError, build
from .errors import DataError, WorldError
from .footage.untrusted import read_toml

Part = TypeVar("Part")

FORMAT = 1
"""Version of `world.toml` that this code reads and writes."""

GENERATOR, AUTOENCODER = "generator.safetensors", "autoencoder.safetensors"
WEIGHTS = (GENERATOR, AUTOENCODER)

_MOST_TOML = 1 << 20  # bytes
_LONGEST_NAME = 80  # of a scene


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A start picture of a world."""

    name: str
    title: str
    picture: Path


@dataclass(frozen=True, kw_only=True)
class Licence:
    """Under what terms weights and scenes may be passed on."""

    name: str
    attribution: str


@dataclass(frozen=True, kw_only=True)
class SamplerSpec:
    """Sampler as `world.toml` states it; `model.sampler.SamplerConfig` checks and uses it."""

    kind: str
    shift: float
    default_steps: int
    steps: dict[str, tuple[float, ...]] = field(default_factory=dict)
    first: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WorldSpec:
    """`world.toml`."""

    format: int
    name: str
    title: str
    width: int
    height: int
    """Size of a frame in pixels."""
    fps: float
    actions: tuple[str, ...]
    """Keys that the world has learned; others are passed on but mean nothing to it."""
    sink: int
    """First frames that are remembered for ever."""
    window: int
    """Newest frames that are remembered."""
    sampler: SamplerSpec
    autoencoder: dict[str, Any]
    transformer: dict[str, Any]
    files: dict[str, str]
    """SHA-256 of each weight file."""
    licence: Licence
    training: str
    """What the weights learned from, in a sentence."""
    remembers: Literal["latents", "pictures"] = "latents"
    """What the next frames are made from: the latents as they were drawn, or those of the picture that was shown.

    A picture costs an encoding per frame, and keeps errors that it does not show from adding up over hundreds of them.
    """

    @property
    def looks(self) -> bool:
        """Whether it looks at its own pictures, to remember those."""
        return self.remembers == "pictures"

    @property
    def field_of_view(self) -> float:
        """Vertical, in degrees: as the generator's positions know it, else that of the games it learned from."""
        positions = self.transformer.get("positions")
        angle = positions.get("field_of_view") if isinstance(positions, dict) else None
        return float(angle) if isinstance(angle, int | float) and 1 <= angle <= 170 else 72.0

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"format is {self.format}, this arvd reads {FORMAT}; update the world or arvd")
        if self.width % 16 or self.height % 16 or not (0 < self.width <= 4096 and 0 < self.height <= 4096):
            raise ValueError(f"width {self.width} and height {self.height} must be multiples of 16, at most 4096")
        if not (0 <= self.sink <= 1024 and 1 <= self.window <= 1024 and 0 < self.fps <= 1000):
            raise ValueError("sink must be 0..1024, window 1..1024 and fps above 0 and at most 1000")
        if missing := sorted(set(WEIGHTS) - set(self.files)):
            raise ValueError(f"files lacks the SHA-256 of {missing[0]}")


def bundled_worlds() -> dict[str, Path]:
    """Name -> folder of the worlds that come with arvd."""
    root = Path(str(resources.files("assets"))) / "worlds"
    return {path.parent.name: path.parent for path in sorted(root.glob("*/world.toml"))}


def find_world(name: str) -> Path:
    """Folder of a bundled world's name, of a path to a world folder, or of an address `hf://org/repo`.

    Raises:
        WorldError: listing the known worlds.
    """
    known = bundled_worlds()
    if name in known:
        return known[name]
    if name.startswith(hub.PREFIX):
        return hub.fetch_world(name)
    listed = ", ".join(known) or "none"
    try:
        folder = Path(name).expanduser()
        found, exists = (folder / "world.toml").is_file(), folder.is_dir()
    except (OSError, RuntimeError, ValueError) as error:  # a name that is too long, an unknown ~user, a NUL
        why = error.strerror if isinstance(error, OSError) else error
        raise WorldError(f"{name[:80]!r} is no world ({why}); bundled worlds: {listed}") from None
    if found:
        return folder
    if exists:
        raise WorldError(f"{name} holds no world.toml; give a world folder or one of the bundled worlds ({listed})")
    raise WorldError(f"unknown world {name[:200]!r}; bundled worlds: {listed}; or give the path of a world folder")


def read_spec(folder: Path) -> WorldSpec:
    """Read and check `world.toml`; raises WorldError naming the file and the key."""
    return build_spec(_read_toml(folder / "world.toml"), folder / "world.toml")


def build_part(cls: type[Part], table: Any, folder: Path, name: str) -> Part:
    """Build the part of `world.toml` that is called `name`; raises WorldError naming the file and the key."""
    try:
        return build(cls, table, name)
    except ConfigError as error:
        raise WorldError(f"{folder / 'world.toml'}: {error}") from None


def build_spec(table: Any, path: Path) -> WorldSpec:
    """Check a parsed `world.toml`; `path` is named in errors."""
    try:
        return build(WorldSpec, table)
    except ConfigError as error:
        raise WorldError(f"{path}: {error}") from None


def read_scenes(folder: Path) -> tuple[Scene, ...]:
    """Scenes of a world in their order; raises WorldError when a picture is missing or lies outside the folder."""
    path = folder / "scenes" / "scenes.toml"
    table = _read_toml(path)
    scenes = table.get("scene")
    if set(table) != {"scene"} or not isinstance(scenes, list) or not scenes:
        raise WorldError(f"{path}: must hold [[scene]] tables and nothing else")
    return tuple(_scene(entry, path) for entry in scenes)


def _scene(entry: Any, path: Path) -> Scene:
    if not isinstance(entry, dict) or set(entry) != {"name", "title", "picture"}:
        raise WorldError(f"{path}: each [[scene]] has the keys name, title and picture and no others")
    if not all(isinstance(value, str) for value in entry.values()):
        raise WorldError(f"{path}: name, title and picture of a scene are strings")
    name, picture = entry["name"], path.parent / entry["picture"]
    if not name.isprintable() or len(name) > _LONGEST_NAME:
        raise WorldError(
            f"{path}: scene {name[:_LONGEST_NAME]!r} needs a name of at most {_LONGEST_NAME} printable letters; "
            "rename it"
        )
    if Path(entry["picture"]).name != entry["picture"] or not is_file(picture):
        raise WorldError(f"{path}: picture {entry['picture'][:80]!r} of scene {name!r} is not a file beside it")
    return Scene(name=name, title=entry["title"], picture=picture)


def is_file(path: Path) -> bool:
    """Whether a file of a name that somebody else chose is there; one that no file can have is that of none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def world_hash(folder: Path, window: int | None = None) -> str:
    """Return what identifies the world in a folder: its `world.toml` holds the hashes of the weights.

    One that is played with a shorter `window` makes other frames and keeps other states: it is another one.
    """
    return _hash_of((folder / "world.toml").read_bytes(), window)


def kin_of(folder: Path, spec: WorldSpec) -> frozenset[str]:
    """Return what identifies the world in a folder, of this `spec`, with memories of any length that it can have."""
    stated = (folder / "world.toml").read_bytes()
    return frozenset(_hash_of(stated, window) for window in (None, *range(1, spec.window)))


def _hash_of(stated: bytes, window: int | None) -> str:
    return hashlib.sha256(stated if window is None else stated + f"\nplayed with {window=}".encode()).hexdigest()


def check_weights(folder: Path, spec: WorldSpec) -> None:
    """Compare the weight files with their SHA-256; raises WorldError naming file and hash."""
    for name in WEIGHTS:
        path = folder / name
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            raise WorldError(f"{path}: missing; install the world again") from None
        except OSError as error:
            raise WorldError(f"{path}: not readable ({error.strerror}); check its permissions") from None
        if digest != spec.files[name]:
            raise WorldError(
                f"{path}: damaged or replaced (SHA-256 {digest[:16]}..., world.toml says {spec.files[name][:16]}...); "
                "install the world again"
            )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path, _MOST_TOML)
    except DataError as error:
        raise WorldError(f"{error}, or install the world again") from None
    except OSError as error:  # a path that no file can have
        raise WorldError(f"{path}: not readable ({error.strerror}); install the world again") from None
