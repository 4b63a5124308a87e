"""A world is fitted beside the play, and taken over by it; nothing of that shows where it does not come to its end."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from app import fitting
from app.fitting import Fitting
from app.options import Options
from app.player import Player
from app.settings import Settings
from app.walker import Walker, WalkOptions
from model.actions import Action
from model.world import World, load_world
from model.world_spec import read_spec

PATIENCE = 120.0  # seconds


class Seen:
    """A player as the fitting sees it, which carries requests out at once."""

    def __init__(self, world: World, *, recording: bool = False) -> None:
        self.walker = Walker(world, WalkOptions(), fps=16.0)
        self.generator = SimpleNamespace(world=world, startup_ms=1.0, ask=self._carry_out)
        self.recording = SimpleNamespace(on=recording)
        self.preferences = SimpleNamespace(settings=Settings())
        self.slots = SimpleNamespace(follow=lambda world: None)
        self.said: list[str] = []
        self.asked = threading.Event()

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def _carry_out(self, request: Any) -> None:
        request(self.walker)
        self.asked.set()


@pytest.fixture(autouse=True)
def means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CXX", str(tmp_path / "no-such-compiler"))
    monkeypatch.setattr(fitting, "_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(fitting, "can_be_fitted", lambda world: True)


def fit(tiny_world: Path, player: Seen, other: str) -> Fitting:
    def reopen(options: Options) -> Any:
        return load_world(str(options.world), runtime=other)

    return Fitting(cast(Player, player), Options(world=tiny_world, spec=read_spec(tiny_world)), reopen)


def test_the_walk_goes_on_at_its_frame_in_the_faster_world(tiny_world: Path) -> None:
    player, twin = (Seen(load_world(str(tiny_world), runtime="eager-fp32")) for _ in range(2))
    for walk in (player, twin):
        for _ in range(5):
            walk.walker.step(sample(Action(forward=True)))
    work = fit(tiny_world, player, "eager-fp32")
    work._go_on(player.walker, named(load_world(str(tiny_world), runtime="eager-fp32"), "faster"))
    assert player.walker.world.runtime == "faster" and "frames now take less" in player.said[0]
    frames = [walk.walker.step(sample(Action(yaw=3.0)))[0] for walk in (player, twin)]
    np.testing.assert_array_equal(frames[0], frames[1])
    assert not player.walker.go_to(3) and player.walker.session.index == 3, "what was before is still its past"


def test_a_recording_keeps_its_runtime(tiny_world: Path) -> None:
    world = load_world(str(tiny_world), runtime="eager-fp32")
    player = Seen(world, recording=True)
    fit(tiny_world, player, "eager")._go_on(player.walker, named(load_world(str(tiny_world)), "faster"))
    assert player.walker.world is world and "next start" in player.said[0]


def test_a_whole_fitting_is_remembered_and_asked_for(tiny_world: Path, tmp_path: Path) -> None:
    player = Seen(load_world(str(tiny_world), runtime="eager-fp32"))
    work = fit(tiny_world, player, "eager-fp32")
    work.start()
    assert player.asked.wait(PATIENCE)
    work.stop()
    assert list((tmp_path / "cache" / "arvd" / "tuned").iterdir())


def test_a_walk_that_is_led_is_left_alone(tiny_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(Fitting, "_tune", lambda self: True)
    player = Seen(load_world(str(tiny_world), runtime="eager-fp32"))
    player.generator.startup_ms = None
    work = fit(tiny_world, player, "eager-fp32")
    work.start()
    assert not player.asked.wait(0.3)
    player.generator.startup_ms = 1.0
    assert player.asked.wait(PATIENCE)
    work.stop()


def test_one_that_is_stopped_leaves_no_process_and_asks_for_nothing(tiny_world: Path) -> None:
    player = Seen(load_world(str(tiny_world), runtime="eager-fp32"))
    work = fit(tiny_world, player, "eager-fp32")
    work.start()
    work.stop()
    assert not player.asked.is_set() and not player.said


def test_one_that_fails_is_silent(tiny_world: Path, tmp_path: Path) -> None:
    player = Seen(load_world(str(tiny_world), runtime="eager-fp32"))
    work = Fitting(cast(Player, player), Options(world=tmp_path / "gone", spec=read_spec(tiny_world)), cast(Any, None))
    assert not work._tune()


def sample(action: Action) -> Any:
    return SimpleNamespace(action=action, focus=True)


def named(world: World, title: str) -> Any:
    """The world under another runtime's name."""

    class Named:
        runtime = title

        def __getattr__(self, name: str) -> Any:
            return getattr(world, name)

    return Named()
