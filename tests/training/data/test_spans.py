import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import DataError
from model.footage.video import VideoWriter, decode_video
from training.data.spans import Span

FPS = 20
COUNT = 50


def pictures(count: int = COUNT, seed: int = 0) -> npt.NDArray[np.uint8]:
    """No two alike, and little besides: each has its own grey."""
    frames = np.zeros((count, 32, 48, 3), np.uint8)
    frames += (np.arange(count, dtype=np.uint8) * 5 + seed)[:, None, None, None]
    return frames


def write(path: Path, **options: str) -> None:
    """With frames that lean on later ones, as other encoders make them."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "5", "g": "13", **options})
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv444p"
        for frame in pictures():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "many clips.mp4"
    write(path, bf="3", **{"x264-params": "open-gop=1"})
    return path


@given(start=st.integers(0, COUNT - 1), frames=st.integers(1, COUNT), off=st.floats(-0.4, 0.4))
@settings(deadline=None, max_examples=60)
def test_a_span_is_its_frames(video: Path, start: int, frames: int, off: float) -> None:
    span = Span(video, max(0.0, (start + off) / FPS), min(frames, COUNT - start), FPS)
    found = np.concatenate(list(span.chunks()))
    assert np.array_equal(found, decode_video(video)[start : start + frames])


def test_a_digest_is_of_the_frames_and_not_of_their_place(tmp_path: Path) -> None:
    whole, part = tmp_path / "whole.mp4", tmp_path / "part.mp4"
    with VideoWriter(whole, (32, 48), FPS) as writer:
        for clip in (pictures(24), pictures(30, 7), pictures(20, 3)):
            writer.write(clip, keyframe=True)
    with av.open(str(whole)) as source, av.open(str(part), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(source.streams.video[0])):
            if number >= 24 and packet.size and packet.pts is not None:
                step = packet.pts // number
                packet.pts, packet.stream = packet.pts - 24 * step, stream
                packet.dts = packet.pts
                container.mux(packet)
    second = Span(whole, 24 / FPS, 30, FPS)
    assert np.array_equal(decode_video(part)[:30], np.concatenate(list(second.chunks())))
    assert second.digest() == Span(part, 0, 30, FPS).digest()
    others = (Span(whole, 0, 30, FPS), Span(whole, 24 / FPS, 29, FPS), Span(whole, 25 / FPS, 30, FPS))
    assert second.digest() not in [span.digest() for span in others]


@pytest.mark.parametrize(("start", "frames"), [(0, COUNT + 1), (10 / FPS, COUNT), (1e6, 1), (0, 1 << 62)])
def test_frames_that_are_not_there(video: Path, start: float, frames: int) -> None:
    with pytest.raises(DataError, match=r"many clips\.mp4: frame \d+ of \d+ .* constant rate"):
        list(Span(video, start, frames, FPS).chunks())


def test_another_rate_is_refused(video: Path) -> None:
    with pytest.raises(DataError, match="is not where 10 frames/s put it"):
        list(Span(video, 0, 20, 10).chunks())


def test_a_variable_rate_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "uneven.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.height, stream.width = 32, 48
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, frame in enumerate(pictures(20)):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.time_base, picture.pts = Fraction(1, 1000), number * 50 + (30 if number > 10 else 0)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    with pytest.raises(DataError, match="frame 11 of 20"):
        list(Span(path, 0, 20, FPS).chunks())


def test_damaged_files_are_refused_by_name(video: Path, tmp_path: Path) -> None:
    data = video.read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "damaged.mp4"
    for _ in range(100):
        broken = bytearray(data)
        for place in rng.integers(len(broken), size=8):
            broken[place] = rng.integers(256)
        path.write_bytes(broken[: int(rng.integers(1, len(broken) + 1))] if rng.random() < 0.3 else broken)
        for use in (Span(path, 1.0, 20, FPS).digest, lambda: list(Span(path, 1.0, 20, FPS).chunks())):
            try:
                use()
            except DataError as error:
                assert "damaged.mp4" in str(error)
    shutil.copy(video, path)
    assert len(np.concatenate(list(Span(path, 1.0, 20, FPS).chunks()))) == 20
