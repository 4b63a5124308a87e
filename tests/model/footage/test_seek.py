from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from model.errors import DataError
from model.footage.clip import Clip
from model.footage.seek import SeekableVideo, StreamedClip, open_frames
from model.footage.video import VideoWriter, decode_video
from tests.footage import make_frames, make_records
from tests.model.footage.single import Single

FPS, COUNT = 16, 100


def write(path: Path, **options: str) -> Path:
    """Moving pictures with a keyframe every 2 s, and frames that are stored in another order than shown."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS), options={"preset": "ultrafast", **options})
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv444p"
        stream.codec_context.gop_size = 2 * FPS
        stream.codec_context.max_b_frames = 3
        for frame in make_frames(make_records(COUNT, 0), 0):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module", params=["own.mp4", "own.mkv", "reordered.mp4", "reordered.mkv", "open.mkv", "open.mp4"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / str(request.param)
    if path.stem == "own":
        with VideoWriter(path, (32, 48), FPS) as writer:
            writer.write(make_frames(make_records(COUNT, 0), 0))
        return path
    return write(path, **({"x264-params": "open-gop=1:bframes=3"} if path.stem == "open" else {}))


def test_every_frame_is_that_of_decoding_from_the_start(path: Path) -> None:
    expected = decode_video(path)
    order = [*np.random.default_rng(0).permutation(COUNT), 0, COUNT - 1, 31, 32, 33]
    with SeekableVideo(path) as video:
        assert len(video) == COUNT == len(expected)
        for index in map(int, order):
            np.testing.assert_array_equal(video.frame(index), expected[index], f"frame {index}")


def test_decoding_begins_at_the_keyframe_and_goes_on_to_the_end(path: Path) -> None:
    with SeekableVideo(path) as video:
        key = video.key_before(50)
        assert 0 < key <= 50 < key + 2 * FPS + 1
        numbers = [number for number, _ in video.frames_from(50)]
        assert numbers == list(range(key, COUNT))
        assert [number for number, _ in video.frames_from(50, before=3)] == list(range(47, COUNT))
        assert video.key_before(0) == 0


def test_frames_outside_of_the_clip_are_refused(path: Path) -> None:
    with SeekableVideo(path) as video:
        for index in (-1, COUNT):
            with pytest.raises(IndexError):
                next(video.frames_from(index))


def numbered(pictures: Sequence[int]) -> np.ndarray:
    return np.stack([np.full((4, 6, 3), number, np.uint8) for number in pictures])


def test_a_clip_without_a_video_is_read_from_its_start() -> None:
    single = Single(Clip("x", numbered(range(40)), np.zeros((40, 11), np.float32)))
    frames = open_frames(single, 0)
    assert isinstance(frames, StreamedClip) and frames.key_before(30) == 0
    assert [number for number, _ in frames.frames_from(30, before=2)] == list(range(28, 40))
    assert [number for number, picture in frames.frames_from(30) if picture[0, 0, 0] == number] == list(range(40))


def test_a_video_without_times_is_read_as_a_stream(tmp_path: Path) -> None:
    frames = make_frames(make_records(COUNT, 0), 0)
    untimed = tmp_path / "a.h264"
    with av.open(str(untimed), "w", format="h264") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv444p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode())
    with pytest.raises(DataError, match=r"a\.h264: does not tell when"):
        SeekableVideo(untimed)
    single = Single(Clip("a", frames, np.zeros((COUNT, 11), np.float32)), path=untimed)
    assert isinstance(open_frames(single, 0), StreamedClip)


def test_a_video_of_another_length_is_read_as_a_stream(footage: Path) -> None:
    frames = make_frames(make_records(13, 0), 0)
    single = Single(Clip("a", frames, np.zeros((13, 11), np.float32)), path=footage / "video" / "a.mp4")
    assert isinstance(open_frames(single, 0), StreamedClip)


def test_a_damaged_video_says_so(footage: Path) -> None:
    path = footage / "video" / "a.mp4"
    path.write_bytes(b"no video")
    with pytest.raises(DataError, match=r"a\.mp4: not a readable video"):
        SeekableVideo(path)
