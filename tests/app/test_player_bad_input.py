"""What is damaged, full or in the way, for real: settings, a saved walk, the disk, a signal; seen from outside."""

import errno
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from app import theme
from app.replay_frames import ReplayFrames
from app.settings import load_settings
from model.footage.replays import Replays
from model.snapshot import Snapshot
from model.world import load_world

from ..tiny_world import make_tiny_world
from .display import PATIENCE, Desk, count_colour, until
from .walks import Walks
from .words_seen import shows_toast

_JUNK = "[hands\nmouse = = \x07"
_BITS_OF_ROOM = 1000  # bytes that a file may still grow by
_STAYS_SECONDS = 5.0  # about as long as a sentence can be read
_FULL = os.strerror(errno.EFBIG)

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


@contextmanager
def full_disk(player: "subprocess.Popen[bytes]", most: int, said: Path) -> Iterator[None]:
    """Let no file grow beyond `most` bytes meanwhile: a recording finds no room, ends and says so."""
    limit_files(player.pid, most)
    until(lambda: said.read_text().startswith(f"warning: recording stopped: {_FULL}"), "the recording ended")
    yield
    limit_files(player.pid, resource.RLIM_INFINITY)


def play_on(desk: Desk, player: "subprocess.Popen[bytes]") -> None:
    """The window says that the recording ended, and one plays on."""
    until(lambda: count_colour(desk.look()[8:60, 200:], theme.WARN, 40) > 60, "the window said so")
    before = desk.look()[100:300]
    until(lambda: not np.array_equal(desk.look()[100:300], before), "one played on")
    assert player.poll() is None


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
        largest = max(path.stat().st_size for path in walks.folder.rglob("*") if path.is_file())
        with full_disk(player, largest + _BITS_OF_ROOM, said):
            play_on(desk, player)
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


def keep_what_cannot_be_loaded(saves: Path, world: Path, other: Path) -> dict[str, bytes]:
    """Fill three slots: with a walk through another world of that name, with one that a bit is wrong of, with junk."""
    walk, stranger = (
        load_world(str(folder), device="cpu", runtime="eager-fp32").start().save()
        for folder in (world, make_tiny_world(other, seed=7))
    )
    slots = {"quick": stranger, "1": walk[:-1] + bytes([walk[-1] ^ 1]), "2": b"no walk at all" * 1000}
    saves.mkdir(parents=True)
    for name, state in slots.items():
        (saves / f"{name}.safetensors").write_bytes(state)
    return contents(saves)


def contents(folder: Path) -> dict[str, bytes]:
    """What is in the files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def hear(desk: Desk, keys: tuple[str, ...], sentence: str) -> None:
    """Press keys one after the other until a sentence is said; the last one again where nobody looked in time."""
    for key in keys[:-1]:
        desk.hands("key", key)
    pressed = time.monotonic() - _STAYS_SECONDS

    def is_said() -> bool:
        nonlocal pressed
        if time.monotonic() - pressed >= _STAYS_SECONDS:
            pressed = time.monotonic()
            desk.hands("key", keys[-1])
        return shows_toast(desk.look(), sentence)

    until(is_said, f"it was said: {sentence}")


def test_what_cannot_be_loaded_or_kept_harms_no_walk(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    walks, said, saves = Walks(tmp_path / "replays"), tmp_path / "said", tmp_path / "data" / "arvd" / "saves" / "tiny"
    (tmp_path / "settings.toml").write_text("[play]\nfit = false\n")
    kept = keep_what_cannot_be_loaded(saves, tiny_world, tmp_path / "other")
    quick, slots_page = saves / "quick.safetensors", ("Escape", "Down", "Down", "Return")
    with desk.player("--world", str(tiny_world), "--record", str(walks.folder), stderr=said) as player:
        until(lambda: bool(walks.all()) and len(walks.lines()) > 5, "it played")
        refused = "of another world, or another version of it"
        hear(desk, ("F9",), f"slot quick cannot be loaded ({refused}); save into it again")
        hear(desk, (*slots_page, "Return"), f"Quick save: {refused}")
        hear(desk, ("Right", "Right", "Return"), "Slot 2: damaged")
        damage = "its SHA-256 differs from the one noted in it"
        hear(desk, ("Left", "Return"), f"the saved state is damaged ({damage}); use an older one")
        walks.grown(10, "the walk went on")
        assert len(walks.all()) == 1, "as it was"
        assert contents(saves) == kept, "and so are the slots"

        desk.hands("key", "F5")
        until(lambda: quick.read_bytes() != kept[quick.name], "F5 saved over the walk through another world")
        kept = contents(saves)
        with full_disk(player, _BITS_OF_ROOM, said):
            for key, what in (("F5", "quick save"), ("F12", "the picture"), ("F10", "the clip")):
                hear(desk, (key,), f"{what} could not be written ({_FULL}); make room on the disk")
            assert contents(saves) == kept, "the save of before is whole, and nothing beside it"
            assert contents(tmp_path / "pictures" / "arvd") == {}
        saved = Snapshot.from_bytes(kept[quick.name]).index
        hear(desk, ("F9",), f"loaded: quick save, frame {saved:,}")
        desk.hands("key", "r")
        walks.begun(2, "R began another recording")
        player.send_signal(signal.SIGINT)
        assert player.wait(PATIENCE) == 0
    assert said.read_text().count("\n") == 1
