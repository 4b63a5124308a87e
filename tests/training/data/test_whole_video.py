"""Videos that may be copied, those that have to be encoded, and those that hold other frames than they should."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from model.errors import DataError
from model.footage.clip import Clip, Frames
from model.footage.video import decode_chunks
from tests.footage import FPS, make_frames, make_records
from tests.model.footage.single import Single
from training.data.whole_video import whole_video

COUNT = 40


def encode(path: Path, container: str = "mp4") -> None:
    """Write `COUNT` frames; an .mp4 has its index in front, as on the web."""
    options = {"movflags": "faststart"} if container == "mp4" else {}
    with av.open(str(path), "w", format=container, options=options) as file:
        stream = file.add_stream("libx264", rate=Fraction(FPS), options={"crf": "10", "preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt, stream.thread_count = 32, 48, "yuv444p", 1
        for frame in make_frames(make_records(COUNT, 0), 0):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        file.mux(stream.encode())


def clip_of(path: Path | None, actions: int = COUNT) -> Single:
    return Single(
        Clip("walk", np.zeros((actions, 32, 48, 3), np.uint8), np.zeros((actions, 11), np.float32)), path=path
    )


def test_a_file_that_holds_the_clip_may_be_copied(tmp_path: Path) -> None:
    for name in ("a.mp4", "B.MP4"):
        encode(tmp_path / name)
        assert whole_video(clip_of(tmp_path / name), 0, (".mp4",)) == tmp_path / name
        assert whole_video(clip_of(tmp_path / name), 0, (".mkv",)) is None
    assert whole_video(clip_of(None), 0, (".mp4",)) is None


@pytest.mark.parametrize("actions", [COUNT - 1, COUNT + 1])
def test_one_frame_too_many_or_too_few_is_an_error(actions: int, tmp_path: Path) -> None:
    encode(tmp_path / "a.mp4")
    with pytest.raises(DataError, match=f"walk: the video has {COUNT} frames but there are {actions} actions; copy"):
        whole_video(clip_of(tmp_path / "a.mp4", actions), 0, (".mp4",))


def test_a_file_that_broke_off_behind_its_index_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    encode(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 85 // 100])
    with pytest.raises(DataError, match=rf"walk: the video has 3\d frames but there are {COUNT} actions"):
        whole_video(clip_of(path), 0, (".mp4",))


def test_a_file_that_does_not_say_when_frames_are_shown_is_decoded(tmp_path: Path) -> None:
    class Decoded(Single):
        def chunks(self, index: int) -> Iterator[Frames]:
            assert self.path is not None
            return decode_chunks(self.path)

    path = tmp_path / "a.h264"
    encode(path, "h264")
    whole, short = (Decoded(clip_of(None, count).clip, path=path) for count in (COUNT, COUNT + 1))
    assert whole_video(whole, 0, (".h264",)) == path
    with pytest.raises(DataError, match=f"the video has {COUNT} frames but there are {COUNT + 1} actions"):
        whole_video(short, 0, (".h264",))
    path.write_bytes(b"no video")
    with pytest.raises(DataError, match="not a readable video"):
        whole_video(whole, 0, (".h264",))


def test_a_file_that_states_more_frames_than_it_shows_is_encoded_anew(tmp_path: Path) -> None:
    path, cut = tmp_path / "a.mp4", tmp_path / "cut.mp4"
    encode(path)
    with av.open(str(path)) as source, av.open(str(cut), "w") as target:  # the first three are not shown any more
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                shift = round(3 / FPS / float(packet.time_base or 1))
                assert packet.pts is not None and packet.dts is not None
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, stream
                target.mux(packet)
    assert whole_video(clip_of(cut, COUNT - 3), 0, (".mp4",)) is None
