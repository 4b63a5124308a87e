"""How one leaves: the mouse, the page of a fault, a slow disk; under Xvfb, from outside of the process."""

import signal
import time
from pathlib import Path

import numpy as np
import pytest

from model.footage.replay import read_replay
from model.footage.replays import Replays

from .display import PATIENCE, Desk, until
from .slow_disk import begin_to_save, finish_saving
from .test_menu_window import _STOPS_ONCE, menu_is_open, plays, press, program, says_why
from .walks import Walks

pytestmark = pytest.mark.usefixtures("own_places")


def test_a_signal_on_the_page_of_a_fault_ends_it_well(desk: Desk, tiny_world: Path) -> None:
    with program(desk, _STOPS_ONCE, "--world", str(tiny_world)) as player:
        until(lambda: says_why(desk), "the page said why")
        player.send_signal(signal.SIGTERM)
        said, errors = player.communicate(timeout=PATIENCE)
    assert (player.returncode, errors, said) == (0, "", "[('tiny', None, 0)]\n")


def test_a_signal_over_a_page_leaves_once_the_disk_has_all(
    desk: Desk, tiny_world: Path, tmp_path: Path, strings: Path
) -> None:
    walks, said = Walks(tmp_path / "replays"), tmp_path / "said"
    quick = tmp_path / "data" / "arvd" / "saves" / "tiny" / "quick.safetensors"
    words = ("--world", str(tiny_world), "--record", str(walks.folder), str(strings))
    with desk.player(*words, stderr=said, module="tests.app.slow_disk") as player:
        until(lambda: bool(walks.all()) and len(walks.lines()) > 5, "it played")
        begin_to_save(desk, quick, strings)
        press(desk, "Escape", *["Down"] * 4, "Return")
        until(lambda: menu_is_open(desk), "the settings were open")
        player.send_signal(signal.SIGTERM)
        until(lambda: not desk.look().any(), "the window went")
        player.send_signal(signal.SIGTERM)  # of a person who does not see what is waited for
        assert finish_saving(player, quick, strings) == 0
    assert said.read_text() == ""
    (replay,) = walks.all()
    assert Replays(walks.folder).frame_counts == (len(replay.lines),), "the recording was closed"


def test_escape_frees_the_mouse_whatever_it_does_besides(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[hands.bindings]\nmenu = ["m"]\nhands = ["escape"]\n')
    folder = tmp_path / "replays"
    with desk.player("--world", str(tiny_world), "--record", str(folder), stderr=tmp_path / "said") as player:
        until(lambda: any(folder.glob("*/replay.toml")), "a walk began; what was on the screen before may move too")
        until(lambda: plays(desk), "it played")
        desk.hands("mousemove_relative", "--", "20", "0")
        await_frames(desk, 2)
        desk.hands("key", "Escape")
        desk.hands("mousemove_relative", "--", "100", "0")
        await_frames(desk, 2)
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    (name,) = folder.glob("*/replay.toml")
    yaw = sum(line.action.yaw for line in read_replay(name.parent).lines)
    assert yaw == pytest.approx(20 * 0.15), "the mouse turns until Escape, and no further"


def await_frames(desk: Desk, count: int) -> None:
    for _ in range(count):
        before = desk.look()
        until(lambda before=before: not np.array_equal(desk.look(), before), "it played on")


def test_a_walk_that_was_paused_stays_so_when_the_menu_is_closed(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    with desk.player("--world", str(tiny_world), stderr=tmp_path / "said") as player:
        until(lambda: plays(desk), "it played")
        desk.hands("key", "p")
        until(lambda: rests(desk), "P paused it")
        desk.hands("key", "Escape")
        until(lambda: menu_is_open(desk), "Esc showed the menu")
        desk.hands("key", "Escape")
        until(lambda: not menu_is_open(desk), "Esc closed it")
        assert rests(desk), "it is paused as before"
        desk.hands("key", "p")
        until(lambda: plays(desk), "P went on")
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0


def rests(desk: Desk) -> bool:
    before = desk.look()
    time.sleep(0.5)
    return np.array_equal(desk.look(), before)
