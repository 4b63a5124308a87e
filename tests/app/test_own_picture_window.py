"""Ctrl+V for real: another program owns the clipboard, the player under Xvfb begins in what is there."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from model.footage.replay import Replay, read_replay

from .display import PATIENCE, Desk, unavailable, until, virtual_display

OWNER = """
import pathlib, sys, time, pygame
pygame.display.init()
pygame.display.set_mode((8, 8), pygame.HIDDEN)
pygame.scrap.init()
pygame.scrap.put("text/plain;charset=utf-8", sys.argv[1].encode())
print("ready", flush=True)
while True:
    pygame.event.get()
    time.sleep(0.01)
"""

_V = "55"  # where it is on every keyboard, as X counts


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with virtual_display() as desk:
        for name in ("ARVD_SETTINGS", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            desk.environment[name] = str(tmp_path / name)
        yield desk


@pytest.fixture
def red(tmp_path: Path) -> Path:
    path = tmp_path / "rotes Bild.png"
    Image.new("RGB", (300, 180), (250, 20, 20)).save(path)
    return path


@contextmanager
def copied(desk: Desk, words: str) -> Iterator[None]:
    """Another program has copied words."""
    environment = desk.environment | {"PYGAME_HIDE_SUPPORT_PROMPT": "1"}
    owner = subprocess.Popen([sys.executable, "-c", OWNER, words], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert owner.stdout is not None and owner.stdout.readline() == "ready\n"
        yield
    finally:
        owner.kill()
        owner.communicate()


def red_share(desk: Desk) -> float:
    seen = desk.look()[60:280]
    return float(((seen[..., 0] > 150) & (seen[..., 1:].max(axis=2) < 60)).mean())


def words_are_said(desk: Desk) -> bool:
    line = desk.look()[314:332, 170:470]
    return float((line.max(axis=2) < 110).mean()) > 0.5 and int((line.min(axis=2) > 180).sum()) > 150


def replays_in(folder: Path) -> list[Replay]:
    return [read_replay(path.parent) for path in sorted(folder.glob("*/replay.toml"))]


def frames_in(folder: Path) -> int:
    return sum(len(replay.lines) for replay in replays_in(folder))


@contextmanager
def paused(desk: Desk, world: Path, said: Path) -> Iterator[None]:
    with desk.player("--world", str(world), stderr=said) as player:
        until(lambda: len(set(desk.look()[200].reshape(-1).tolist())) > 60, "it played")
        desk.hands("key", "p")
        yield
        player.terminate()
        assert player.wait(PATIENCE) == 0
    assert said.read_text() == ""


def test_a_path_is_pasted_on_any_keyboard(desk: Desk, tiny_world: Path, red: Path, tmp_path: Path) -> None:
    with paused(desk, tiny_world, tmp_path / "said"):
        with copied(desk, "words that name no file"):
            desk.hands("key", "ctrl+v")
            until(lambda: words_are_said(desk), "it said that this is no file")
            assert red_share(desk) < 0.5
        desk.switch_layout("ru")
        with copied(desk, str(red)):
            desk.hands("key", f"ctrl+{_V}")
            until(lambda: red_share(desk) > 0.9, "it began in the picture, although there is \u041c on the key")


def test_a_picture_is_pasted(desk: Desk, tiny_world: Path, red: Path, tmp_path: Path) -> None:
    if shutil.which("xclip") is None:
        unavailable("copying a picture needs xclip (apt-get install xclip)")
    words = ["xclip", "-selection", "clipboard", "-t", "image/png", str(red)]
    subprocess.run(words, env=desk.environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with paused(desk, tiny_world, tmp_path / "said"):
        desk.hands("key", "ctrl+v")
        until(lambda: red_share(desk) > 0.9, "it began in the picture")
    (kept,) = (tmp_path / "XDG_DATA_HOME").rglob("pasted-*.png")
    assert Image.open(kept).size == (300, 180)


def test_on_the_start_screen_it_begins_in_the_world_that_is_selected(
    desk: Desk, tiny_world: Path, red: Path, tmp_path: Path
) -> None:
    Path(desk.environment["ARVD_SETTINGS"]).write_text(f"[play]\nlast_world = '{tiny_world}'\n")
    folder = tmp_path / "replays"
    with desk.player("--record", str(folder), stderr=tmp_path / "said") as player, copied(desk, red.as_uri()):
        until(lambda: int(desk.look().max()) > 200, "the start screen was there")
        desk.hands("key", "ctrl+v")
        until(lambda: bool(list(folder.glob("*/replay.toml"))) or player.poll() is not None, "it began in the picture")
        assert player.poll() is None
        player.terminate()
        assert player.wait(PATIENCE) == 0
    (replay,) = replays_in(folder)
    assert (replay.header.world, replay.header.start.scene) == ("tiny", red.name)


def test_who_walks_and_sprints_pastes_nothing(desk: Desk, tiny_world: Path, red: Path, tmp_path: Path) -> None:
    folder = tmp_path / "replays"
    words = ("--world", str(tiny_world), "--record", str(folder))
    with desk.player(*words, stderr=tmp_path / "said") as player, copied(desk, str(red)):
        until(lambda: frames_in(folder) > 5, "it played")
        desk.hands("key", "ctrl+v")
        walked = frames_in(folder)
        until(lambda: frames_in(folder) > walked + 20, "it went on")
        player.terminate()
        assert player.wait(PATIENCE) == 0
    (replay,) = replays_in(folder)
    assert any(line.action.sprint for line in replay.lines), "the key was a sprint"
