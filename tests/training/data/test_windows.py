import numpy as np
import pytest

from model.errors import DataError
from model.footage.clip import Clip
from training.data.windows import WindowStream, WindowStreamConfig

from .test_frames import NumberedFootage

CONFIG = WindowStreamConfig(frames=4, batch=3, clips_at_once=2, steps_per_clip=5)
COUNTS = (9, 13, 7, 10, 11)


def hold(clip: Clip, rng: np.random.Generator) -> tuple[int, int, float]:
    """Number of the first frame, count of frames, something random."""
    return int(clip.frames[0, 0, 0, 0]), len(clip), float(rng.random())


Stream = WindowStream[tuple[int, int, float]]


def make_stream(seed: int = 0, counts: tuple[int, ...] = COUNTS) -> Stream:
    return WindowStream(NumberedFootage(counts), CONFIG, seed, hold)


def test_windows_depend_on_seed_and_step_alone() -> None:
    walked = make_stream()
    straight = [walked.windows(step) for step in range(60)]
    for step in (59, 3, 30, 0, 25):
        assert make_stream().windows(step) == straight[step]
    assert [make_stream(1).windows(step) for step in range(5)] != straight[:5]


def test_windows_lie_within_their_clip_and_reach_every_frame() -> None:
    stream, seen = make_stream(), set()
    for step in range(120):
        windows = stream.windows(step)
        assert len(windows) == 3
        for (start, count, _), first in windows:
            assert 0 <= first <= count - 4
            seen |= set(range(start + first, start + first + 4))
    assert seen == set(range(sum(COUNTS)))


def test_each_clip_is_prepared_once_a_pass_anew() -> None:
    footage = NumberedFootage((8,) * 6)
    stream = WindowStream(footage, CONFIG, 0, hold)
    prepared = {stream.windows(step)[k][0] for step in range(12 * CONFIG.steps_per_clip) for k in range(3)}
    assert footage.reads == 12 + 1, "two passes, and the clip that is held beside the last one"
    assert {start for start, _, _ in prepared} == {0, 8, 16, 24, 32, 40}
    assert len(prepared) > 6, "every pass has randomness of its own"


def test_two_clips_are_drawn_from_at_a_time() -> None:
    stream = make_stream()
    for step in range(0, 100, CONFIG.steps_per_clip):
        starts = {held[0] for k in range(CONFIG.steps_per_clip) for held, _ in stream.windows(step + k)}
        assert len(starts) == 2


def test_short_clips_are_refused() -> None:
    with pytest.raises(DataError, match="clip1: has 3 frames, windows of 4 are wanted; drop short clips"):
        make_stream(counts=(9, 3))
    with pytest.raises(ValueError, match="at least 2 frames"):
        WindowStreamConfig(frames=1)
