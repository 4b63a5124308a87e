"""Watching a training for real: the player in its own process under Xvfb, the training is this one."""

import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pygame
import pytest

from app import theme
from app.hands import Hands
from app.inputs import Inputs
from app.pads import Pad
from app.seat import Seat
from app.settings import HandsSettings, Settings
from app.watch import window
from model.footage.replay import Replay, read_replay
from model.world_spec import world_hash

from ..display import PATIENCE, Desk, count_colour, until
from ..menu.hands import fonts
from .runs import leave, log


def replays_in(folder: Path) -> list[Replay]:
    return [read_replay(path.parent) for path in sorted(folder.glob("*/replay.toml"))]


def waits(desk: Desk) -> bool:
    """Whether words and the dot that moves are seen, and nothing else."""
    seen = desk.look()
    return count_colour(seen, theme.ACCENT) > 10 and float((seen.max(axis=2) < 40).mean()) > 0.85


def test_it_waits_for_the_first_weights_and_turns_to_newer_ones_in_the_midst_of_the_walk(
    desk: Desk, tmp_path: Path
) -> None:
    run, folder = tmp_path / "run", tmp_path / "replays"
    log(run, "teacher-0", 100)
    with desk.player(
        "--watch", str(run), "--scene", "two", "--record", str(folder), stderr=tmp_path / "said"
    ) as player:
        until(lambda: waits(desk), "it showed that it waits")
        first = desk.look()
        log(run, "teacher-0", 200)
        until(lambda: not np.array_equal(first[230:], desk.look()[230:]), "the dots moved")
        one = leave(run, "ar-0", 100, 1, at=int(time.time()) % 10**6)
        until(lambda: bool(replays_in(folder)) and len(replays_in(folder)[0].lines) > 10, "it played")
        two = leave(run, "ar-0", 200, 2, at=int(time.time()) % 10**6 + 100)
        until(lambda: len(replays_in(folder)) == 2 and len(replays_in(folder)[1].lines) > 10, "the newer took over")
        assert player.poll() is None
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
    replays = replays_in(folder)
    assert [replay.header.world_hash for replay in replays] == [world_hash(one), world_hash(two)]
    assert [replay.header.start.kind for replay in replays] == ["picture", "state"]
    assert {replay.header.start.scene for replay in replays} == {"two"}


def test_who_does_not_want_to_wait_leaves(desk: Desk, tmp_path: Path) -> None:
    log(tmp_path / "run", "teacher-0", 100)
    with desk.player("--watch", str(tmp_path / "run"), stderr=tmp_path / "said") as player:
        until(lambda: waits(desk), "it showed that it waits")
        desk.hands("key", "Escape")
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""


def test_a_first_world_that_is_not_whole_is_waited_for_too(desk: Desk, tmp_path: Path) -> None:
    run = tmp_path / "run"
    log(run, "ar-0", 100)
    hurt = leave(run, "ar-0", 100, 1, at=10)
    weights = (hurt / "generator.safetensors").read_bytes()
    (hurt / "generator.safetensors").write_bytes(weights[:1000])
    with desk.player("--watch", str(run), "--frames", "20", stderr=tmp_path / "said") as player:
        until(lambda: waits(desk) and bool((tmp_path / "said").read_text()), "it said what it waits for")
        (hurt / "generator.safetensors").write_bytes(weights)
        assert player.wait(PATIENCE) == 0
    said = (tmp_path / "said").read_text()
    assert said.startswith("warning: step 100 of ar-0 is left out: ") and said.count("\n") == 1


def test_a_pad_that_is_there_already_is_taken_up_while_one_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    monkeypatch.setattr(Pad, "_open", lambda pad, index: opened.append(index))
    monkeypatch.setattr(window, "Picture", lambda context: SimpleNamespace(draw=lambda size, sprites: None))
    there = pygame.event.Event(pygame.CONTROLLERDEVICEADDED, device_index=0)
    leave = pygame.event.Event(pygame.CONTROLLERBUTTONDOWN, button=pygame.CONTROLLER_BUTTON_B, instance_id=0)
    coming = iter([[there], [leave]])
    screen = SimpleNamespace(context=None, size=(640, 400), show=lambda: None, wait_events=lambda seconds: next(coming))
    inputs = Inputs(HandsSettings(), Hands(HandsSettings()))
    now = SimpleNamespace(settings=Settings())
    with fonts():
        seat = cast(Seat, SimpleNamespace(window=screen, stop=threading.Event(), inputs=inputs, preferences=now))
        assert window.WaitingRoom(tmp_path, seat).wait() is None
    assert opened == [0] and next(coming, None) is None
