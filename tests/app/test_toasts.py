import pytest

from app.room import room_of
from app.toasts import Toasts

from .fakes import FakeClock

ROOM = room_of((640, 400))
FPS = 60


pytestmark = pytest.mark.usefixtures("fonts")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def toasts(clock: FakeClock) -> Toasts:
    return Toasts(lambda: None, clock)


def drawn(toasts: Toasts, clock: FakeClock, seconds: float) -> list[list[float]]:
    """How solid the sentences were in each picture that was asked for."""
    pictures = []
    for _ in range(round(seconds * FPS)):
        if toasts.moving(clock.now):
            pictures.append([sprite.alpha for sprite in toasts.sprites(ROOM, clock.now, 1.0)])
        clock.advance(1 / FPS)
    return pictures


def test_a_sentence_is_drawn_as_it_comes_while_it_fades_and_when_it_went(toasts: Toasts, clock: FakeClock) -> None:
    assert drawn(toasts, clock, 1.0) == []
    toasts.say("saved")
    first, *fading, last = drawn(toasts, clock, 6.0)
    assert first == [1.0] and last == []
    solid = [alpha for (alpha,) in fading]
    assert 30 <= len(solid) <= 37 and solid == sorted(solid, reverse=True) and solid[0] > 0.9 and solid[-1] < 0.1


def test_without_motion_it_goes_at_once(toasts: Toasts, clock: FakeClock) -> None:
    toasts.still = True
    toasts.say("saved")
    assert drawn(toasts, clock, 6.0) == [[1.0], []]


def test_one_that_is_said_again_stays_and_another_is_drawn(toasts: Toasts, clock: FakeClock) -> None:
    toasts.say("saved")
    assert drawn(toasts, clock, 2.0) == [[1.0]]
    toasts.say("saved")
    assert drawn(toasts, clock, 2.0) == [[1.0]]  # it would fade by now
    toasts.say("loaded")
    assert drawn(toasts, clock, 0.5) == [[1.0, 1.0]]
