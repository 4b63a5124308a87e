from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pygame
import pytest

from app.hands import Hands
from app.inputs import Inputs
from app.menu.board import Board
from app.menu.page import Entry, Page
from app.preferences import Preferences
from app.seat import Seat
from app.settings import HandsSettings, Loaded, Settings
from tests.app.said import reading

START = pygame.event.Event(pygame.CONTROLLERBUTTONDOWN, button=pygame.CONTROLLER_BUTTON_START, instance_id=0)
DOWN = pygame.event.Event(pygame.CONTROLLERBUTTONDOWN, button=pygame.CONTROLLER_BUTTON_DPAD_DOWN, instance_id=0)
UP = pygame.event.Event(pygame.CONTROLLERBUTTONUP, button=pygame.CONTROLLER_BUTTON_DPAD_DOWN, instance_id=0)
CLICK = pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=pygame.BUTTON_LEFT, pos=(0, 0))


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def inputs(hands: Hands) -> Inputs:
    return Inputs(HandsSettings(), hands)


@pytest.fixture
def board(hands: Hands, inputs: Inputs, tmp_path: Path) -> Board:
    preferences = Preferences(Loaded(Settings()), tmp_path / "settings.toml")
    window = SimpleNamespace(size=(1280, 720))
    seat = SimpleNamespace(window=window, preferences=preferences, inputs=inputs, hands=hands)
    return Board(cast(Seat, seat), lambda sentence: None)


def read(board: Board) -> set[str]:
    with reading() as said:
        board.sprites()
    return set(said)


def test_whoever_opens_a_page_by_pad_is_told_its_buttons_at_once(board: Board, inputs: Inputs) -> None:
    assert inputs.feed(START, 0.0) == ("menu",)
    board.menu.open(lambda: Page(title="a page", items=(Entry(label="one", do=board.menu.close),), leave=lambda: None))
    assert {"A", "B"} < read(board)
    assert board.feed(CLICK), "there is something else to be seen"
    assert {"Enter", "Esc"} < read(board)
    assert board.feed(DOWN) and {"A", "B"} < read(board)


@pytest.mark.parametrize("focus", [False, True])
def test_a_way_that_is_held_when_the_focus_goes_or_comes_does_not_go_on_for_ever(
    board: Board, hands: Hands, focus: bool
) -> None:
    board.menu.open(
        lambda: Page(title="a page", items=tuple(Entry(label=str(n), do=board.menu.close) for n in range(9)))
    )
    assert board.feed(DOWN) and board.menu.due is not None
    board.focus(focus)
    assert board.menu.due is None and hands.sample().focus == focus
    board.feed(UP)
    assert board.menu.due is None and board.menu.selected == 1
    assert board.feed(DOWN) and board.menu.selected == 2, "the pad is known as before"
