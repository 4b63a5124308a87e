"""The start screen for real: worlds are shown, one is chosen, it plays."""

import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app import theme
from app.menu.gallery import start_page
from app.menu.layout import layout_of
from app.worlds import known_worlds
from model.footage.replay import read_replay
from model.world_spec import bundled_worlds, read_scenes

from .display import PATIENCE, SIZE, Desk, count_colour, unavailable, until, virtual_display
from .fakes import FakeStart
from .menu.hands import fonts
from .walks import Walks

WORLD = "minecraft"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    if WORLD not in bundled_worlds():
        unavailable(f"assets/worlds/{WORLD} is not in this checkout, so that nothing is there to choose")
    with virtual_display() as desk:
        desk.environment |= {"ARVD_SETTINGS": str(tmp_path / "settings.toml"), "XDG_DATA_HOME": str(tmp_path)}
        yield desk


def shows_cards(desk: Desk) -> bool:
    seen = desk.look()
    return count_colour(seen, theme.ACCENT, 30) > 150 and count_colour(seen[20:70, 20:120], theme.INK, 40) > 100


def hint_is_shown(desk: Desk) -> bool:
    """Whether the line of hints stands at the bottom: it comes with the first frame of play."""
    line = desk.look()[345:385, 200:440]
    return float((line.max(axis=2) < 90).mean()) > 0.5 and int(line.max()) > 200


def test_a_scene_is_chosen_with_the_keyboard_and_plays(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "replays"
    with desk.player("--record", str(folder), stderr=tmp_path / "said") as player:
        until(lambda: shows_cards(desk), "the worlds were shown")
        before = desk.look()
        desk.hands("key", "Right")
        until(lambda: not np.array_equal(desk.look()[:70, 200:], before[:70, 200:]), "the place behind it changed")
        desk.hands("key", "Return")
        until(lambda: hint_is_shown(desk) and bool(list(folder.glob("*/replay.toml"))), "it played")
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
    (replay,) = (read_replay(path.parent) for path in folder.glob("*/replay.toml"))
    second = read_scenes(bundled_worlds()[WORLD])[1].name
    assert replay.header.world == WORLD and replay.header.start.scene == second

    again = tmp_path / "again"
    with desk.player("--record", str(again), stderr=tmp_path / "said") as player:
        until(lambda: shows_cards(desk), "the worlds were shown")
        desk.hands("key", "Return")
        until(lambda: hint_is_shown(desk) and bool(list(again.glob("*/replay.toml"))), "the scene of before was played")
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    (replay,) = (read_replay(path.parent) for path in again.glob("*/replay.toml"))
    assert replay.header.start.scene == second, "it was selected"


@pytest.mark.parametrize("how", ["quit", "signal"])
def test_one_can_leave_at_once(desk: Desk, tmp_path: Path, how: str) -> None:
    report = tmp_path / "report.json"
    with desk.player("--report", str(report), stderr=tmp_path / "said") as player:
        until(lambda: shows_cards(desk), "the worlds were shown")
        if how == "quit":
            desk.hands("key", "End", "key", "Return")
        else:
            player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == "" and not report.exists()


def test_a_card_is_clicked_in_the_world_of_last_time(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    Path(desk.environment["ARVD_SETTINGS"]).write_text(f"[play]\nlast_world = '{tiny_world}'\n")
    with fonts():
        page = start_page(FakeStart(), known_worlds(tiny_world))
        x, y = layout_of(page, SIZE, 1.0).items[2].center  # after the heading and the first scene
    walks = Walks(tmp_path / "replays")
    with desk.player("--record", str(walks.folder), stderr=tmp_path / "said") as player:
        until(lambda: shows_cards(desk), "the worlds were shown")
        desk.hands("mousemove", str(x), str(y), "click", "1")
        until(lambda: bool(walks.all()), "it played")
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (walks.last().header.world, walks.last().header.start.scene) == ("tiny", "two")


def test_a_saved_walk_goes_on_and_a_seed_is_set(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    Path(desk.environment["ARVD_SETTINGS"]).write_text(f"[play]\nrecent_worlds = ['{tiny_world}']\n")
    begun = Walks(tmp_path / "begun")
    with desk.player("--record", str(begun.folder), stderr=tmp_path / "said") as player:
        until(lambda: shows_cards(desk), "the worlds were shown")
        desk.hands("key", "--delay", "200", "End", "Left", "Left", "Return", "End", "Return")
        desk.hands("key", "--delay", "200", "1", "2", "Return", "Home", "Return")
        until(lambda: bool(begun.all()) and len(begun.lines()) > 5, "it played")
        desk.hands("key", "F5")
        until(lambda: bool(list(tmp_path.rglob("saves/tiny/quick.safetensors"))), "it was saved")
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    header = begun.last().header
    assert (header.world, header.seed, header.start.kind) == ("tiny", 12, "picture"), (
        "in the world that was played lately"
    )

    gone_on = Walks(tmp_path / "gone on")
    with desk.player("--record", str(gone_on.folder), stderr=tmp_path / "said") as player:
        until(lambda: shows_cards(desk), "the worlds were shown")
        desk.hands("key", "Return")
        until(lambda: bool(gone_on.all()) and len(gone_on.lines()) > 1, "it went on")
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    header = gone_on.last().header
    assert (header.world, header.seed, header.start.kind) == ("tiny", 12, "state") and header.start.index > 0
    assert (tmp_path / "said").read_text() == "" and len(gone_on.all()) == 1
