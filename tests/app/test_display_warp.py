"""Late warp: the newest frame is turned as far as the camera will have turned, and no further."""

import numpy as np
import pytest

from app.display import turn_since
from app.handover import Frame, WalkFacts
from app.hands import Degrees, Hands
from app.picture import Turn
from app.settings import HandsSettings


def frame_at(pitch: float, turned: Degrees | None) -> Frame:
    walk = WalkFacts(
        scene=None,
        seed=0,
        steps=2,
        auto=False,
        strength=1.0,
        faded=False,
        reach=0,
        past_bytes=0,
        context=1.0,
        pitch=pitch,
    )
    return Frame(np.zeros((2, 2, 3), np.uint8), 1, turned=turned, walk=walk)


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
