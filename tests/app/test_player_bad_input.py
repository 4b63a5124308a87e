"""What is damaged, full or in the way, for real: settings, a saved walk, the disk, a signal; seen from outside."""

import resource
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from app import theme
from app.replay_frames import ReplayFrames
from app.settings import load_settings
from model.footage.replays import Replays

from .display import PATIENCE, Desk, count_colour, until
from .walks import Walks
from .words_seen import shows_toast

_JUNK = "[hands\nmouse = = \x07"
_BITS_OF_ROOM = 1000  # bytes that a file may still grow by

pytestmark = [
    pytest.mark.usefixtures("own_places", "fonts"),
    pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="files are limited from outside on Linux alone"),
]


def notes_on(settings: Path) -> tuple[str, ...]:
    """What there is to say about settings that are no TOML; leaves them as they are."""
    settings.write_text(_JUNK)
    notes = load_settings(settings).notes
    settings.with_name("settings.toml.broken").rename(settings)
    return notes


def limit_files(process: int, most: int) -> None:
    """Let no file of a process grow beyond that many bytes, as on a full disk."""
    _, highest = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (most, highest))


def load_what_is_damaged(desk: Desk, walks: Walks) -> None:
    """F9 says what is wrong with the walk that was kept, and the one of now goes on."""
    desk.hands("key", "F9")
    said = "slot quick cannot be loaded (damaged); save into it again"
    until(lambda: shows_toast(desk.look(), said), "it was said that the slot is damaged")
    walks.grown(10, "the walk went on")
    assert len(walks.all()) == 1, "as it was"


def fill_the_disk(desk: Desk, walks: Walks, player: "subprocess.Popen[bytes]", said: Path) -> None:
    """A recording that finds no room ends; that is said, and one plays on."""
    largest = max(path.stat().st_size for path in walks.folder.rglob("*") if path.is_file())
    limit_files(player.pid, largest + _BITS_OF_ROOM)
    until(lambda: said.read_text().startswith("warning: recording stopped: File too large"), "the recording ended")
    until(lambda: count_colour(desk.look()[8:60, 200:], theme.WARN, 40) > 60, "the window said so")
    before = desk.look()[100:300]
    until(lambda: not np.array_equal(desk.look()[100:300], before), "one played on")
    assert player.poll() is None
    limit_files(player.pid, resource.RLIM_INFINITY)


def test_one_plays_on_whatever_is_damaged_or_full(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    walks, said, settings = Walks(tmp_path / "replays"), tmp_path / "said", tmp_path / "settings.toml"
    quick = tmp_path / "data" / "arvd" / "saves" / "tiny" / "quick.safetensors"
    quick.parent.mkdir(parents=True)
    quick.write_bytes(b"no walk at all" * 1000)
    (note,) = notes_on(settings)
    with desk.player("--world", str(tiny_world), "--record", str(walks.folder), stderr=said) as player:
        until(lambda: shows_toast(desk.look(), note), "it was said what is wrong with the settings")
        until(lambda: bool(walks.all()) and len(walks.lines()) > 5, "it played")
        load_what_is_damaged(desk, walks)
        fill_the_disk(desk, walks, player, said)
        desk.hands("key", "r")
        walks.begun(2, "R began another recording")
        walks.grown(20, "it was recorded")
        player.send_signal(signal.SIGINT)
        assert player.wait(PATIENCE) == 0
    assert said.read_text().count("\n") == 1
    assert settings.with_name("settings.toml.broken").read_text() == _JUNK
    assert load_settings(settings).notes == ()
    first, second = walks.all()
    assert Replays(walks.folder).frame_counts[1] == len(second.lines), "the signal closed the recording"
    for replay in (first, second):
        with ReplayFrames(replay) as frames:
            assert frames.count > 10 and frames.picture(frames.count - 1).any()
