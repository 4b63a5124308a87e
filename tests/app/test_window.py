"""The window for real: the player in its own process under Xvfb, hands and eyes outside of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app import theme
from app.menu.layout import layout_of
from app.menu.page import Entry, Page
from app.window import usual_size

from .display import (
    PATIENCE,
    ROOT,
    SIZE,
    Desk,
    Screenshot,
    count_colour,
    require_display,
    until,
)


def hud_of(seen: Screenshot) -> Screenshot:
    return seen[10:270, 10:200]


def hands_of(seen: Screenshot) -> Screenshot:
    return seen[-100:, -160:]  # at the right, since there is no room for them under the figures


def menu_of(seen: Screenshot) -> Screenshot:
    return seen[95:305, 205:435]


def shows_text(part: Screenshot) -> bool:
    """Whether light words stand on a dark panel."""
    dark = float((part.max(axis=2) < 90).mean())
    return dark > 0.6 and count_colour(part, theme.INK, 30) > 40


def shows_menu(seen: Screenshot) -> bool:
    return shows_text(menu_of(seen)) and seen[5:390, 470:].max() < 120  # the world beside it is dimmed


def plays(desk: Desk) -> bool:
    """Whether the picture is bright and moves: a random world changes with each frame."""
    before, after = (desk.look()[280:340, 430:580] for _ in range(2))  # beside the words of the loading screen
    return int(after.max()) > 150 and not np.array_equal(before, after)


def test_play_hud_menu_and_quit(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ("--world", str(tiny_world), "--report", str(report))
    with desk.player(*words, stderr=tmp_path / "said") as player:
        until(lambda: plays(desk), "frames were shown")

        assert not shows_text(hud_of(desk.look()))
        desk.hands("key", "F3")
        until(lambda: shows_text(hud_of(desk.look())), "F3 showed the HUD")

        idle = count_colour(hands_of(desk.look()), theme.ACCENT)
        desk.hands("keydown", "w")
        until(lambda: count_colour(hands_of(desk.look()), theme.ACCENT) > idle + 100, "the key W lit up")
        desk.hands("keyup", "w")
        until(lambda: count_colour(hands_of(desk.look()), theme.ACCENT) < idle + 50, "the key W went out")
        for _ in range(5):
            desk.hands("mousemove_relative", "--", "15", "5")

        desk.hands("key", "F3")
        until(lambda: not shows_text(hud_of(desk.look())), "F3 hid the HUD")
        desk.hands("key", "Escape")
        until(lambda: shows_menu(desk.look()), "Esc showed the menu")
        desk.hands("key", "Escape")
        until(lambda: not shows_menu(desk.look()) and plays(desk), "Esc went on")

        desk.hands("key", "Escape")
        until(lambda: shows_menu(desk.look()), "Esc showed the menu")
        menu = Page(title="", items=tuple(Entry(label="", do=lambda: None) for _ in range(11)))
        x, y = layout_of(menu, SIZE, 1.0).items[-1].center  # Quit
        desk.hands("mousemove", str(x), str(y), "click", "1")
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
    figures = json.loads(report.read_text())
    assert figures["frames"] > 0 and figures["display_fps"] > 0 and figures["dropped"] >= 0
    assert figures["latency_ms"]["p50"] > 0 and figures["first_frame_ms"] > figures["startup_ms"]
    assert figures["gap_ms"]["max"] >= figures["gap_ms"]["p99"] > 0
    assert figures["world"] == "tiny" and figures["window"] == list(SIZE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.json", "said"]


def test_a_scene_is_chosen_in_the_menu(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    """And SIGTERM closes the window and writes the report."""
    words = ("--world", str(tiny_world), "--report", str(tmp_path / "report.json"))
    with desk.player(*words, stderr=tmp_path / "said") as player:
        until(lambda: plays(desk), "frames were shown")
        desk.hands("key", "Escape")
        until(lambda: shows_menu(desk.look()), "Esc showed the menu")
        main_page = menu_of(desk.look())
        desk.hands("key", "Down", "key", "Down", "key", "Down", "key", "Return")
        until(lambda: not np.array_equal(menu_of(desk.look()), main_page), "the scenes were shown")
        desk.hands("key", "Right", "key", "Return")
        until(lambda: not shows_menu(desk.look()) and plays(desk), "the other scene played")
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
    assert json.loads((tmp_path / "report.json").read_text())["frames"] > 0


def test_ctrl_c_closes_the_window_and_writes_the_report(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    words = ("--world", str(tiny_world), "--report", str(tmp_path / "report.json"))
    with desk.player(*words, stderr=tmp_path / "said") as player:
        until(lambda: plays(desk), "frames were shown")
        player.send_signal(signal.SIGINT)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
    assert json.loads((tmp_path / "report.json").read_text())["frames"] > 0


def test_damaged_weights_end_with_one_sentence(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_world, tmp_path / "world")
    os.truncate(folder / "generator.safetensors", 1000)
    words = ("--world", str(folder), "--report", str(tmp_path / "report.json"))
    with desk.player(*words, stderr=tmp_path / "said") as player:
        assert player.wait(PATIENCE) == 2
    said = (tmp_path / "said").read_text()
    assert said.startswith("error: ") and said.count("\n") == 1 and "generator.safetensors" in said
    assert not (tmp_path / "report.json").exists()


@pytest.mark.parametrize(("most_fps", "most"), [(0, 67), (10, 10.5)])
def test_the_settings_say_how_many_pictures_a_second_are_shown_until_all_frames_are_made(
    desk: Desk,
    tiny_world: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    most_fps: int,
    most: float,
) -> None:
    settings, report = tmp_path / "settings.toml", tmp_path / "report.json"
    settings.write_text(f"version = 1\n[picture]\nmost_fps = {most_fps}\n")
    monkeypatch.setitem(desk.environment, "ARVD_SETTINGS", str(settings))
    words = ("--world", str(tiny_world), "--frames", "300", "--uncapped", "--report", str(report))
    with desk.player(*words, stderr=tmp_path / "said") as player:
        assert player.wait(PATIENCE) == 0
    figures = json.loads(report.read_text())
    assert figures["frames"] == 300
    assert 0 < figures["display_fps"] <= most  # this display says nothing of its rate


def test_a_window_is_no_larger_than_the_desktop(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    code, said = run(desk.environment, tiny_world, "--report", str(tmp_path / "report.json"))
    assert code == 0, said
    assert json.loads((tmp_path / "report.json").read_text())["window"] == list(SIZE)


@pytest.mark.parametrize(
    ("desktop", "size"),
    [
        ((1920, 1080), (1280, 720)),
        ((3840, 2160), (2560, 1440)),
        ((3440, 1440), (1707, 960)),
        ((1080, 1920), (720, 405)),
        ((800, 600), (640, 400)),
        ((320, 240), (320, 240)),
    ],
)
def test_the_usual_window_suits_the_desktop(desktop: tuple[int, int], size: tuple[int, int]) -> None:
    assert usual_size(desktop) == size


def run(environment: dict[str, str], world: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "app.play", "--world", str(world), "--frames", "1", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("driver", ["", "x11", "dummy"])
def test_without_a_display_it_says_how_to_go_without(tiny_world: Path, driver: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"SDL_VIDEODRIVER": driver} if driver else {}
    code, said = run(environment, tiny_world)
    assert code == 2
    assert said.startswith("error: no display") and "--headless" in said and said.count("\n") == 1


def test_without_opengl_3_3_it_says_so(desk: Desk, tiny_world: Path) -> None:
    require_display()
    code, said = run(desk.environment | {"MESA_GL_VERSION_OVERRIDE": "2.1"}, tiny_world)
    assert code == 2
    assert said.startswith("error: this display offers no OpenGL 3.3") and said.count("\n") == 1
