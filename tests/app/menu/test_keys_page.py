from pathlib import Path

import pygame
import pytest

from app import key_names
from app.bindings import COMMANDS
from app.menu.keys_page import keys_page
from app.menu.page import Entry, Keys
from app.preferences import Preferences
from app.settings import Loaded, Settings

from .hands import Hands


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(Loaded(Settings()), tmp_path / "settings.toml")


@pytest.fixture
def hands(preferences: Preferences) -> Hands:
    hands = Hands()
    hands.menu.open(lambda: keys_page(preferences, hands.menu))
    return hands


def entry(hands: Hands, label: str) -> Entry:
    item = hands.menu.page.items[hands.labels.index(label)]
    assert isinstance(item, Entry) and isinstance(item.control, Keys)
    return item


def go_to(hands: Hands, label: str) -> None:
    hands.press(*["down"] * (hands.labels.index(label) - hands.menu.selected))
    for _ in range(len(hands.labels)):
        if hands.selected == label:
            return
        hands.press("down")


def test_every_command_is_there(hands: Hands) -> None:
    assert {command.capitalize() for command in COMMANDS} <= set(hands.labels)


def test_a_key_is_bound_cleared_and_put_back(hands: Hands, preferences: Preferences) -> None:
    def keys() -> tuple[str, ...]:
        control = entry(hands, "Jump").control
        assert isinstance(control, Keys)
        return control.names

    go_to(hands, "Jump")
    hands.press("return", "j")
    assert keys() == ("j", "pad a") == preferences.settings.hands.all_bindings()["jump"]
    hands.press("insert", "k")
    assert keys() == ("j", "k", "pad a")
    hands.press("pad a", "pad x")
    assert keys() == ("j", "k", "pad x")
    hands.press("return", "escape")
    assert keys() == ("j", "k", "pad x")
    hands.press("delete")
    assert keys() == ()
    hands.press("backspace")
    assert keys() == ("space", "pad a") and preferences.settings.hands.bindings == {}


def test_a_conflict_names_the_other_command(hands: Hands) -> None:
    go_to(hands, "Jump")
    hands.press("return", "w")
    for label, other in (("Jump", "forward"), ("Forward", "jump")):
        control = entry(hands, label).control
        assert isinstance(control, Keys) and control.shared == {"w"}
        assert entry(hands, label).warning == f"W is also: {other}"
    assert entry(hands, "Back").warning == ""


def test_the_layout_can_change_while_the_page_is_open(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    go_to(hands, "Jump")
    hands.press("return", "w")
    monkeypatch.setattr(key_names, "_codes", lambda: lambda place: ord("z"))
    hands.menu.feed(pygame.event.Event(pygame.KEYMAPCHANGED), ())
    assert entry(hands, "Jump").warning == "Z is also: forward" and hands.selected == "Jump"


def test_all_keys_are_put_back_at_once(hands: Hands, preferences: Preferences) -> None:
    for label in ("Jump", "Pause"):
        go_to(hands, label)
        hands.press("return", "j")
    assert len(preferences.settings.hands.bindings) == 2
    hands.press("end", "return")
    assert preferences.settings.hands.bindings == {}
