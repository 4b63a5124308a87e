import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from app.browse.decoder import Decoder, Wanted
from model.footage.clip import Clip
from model.footage.gf_minecraft import GFMinecraft
from model.footage.video import VideoWriter, decode_video
from tests.footage import HEIGHT, WIDTH, make_frames, make_records, write_metadata
from tests.model.footage.single import Single

COUNT, PATIENCE = 120, 60.0
ONE = HEIGHT * WIDTH * 3


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("footage")
    for folder in ("metadata", "video"):
        (root / folder).mkdir()
    for seed, name in enumerate("ab"):
        records = make_records(COUNT, seed)
        write_metadata(root / "metadata" / f"{name}.json", records)
        with VideoWriter(root / "video" / f"{name}.mp4", (HEIGHT, WIDTH), 16) as writer:
            writer.write(make_frames(records, seed))
    return root


@pytest.fixture
def decoder(root: Path) -> Iterator[Decoder]:
    decoder = Decoder(GFMinecraft(root), lambda: None)
    decoder.start()
    yield decoder
    decoder.close()
    decoder.check()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def exact(decoder: Decoder, clip: int, frame: int) -> bool:
    found = decoder.nearest(clip, frame)
    return found is not None and found[0] == frame


def test_wanted_frames_come_and_are_those_of_the_video(decoder: Decoder, root: Path) -> None:
    for clip, name in ((0, "a"), (1, "b"), (0, "a")):
        expected = decode_video(root / "video" / f"{name}.mp4")
        for frame in (100, 3, 119, 64, 63, 0):
            decoder.want(Wanted(clip, frame))
            until(lambda clip=clip, frame=frame: exact(decoder, clip, frame))  # type: ignore[misc]
            found = decoder.nearest(clip, frame)
            assert found is not None
            np.testing.assert_array_equal(found[1], expected[frame])


@pytest.mark.parametrize("backward", [False, True])
def test_frames_in_the_direction_of_play_are_decoded_ahead(decoder: Decoder, backward: bool) -> None:
    decoder.want(Wanted(0, 60, backward))
    ahead = range(60, 27, -1) if backward else range(60, 93)
    until(lambda: all(exact(decoder, 0, frame) for frame in ahead))
    assert not exact(decoder, 0, 110)


def test_a_new_wish_ends_the_way_to_the_old_one(root: Path) -> None:
    """Wishes that come faster than frames are not served one after the other."""
    gate, started = threading.Event(), threading.Event()
    dataset = GFMinecraft(root)
    decoder = Decoder(dataset, lambda: None)
    following = decoder._next

    def held(*words: object) -> object:
        started.set()
        gate.wait(PATIENCE)
        return following(*words)  # type: ignore[arg-type]

    decoder._next = held  # type: ignore[method-assign, assignment]
    decoder.start()
    decoder.want(Wanted(0, 0))
    assert started.wait(PATIENCE)
    for frame in range(20, 100):
        decoder.want(Wanted(0, frame))
    decoder.want(Wanted(1, 7))
    gate.set()
    until(lambda: exact(decoder, 1, 7))
    assert not any(exact(decoder, 0, frame) for frame in range(1, 100))
    decoder.close()


def test_the_main_thread_is_woken_until_the_frame_is_there(root: Path) -> None:
    woken = threading.Event()
    decoder = Decoder(GFMinecraft(root), woken.set)
    decoder.start()
    decoder.want(Wanted(0, 50))
    assert woken.wait(PATIENCE)
    until(lambda: exact(decoder, 0, 50))
    decoder.close()


def test_memory_is_bounded_and_what_is_looked_at_survives(root: Path) -> None:
    decoder = Decoder(GFMinecraft(root), lambda: None, most_bytes=20 * ONE)
    decoder.start()
    for frame in (*range(0, COUNT, 7), *range(COUNT - 1, 0, -11)):
        decoder.want(Wanted(0, frame))
        until(lambda frame=frame: exact(decoder, 0, frame))  # type: ignore[misc]
        assert decoder._cache.bytes <= 20 * ONE
    decoder.close()
    assert exact(decoder, 0, 9)


def test_a_clip_without_a_video_is_read_by_its_chunks() -> None:
    frames = np.arange(40, dtype=np.uint8)[:, None, None, None].repeat(4, 1).repeat(6, 2).repeat(3, 3)
    decoder = Decoder(Single(Clip("x", frames, np.zeros((40, 11), np.float32))), lambda: None)
    decoder.start()
    for frame in (30, 2, 39, 0):
        decoder.want(Wanted(0, frame))
        until(lambda frame=frame: exact(decoder, 0, frame))  # type: ignore[misc]
        found = decoder.nearest(0, frame)
        assert found is not None and found[1][0, 0, 0] == frame
    decoder.close()


def test_a_damaged_clip_is_told_and_the_others_go_on(footage: Path) -> None:
    dataset = GFMinecraft(footage)
    path = footage / "video" / "a.mp4"
    path.write_bytes(path.read_bytes()[:-200].replace(b"moov", b"mooX"))
    decoder = Decoder(dataset, lambda: None)
    decoder.start()
    decoder.want(Wanted(0, 5))
    until(lambda: decoder.fault(0) != "")
    assert "a.mp4: not a readable video" in decoder.fault(0)
    decoder.want(Wanted(1, 5))
    until(lambda: exact(decoder, 1, 5))
    decoder.close()
    decoder.check()
