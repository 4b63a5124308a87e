"""A replay in its window for real: the player in its own process under Xvfb, hands and eyes outside of it."""

import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app import theme
from app.replay_view import layout
from model.actions import Action
from model.footage.replay import Replay, frame_hash, read_replay
from model.footage.replay_writer import ReplayWriter
from model.world import load_world
from tests.replays import HEIGHT, WIDTH, make_header

from .display import PATIENCE, SIZE, Desk, count_colour, until, virtual_display
from .test_lobby import hint_is_shown
from .test_regenerate import record

COUNT = 81


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with virtual_display() as desk:
        yield desk


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds that brighten from frame to frame, by three levels each."""
    folder = tmp_path_factory.mktemp("replays") / "slow dawn"
    writer = ReplayWriter(folder, make_header(), picture(0))
    for k in range(1, COUNT):
        writer.write(Action(forward=k >= 40), picture(k), time=k / 20)
    writer.close()
    return folder


def picture(k: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), 3 * k, np.uint8)


def shown(desk: Desk) -> float:
    """Number of the frame on the screen, by its brightness beside what lies over it."""
    return float(np.median(desk.look()[120:200, 300:560])) / 3


def rests(desk: Desk, frame: int) -> bool:
    return abs(shown(desk) - frame) < 0.7


def holds_forward(desk: Desk) -> bool:
    return count_colour(desk.look()[-160:-50, 10:80], theme.ACCENT) > 100


def test_play_pause_step_scrub_and_leave(desk: Desk, replay: Path, tmp_path: Path) -> None:
    with desk.player("--replay", str(replay), stderr=tmp_path / "said") as player:
        until(lambda: shown(desk) > 3, "it played")
        until(lambda: rests(desk, COUNT - 1), "it stopped on the last frame")
        assert holds_forward(desk)

        desk.hands("key", "Home")
        until(lambda: rests(desk, 0), "Home went to the start")
        assert not holds_forward(desk)
        for _ in range(3):
            desk.hands("key", "Right")
        until(lambda: rests(desk, 3), "three steps right")
        desk.hands("key", "Left")
        until(lambda: rests(desk, 2), "one step left")

        track = layout(SIZE).track
        desk.hands("mousemove", str(track.left + track.width // 2), str(track.centery), "click", "1")
        until(lambda: rests(desk, COUNT // 2), "a click went to the middle")
        desk.hands("mousedown", "1", "mousemove", str(track.left + track.width // 4), str(track.centery))
        until(lambda: rests(desk, COUNT // 4), "a drag went to the first quarter")
        desk.hands("mouseup", "1", "mousemove", str(track.right), "100")
        assert rests(desk, COUNT // 4), "let go, the mouse moves nothing"

        desk.hands("key", "space")
        until(lambda: shown(desk) > COUNT // 4 + 8, "Space went on")
        desk.hands("key", "space")
        until(lambda: abs(shown(desk) - shown(desk)) < 0.1, "Space paused")
        words = count_colour(desk.look()[:50], theme.INK)
        desk.hands("key", "F3")
        until(lambda: count_colour(desk.look()[:50], theme.INK) < words / 4, "F3 uncovered the picture")
        desk.hands("key", "Escape")
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""


def test_frames_shortens_it_and_a_signal_closes_it(desk: Desk, replay: Path, tmp_path: Path) -> None:
    with desk.player("--replay", str(replay), "--frames", "20", stderr=tmp_path / "said") as player:
        until(lambda: rests(desk, 20), "it stopped on frame 20")
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""


@pytest.fixture(scope="module")
def walk(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A walk through a world that is there."""
    return record(tiny_world, tmp_path_factory.mktemp("walks"), "--scene", "two")


def recorded_in(folder: Path, least: int) -> Replay | None:
    """The replay in a folder once it holds that many frames."""
    found = [read_replay(path.parent) for path in folder.glob("*/replay.toml")]
    return next((replay for replay in found if len(replay.lines) > least), None)


def regenerated(world: Path, walk: Path, frame: int, further: list[Action]) -> np.ndarray:
    """The last frame of the recorded walk up to a frame and by other actions from there."""
    replay = read_replay(walk)
    session = load_world(str(world), device="cpu", runtime="eager-fp32").start("two", seed=replay.header.seed)
    for action in [*(line.action for line in replay.lines[1 : frame + 1]), *further]:
        session.step(action)
    return session.frame


def test_b_plays_on_from_the_frame_that_is_shown(
    desk: Desk, walk: Path, tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ARVD_SETTINGS", "XDG_DATA_HOME"):
        monkeypatch.setitem(desk.environment, name, str(tmp_path / name))
    words = ("--replay", str(walk), "--world", str(tiny_world), "--runtime", "eager-fp32")
    with desk.player(*words, stderr=tmp_path / "said") as player:
        until(lambda: count_colour(desk.look()[-60:], theme.INK) > 50, "the bar was there")
        desk.hands("key", "Home", "key", "Right", "key", "Right", "key", "Right", "key", "b")
        until(lambda: hint_is_shown(desk), "it was played")
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""


def test_from_plays_on_at_once_and_records_what_is_new(
    desk: Desk, walk: Path, tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(desk.environment, "ARVD_SETTINGS", str(tmp_path / "settings.toml"))
    folder = tmp_path / "replays"
    words = ("--replay", str(walk), "--world", str(tiny_world), "--runtime", "eager-fp32")
    play = ("--from", "11", "--frames", "20", "--record", str(folder))
    with desk.player(*words, *play, stderr=tmp_path / "said") as player:
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
    replay = recorded_in(folder, 19)
    assert replay is not None and replay.header.start.kind == "state" and replay.header.start.index == 11
    shown = regenerated(tiny_world, walk, 11, [line.action for line in replay.lines[1:]])
    assert frame_hash(shown) == replay.lines[-1].hash


def test_a_world_that_is_not_here_is_said_and_the_replay_stays(desk: Desk, replay: Path, tmp_path: Path) -> None:
    with desk.player("--replay", str(replay), stderr=tmp_path / "said") as player:
        until(lambda: shown(desk) > 3, "it played")
        until(lambda: rests(desk, COUNT - 1), "it stopped on the last frame")
        before = count_colour(desk.look()[200:290, 100:540], theme.INK, 60)
        desk.hands("key", "b")
        until(lambda: count_colour(desk.look()[180:300, 100:540], theme.INK, 60) > before + 100, "it said why not")
        assert player.poll() is None
        desk.hands("key", "Escape")
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
