"""What keys and buttons do in a comparison, on no display."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pygame
import pytest

from app.duel.window import DuelPlayer
from app.hands import Hands
from app.inputs import Inputs
from app.settings import HandsSettings
from model.actions import Action

Bound = dict[str, tuple[str, ...]]


@pytest.fixture(autouse=True, scope="module")
def keyboard() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDL_VIDEODRIVER", "dummy")
        pygame.display.init()
        yield
        pygame.display.quit()


class FakeWindow:
    """Holds the mouse."""

    captured = True

    def capture(self, captured: bool) -> None:
        self.captured = captured


class Playing:
    """A comparison that is played by such bindings, and what came of what hands did."""

    def __init__(self, **bound: tuple[str, ...]) -> None:
        self.hands, self.window, self.votes = Hands(), FakeWindow(), []
        inputs = Inputs(HandsSettings(bindings=bound), self.hands)
        player: Any = object.__new__(DuelPlayer)
        player._seat, player._window = SimpleNamespace(inputs=inputs, hands=self.hands), self.window
        player._display = SimpleNamespace(stale=False, warps=False)
        player._duel, player._paused = SimpleNamespace(pause=lambda paused: None), False
        player._vote = lambda choice, now: self.votes.append(choice)
        self.player = player

    @property
    def paused(self) -> bool:
        return bool(self.player._paused)

    def press(self, *keys: int) -> None:
        for key in keys:
            self.player._handle(pygame.event.Event(pygame.KEYDOWN, key=key), 2.0)

    def press_pad(self, *buttons: int) -> None:
        for button in buttons:
            self.player._handle(pygame.event.Event(pygame.CONTROLLERBUTTONDOWN, button=button, instance_id=0), 2.0)


@pytest.mark.parametrize("walks", [False, True])
def test_the_cross_of_a_pad_votes_unless_it_walks(walks: bool) -> None:
    playing = Playing(**({"left": ("pad left",)} if walks else {}))
    playing.press_pad(pygame.CONTROLLER_BUTTON_DPAD_LEFT, pygame.CONTROLLER_BUTTON_DPAD_DOWN)
    assert playing.votes == (["none"] if walks else ["left", "none"])
    assert playing.hands.sample().action == Action(left=walks)


@pytest.mark.parametrize(
    "bound", [{}, {"menu": ("m",)}, {"menu": ("m",), "pause": ("escape",)}, {"menu": ("m",), "forward": ("escape",)}]
)
def test_escape_frees_the_mouse_and_pauses_whatever_it_does_besides(bound: Bound) -> None:
    playing = Playing(**bound)
    playing.press(pygame.K_ESCAPE)
    assert not playing.window.captured and playing.paused
    assert playing.hands.sample().action == Action(), "and lets go of what it held"
