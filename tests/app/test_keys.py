import threading

import pygame
import pytest

from app.keys import Bindings, Hands
from model.actions import Action, parse_actions


def key(kind: int, code: int) -> pygame.event.Event:
    return pygame.event.Event(kind, key=code)


def motion(right: int, down: int) -> pygame.event.Event:
    return pygame.event.Event(pygame.MOUSEMOTION, rel=(right, down))


@pytest.fixture
def hands() -> Hands:
    return Hands(Bindings(degrees_per_count=0.1, max_yaw=10.0, max_pitch=5.0))


def test_empty_hands_are_neutral(hands: Hands) -> None:
    sample = hands.sample()
    assert sample.action == Action()
    assert sample.since is None


@pytest.mark.parametrize(
    ("code", "word"),
    [(pygame.K_LEFT, "left"), (pygame.K_RIGHT, "right"), (pygame.K_UP, "up"), (pygame.K_DOWN, "down")],
)
def test_arrow_keys_turn_as_the_words_of_action_strings_do(hands: Hands, code: int, word: str) -> None:
    hands.feed(key(pygame.KEYDOWN, code), 1.0)
    assert [hands.sample().action] == parse_actions(word)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (pygame.K_w, "forward"),
        (pygame.K_a, "left"),
        (pygame.K_s, "back"),
        (pygame.K_d, "right"),
        (pygame.K_SPACE, "jump"),
        (pygame.K_LSHIFT, "sneak"),
        (pygame.K_LCTRL, "sprint"),
    ],
)
def test_a_held_key_lasts_until_it_is_released(hands: Hands, code: int, name: str) -> None:
    hands.feed(key(pygame.KEYDOWN, code), 1.0)
    assert [hands.sample().action for _ in range(3)] == [Action(**{name: True})] * 3
    hands.feed(key(pygame.KEYUP, code), 2.0)
    assert hands.sample().action == Action()


@pytest.mark.parametrize(("button", "name"), [(1, "attack"), (3, "use")])
def test_mouse_buttons(hands: Hands, button: int, name: str) -> None:
    hands.feed(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=button), 1.0)
    assert hands.sample().action == Action(**{name: True})
    hands.feed(pygame.event.Event(pygame.MOUSEBUTTONUP, button=button), 1.0)
    assert hands.sample().action == Action()


def test_a_tap_between_two_frames_counts_for_exactly_one(hands: Hands) -> None:
    hands.feed(key(pygame.KEYDOWN, pygame.K_SPACE), 1.0)
    hands.feed(key(pygame.KEYUP, pygame.K_SPACE), 1.001)
    assert hands.sample().action == Action(jump=True)
    assert hands.sample().action == Action()


def test_mouse_motion_is_summed(hands: Hands) -> None:
    for _ in range(7):
        hands.feed(motion(3, -2), 1.0)
    action = hands.sample().action
    assert action.yaw == pytest.approx(2.1)
    assert action.pitch == pytest.approx(-1.4)
    assert hands.sample().action == Action()


def test_a_swipe_too_fast_for_one_frame_is_spread_and_not_lost(hands: Hands) -> None:
    hands.feed(motion(-255, 80), 1.0)
    turned = [hands.sample().action for _ in range(5)]
    assert [action.yaw for action in turned] == pytest.approx([-10, -10, -5.5, 0, 0])
    assert sum(action.pitch for action in turned) == pytest.approx(8)
    assert max(abs(action.pitch) for action in turned) <= 5


def test_arrow_keys_turn_three_degrees_a_frame_even_when_tapped(hands: Hands) -> None:
    hands.feed(key(pygame.KEYDOWN, pygame.K_RIGHT), 1.0)
    hands.feed(key(pygame.KEYDOWN, pygame.K_UP), 1.0)
    hands.feed(key(pygame.KEYUP, pygame.K_UP), 1.0)
    assert hands.sample().action == Action(yaw=3.0, pitch=-3.0)
    assert hands.sample().action == Action(yaw=3.0)


def test_losing_the_focus_lets_go_of_everything(hands: Hands) -> None:
    hands.feed(key(pygame.KEYDOWN, pygame.K_w), 1.0)
    hands.feed(motion(500, 0), 1.0)
    hands.clear()
    assert hands.sample().action == Action()
    hands.feed(key(pygame.KEYUP, pygame.K_w), 2.0)  # the release of a key that is no longer ours
    assert hands.sample().since is None


def test_the_sample_tells_when_its_oldest_event_arrived(hands: Hands) -> None:
    hands.feed(key(pygame.KEYDOWN, pygame.K_w), 5.0)
    hands.feed(motion(1, 0), 6.0)
    assert hands.sample().since == 5.0
    assert hands.sample().since is None, "a held key is answered only once"


def test_no_motion_is_lost_between_two_threads(hands: Hands) -> None:
    moves = 2000

    def feed() -> None:
        for _ in range(moves):
            hands.feed(motion(1, 0), 0.0)

    feeder = threading.Thread(target=feed)
    feeder.start()
    turned = 0.0
    while feeder.is_alive():
        turned += hands.sample().action.yaw
    for _ in range(moves):
        turned += hands.sample().action.yaw
    assert turned == pytest.approx(0.1 * moves)
