import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app import fault_report
from app.fault_report import FaultReport
from app.keepsakes import Place
from app.menu.fault_page import fault_page
from app.menu.page import Heading, Words
from app.player import Player
from app.preferences import Preferences
from app.settings import Loaded, PlaySettings, Settings
from app.worlds import known_worlds

from ..fakes import options_of
from .hands import Hands

PLACE = Place(world="tiny", world_hash="0" * 64, seed=7, scene="two", index=25, steps=2)


class Desk:
    def __init__(self) -> None:
        self.done: list[str] = []

    def restart(self) -> None:
        self.done.append("restart")

    def choose_world(self) -> None:
        self.done.append("worlds")

    def quit(self) -> None:
        self.done.append("quit")


def words(hands: Hands) -> list[str]:
    return [item.text for item in hands.menu.page.items if isinstance(item, Words)]


def test_it_says_why_and_offers_what_can_be_done(hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault_report, "reports_folder", lambda: tmp_path)
    desk = Desk()
    report = FaultReport(RuntimeError("out of luck"), PLACE, Settings(), "llvmpipe", recorded="20250101-tiny")
    hands.menu.open(lambda: fault_page(report, desk))
    assert words(hands) == ["RuntimeError: out of luck", "What was recorded is kept: 20250101-tiny"]
    hands.press("escape")
    assert hands.menu.is_open and hands.selected == "Restart", "there is nothing behind it to go back to"
    hands.press("down", "down", "return")
    (file,) = tmp_path.iterdir()
    assert words(hands)[-1] == f"The report is in {file}"
    assert hands.selected == "Save report", "though there is one more line above it"
    for label in ("Restart", "Worlds", "Quit"):
        hands.choose(label)
    assert desk.done == ["restart", "worlds", "quit"]


def test_its_worlds_are_those_of_the_start_screen(hands: Hands, tiny_world: Path, tmp_path: Path) -> None:
    lately = shutil.copytree(tiny_world, tmp_path / "lately")
    stated = (lately / "world.toml").read_text()
    (lately / "world.toml").write_text(stated.replace('title = "Tiny"', 'title = "Lately"'))
    settings = Settings(play=PlaySettings(recent_worlds=(str(lately), str(tmp_path / "gone"))))
    player: Any = object.__new__(Player)
    player.options, player._board = options_of(tiny_world), SimpleNamespace(menu=hands.menu)
    player.preferences = Preferences(Loaded(settings), tmp_path / "settings.toml")
    hands.menu.open(lambda: fault_page(FaultReport(RuntimeError("out of luck"), PLACE, settings, "llvmpipe"), player))
    hands.choose("Worlds")
    headings = [item.words for item in hands.menu.page.items if isinstance(item, Heading)]
    assert headings == ["Tiny", "Lately", *(world.title for world in known_worlds())]
