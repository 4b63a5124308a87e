"""Writes the frames that a replay recorded into a video of another kind."""

from pathlib import Path

from model.errors import DataError

from .replay_frames import ReplayFrames
from .replay_options import ReplayOptions
from .video_out import open_video


def copy_video(options: ReplayOptions, out: Path) -> int:
    """Write up to `options.frames` generated frames to `out`; return how many.

    Raises:
        DataError: when the replay's video does not decode.
    """
    replay = options.replay
    with ReplayFrames(replay) as frames:
        count = min(options.frames, frames.count - 1)
        if count < 1:
            raise DataError(f"{replay.video}: holds no frame that can be read; make it again with --regenerate")
        with open_video(out, replay.header, count) as video:
            for number in range(1, count + 1):
                video.write(frames.picture(number), replay.lines[number].action)
    return count
