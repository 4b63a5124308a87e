"""A walk that is computed otherwise in the midst, for real: what was saved and what was seen can be gone back to."""

import signal
import time
from pathlib import Path

import pytest

from app.settings import load_settings
from model.footage.replay import Replay
from model.world_spec import world_hash

from .display import PATIENCE, Desk, until
from .walks import Walks

_BACK_SECONDS = 3.0  # a hundred frames, far more than there were since

pytestmark = pytest.mark.usefixtures("own_places")


def end_of(replay: Replay) -> int:
    """Number of the newest frame, as the walk counts them."""
    return replay.header.start.index + len(replay.lines) - 1


def turn_memory(desk: Desk) -> None:
    """Settings, Play, Memory: a shorter one."""
    for key in ("Escape", *["Down"] * 4, "Return", *["Down"] * 3, "Return", "Down", "Down", "Right", *["Escape"] * 3):
        desk.hands("key", key)


def test_a_quick_save_and_the_past_outlast_another_memory(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    walks, settings = Walks(tmp_path / "replays"), tmp_path / "settings.toml"
    slot = tmp_path / "data" / "arvd" / "saves" / "tiny" / "quick.safetensors"
    words = ("--world", str(tiny_world), "--record", str(walks.folder), "--runtime", "eager-fp32")
    with desk.player(*words, stderr=tmp_path / "said") as player:
        until(lambda: bool(walks.all()) and len(walks.lines()) > 20, "it played")
        desk.hands("key", "F5")
        until(slot.exists, "F5 saved")
        walks.grown(1, "what was saved is on the disk")
        saved_by = end_of(walks.last())
        turn_memory(desk)
        until(
            lambda: settings.exists() and load_settings(settings).settings.play.window != "all", "the dial was turned"
        )
        shorter = walks.begun(2, "the walk went on with a shorter memory")
        assert shorter.header.world_hash == world_hash(tiny_world, 2) != walks.all()[0].header.world_hash
        assert shorter.header.start.index >= saved_by, "at its frame"

        walks.grown(5, "it went on")
        desk.hands("keydown", "BackSpace")
        time.sleep(_BACK_SECONDS)
        desk.hands("keyup", "BackSpace")
        back = walks.begun(3, "it went on from an earlier frame")
        assert back.header.start.index < shorter.header.start.index, "from before the memory was shorter"
        assert back.header.world_hash == shorter.header.world_hash

        walks.grown(5, "it went on")
        desk.hands("key", "F9")
        loaded = walks.begun(4, "F9 went back to what was saved in the longer one")
        assert (loaded.header.start.kind, loaded.header.world_hash) == ("state", shorter.header.world_hash)
        assert 0 < loaded.header.start.index <= saved_by
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
