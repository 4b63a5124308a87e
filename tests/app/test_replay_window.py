"""A replay in its window for real: the player in its own process under Xvfb, hands and eyes outside of it."""

import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app import theme
from app.replay_view import layout
from model.actions import Action
from model.footage.replay_writer import ReplayWriter
from tests.replays import HEIGHT, WIDTH, make_header

from .display import PATIENCE, SIZE, Desk, count_colour, until, virtual_display

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
