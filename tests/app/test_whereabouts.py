"""What a screenshot says of its place: the very frame that is seen, in the replay that holds it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.generation import Generator
from app.handover import Frame
from app.hands import Sample
from app.keepsakes import Place
from app.options import Options
from app.recorder import Recorder
from app.recording import Recording
from app.walker import Walker, WalkOptions
from app.whereabouts import place_of
from model.actions import Action
from model.footage.replay import frame_hash, read_replay

from .fakes import FakeWorld, options_of
from .generating import running, until


@pytest.fixture
def options(tiny_world: Path) -> Options:
    return options_of(tiny_world)


@pytest.fixture
def recording(options: Options, tmp_path: Path) -> Iterator[Recording]:
    recorder = Recorder(tmp_path / "replays", budget=10**9)
    yield Recording(recorder, options.spec)
    recorder.close()


class Eyes:
    """Looks at frames long after newer ones were made, and notes what a screenshot would say of each."""

    def __init__(self, generator: Generator, options: Options, recording: Recording) -> None:
        self._generator, self._options, self._recording = generator, options, recording
        self.seen: list[tuple[Frame, Place]] = []

    def look(self, *, old: bool = False) -> Frame:
        """Take the next frame that is of the past, or is not."""
        frames: list[Frame] = []

        def comes() -> bool:
            frame = self._generator.take()
            frames.extend([frame] if frame is not None and frame.old == old else [])
            return bool(frames)

        until(comes)
        return frames[0]

    def photograph(self, frame: Frame) -> Place:
        place = place_of(self._options, "0" * 64, "one", frame, self._recording)
        self.seen.append((frame, place))
        return place


def test_a_picture_names_the_frame_that_is_seen_and_not_the_newest(options: Options, recording: Recording) -> None:
    world, recorder = FakeWorld(), recording.recorder
    with running(world, fps=100.0, recording=recording) as generator:
        eyes = Eyes(generator, options, recording)
        until(lambda: world.sessions and world.sessions[0].index > 5)
        before = eyes.look()
        assert (eyes.photograph(before).index, eyes.photograph(before).replay) == (before.index, "")
        eyes.seen.clear()
        recording.toggle()
        until(lambda: recorder.written and recorder.taken > 1)
        frame = eyes.look()
        made = recorder.taken
        until(lambda: recorder.taken > made + 5)
        place = eyes.photograph(frame)
        assert place.replay == recorder.written[0].name and place.index < frame.index, "it began in the midst"
        until(lambda: recorder.taken > 30)
        generator.rewind(True)
        for _ in range(4):
            eyes.photograph(eyes.look(old=True))
        generator.rewind(False)
        frame = eyes.look()
        until(lambda: len(recorder.written) == 2 and recorder.taken > 5)
        eyes.photograph(frame)
        eyes.photograph(eyes.look())
        generator.rewind(True)
        until(lambda: eyes.photograph(eyes.look(old=True)).replay == recorder.written[0].name)
    recorder.close()
    assert {place.replay for _, place in eyes.seen} == {folder.name for folder in recorder.written}
    for frame, place in eyes.seen:
        line = read_replay(recorder.folder / place.replay).lines[place.index]
        assert line.hash == frame_hash(frame.pixels), f"frame {frame.index} is not line {place.index}"


def test_a_picture_stays_in_its_replay_when_the_recording_is_over(options: Options, recording: Recording) -> None:
    walker = Walker(FakeWorld(), WalkOptions(), fps=16.0, recording=recording)

    def shown() -> Place:
        frame = Frame(walker.session.frame, walker.session.index, walk=walker.facts())
        return place_of(options, "0" * 64, "one", frame, recording)

    def step(count: int) -> None:
        for _ in range(count):
            walker.step(Sample(Action()))

    step(2)
    recording.toggle()
    step(3)
    until(lambda: recording.recorder.written)
    walker.end()
    name = recording.recorder.written[0].name
    assert (shown().replay, shown().index) == (name, 3)
    walker.change_runtime(FakeWorld())
    assert (shown().replay, shown().index) == (name, 3), "it is the same picture"
    recording.toggle()
    step(2)
    assert (shown().replay, shown().index) == ("", 7)
    walker.go_to(4)
    assert (shown().replay, shown().index) == ("", 4), "made again, and otherwise"
    walker.begin("two")
    assert (shown().replay, shown().index, shown().scene) == ("", 0, "two")


def test_a_frame_of_the_past_tells_its_own_steps(options: Options, recording: Recording) -> None:
    walker = Walker(FakeWorld(), WalkOptions(), fps=16.0)
    for steps in (2, 4):
        walker.session.steps = steps
        walker.step(Sample(Action()))
    first, second = walker.moments()
    for moment in (first, second):
        frame = Frame(moment.pixels, moment.index, walk=walker.facts(moment), old=True)
        place = place_of(options, "0" * 64, "one", frame, recording)
        assert (place.index, place.steps) == (moment.index, moment.steps)
