"""A replay in its window for real: the player in its own process under Xvfb, hands and eyes outside of it."""

import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pygame
import pytest

from app import replay_window, theme
from app.hands import Hands
from app.inputs import Inputs
from app.pads import Pad
from app.replay_frames import ReplayFrames
from app.replay_options import ReplayOptions
from app.replay_view import layout
from app.replay_window import ReplayPlayer
from app.seat import Seat
from app.settings import HandsSettings, Settings
from model.actions import Action
from model.errors import DataError
from model.footage.replay import Replay, frame_hash, read_replay
from model.footage.replay_writer import ReplayWriter
from model.world import load_world
from tests.replays import HEIGHT, WIDTH, make_header, tear

from .display import PATIENCE, SIZE, Desk, count_colour, until
from .menu.hands import fonts
from .said import reading
from .test_lobby import hint_is_shown
from .test_regenerate import record

COUNT = 81


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


class Canvas:
    """Graphics memory that remembers what was put there."""

    filter = "edges"

    def __init__(self, context: object) -> None:
        self.uploaded: list[np.ndarray] = []

    def upload(self, pixels: np.ndarray) -> None:
        self.uploaded.append(pixels)

    def draw(self, size: tuple[int, int], sprites: object) -> None:
        pass


@pytest.fixture
def player(replay: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayPlayer]:
    """A player of the replay on no display."""
    with seated(replay, monkeypatch) as player:
        yield player


@contextmanager
def seated(replay: Path, monkeypatch: pytest.MonkeyPatch, frames: int = COUNT - 1) -> Iterator[ReplayPlayer]:
    monkeypatch.setattr(replay_window, "Picture", Canvas)
    window = SimpleNamespace(context=None, size=SIZE, show=lambda: None, wake=lambda: None)
    inputs = Inputs(HandsSettings(), Hands(HandsSettings()))
    settings = SimpleNamespace(settings=Settings())
    seat = SimpleNamespace(window=window, stop=threading.Event(), preferences=settings, inputs=inputs)
    options = ReplayOptions(replay=read_replay(replay), frames=frames, size=SIZE, out=None, branch=cast(Any, None))
    with ReplayFrames(options.replay) as pictures, fonts():
        yield ReplayPlayer(options, pictures, cast(Seat, seat))


def test_what_is_missing_is_said_as_it_opens(replay: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shutil.copytree(replay, tmp_path / "torn")
    tear(folder, 50, 55)
    with seated(folder, monkeypatch) as player, reading() as said:
        player._draw(time.perf_counter())
        count = int(re.search(r"(\d+) of 80 frames are damaged or missing", " ".join(said)).group(1))  # type: ignore[union-attr]
        seen = list[bool]()
        for frame in range(COUNT):
            player._head.seek(frame)
            player._draw(time.perf_counter())
            pixels = cast(Any, player._picture).uploaded[-1]
            seen.append(abs(float(pixels.mean()) / 3 - frame) < 0.7)
    assert 5 <= seen.count(False) == count and not any(seen[50:55]) and all(seen[:50])


def test_what_is_missing_after_the_frames_asked_for_is_not_said(
    replay: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(replay, tmp_path / "torn")
    tear(folder, 50, 55)
    for frames, told in ((49, False), (60, True)):
        with seated(folder, monkeypatch, frames) as player, reading() as said:
            player._draw(time.perf_counter())
            assert ("of 60 frames are damaged or missing" in " ".join(said)) == told


def test_a_torn_replay_is_shown_and_told_of_on_the_terminal(desk: Desk, replay: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(replay, tmp_path / "torn")
    os.truncate(folder / "video.mkv", (folder / "video.mkv").stat().st_size // 2)
    with ReplayFrames(read_replay(folder)) as frames:
        last, lack = frames.count - 1, frames.lack()
    with desk.player("--replay", str(folder), stderr=tmp_path / "said") as player:
        until(lambda: rests(desk, last), "it stopped on the last whole frame")
        desk.hands("key", "Escape")
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == f"warning: {folder}: {lack}\n"


def test_damaged_frames_are_a_gap_that_is_told_of_once(player: ReplayPlayer, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, said = player._frames.picture, list[str]()

    def damaged(number: int) -> np.ndarray:
        if number in (4, 5):
            raise DataError(f"frame {number} is damaged")
        return whole(number)

    monkeypatch.setattr(player._frames, "picture", damaged)
    monkeypatch.setattr(player._toasts, "say", said.append)
    for frame in (3, 4, 5, 6):
        player._head.seek(frame)
        player._draw(0.0)
    seen = [round(float(pixels.mean()) / 3) for pixels in cast(Any, player._picture).uploaded]
    assert seen == [3, 0, 0, 6] and len(said) == 1 and "frame 4" in said[0]


def test_pads_wake_and_do_what_keys_do(player: ReplayPlayer, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    monkeypatch.setattr(Pad, "_open", lambda pad, index: opened.append(index))
    player._handle(pygame.event.Event(pygame.CONTROLLERDEVICEADDED, device_index=0), 0.0)
    assert opened == [0] and player._head.playing
    right, b = pygame.CONTROLLER_BUTTON_DPAD_RIGHT, pygame.CONTROLLER_BUTTON_B
    for button in (pygame.CONTROLLER_BUTTON_A, right, pygame.CONTROLLER_BUTTON_Y, b):
        player._handle(pygame.event.Event(pygame.CONTROLLERBUTTONDOWN, button=button, instance_id=0), 0.0)
    assert not player._head.playing and player._head.frame == 1 and not player._covered and player._stop.is_set()


def test_buttons_of_the_pad_are_named_once_it_is_used(player: ReplayPlayer) -> None:
    a = pygame.event.Event(pygame.CONTROLLERBUTTONDOWN, button=pygame.CONTROLLER_BUTTON_A, instance_id=0)
    click = pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=pygame.BUTTON_LEFT, pos=(0, 0))
    for event, named, others in ((None, "B", "Start"), (a, "Start", "B"), (click, "B", "Start")):
        if event is not None:
            player._handle(event, 0.0)
        with reading() as said:
            player._draw(0.0)
        assert named in said and others not in said
