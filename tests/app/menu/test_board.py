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
CLICK = pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=pygame.BUTTON_LEFT, pos=(0, 0))


@pytest.fixture
def inputs() -> Inputs:
    return Inputs(HandsSettings(), Hands())


@pytest.fixture
def board(inputs: Inputs, tmp_path: Path) -> Board:
    preferences = Preferences(Loaded(Settings()), tmp_path / "settings.toml")
    seat = SimpleNamespace(window=SimpleNamespace(size=(1280, 720)), preferences=preferences, inputs=inputs)
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
