"""Late warp: the newest frame is turned as far as the camera will have turned, and no further."""

from dataclasses import replace

import numpy as np
import pytest

from app.display import turn_since
from app.handover import Frame
from app.hands import Degrees, Hands
from app.picture import Turn
from app.settings import HandsSettings

from .fakes import WALK


def frame_at(pitch: float, turned: Degrees | None) -> Frame:
    return Frame(np.zeros((2, 2, 3), np.uint8), 1, turned=turned, walk=replace(WALK, pitch=pitch))


@pytest.mark.parametrize(
    ("pitch", "down", "reached"),
    [
        (0.0, 5, 5.0),
        (90.0, 5, 0.0),
        (-90.0, -5, 0.0),
        (88.0, 5, 2.0),
        (90.0, -5, -5.0),
        (0.0, 50, 12.0),
    ],
)
def test_the_picture_turns_no_further_than_the_neck(pitch: float, down: int, reached: float) -> None:
    hands = Hands(HandsSettings(mouse_degrees=1.0))
    hands.move(3, down, now=0.0)
    assert turn_since(frame_at(pitch, Degrees()), hands) == Turn(pytest.approx(reached), pytest.approx(3.0))


def test_a_frame_that_no_hand_made_stays() -> None:
    hands = Hands(HandsSettings(mouse_degrees=1.0))
    hands.move(3, 3, now=0.0)
    assert turn_since(frame_at(0.0, None), hands) == Turn()
