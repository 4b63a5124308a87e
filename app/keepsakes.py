"""What a player takes along: a screenshot (F12) and the last 30 seconds (F10), under the platform's pictures folder."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from platformdirs import user_pictures_path

from model.errors import ArvdError
from model.files import finished_file

from .engine import Pixels
from .timeline import Moment
from .video_out import Shape, open_video

PNG_KEY = "arvd"
"""Text chunk of a screenshot that says where it was taken, as JSON."""

CLIP_SECONDS = 30.0
_CLIP_SUFFIXES = (".mp4", ".gif")
_MOST_OF_A_NAME = 100


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
    """Folder of the replay that was being recorded, and `index` counts its frames; empty where there was none."""


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


class ClipWriter:
    """Writes clips in a thread of its own, one at a time, so that play does not wait for the encoder."""

    def __init__(self, folder: Path, shape: Shape, told: Callable[[str], None]) -> None:
        """`told` hears a sentence when a clip is there or has failed, in the writing thread."""
        self._folder, self._shape, self._told = folder, shape, told
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether a clip is being written."""
        return self._thread is not None and self._thread.is_alive()

    def write(self, moments: Sequence[Moment], world: str, now: datetime) -> bool:
        """Begin to write `moments`, oldest first, as MP4 and GIF; False while another is written or there are none."""
        if self.busy or not moments:
            return False
        self._thread = threading.Thread(target=self._write, args=(moments, world, now), name="clip", daemon=True)
        self._thread.start()
        return True

    def wait(self) -> None:
        """Wait for the clip that is being written."""
        if self._thread is not None:
            self._thread.join()

    def _write(self, moments: Sequence[Moment], world: str, now: datetime) -> None:
        try:
            paths = [_free_name(self._folder, world, now, suffix) for suffix in _CLIP_SUFFIXES]
            for path in paths:
                with open_video(path, self._shape, len(moments)) as video:
                    for moment in moments:
                        video.write(moment.pixels, moment.action)
        except (OSError, ArvdError, ValueError) as error:
            self._told(f"the clip could not be written ({error})")
        else:
            seconds = len(moments) / self._shape.fps
            self._told(f"{seconds:.0f} seconds saved as {' and '.join(path.name for path in paths)}")


def _free_name(folder: Path, world: str, now: datetime, suffix: str) -> Path:
    """A name that nothing has yet, in a folder that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in world)[:_MOST_OF_A_NAME]
    stem = f"{now:%Y%m%d-%H%M%S}-{plain or 'world'}"
    for number in range(1, 10_000):
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"
        if not path.exists():
            return path
    raise FileExistsError(f"{folder} holds too many files called {stem}")
