import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from app.recorder import Recorder
from app.recording import Recording, open_recording
from model.actions import Action
from model.footage.replay import Replay, read_replay
from model.world_spec import read_spec

from .fakes import FakeClock, FakeSession, FakeWorld, options_of, picture
from .generating import until


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def recording(tiny_world: Path, tmp_path: Path, clock: FakeClock) -> Iterator[Recording]:
    recorder = Recorder(tmp_path / "replays", budget=10**9)
    yield Recording(recorder, read_spec(tiny_world), clock=clock)
    recorder.close()


def walk(recording: Recording, world: FakeWorld, session: FakeSession, count: int, missed: int = 0) -> None:
    for _ in range(count):
        recording.before_step(world, session, None, missed)
        action = Action(yaw=float(session.index))
        recording.after_step(action, session.step(action), 12.5, missed=missed)


def replays(recording: Recording) -> list[Replay]:
    recording.recorder.close()
    return [read_replay(folder) for folder in recording.recorder.written]


def test_a_walk_recorded_from_its_start_begins_with_the_picture(
    recording: Recording, world: FakeWorld, tiny_world: Path
) -> None:
    recording.toggle()
    session = world.start(seed=5)
    walk(recording, world, session, 4)
    (replay,) = replays(recording)
    header = replay.header
    assert (header.world, header.world_hash, header.runtime, header.steps) == ("tiny", "0" * 64, "fake", 2)
    assert (header.start.kind, header.start.scene, header.start.index) == ("picture", "one", 0)
    assert header.learned == read_spec(tiny_world).actions
    assert [line.action.yaw for line in replay.lines] == [0, 0, 1, 2, 3]
    assert not (replay.folder / "states").exists()


def test_recording_that_begins_in_the_midst_takes_the_state_along(recording: Recording, world: FakeWorld) -> None:
    session = world.start()
    walk(recording, world, session, 3)
    assert not recording.on and not recording.recorder.written
    recording.toggle()
    walk(recording, world, session, 2)
    assert recording.on
    recording.toggle()
    walk(recording, world, session, 2)
    assert not recording.on
    (replay,) = replays(recording)
    assert (replay.header.start.kind, replay.header.start.index) == ("state", 3)
    start = world.start()
    start.load((replay.folder / "states" / "start.safetensors").read_bytes())
    assert start.index == 3
    assert [line.action.yaw for line in replay.lines] == [0, 3, 4]


def test_a_new_session_begins_another_replay(recording: Recording, world: FakeWorld) -> None:
    recording.toggle()
    for count in (3, 5):
        walk(recording, world, world.start(), count)
    assert [len(replay.lines) for replay in replays(recording)] == [4, 6]


@pytest.mark.parametrize("change", ["load", "steps"])
def test_what_breaks_the_walk_begins_another_replay(recording: Recording, world: FakeWorld, change: str) -> None:
    recording.toggle()
    session = world.start()
    walk(recording, world, session, 2)
    state = session.save()
    walk(recording, world, session, 2)
    if change == "load":
        session.load(state)
    else:
        session.steps = 1
    walk(recording, world, session, 3)
    first, second = replays(recording)
    assert (len(first.lines), len(second.lines)) == (5, 4)
    assert (second.header.start.kind, second.header.start.index) == ("state", 2 if change == "load" else 4)
    assert second.header.steps == session.steps


def test_time_focus_and_lateness_are_noted(recording: Recording, world: FakeWorld, clock: FakeClock) -> None:
    recording.toggle()
    session = world.start()
    for missed, focus in ((2, True), (2, False), (5, True)):
        recording.before_step(world, session, None, missed)
        clock.advance(0.25)
        recording.after_step(Action(), session.step(Action()), 12.5, focus=focus, missed=missed)
    lines = replays(recording)[0].lines[1:]
    assert [line.time for line in lines] == [0.25, 0.5, 0.75]
    assert [line.focus for line in lines] == [True, False, True]
    assert [line.late for line in lines] == [0, 0, 3] and {line.ms for line in lines} == {12.5}


def test_a_recording_that_gave_up_stays_off_until_asked_again(tiny_world: Path, tmp_path: Path) -> None:
    world, free = FakeWorld(), [0]
    recorder = Recorder(tmp_path / "replays", budget=10**9, free_bytes=lambda folder: free[0])
    recording = Recording(recorder, read_spec(tiny_world), wanted=True)
    session = world.start()
    recording.before_step(world, session, None)
    while recorder.recording:
        pass
    free[0] = 10**12
    recording.after_step(Action(), picture(1), 1.0)
    walk(recording, world, session, 3)
    assert not recording.on and not recorder.written
    recording.toggle()
    walk(recording, world, session, 2)
    assert recording.on
    assert len(replays(recording)) == 1


def test_what_a_person_sees_is_what_toggling_changes(tiny_world: Path, tmp_path: Path) -> None:
    """While nothing moves, and after a rewind, nothing is recorded yet: "Record" must not mean its end then."""
    world, free = FakeWorld(), [10**12]
    recorder = Recorder(tmp_path / "replays", budget=10**9, free_bytes=lambda folder: free[0])
    recording = Recording(recorder, read_spec(tiny_world))
    session = world.start()
    recording.toggle()
    assert recording.wanted and not recording.on, "asked for in a pause"
    walk(recording, world, session, 2)
    recording.end()  # the person went back
    assert recording.wanted and not recording.on
    walk(recording, world, session, 2)
    assert recording.on
    until(lambda: len(recorder.written) == 2)
    free[0] = 0
    until(lambda: not recorder.recording)
    assert not recording.wanted and not recording.on, "given up in a pause"
    free[0] = 10**12
    recording.toggle()
    assert recording.wanted
    walk(recording, world, session, 2)
    assert recording.on
    recording.toggle()
    walk(recording, world, session, 1)
    assert not recording.wanted and not recording.on
    assert len(replays(recording)) == 3


class FullDisk(StringIO):
    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_warning_that_finds_no_room_either_ends_nothing_but_the_recording(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", FullDisk())
    world, folder = FakeWorld(), tmp_path / "replays"
    session, options = world.start(), options_of(tiny_world, "--record", str(folder))
    folder.write_text("a file")
    with open_recording(options) as recording:
        recording.before_step(world, session, None)
        until(lambda: not recording.recorder.recording)
        recording.after_step(Action(), picture(1), 1.0)
        assert not recording.on
        folder.unlink()
        recording.toggle()
        walk(recording, world, session, 3)
        (replay,) = replays(recording)
    assert replay.folder.parent == folder and len(replay.lines) == 4


def test_odd_names_of_scenes_and_worlds_never_hinder_play(tiny_world: Path, tmp_path: Path) -> None:
    world, session = FakeWorld(), FakeSession()
    recorder = Recorder(tmp_path, budget=10**9)
    recording = Recording(recorder, read_spec(tiny_world), wanted=True)
    recording.before_step(world, session, "somewhere/own\npicture" + "\u00fc" * 300 + ".png")
    recording.after_step(Action(), session.step(Action()), 1.0)
    (replay,) = replays(recording)
    assert replay.header.start.scene.startswith("ownpicture\u00fc")


def test_the_options_say_where_and_stdout_says_what(
    tiny_world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = options_of(tiny_world, "--record", str(tmp_path / "mine"), "--record-budget", "1.5MB")
    assert options.record and options.record_folder == tmp_path / "mine" and options.record_budget == 1_500_000
    with open_recording(options) as recording:
        walk(recording, FakeWorld(), FakeSession(), 3)
    (folder,) = (tmp_path / "mine").iterdir()
    assert capsys.readouterr().out == f"recorded 3 frames in {folder}\n"
    with open_recording(options_of(tiny_world)) as recording:
        walk(recording, FakeWorld(), FakeSession(), 3)
    assert capsys.readouterr().out == ""
