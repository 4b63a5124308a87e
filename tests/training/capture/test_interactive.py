"""A person plays the real game in our window: clicks, walks, turns, records, closes."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest

from model.actions import Action
from model.errors import DataError
from model.footage.gf_minecraft import GFMinecraft
from training.capture import interactive
from training.capture.client import Frame
from training.capture.installed import Installed
from training.capture.places import Place
from training.capture.plan import CapturePlan
from training.capture.window import Window

from ...app.display import ROOT, count_colour, until, virtual_display
from ...footage import write_clip
from .fakes import FakeGame
from .real import COMMAND, descendants, gone, require_game

PLAN = CapturePlan(clips=1, fps=60)
SCREEN = (1000, 620)
RED = (255, 90, 80)  # the line of text while it records


class Scripted(FakeGame):
    """Posts events while given frames of play are drawn."""

    def __init__(self, events: dict[int, list[pygame.event.Event]]) -> None:
        super().__init__(PLAN.size)
        self._events = events

    def step(self, action: Action) -> Frame:
        for event in self._events.get(len(self.done), []):
            pygame.event.post(event)
        return super().step(action)


def key(code: int, *, down: bool = True) -> pygame.event.Event:
    return pygame.event.Event(pygame.KEYDOWN if down else pygame.KEYUP, key=code)


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[int, FakeGame]]]:
    """Play a script of events on a window that nobody sees."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    visited: list[int] = []

    def go(game: FakeGame, plan: CapturePlan, clip: int) -> Place:
        visited.append(clip)
        return Place(game.world_seed, len(visited), 0, "taiga", 0.5)

    monkeypatch.setattr(interactive, "go_to_place", go)

    def play(events: dict[int, list[pygame.event.Event]]) -> tuple[int, FakeGame]:
        game = Scripted(events)
        with Window(PLAN.size) as window:
            return interactive.Play(game, window, PLAN, tmp_path).run(), game

    yield play


def test_a_clip_holds_what_was_done_while_it_was_recorded(played: Callable, tmp_path: Path) -> None:
    recorded, game = played(
        {
            3: [key(pygame.K_r)],
            5: [key(pygame.K_w), key(pygame.K_RIGHT)],
            9: [key(pygame.K_RIGHT, down=False)],
            14: [key(pygame.K_r)],
            17: [key(pygame.K_w, down=False)],
            18: [pygame.event.Event(pygame.QUIT)],
        }
    )
    assert recorded == 1
    assert len(game.done) == 19
    clip = GFMinecraft(tmp_path).read(0)
    assert clip.actions[:, 0].tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert (clip.actions[:, -1] * 15).round(3).tolist() == [0, 0, 0, 3, 3, 3, 3, 0, 0, 0, 0, 0]
    again = FakeGame(PLAN.size)
    for frame, vector in zip(clip.frames, clip.actions, strict=True):
        assert np.abs(frame.astype(int) - again.step(Action.from_vector(vector))).mean() < 4
    said = json.loads((tmp_path / "metadata" / f"{clip.name}.json").read_text())
    assert (said["policy"], said["biome"], said["place"]) == ("person", "taiga", [1, 0])


def test_closing_the_window_ends_the_clip(played: Callable, tmp_path: Path) -> None:
    recorded, _ = played({3: [key(pygame.K_r)], 10: [pygame.event.Event(pygame.QUIT)]})
    assert recorded == 1
    assert GFMinecraft(tmp_path).frame_counts == (8,)


def test_another_place_is_another_clip(played: Callable, tmp_path: Path) -> None:
    recorded, _ = played(
        {2: [key(pygame.K_r)], 6: [key(pygame.K_n)], 8: [key(pygame.K_r)], 11: [pygame.event.Event(pygame.QUIT)]}
    )
    assert recorded == 2
    places = [json.loads(path.read_text())["place"] for path in sorted((tmp_path / "metadata").iterdir())]
    assert places == [[1, 0], [2, 0]]


def test_hands_that_leave_the_window_let_go(played: Callable) -> None:
    _, game = played(
        {
            2: [key(pygame.K_w)],
            5: [pygame.event.Event(pygame.WINDOWFOCUSLOST)],
            9: [pygame.event.Event(pygame.QUIT)],
        }
    )
    assert [action.forward for action in game.done] == [False] * 3 + [True] * 3 + [False] * 4


def test_the_mouse_turns_only_once_it_was_asked_to(played: Callable) -> None:
    motion = pygame.event.Event(pygame.MOUSEMOTION, rel=(20, 0), pos=(0, 0), buttons=(0, 0, 0))
    click = pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=(0, 0))
    quit_ = pygame.event.Event(pygame.QUIT)
    _, game = played({2: [motion], 4: [click], 6: [motion], 8: [key(pygame.K_ESCAPE)], 10: [motion], 12: [quit_]})
    assert [k for k, action in enumerate(game.done) if action.yaw] == [7]
    assert not any(action.attack for action in game.done)


def test_other_footage_is_not_mixed_in(tmp_path: Path) -> None:
    write_clip(tmp_path, "a", 4)
    with pytest.raises(DataError, match="holds clips of 48x32 at 16 frames/s"):
        interactive.play(PLAN, tmp_path, Installed(Path(), Path(), Path(), Path(), "0"))


def test_a_person_records_what_the_hands_do(tmp_path: Path) -> None:
    require_game()
    with virtual_display(SCREEN) as desk:
        words = [str(tmp_path), "--interactive", "--seed", "1"]
        play = subprocess.Popen([*COMMAND, *words], cwd=ROOT, env=desk.environment)

        def seen(condition: Callable[[], bool], what: str) -> None:
            until(lambda: play.poll() is not None or condition(), what)
            assert play.poll() is None, f"it ended with {play.returncode} before {what}"

        try:
            seen(lambda: desk.look().std() > 20, "the game was seen")
            time.sleep(1)
            desk.hands("mousemove", "400", "300", "click", "1")
            desk.hands("key", "r")
            seen(lambda: count_colour(desk.look()[:40], RED) > 50, "it said that it records")
            desk.hands("keydown", "w")
            time.sleep(1)
            desk.hands("keyup", "w")
            for _ in range(5):
                desk.hands("mousemove_relative", "40", "0")
                time.sleep(0.1)
            desk.hands("key", "r")
            seen(lambda: len(list(tmp_path.glob("metadata/*.json"))) == 1, "the clip was there")
            desk.hands("key", "r")
            seen(lambda: count_colour(desk.look()[:40], RED) > 50, "it records again")
            started = descendants(play.pid)
            play.terminate()  # closes the clip as closing the window does
            assert play.wait(60) == 1
        finally:
            play.kill()
            play.wait()
        assert gone(started)
    dataset = GFMinecraft(tmp_path)
    assert len(dataset.names) == 2
    clip = dataset.read(0)
    assert clip.actions[:, 0].sum() >= 8
    assert clip.actions[:, 1:9].sum() == 0
    assert 10 < clip.actions[:, -1].sum() * 15 < 60
    assert abs(clip.actions[:, -2]).sum() * 15 < 3
    still = ~clip.actions.any(axis=1)
    moved = np.abs(np.diff(clip.frames.astype(int), axis=0)).mean((1, 2, 3))
    turned = np.abs(clip.actions[1:, -1]) > 0
    assert moved[turned].min() > 3 * np.median(moved[still[1:]])
