"""Writes the frames that a replay recorded into a video of another kind."""

from pathlib import Path

from model.errors import DataError

from .replay_frames import ReplayFrames
from .replay_options import ReplayOptions
from .video_out import open_video
from .warn import warn


def copy_video(options: ReplayOptions, out: Path) -> int:
    """Write what is whole of the first `options.frames` generated frames to `out`; return how many, warn of the others.

    Raises:
        DataError: when none is whole.
    """
    replay = options.replay
    with ReplayFrames(replay) as frames:
        numbers = frames.whole(min(options.frames, frames.count - 1))  # a file may have to say first how many come
        if not numbers:
            raise DataError(f"{replay.video}: holds no frame that can be read; make it again with --regenerate")
        with open_video(out, replay.header, len(numbers)) as video:
            for number in numbers:
                video.write(frames.picture(number), replay.lines[number].action)
        if lack := frames.lack("written"):
            warn(f"{replay.folder}: {lack}")
    return len(numbers)
