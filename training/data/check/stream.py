"""What a video file says beside its pictures: when each is shown, and which did not decode whole."""

from pathlib import Path

import av
import numpy as np

from model.errors import DataError
from model.footage.video import open_video, unreadable_video

from .findings import Finding

_TOLERANCE = 0.1  # of the usual interval, and one tick of the clock that the file counts in


def stream_findings(clip: str, video: Path) -> list[Finding]:
    """Look for frames at uneven times and for damaged ones; raises DataError when the file does not decode."""
    times: list[float] = []
    damaged: list[int] = []
    tick = 0.0
    count = 0
    try:
        with open_video(video) as container:
            stream = container.streams.video[0]
            stream.thread_type, stream.codec_context.thread_count = "AUTO", 0
            tick = float(stream.time_base or 0)
            for frame in container.decode(stream):
                if frame.pts is not None:
                    times.append(frame.pts * tick)
                if frame.is_corrupt:
                    damaged.append(count)
                count += 1
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise unreadable_video(video, error) from None
    findings = []
    if damaged:
        many = f"{len(damaged)} frames are" if len(damaged) > 1 else "a frame is"
        findings.append(
            Finding(
                kind="damaged video",
                clip=clip,
                frames=(damaged[0], damaged[-1] + 1),
                problem=f"{many} damaged in the file, and what follows up to the next whole picture with it",
                remedy="copy the file again or cut the stretch out",
            )
        )
    intervals = np.diff(times)
    if len(intervals):
        usual = float(np.median(intervals))
        uneven = np.abs(intervals - usual) > _TOLERANCE * usual + 1.01 * tick
        if uneven.any():
            first = int(uneven.argmax())
            findings.append(
                Finding(
                    kind="uneven rate",
                    clip=clip,
                    frames=(first, first + 2),
                    problem=f"{np.count_nonzero(uneven)} of its frames come early or late; they are "
                    f"{intervals.min() * 1000:.0f} to {intervals.max() * 1000:.0f} ms apart",
                    remedy="record at a constant rate; actions must be one per frame, not one per tick of a clock",
                )
            )
    return findings


def stream_problem(clip: str, video: Path) -> list[Finding]:
    """The same, with a file that does not decode as a finding."""
    try:
        return stream_findings(clip, video)
    except DataError as error:
        return [Finding(kind="unreadable", clip=clip, problem=str(error), remedy="")]
