from pathlib import Path

import pytest

from app.record_mark import RecordMark, clock_text
from app.recorder import Recorder
from app.recording import Recording
from app.room import room_of
from model.world_spec import read_spec

from .display import until
from .fakes import FakeWorld

WINDOW = (1280, 720)
ROOM = room_of(WINDOW)


pytestmark = pytest.mark.usefixtures("fonts")


def test_the_mark_stands_while_frames_are_taken_and_a_notice_for_a_while(tiny_world: Path, tmp_path: Path) -> None:
    free = [10**12]
    recorder = Recorder(tmp_path, budget=10**9, free_bytes=lambda folder: free[0])
    recording = Recording(recorder, read_spec(tiny_world))
    mark = RecordMark(recording, 16.0)
    assert mark.sprites(ROOM, 0.0, 1.0) == []
    world, recording_wanted = FakeWorld(), recording.toggle
    recording_wanted()
    assert mark.sprites(ROOM, 0.5, 1.0), "also while it waits for the first frame"
    recording.before_step(world, world.start(), None)
    (sprite,) = mark.sprites(ROOM, 1.0, 1.0)
    assert sprite.at[0] + sprite.surface.get_width() == WINDOW[0] - sprite.at[1], "in the corner"
    (same,) = mark.sprites(ROOM, 1.5, 1.0)
    assert same.surface is sprite.surface, "drawn once a second at most"
    free[0] = 0
    until(lambda: not recorder.recording, "the recording was given up")
    recorder.close()
    (notice,) = mark.sprites(ROOM, 2.0, 1.0)
    assert notice.surface.get_width() > sprite.surface.get_width()
    assert notice.at[0] > WINDOW[0] / 4
    assert mark.sprites(ROOM, 30.0, 1.0) == []


def test_a_disk_that_is_still_full_is_said_again(tiny_world: Path, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, budget=10**9, free_bytes=lambda folder: 0)
    recording, world = Recording(recorder, read_spec(tiny_world)), FakeWorld()
    mark = RecordMark(recording, 16.0)
    for now in (0.0, 100.0):
        recording.toggle()
        recording.before_step(world, world.start(), None)
        until(lambda: not recorder.recording, "the recording was given up")
        assert mark.sprites(ROOM, now, 1.0), "between two pictures its words went and came back"
        assert mark.sprites(ROOM, now + 50, 1.0) == []
    recorder.close()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0:00"), (59.99, "0:59"), (65, "1:05"), (3599, "59:59"), (3725.5, "1:02:05")]
)
def test_time_reads_as_on_a_clock(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text
