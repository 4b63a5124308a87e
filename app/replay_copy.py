"""Writes the frames that a replay recorded into a video of another kind."""

from itertools import chain
from pathlib import Path

from model.errors import DataError

from .replay_frames import ReplayFrames
from .replay_options import ReplayOptions
from .video_out import open_video
from .warn import warn

_COUNTED = (".npz",)  # says first how many come, which of a damaged video only decoding it once more tells


def copy_video(options: ReplayOptions, out: Path) -> int:
    """Write what is whole of the first `options.frames` generated frames to `out`; return how many, warn of the others.

    Raises:
        DataError: when none is whole.
    """
    replay = options.replay
    with ReplayFrames(replay) as frames:
        last = min(options.frames, frames.count - 1)
        numbers: list[int] = []
        pictures = frames.pictures(last)
        if out.suffix.lower() in _COUNTED:
            numbers = [number for number, _ in pictures]
            pictures = ((number, frames.picture(number)) for number in numbers)
        if (first := next(pictures, None)) is None:
            raise DataError(f"{replay.video}: holds no frame that can be read; make it again with --regenerate")
        written = 0
        with open_video(out, replay.header, len(numbers)) as video:
            for number, picture in chain([first], pictures):
                video.write(picture, replay.lines[number].action)
                written += 1
        if lack := frames.lack(options.frames, "written"):
            warn(f"{replay.folder}: {lack}")
    return written
