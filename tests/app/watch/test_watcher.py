"""Newer weights take over in the midst of a walk; what cannot be played leaves it alone."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.generation import Generator, GeneratorOptions
from app.hands import Sample
from app.recorder import Recorder
from app.recording import Recording
from app.regenerate import begin
from app.slots import Slots
from app.walker import WalkOptions
from app.watch import watcher as watching
from app.watch.watcher import Watcher
from app.watch.weights import newest_first
from model.actions import Action
from model.footage.replay import frame_hash, read_replay
from model.world import World, load_world
from model.world_spec import read_spec, world_hash

from ..fakes import options_of
from .runs import leave, log, touch

PATIENCE = 60.0


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def open_world(folder: Path) -> World:
    return load_world(str(folder), device="cpu", runtime="eager-fp32")


class Desk:
    """A player without a window, in the first world of a run."""

    def __init__(self, run: Path, replays: Path) -> None:
        first = newest_first(run)[0]
        self.said: list[str] = []
        self.warned: list[str] = []
        self.recorder = Recorder(replays, budget=10**9)
        self.recording = Recording(self.recorder, read_spec(first.folder))
        self.options = options_of(first.folder)
        self.slots = Slots(replays / "saves", world_hash(first.folder))
        self.generator = Generator(
            lambda: open_world(first.folder),
            lambda: Sample(Action(forward=True, pitch=0.5)),
            GeneratorOptions(fps=100.0, walk=WalkOptions(scene="two", seed=3)),
            recording=self.recording,
            say=self.said.append,
        )
        self.watcher = Watcher(run, first, self, open_world, self.warned.append)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    @property
    def index(self) -> int:
        frame = self.generator.take()
        return frame.index if frame is not None else -1

    def plays(self, folder: Path) -> bool:
        world = self.generator.world
        return world is not None and world.hash == world_hash(folder)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    log(tmp_path / "tiny", "ar-0", 10)
    leave(tmp_path / "tiny", "ar-0", 10, 1, at=10)
    return tmp_path / "tiny"


@pytest.fixture
def desk(run: Path, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(run, tmp_path / "replays")
    desk.generator.start()
    until(lambda: desk.index > 12)
    yield desk
    desk.watcher.stop()
    desk.generator.stop()
    desk.recorder.close()
    desk.generator.check()


def test_newer_weights_take_over_with_the_frames_seen_last_for_a_past(desk: Desk, run: Path) -> None:
    shown: list[bytes] = []
    desk.generator.ask(lambda walker: shown.append(walker.session.frame.tobytes()))
    desk.generator.pause(True)
    until(lambda: shown)
    newer = leave(run, "ar-0", 1250, 2, at=20)
    desk.watcher.look()
    until(lambda: desk.plays(newer))
    frame = desk.generator.take()
    assert frame is not None and frame.index == 0 and frame.pixels.tobytes() == shown[-1]
    assert frame.walk is not None and (frame.walk.scene, frame.walk.seed) == ("two", 3)
    assert desk.said == ["now playing step 1,250 of ar-0"] and desk.warned == []
    assert desk.slots.world == world_hash(newer) and desk.options.world == newer
    desk.generator.pause(False)
    until(lambda: desk.index > 5)
    desk.watcher.look()
    assert len(desk.said) == 1 and desk.index != 0


def test_the_next_stage_takes_over_and_its_end_changes_nothing(desk: Desk, run: Path) -> None:
    student = leave(run, "distill", 50, 2, at=30)
    desk.watcher.look()
    until(lambda: desk.plays(student))
    shutil.copytree(student, run / "distill" / "world")
    touch(run / "distill" / "world", 40)
    worlds: list[object] = []
    desk.generator.ask(lambda walker: worlds.append(walker.world))
    desk.watcher.look()
    desk.generator.ask(lambda walker: worlds.append(walker.world))
    until(lambda: len(worlds) == 2)
    assert worlds[0] is worlds[1] and desk.said == ["now playing step 50 of distill"]
    shutil.rmtree(run)
    desk.watcher.look()
    until(lambda: desk.index > 3)


def harm_weights(folder: Path) -> None:
    os.truncate(folder / "generator.safetensors", 1000)


def harm_spec(folder: Path) -> None:
    os.truncate(folder / "world.toml", 60)
    touch(folder, 30)


def lose_weights(folder: Path) -> None:
    (folder / "autoencoder.safetensors").unlink()


def lose_scenes(folder: Path) -> None:
    shutil.rmtree(folder / "scenes")


def change_size(folder: Path) -> None:
    path = folder / "world.toml"
    path.write_text(path.read_text().replace("width = 48", "width = 64"))
    touch(folder, 30)


@pytest.mark.parametrize("harm", [harm_weights, harm_spec, lose_weights, lose_scenes, change_size])
def test_what_cannot_be_played_is_left_out_and_told_of_once(
    desk: Desk, run: Path, harm: Callable[[Path], None]
) -> None:
    good = leave(run, "ar-0", 20, 2, at=20)
    bad = leave(run, "ar-0", 30, 3, at=30)
    harm(bad)
    for _ in range(3):
        desk.watcher.look()
    until(lambda: desk.plays(good))
    until(lambda: len(desk.said) == 2)
    assert sorted(desk.said) == ["now playing step 20 of ar-0", "step 30 of ar-0 cannot be played and is left out"]
    assert len(desk.warned) == 1 and str(bad) in desk.warned[0]
    until(lambda: desk.index > 5)


def test_a_world_that_arrives_file_by_file_is_played_once_it_is_whole(desk: Desk, run: Path, tmp_path: Path) -> None:
    whole = leave(tmp_path / "elsewhere", "ar-0", 20, 2, at=20)
    arriving = run / "ar-0" / "live" / "step-00000020"
    arriving.mkdir()
    for name in ("world.toml", "scenes", "autoencoder.safetensors"):
        (shutil.copytree if (whole / name).is_dir() else shutil.copy2)(whole / name, arriving / name)
        desk.watcher.look()
    assert desk.said == ["step 20 of ar-0 cannot be played and is left out"]
    shutil.copy2(whole / "generator.safetensors", arriving)
    desk.watcher.look()
    until(lambda: desk.plays(arriving))
    assert desk.said == ["step 20 of ar-0 cannot be played and is left out", "now playing step 20 of ar-0"]


def test_each_world_is_a_replay_of_its_own(desk: Desk, run: Path) -> None:
    desk.recording.toggle()
    until(lambda: desk.recorder.taken > 5)
    newer = leave(run, "init", 20, 2, at=20)
    desk.watcher.look()
    until(lambda: desk.plays(newer))
    until(lambda: desk.recorder.taken > 5 and len(desk.recorder.written) == 2)
    desk.generator.stop()
    desk.recorder.close()
    first, second = (read_replay(folder) for folder in desk.recorder.written)
    assert second.header.world_hash == world_hash(newer) != first.header.world_hash
    assert (second.header.start.kind, second.header.start.index) == ("state", 0)  # it has a past beside the picture
    session = begin(open_world(newer), second, second.header.steps)
    assert len(second.lines) > 5
    for line in second.lines[1:]:
        assert frame_hash(session.step(line.action)) == line.hash


def test_the_thread_looks_by_itself_while_the_walk_goes_on(
    desk: Desk, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_SECONDS", 0.02)
    desk.watcher.start()
    for step in range(20, 60, 10):
        newest = leave(run, "ar-0", step, step, at=step)
        until(lambda newest=newest: desk.plays(newest))
        oldest = run / "ar-0" / "live" / f"step-{step - 10:08d}"
        shutil.rmtree(oldest)  # as the training does after a while
        until(lambda: desk.index > 2)
    assert desk.said == [f"now playing step {step} of ar-0" for step in range(20, 60, 10)] and desk.warned == []
    desk.watcher.stop()
    assert "watcher" not in {thread.name for thread in threading.enumerate()}
