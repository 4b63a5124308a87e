"""Time for real: pause, single frames, quick save and load, rewinding, by keys of another process."""

import json
import signal
import time
from pathlib import Path

from app import theme
from model.footage.replay import Replay

from .display import PATIENCE, Desk, count_colour, until, virtual_display
from .walks import Walks

_STEPS = 6
_NOTHING_SECONDS = 1.2  # longer than the recorder keeps a frame to itself


def stands(walks: Walks) -> bool:
    """Whether no frame comes any more."""
    before = len(walks.lines())
    time.sleep(_NOTHING_SECONDS)
    return len(walks.lines()) == before


def single_frames(desk: Desk, walks: Walks, what: str) -> None:
    """Make frames one by one."""
    for _ in range(_STEPS):
        desk.hands("key", "o")
    until(lambda: len(walks.lines()) >= _STEPS, what)


def end_of(replay: Replay) -> int:
    """Number of the newest frame, as the walk counts them."""
    return replay.header.start.index + len(replay.lines) - 1


def test_time_stands_goes_on_and_goes_back(tiny_world: Path, tmp_path: Path) -> None:
    walks, report = Walks(tmp_path / "replays"), tmp_path / "report.json"
    words = ("--world", str(tiny_world), "--record", str(walks.folder), "--report", str(report))
    with virtual_display() as desk:
        desk.environment |= {"ARVD_SETTINGS": str(tmp_path / "settings.toml"), "XDG_DATA_HOME": str(tmp_path / "data")}
        with desk.player(*words, stderr=tmp_path / "said") as player:
            until(lambda: bool(walks.all()) and len(walks.lines()) > 10, "it played")
            desk.hands("key", "p")
            until(lambda: stands(walks), "P paused")
            saved = end_of(walks.last())
            desk.hands("key", "F5", "keydown", "w")
            before = len(walks.lines())
            for _ in range(_STEPS):
                desk.hands("key", "o")
            until(lambda: len(walks.lines()) == before + _STEPS, "O made single frames")
            shown = [(line.action, line.hash) for line in walks.lines()[before:]]
            assert all(action.forward for action, _ in shown) and len({hash_ for _, hash_ in shown}) == _STEPS

            desk.hands("key", "F9")
            single_frames(desk, walks, "F9 went back, O made frames again")
            loaded = walks.begun(2, "what was loaded is another replay")
            assert (loaded.header.start.kind, loaded.header.start.index) == ("state", saved)
            assert [(line.action, line.hash) for line in walks.lines()] == shown, "the same actions, the same bytes"

            desk.hands("keyup", "w", "key", "p")
            walks.grown(20, "P went on")
            ended = end_of(walks.last())
            desk.hands("keydown", "BackSpace")
            until(lambda: count_colour(desk.look()[300:], theme.ACCENT) > 60, "the bar showed where in the past it is")
            until(lambda: stands(walks), "nothing new is made on the way back")
            desk.hands("keyup", "BackSpace")
            back = walks.begun(3, "it went on from an earlier frame")
            assert saved <= back.header.start.index < ended
            walks.grown(3, "it went on")
            player.send_signal(signal.SIGTERM)
            assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
    assert json.loads(report.read_text())["frames"] == sum(len(replay.lines) - 1 for replay in walks.all())
