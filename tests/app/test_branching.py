"""Played on from a frame of a replay, a walk is the one that was recorded, to the byte."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from app.branching import lead_to
from app.engine import Pixels, open_world
from app.handover import Frame
from app.hands import Sample
from app.options import Options, build_parser
from app.recorder import Recorder
from app.recording import Recording
from app.replay_options import check_replay
from app.settings import PlaySettings
from app.startup import generator_options
from app.walker import Walker
from model.actions import Action, parse_actions
from model.errors import ArvdError
from model.footage.replay import read_replay
from model.world_spec import read_spec

from .test_regenerate import edit_line, record

FURTHER = tuple(parse_actions("w*2, left*2, jump"))


@pytest.fixture(scope="module")
def recorded(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tiny_world, tmp_path_factory.mktemp("recorded"), "--scene", "two")


def options_from(world: Path, replay: Path, frame: int) -> Options:
    words = ["--replay", str(replay), "--from", str(frame), "--world", str(world), "--runtime", "eager-fp32"]
    options = check_replay(build_parser().parse_args(words))
    assert isinstance(options, Options)
    return options


class Walk:
    """A walk that was led to a frame of a replay."""

    def __init__(self, world: Path, replay: Path, frame: int, recording: Recording | None = None) -> None:
        options = options_from(world, replay, frame)
        settings = generator_options(options, PlaySettings())
        self.walker = Walker(open_world(options), settings.walk, fps=settings.fps, recording=recording)
        self.said: list[str] = []
        self.shown: list[Frame] = list(settings.lead(self.walker, self.said.append)) if settings.lead else []

    def on(self, actions: tuple[Action, ...]) -> list[Pixels]:
        return [self.walker.step(Sample(action))[0] for action in actions]


def unbroken(world: Path, replay: Path, frame: int) -> list[Pixels]:
    """What the recorded walk would have been, had it gone on by FURTHER from that frame."""
    options = options_from(world, replay, 0)
    session = open_world(options).start("two", seed=options.seed, steps=options.steps)
    actions = [line.action for line in read_replay(replay).lines[1 : frame + 1]]
    return [session.step(action) for action in (*actions, *FURTHER)][frame:]


@pytest.mark.parametrize("frame", [0, 1, 11, 17])
def test_from_any_frame_play_goes_on_to_the_byte(tiny_world: Path, recorded: Path, frame: int) -> None:
    walk = Walk(tiny_world, recorded, frame)
    assert walk.walker.session.index == frame and walk.walker.scene == "two" and walk.walker.seed == 5
    np.testing.assert_array_equal(walk.on(FURTHER), unbroken(tiny_world, recorded, frame))
    assert walk.said == [f"yours from frame {frame} on"]
    assert [shown.index for shown in walk.shown] == list(range(1, frame + 1))
    assert all(shown.old and shown.note.endswith(f"of {frame}") for shown in walk.shown)


def test_the_replay_is_its_past(tiny_world: Path, recorded: Path) -> None:
    walk = Walk(tiny_world, recorded, 11)
    walk.walker.go_to(4)
    np.testing.assert_array_equal(walk.on(FURTHER), unbroken(tiny_world, recorded, 4))


def test_the_way_there_is_not_recorded_again(tiny_world: Path, recorded: Path, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, budget=10**9)
    walk = Walk(tiny_world, recorded, 11, Recording(recorder, read_spec(tiny_world), wanted=True))
    walk.on(FURTHER)
    walk.walker.end()
    recorder.close()
    (replay,) = map(read_replay, recorder.written)
    assert (replay.header.start.kind, replay.header.start.index) == ("state", 11)
    assert [line.action for line in replay.lines[1:]] == list(FURTHER)
    again = Walk(tiny_world, recorder.written[0], 3)  # a branch of a branch
    np.testing.assert_array_equal(again.on(FURTHER[3:]), unbroken(tiny_world, recorded, 11)[3:])
    assert again.said == ["yours from frame 3 on"] and again.walker.scene == "two"


def test_what_comes_out_otherwise_is_said_and_played_on_from(tiny_world: Path, recorded: Path, tmp_path: Path) -> None:
    replay = shutil.copytree(recorded, tmp_path / "replay")
    edit_line(replay, 8, hash="0" * 32)
    walk = Walk(tiny_world, replay, 11)
    assert walk.said == ["yours from frame 11 on; it differs from the recording since frame 8"]
    np.testing.assert_array_equal(walk.on(FURTHER), unbroken(tiny_world, recorded, 11))
    assert Walk(tiny_world, replay, 7).said == ["yours from frame 7 on"]


def test_an_own_picture_is_where_a_reset_begins_again(tiny_world: Path, recorded: Path, tmp_path: Path) -> None:
    replay = shutil.copytree(recorded, tmp_path / "replay")
    header = (replay / "replay.toml").read_text()
    (replay / "replay.toml").write_text(header.replace('scene = "two"', 'scene = "holiday.png"'))
    walk = Walk(tiny_world, replay, 5)
    walk.walker.begin()
    np.testing.assert_array_equal(walk.walker.session.frame, Walk(tiny_world, recorded, 0).walker.session.frame)


def test_a_start_that_is_gone_is_said(tiny_world: Path, recorded: Path, tmp_path: Path) -> None:
    replay = shutil.copytree(recorded, tmp_path / "replay")
    options = options_from(tiny_world, replay, 5)
    assert options.branch is not None
    (replay / "start.png").unlink()
    with pytest.raises(ArvdError, match=r"start\.png: missing"):  # said before a window opens, where it is known
        options_from(tiny_world, replay, 5)
    walker = Walker(open_world(options), generator_options(options, PlaySettings()).walk, fps=16)
    session = walker.session
    with pytest.raises(ArvdError, match=r"start\.png"):
        list(lead_to(options.branch)(walker, print))
    assert walker.session is session
