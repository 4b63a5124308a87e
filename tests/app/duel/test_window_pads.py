"""Which buttons of a pad vote."""

from types import SimpleNamespace
from typing import Any

import pygame
import pytest

from app.duel.window import DuelPlayer
from app.hands import Hands
from app.inputs import Inputs
from app.settings import HandsSettings
from model.actions import Action


@pytest.mark.parametrize("walks", [False, True])
def test_the_cross_of_a_pad_votes_unless_it_walks(walks: bool) -> None:
    hands, votes = Hands(), []
    bound = {"left": ("pad left",)} if walks else {}
    seat = SimpleNamespace(inputs=Inputs(HandsSettings(bindings=bound), hands), hands=hands)
    player: Any = object.__new__(DuelPlayer)
    player._seat, player._window, player._vote = seat, SimpleNamespace(captured=True), lambda *vote: votes.append(vote)
    player._display = SimpleNamespace(stale=False, warps=False)
    for button in (pygame.CONTROLLER_BUTTON_DPAD_LEFT, pygame.CONTROLLER_BUTTON_DPAD_DOWN):
        player._handle(pygame.event.Event(pygame.CONTROLLERBUTTONDOWN, button=button, instance_id=0), 2.0)
    assert votes == ([("none", 2.0)] if walks else [("left", 2.0), ("none", 2.0)])
    assert hands.sample().action == Action(left=walks)
