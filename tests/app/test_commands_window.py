"""Commands for real: every key that does something once, pressed in another process, and what came of it."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from app.keepsakes import read_place
from app.settings import read_settings

from .display import PATIENCE, Desk, until, virtual_display
from .walks import Walks

_SCREEN, _LARGER = (800, 500), (720, 460)


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Settings, saves and pictures apart from a person's."""
    names = ("ARVD_SETTINGS", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_PICTURES_DIR", "XDG_CONFIG_HOME")
    return {name: str(tmp_path / name) for name in names}


def begin_elsewhere(desk: Desk, walks: Walks) -> None:
    """Scenes, steps, a clear frame and a seed that is typed: each begins a replay of its own."""

    def press(*keys: str, begins: str) -> Any:
        count = len(walks.all())
        for key in keys:
            desk.hands("key", key)
        return walks.begun(count + 1, begins).header

    assert press("Next", begins="Page Down jumped").start.scene == "two"
    assert press("Prior", begins="Page Up jumped back").start.scene == "one"
    again = press("F4", begins="F4 began again").start
    assert (again.kind, again.scene, again.index) == ("picture", "one", 0)
    assert press("minus", begins="- took fewer steps").steps == 1
    assert press("equal", begins="= took more again").steps == 2
    until(lambda: len(walks.lines()) > 5, "it went on")
    clear = press("g", begins="G went back to a clear frame").start.index
    left = walks.all()[-2]
    assert clear <= left.header.start.index + len(left.lines)
    seeds = ("Escape", *["Down"] * 8, "Return", "End", "Return", "1", "2", "3", "Return")
    assert press(*seeds, begins="the seed that was typed").seed == 123


def keep(desk: Desk, pictures: Path) -> None:
    """A screenshot that knows where it was taken, and a clip."""
    desk.hands("key", "F12")
    until(lambda: bool(list(pictures.glob("*.png"))), "F12 wrote a picture")
    place = read_place(next(pictures.glob("*.png")))
    assert place is not None and (place["world"], place["seed"]) == ("tiny", 123)
    desk.hands("key", "F10")
    until(lambda: {path.suffix for path in pictures.iterdir()} >= {".mp4", ".gif"}, "F10 wrote the last seconds")


def change_settings(desk: Desk, settings: Path) -> None:
    """Keys that change a setting, which is kept."""

    def is_now(name: str, wanted: Callable[[object], bool]) -> bool:
        return wanted(getattr(read_settings(settings).settings.picture, name))

    desk.hands("key", "F6", "key", "F7")
    until(lambda: is_now("late_warp", lambda on: on is False), "F6 ended late warp")
    until(lambda: is_now("filter", lambda name: name == "pixels"), "F7 took the next filter")
    desk.hands("key", "F11")
    until(lambda: is_now("fullscreen", lambda on: on is True), "F11 filled the screen")
    desk.hands("key", "F11")
    until(lambda: is_now("fullscreen", lambda on: on is False), "F11 went back to a window")


def window_by(desk: Desk, *words: str) -> str:
    """Number of a window that xdotool finds."""
    found = subprocess.run(["xdotool", *words], env=desk.environment, capture_output=True, text=True, check=True)
    return found.stdout.split()[0]


def lose_focus(desk: Desk, walks: Walks) -> None:
    """A key that is held when another window gets the keyboard is let go."""
    window = desk.window()
    desk.hands("keydown", "w")
    until(lambda: walks.lines()[-1].action.forward, "W walked")
    desk.hands("windowfocus", window_by(desk, "search", "--maxdepth", "0", ".*"))
    until(lambda: not walks.lines()[-1].focus, "the focus was lost")
    until(lambda: not walks.lines()[-1].action.forward, "and the key let go")
    desk.hands("keyup", "w", "windowfocus", window)
    until(lambda: walks.lines()[-1].focus, "the focus came back")


def test_commands_do_what_they_say(tiny_world: Path, tmp_path: Path, places: dict[str, str]) -> None:
    walks, report = Walks(tmp_path / "replays"), tmp_path / "report.json"
    words = ("--world", str(tiny_world), "--record", str(walks.folder), "--report", str(report))
    with virtual_display(_SCREEN) as desk:
        desk.environment |= places
        with desk.player(*words, stderr=tmp_path / "said") as player:
            until(lambda: bool(walks.all()) and len(walks.lines()) > 5, "it played")
            begin_elsewhere(desk, walks)
            keep(desk, Path(places["XDG_PICTURES_DIR"]) / "arvd")
            change_settings(desk, Path(places["ARVD_SETTINGS"]))
            lose_focus(desk, walks)
            desk.hands("windowsize", desk.window(), *map(str, _LARGER))
            walks.grown(10, "it played on in a larger window")
            player.send_signal(signal.SIGTERM)
            assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
    assert json.loads(report.read_text())["window"] == list(_LARGER)


def once_read(pipe: Path, what: str) -> int:
    """Wait until somebody reads a pipe, and return the file to write into it."""
    opened: list[int] = []

    def is_read() -> bool:
        with suppress(OSError):  # which says that nobody reads it yet
            opened.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(opened)

    until(is_read, what)
    return opened[0]


def test_a_command_that_cannot_be_kept_at_the_end_is_one_line_on_stderr(
    desk: Desk, tiny_world: Path, tmp_path: Path, places: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk takes its time over what the command changed, and nothing else did: the end waits, and says the fault."""
    said, settings = tmp_path / "said", Path(places["ARVD_SETTINGS"])
    for name, place in places.items():
        monkeypatch.setitem(desk.environment, name, place)
    world = str(tiny_world.resolve())
    as_last_time = {"last_world": world, "recent_worlds": [world]}
    settings.write_text(tomli_w.dumps({"play": as_last_time}))
    walks = Walks(tmp_path / "replays")
    with desk.player("--world", str(tiny_world), "--record", str(walks.folder), stderr=said) as player:
        until(lambda: bool(walks.all()) and len(walks.lines()) > 5, "it played")
        settings.unlink()
        os.mkfifo(settings)
        desk.hands("key", "F7")
        slow = once_read(settings, "what F7 changed was to be kept")
        player.send_signal(signal.SIGTERM)
        until(lambda: not desk.look().any(), "the window went away")
        os.write(slow, b"= 3")
        os.close(slow)
        assert player.wait(PATIENCE) == 0
    (line,) = said.read_text().splitlines()
    assert line.startswith(f"warning: {settings} is no TOML any more (") and line.endswith("mend it")
