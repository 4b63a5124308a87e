"""A person's hands: which key is which, taps, the mouse in steps of the game's camera, the stops of the neck."""

import pygame
import pytest

from model.actions import Action
from training.capture.hands import MAX_PITCH, MAX_YAW, Hands
from training.capture.settings import DEGREES_PER_COUNT


def key(code: int, *, down: bool = True) -> pygame.event.Event:
    return pygame.event.Event(pygame.KEYDOWN if down else pygame.KEYUP, key=code)


def button(code: int, *, down: bool = True) -> pygame.event.Event:
    return pygame.event.Event(pygame.MOUSEBUTTONDOWN if down else pygame.MOUSEBUTTONUP, button=code)


def motion(right: int, down: int) -> pygame.event.Event:
    return pygame.event.Event(pygame.MOUSEMOTION, rel=(right, down), pos=(0, 0), buttons=(0, 0, 0))


@pytest.mark.parametrize(
    ("event", "action"),
    [
        (key(pygame.K_w), Action(forward=True)),
        (key(pygame.K_s), Action(back=True)),
        (key(pygame.K_a), Action(left=True)),
        (key(pygame.K_d), Action(right=True)),
        (key(pygame.K_SPACE), Action(jump=True)),
        (key(pygame.K_LSHIFT), Action(sneak=True)),
        (key(pygame.K_LCTRL), Action(sprint=True)),
        (button(pygame.BUTTON_LEFT), Action(attack=True)),
        (button(pygame.BUTTON_RIGHT), Action(use=True)),
        (key(pygame.K_LEFT), Action(yaw=-3)),
        (key(pygame.K_RIGHT), Action(yaw=3)),
        (key(pygame.K_UP), Action(pitch=-3)),
        (key(pygame.K_DOWN), Action(pitch=3)),
        (key(pygame.K_q), Action()),
        (motion(20, -10), Action(yaw=3, pitch=-1.5)),
    ],
)
def test_what_is_what(event: pygame.event.Event, action: Action) -> None:
    hands = Hands()
    hands.feed(event)
    assert hands.sample().vector() == pytest.approx(action.vector())


def test_keys_are_held_until_they_are_let_go() -> None:
    hands = Hands()
    hands.feed(key(pygame.K_w))
    hands.feed(key(pygame.K_SPACE))
    assert [hands.sample().forward for _ in range(3)] == [True] * 3
    hands.feed(key(pygame.K_w, down=False))
    assert hands.sample() == Action(jump=True)


def test_a_tap_between_two_frames_counts_once() -> None:
    hands = Hands()
    hands.feed(key(pygame.K_SPACE))
    hands.feed(key(pygame.K_SPACE, down=False))
    assert [hands.sample().jump for _ in range(2)] == [True, False]


def test_no_motion_of_the_mouse_is_lost_to_rounding() -> None:
    hands, turned = Hands(), 0.0
    for _ in range(1000):
        hands.feed(motion(1, 0))
        turned += hands.sample().yaw
    assert turned == pytest.approx(150)
    counts = turned / DEGREES_PER_COUNT
    assert counts == pytest.approx(round(counts))


def test_a_wild_swing_is_spread_over_frames() -> None:
    hands = Hands()
    hands.feed(motion(1000, 0))  # 150 degrees
    assert [hands.sample().yaw for _ in range(3)] == pytest.approx([MAX_YAW, 60, 0])


def test_the_recorded_pitch_stops_where_the_neck_does() -> None:
    hands = Hands()
    for pull in (400, 400, 400, 400):
        hands.feed(motion(0, pull))
    assert hands.sample().pitch == pytest.approx(MAX_PITCH)
    assert hands.sample().pitch == 0
    hands.feed(motion(0, -20))
    assert hands.sample().pitch == pytest.approx(-3)
    hands.face_horizon()
    hands.feed(motion(0, -4000))
    assert hands.sample().pitch == pytest.approx(-MAX_PITCH)


def test_letting_go_forgets_all() -> None:
    hands = Hands()
    hands.feed(key(pygame.K_w))
    hands.feed(motion(30, 30))
    hands.clear()
    assert hands.sample() == Action()
