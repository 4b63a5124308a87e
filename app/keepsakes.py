"""What a player takes along: a screenshot (F12) and the last 30 seconds (F10), under the platform's pictures folder."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from platformdirs import user_pictures_path

from model.files import finished_file

from .engine import Pixels
from .plain_name import plain_name
from .timeline import Moment
from .video_out import Shape, open_video
from .writing import Job, Writer

PNG_KEY = "arvd"
"""Text chunk of a screenshot that says where it was taken, as JSON."""

_CLIP_WIDTHS = {".mp4": 640, ".gif": 320}
"""Least widths in pixels: players blur what they enlarge; a GIF is put together in memory, so it is kept smaller."""


@dataclass(frozen=True)
class Place:
    """Where a picture was taken: enough to come back."""

    world: str
    world_hash: str
    seed: int
    scene: str
    index: int
    """Frames generated so far in the walk."""
    steps: int
    replay: str = ""
    """Folder of the replay that holds the picture, and `index` counts its lines; empty where none does."""
    versus: str = ""
    """World beside it in a comparison; empty elsewhere."""


def keepsakes_folder() -> Path:
    """Where screenshots and clips go on this platform."""
    return user_pictures_path() / "arvd"


def write_screenshot(folder: Path, pixels: Pixels, place: Place, now: datetime) -> Path:
    """Write what is on the screen (h, w, 3) as PNG with its place in the metadata; returns the file.

    Raises:
        OSError: when the folder cannot be written to.
    """
    about = PngInfo()
    about.add_text("Software", "arvd")
    about.add_itxt(PNG_KEY, json.dumps(vars(place)))
    path = _free_name(folder, place.world, now, ".png")
    with finished_file(path) as unfinished:
        Image.fromarray(pixels).save(unfinished, format="PNG", pnginfo=about)
    return path


def read_place(path: Path) -> Mapping[str, Any] | None:
    """Return what a screenshot says of its place; None for other pictures."""
    with Image.open(path) as picture:
        text = picture.info.get(PNG_KEY)
    try:
        place = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return place if isinstance(place, dict) else None


class Keeper:
    """Writes what is kept in threads of its own: clips in one, since they take long, all else in another."""

    def __init__(self, folder: Path, shape: Shape, told: Callable[[str], None]) -> None:
        """Put pictures and clips into `folder`; `told` hears in any thread what was kept, or why not."""
        self._folder, self._shape, self._told = folder, shape, told
        self._clips, self._others = Writer("clip", told), Writer("keeper", told)

    def screenshot(self, pixels: Pixels, place: Place) -> None:
        """Keep what is on the screen (h, w, 3)."""
        now = datetime.now()
        self.put("the picture", lambda: f"picture saved as {write_screenshot(self._folder, pixels, place, now)}")

    def clip(self, moments: Sequence[Moment], world: str) -> None:
        """Keep `moments`, oldest first, as MP4 and GIF, unless there are none or another clip is being written."""
        if self._clips.left or not moments:
            self._told("the clip before is still being written" if moments else "there is nothing to save yet")
            return
        now = datetime.now()
        self._told("saving the last seconds ...")
        self._clips.put("the clip", lambda: self._write_clip(moments, world, now))

    def put(self, what: str, job: Job) -> None:
        """Keep something else."""
        self._others.put(what, job)

    def settle(self) -> None:
        """Wait for all but clips."""
        self._others.wait()

    def wait(self) -> None:
        """Wait for all."""
        self._others.wait()
        self._clips.wait()

    def _write_clip(self, moments: Sequence[Moment], world: str, now: datetime) -> str:
        paths = [_free_name(self._folder, world, now, suffix) for suffix in _CLIP_WIDTHS]
        for path in paths:
            times = -(-_CLIP_WIDTHS[path.suffix] // self._shape.width)
            with open_video(path, _Larger(self._shape, times), len(moments)) as video:
                for moment in moments:
                    video.write(moment.pixels.repeat(times, axis=0).repeat(times, axis=1), moment.action)
        seconds = len(moments) / self._shape.fps
        return f"{seconds:.0f} seconds saved as {' and '.join(path.name for path in paths)}"


@dataclass(frozen=True)
class _Larger:
    """A shape a whole number of times as large."""

    shape: Shape
    times: int

    @property
    def width(self) -> int:
        return self.times * self.shape.width

    @property
    def height(self) -> int:
        return self.times * self.shape.height

    @property
    def fps(self) -> float:
        return self.shape.fps


def _free_name(folder: Path, world: str, now: datetime, suffix: str) -> Path:
    """A name that nothing has yet, in a folder that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{now:%Y%m%d-%H%M%S}-{plain_name(world)}"
    for number in range(1, 10_000):
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"
        if not path.exists():
            return path
    raise FileExistsError(f"{folder} holds too many files called {stem}")
