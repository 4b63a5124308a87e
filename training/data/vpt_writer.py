"""Writer of VPT recordings: `NAME.mp4` in H.264 4:2:0 beside `NAME.jsonl`, one JSON object per frame.

Line t holds what led to frame t + 1, as recorders of VPT log it; the last line, which led nowhere, is neutral. Camera
motion is written in pixels as floats that read back to the same float32, so `VPT` gives the same actions to the bit,
but for motion past straight up or down, which `VPT` leaves out; a camera of which nobody said where it looked counts as
level when the clip begins.
Where the player stood and what was carried is not known and left out; yaw counts from the clip's start.

VPT is made at 20 frames a second. Footage of another rate keeps it: the video and `milli` state it and `VPT` reads it
back, but a tool that takes every recording for 20 shows it faster or slower. What was not recorded of an action
(`Dataset.known`) is written as released or still, since the format has no word for it.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np
import numpy.typing as npt

from model.actions import DEGREES_PER_UNIT, KEYS
from model.camera import bent_to
from model.errors import DataError, RunError
from model.files import finished_file
from model.footage.clip import Actions, Dataset
from model.footage.untrusted import plain_name
from model.footage.video import Encoding, VideoWriter, open_video
from model.footage.vpt_actions import BUTTONS, KEY_NAMES, PIXELS_PER_UNIT

from .whole_video import whole_video

T = TypeVar("T")

_WINDOW = (640.0, 360.0)  # middle of the recorders' window, where the game holds the cursor


def write_vpt(dataset: Dataset, folder: Path, advance: Callable[[], None] = lambda: None) -> None:
    """Write every clip; a log is renamed into place after its video, so each recording that is there is whole.

    A video that is H.264 4:2:0 in .mp4 already is copied as it is. `advance` is called once per clip.

    Raises:
        DataError: when `folder` is not empty, a name cannot be a file's, or a clip cannot be written so or has not
            one frame for each action.
        RunError: when the disk cannot take it.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: is not empty; choose another folder or remove it")
    names = [plain_name(name, f"{folder}: a clip of the dataset") for name in dataset.names]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for index, name in enumerate(names):
            path = folder / f"{name}.mp4"
            with finished_file(path) as unfinished:
                _write_video(dataset, index, unfinished)
            with (
                finished_file(path.with_name(f"{name}.jsonl")) as unfinished,
                unfinished.open("w", encoding="utf-8", newline="\n") as file,
            ):
                file.writelines(f"{json.dumps(line)}\n" for line in _lines(dataset, index))
            advance()
    except (OSError, av.error.FFmpegError) as error:
        raise RunError(f"{folder}: could not be written ({error.strerror}); make room or choose another") from error


def _write_video(dataset: Dataset, index: int, path: Path) -> None:
    source = whole_video(dataset, index, (".mp4",))
    if source is not None and _is_as_recorders_write(source):
        shutil.copyfile(source, path)
        return
    if any(side % 2 for side in dataset.size):
        height, width = dataset.size
        raise DataError(f"{width}x{height}: VPT's videos have even sides only; resize the footage first")
    with VideoWriter(path, dataset.size, dataset.fps, Encoding(pixels="yuv420p"), container="mp4") as video:
        for frames in dataset.chunks(index):
            video.write(frames)


def _is_as_recorders_write(path: Path) -> bool:
    with open_video(path) as container:
        codec = container.streams.video[0].codec_context
        return codec.name == "h264" and codec.pix_fmt == "yuv420p"


def _lines(dataset: Dataset, index: int) -> Iterator[dict[str, Any]]:
    actions, fps = dataset.actions(index), dataset.fps
    led_on = np.zeros_like(actions)
    led_on[:-1] = actions[1:]
    yaws = np.cumsum(actions[:, -1], dtype=np.float64) * DEGREES_PER_UNIT
    # what is held when a recording begins was pressed before it
    buttons, keys = _held(led_on[0], BUTTONS), _held(led_on[0], KEY_NAMES)
    pitches = _pitches(dataset.pitch(index), actions)
    for tick, (vector, pitch, yaw) in enumerate(zip(led_on, pitches, yaws.tolist(), strict=True)):
        held_buttons, held_keys = buttons, keys
        buttons, keys = _held(vector, BUTTONS), _held(vector, KEY_NAMES)
        dy, dx = (float(units) * PIXELS_PER_UNIT for units in vector[-2:])  # exact in double precision
        x, y = _WINDOW
        yield {
            "mouse": {
                "x": x,
                "y": y,
                "dx": dx,
                "dy": dy,
                "scaledX": 0.0,
                "scaledY": 0.0,
                "dwheel": 0.0,
                "buttons": buttons,
                "newButtons": [button for button in buttons if button not in held_buttons],
            },
            "keyboard": {"keys": keys, "newKeys": [key for key in keys if key not in held_keys], "chars": ""},
            "hotbar": 0,
            "tick": tick,
            "milli": round(tick * 1000 / fps),
            "isGuiOpen": False,
            "isGuiInventory": False,
            "yaw": yaw,
            "pitch": pitch,
            "inventory": [],
        }


def _pitches(pitch: float, actions: Actions) -> Iterator[float]:
    """Where the camera looks in each frame."""
    for units in actions[:, -2].tolist():
        pitch = bent_to(pitch + units * DEGREES_PER_UNIT)
        yield pitch


def _held(vector: npt.NDArray[np.float32], names: Mapping[str, T]) -> list[T]:
    return [names[key] for column, key in enumerate(KEYS) if key in names and vector[column] >= 0.5]
