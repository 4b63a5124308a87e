"""The pages for real: under Xvfb, with keys pressed from outside of the process."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app import theme
from app.settings import load_settings
from model.footage.replay import Replay, read_replay

from .display import PATIENCE, ROOT, SIZE, Desk, Screenshot, count_colour, until
from .walks import Walks

JUMP_CAP = (slice(361, 383), slice(42, 64))  # of the overlay of hands in a 640x400 window


pytestmark = pytest.mark.usefixtures("own_places")


@contextmanager
def program(desk: Desk, code: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run a player that a test has meddled with."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--size", f"{SIZE[0]}x{SIZE[1]}", *words],
        cwd=ROOT,
        env=desk.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def menu_is_open(desk: Desk) -> bool:
    seen = desk.look()
    return count_colour(seen[10:390, 180:460], theme.INK, 30) > 60 and seen[5:390, 600:].max() < 120


def plays(desk: Desk) -> bool:
    before, after = (desk.look()[280:340, 430:580] for _ in range(2))
    return int(after.max()) > 100 and not np.array_equal(before, after)


def says_why(desk: Desk) -> bool:
    """Whether orange words stand on a dark page."""
    seen = desk.look()
    page = seen[90:320, 100:540]
    return float((page.max(axis=2) < 90).mean()) > 0.8 and count_colour(page, theme.WARN, 40) > 10


def press(desk: Desk, *keys: str) -> None:
    for key in keys:
        desk.hands("key", key)


def open_menu(desk: Desk) -> None:
    until(lambda: plays(desk), "it played")
    press(desk, "Escape")
    until(lambda: menu_is_open(desk), "Esc showed the menu")


def replays_in(folder: Path) -> list[Replay]:
    return [read_replay(path.parent) for path in sorted(folder.glob("*/replay.toml"))]


def lit(seen: Screenshot) -> bool:
    return count_colour(seen[JUMP_CAP], theme.ACCENT) > 60


def test_jump_is_put_on_another_key(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    with desk.player("--world", str(tiny_world), stderr=tmp_path / "said") as player:
        open_menu(desk)
        press(desk, *["Down"] * 4, "Return", "Down", "Return", *["Down"] * 4, "Return", "j")
        settings = tmp_path / "settings.toml"
        until(settings.exists, "the settings were written")
        assert load_settings(settings).settings.hands.bindings == {"jump": ("j", "pad a")}
        press(desk, "Escape", "Escape", "Escape")
        until(lambda: plays(desk), "it went on")
        press(desk, "F2")
        desk.hands("keydown", "j")
        until(lambda: lit(desk.look()), "J jumped")
        desk.hands("keyup", "j")
        until(lambda: not lit(desk.look()), "J came up")
        desk.hands("keydown", "space")
        before = desk.look()
        until(lambda: not np.array_equal(desk.look(), before), "more frames came")
        assert not lit(desk.look()), "the key of before does nothing"
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""


def test_a_walk_is_saved_in_slot_3_and_gone_on_with(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    walks, slot = Walks(tmp_path / "replays"), tmp_path / "data" / "arvd" / "saves" / "tiny" / "3.safetensors"
    words = ("--world", str(tiny_world), "--record", str(walks.folder))
    with desk.player(*words, stderr=tmp_path / "said") as player:
        first = walks.begun(1, "a walk began; the menu opens over the loading screen too, and saves its first picture")
        press(desk, "Escape", "Down", "Return", "Down", "Return")
        until(slot.exists, "slot 3 was written")
        walks.grown(1, "it went on")
        press(desk, "Escape", "Down", "Down", "Return", "Down", "Return")
        second = walks.begun(2, "another walk was recorded")
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert second.header.start.kind == "state"
    assert 0 < second.header.start.index < len(read_replay(first.folder).lines)
    assert (tmp_path / "said").read_text() == ""


_PREAMBLE = """
import sys, threading, time
from pathlib import Path
from app.in_window import run_window
from app.options import build_parser, check
from model.errors import WorldError
from tests.app.fakes import FakeWorld
options = check(build_parser().parse_args(sys.argv[1:]))
opened = []

def fail_at(index):
    if index == 25:
        raise RuntimeError("out of luck")
"""

_STOPS_ONCE = (
    _PREAMBLE
    + """
def open_world(options):
    opened.append((options.world.name, options.scene, options.seed))
    return FakeWorld(fail_at if len(opened) == 1 else lambda index: None)

run_window(options, open_world)
print(opened)
"""
)


def test_after_a_fault_one_reports_and_begins_again(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    with program(desk, _STOPS_ONCE, "--world", str(tiny_world), "--scene", "two", "--seed", "7") as player:
        until(lambda: says_why(desk), "the page said why")
        press(desk, "Down", "Down", "Return")
        until(lambda: bool(list((tmp_path / "state").rglob("fault-*.txt"))), "the report was written")
        assert player.poll() is None, "the window stays"
        press(desk, "Up", "Up", "Return")
        until(lambda: not says_why(desk) and plays(desk), "it played again")
        player.send_signal(signal.SIGTERM)
        said, errors = player.communicate(timeout=PATIENCE)
    assert (player.returncode, errors) == (0, "")
    assert said == "[('tiny', 'two', 7), ('tiny', 'two', 7)]\n"
    (report,) = (tmp_path / "state").rglob("fault-*.txt")
    assert "RuntimeError: out of luck" in report.read_text()


_UNLOADABLE = (
    _PREAMBLE
    + """
from app.in_window import play_on
from app.seat import open_seat

def open_world(options):
    opened.append(options.scene)
    if len(opened) == 1:
        raise WorldError("weights are damaged; install the world again")
    return FakeWorld()

with open_seat(options.size, "chosen on the screen") as seat:
    play_on(options.in_world(options.world, "two"), seat, open_world)
print(opened)
"""
)


def test_a_world_that_was_chosen_and_cannot_be_loaded_leads_to_another(desk: Desk, tiny_world: Path) -> None:
    with program(desk, _UNLOADABLE, "--world", str(tiny_world)) as player:
        until(lambda: says_why(desk), "the page said why")
        press(desk, "Down", "Return", "Left", "Return")
        until(lambda: not says_why(desk) and plays(desk), "another scene played")
        player.send_signal(signal.SIGTERM)
        said, errors = player.communicate(timeout=PATIENCE)
    assert (player.returncode, errors, said) == (0, "", "['two', 'one']\n")


_DROPS = (
    _PREAMBLE
    + """
import pygame

def drop():
    for name in ("no.png", "mine.jpg"):
        while not Path(f"{sys.argv[0]}{name}.go").exists():
            time.sleep(0.05)
        pygame.event.post(pygame.event.Event(pygame.DROPFILE, file=sys.argv[0] + name))

sys.argv[0] = DROPPED
threading.Thread(target=drop, daemon=True).start()
run_window(options)
"""
)


def test_a_picture_that_is_dropped_begins_a_walk_and_another_file_changes_nothing(
    desk: Desk, tiny_world: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "replays"
    (tmp_path / "no.png").write_text("no picture")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (300, 900), (200, 30, 40)).save(tmp_path / "mine.jpg", exif=exif)
    code = f"DROPPED = {str(tmp_path)!r} + '/'\n" + _DROPS
    with program(desk, code, "--world", str(tiny_world), "--record", str(folder)) as player:
        until(lambda: bool(replays_in(folder)), "a walk began")
        (tmp_path / "no.png.go").touch()
        until(lambda: shows_toast(desk.look()), "it was said that this is no picture")
        assert len(replays_in(folder)) == 1
        (tmp_path / "mine.jpg.go").touch()
        until(lambda: len(replays_in(folder)) > 1, "another walk was recorded")
        player.send_signal(signal.SIGTERM)
        _, errors = player.communicate(timeout=PATIENCE)
    assert (player.returncode, errors) == (0, "")
    first, second = replays_in(folder)
    assert (first.header.start.scene, second.header.start.scene) == ("one", "mine.jpg")
    start = np.asarray(Image.open(second.folder / "start.png"))
    assert np.abs(start.astype(int) - (200, 30, 40)).max() < 12


def shows_toast(seen: Screenshot) -> bool:
    """Whether light words stand on a dark panel above the hint."""
    part = seen[312:336, 150:490]
    return float((part.max(axis=2) < 90).mean()) > 0.4 and count_colour(part, theme.INK, 40) > 60
