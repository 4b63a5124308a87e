import threading
import time
from dataclasses import replace

import pytest

from app.hands import MAX_PITCH, MAX_YAW, MOST_PRESSES, SPREAD_FRAMES, Degrees, Hands
from app.settings import HandsSettings
from model.actions import Action, parse_actions


@pytest.fixture
def hands() -> Hands:
    return Hands(HandsSettings(mouse_degrees=0.1))


def test_empty_hands_are_neutral(hands: Hands) -> None:
    sample = hands.sample()
    assert sample.action == Action() and sample.since is None and sample.focus


@pytest.mark.parametrize("word", ["left", "right", "up", "down"])
def test_turn_keys_turn_as_the_words_of_action_strings_do_even_when_tapped(hands: Hands, word: str) -> None:
    hands.hold(f"turn {word}", True, 1.0)
    hands.hold(f"turn {word}", False, 1.0)
    assert [hands.sample().action] == parse_actions(word)
    assert hands.sample().action == Action()


@pytest.mark.parametrize("name", ["forward", "left", "back", "right", "jump", "sneak", "sprint", "attack", "use"])
def test_a_held_key_lasts_until_it_is_released(hands: Hands, name: str) -> None:
    hands.hold(name, True, 1.0)
    assert hands.holds(name)
    assert [hands.sample().action for _ in range(3)] == [Action(**{name: True})] * 3
    hands.hold(name, False, 2.0)
    assert hands.sample().action == Action() and not hands.holds(name)


def test_a_tap_between_two_frames_counts_for_exactly_one(hands: Hands) -> None:
    hands.hold("jump", True, 1.0)
    hands.hold("jump", False, 1.001)
    assert hands.sample().action == Action(jump=True)
    assert hands.sample().action == Action()


def jumps(hands: Hands, frames: int) -> str:
    """What the key did: a letter for each frame in which it was down."""
    return "".join("-J"[hands.sample().action.jump] for _ in range(frames))


def test_taps_within_one_frame_are_as_many_presses(hands: Hands) -> None:
    for _ in range(3):
        hands.hold("jump", True, 1.0)
        hands.hold("jump", False, 1.0)
    assert jumps(hands, 8) == "J-J-J---"
    hands.hold("jump", True, 2.0)
    hands.hold("jump", False, 2.0)
    hands.hold("jump", True, 2.0)
    assert jumps(hands, 5) == "J-JJJ", "the last press is held"
    hands.hold("jump", False, 3.0)
    hands.hold("jump", True, 3.0)
    assert jumps(hands, 3) == "-JJ", "a key that came up between two frames was pressed anew"


def test_a_press_by_a_second_input_of_a_held_command_is_none(hands: Hands) -> None:
    hands.hold("jump", True, 1.0)
    assert jumps(hands, 2) == "JJ"
    hands.hold("jump", True, 1.0)
    assert jumps(hands, 3) == "JJJ"


def test_taps_at_half_the_rate_of_frames_are_all_shown_and_more_are_bounded(hands: Hands) -> None:
    shown = ""
    for _ in range(100):
        hands.hold("jump", True, 1.0)
        hands.hold("jump", False, 1.0)
        shown += jumps(hands, 2)
    assert shown == "J-" * 100
    for _ in range(100):
        hands.hold("jump", True, 1.0)
        hands.hold("jump", False, 1.0)
    assert jumps(hands, 100).count("J") == MOST_PRESSES


def test_what_nobody_played_is_forgotten_and_what_is_held_stays(hands: Hands) -> None:
    hands.hold("forward", True, 1.0)
    hands.sample()
    hands.move(4500, 80, 1.0)
    hands.hold("jump", True, 1.0)
    hands.hold("jump", False, 1.0)
    hands.hold("left", True, 1.0)
    hands.forget()
    sample = hands.sample()
    assert sample.action == Action(forward=True, left=True) and sample.since is None
    assert hands.ahead_of(sample.turned) == Degrees()


def test_a_toggle_lasts_from_press_to_press() -> None:
    hands = Hands(HandsSettings(toggle=("sneak",)))
    for expected in (True, False, True):
        hands.hold("sneak", True, 1.0)
        hands.hold("sneak", False, 1.1)
        hands.sample()
        assert hands.sample().action == Action(sneak=expected)
    hands.focus(False)
    assert hands.sample().action == Action()


def test_what_is_held_but_no_key_is_no_action(hands: Hands) -> None:
    hands.hold("rewind", True, 1.0)
    assert hands.sample().action == Action() and hands.holds("rewind")


def test_mouse_motion_is_summed(hands: Hands) -> None:
    for _ in range(7):
        hands.move(3, -2, 1.0)
    action = hands.sample().action
    assert action.yaw == pytest.approx(2.1) and action.pitch == pytest.approx(-1.4)
    assert hands.sample().action == Action()


def test_the_mouse_can_be_inverted() -> None:
    hands = Hands(HandsSettings(mouse_degrees=0.1, invert=True))
    hands.move(10, 10, 1.0)
    assert hands.sample().action == Action(yaw=1.0, pitch=-1.0)


def test_a_swipe_too_fast_for_one_frame_is_spread_and_not_lost(hands: Hands) -> None:
    hands.move(-255, 80, 1.0)
    turned = [hands.sample().action for _ in range(5)]
    assert [action.yaw for action in turned] == pytest.approx([-MAX_YAW, -MAX_YAW, -1.5, 0, 0])
    assert sum(action.pitch for action in turned) == pytest.approx(8)
    assert max(abs(action.pitch) for action in turned) <= MAX_PITCH


@pytest.mark.parametrize("degrees", [30.0, 90.0, -90.0, 200.0])
def test_a_flick_is_over_within_some_frames_and_no_count_is_lost(hands: Hands, degrees: float) -> None:
    turned = []
    for _ in range(2):  # half of it in each of two frames
        hands.move(round(degrees / 2 / 0.1), round(degrees / 4 / 0.1), 1.0)
        turned.append(hands.sample().action)
    turned += [hands.sample().action for _ in range(SPREAD_FRAMES + 3)]
    assert sum(action.yaw for action in turned) == pytest.approx(degrees, abs=1e-9)
    assert sum(action.pitch for action in turned) == pytest.approx(degrees / 2, abs=1e-9)
    assert turned[1 + SPREAD_FRAMES :] == [Action()] * 4
    assert max(abs(action.yaw) for action in turned) <= max(MAX_YAW, abs(degrees) / 2)


def test_no_motion_is_more_than_an_action_can_hold(hands: Hands) -> None:
    hands.turn(Degrees(30.0, 30.0), 1.0)
    hands.hold("turn right", True, 1.0)
    hands.move(20_000, 20_000, 1.0)
    assert sum(hands.sample().action.yaw - 33.0 for _ in range(40)) == pytest.approx(2000.0)


def test_a_stick_turns_every_frame_until_it_rests(hands: Hands) -> None:
    hands.turn(Degrees(1.0, -4.0), 1.0)
    assert [hands.sample().action for _ in range(2)] == [Action(pitch=1.0, yaw=-4.0)] * 2
    hands.turn(Degrees(), 2.0)
    assert hands.sample().action == Action()


def test_what_the_mouse_did_since_a_frame_is_known_at_once(hands: Hands) -> None:
    hands.move(20, 0, 1.0)
    first = hands.sample()
    assert hands.ahead_of(first.turned) == Degrees()
    hands.move(30, -10, 1.0)
    assert hands.ahead_of(first.turned).yaw == pytest.approx(3.0)
    assert hands.ahead_of(first.turned).pitch == pytest.approx(-1.0)
    second = hands.sample()  # on its way, not yet shown
    assert hands.ahead_of(first.turned).yaw == pytest.approx(3.0)
    assert hands.ahead_of(second.turned).yaw == pytest.approx(0.0)


def test_losing_the_focus_lets_go_of_everything(hands: Hands) -> None:
    hands.hold("forward", True, 1.0)
    hands.move(500, 0, 1.0)
    hands.turn(Degrees(0, 5), 1.0)
    hands.focus(False)
    sample = hands.sample()
    assert sample.action == Action() and not sample.focus
    hands.hold("forward", False, 2.0)  # the release of a key that is no longer ours
    assert hands.sample().since is None


def test_other_settings_hold_nothing_of_the_old(hands: Hands) -> None:
    hands.hold("forward", True, 1.0)
    hands.change(replace(HandsSettings(), mouse_degrees=0.5))
    hands.move(2, 0, 1.0)
    assert hands.sample().action == Action(yaw=1.0)


def test_the_sample_tells_when_its_oldest_event_arrived(hands: Hands) -> None:
    hands.hold("forward", True, 5.0)
    hands.move(1, 0, 6.0)
    assert hands.sample().since == 5.0
    assert hands.sample().since is None, "a held key is answered only once"


def test_nothing_is_lost_between_two_threads(hands: Hands) -> None:
    moves = 100_000
    seen: list[Action] = [Action()]
    pressed = 0

    def feed() -> None:
        for k in range(moves):
            hands.move(1, 0, 0.0)
            if k % 100 == 0:
                while k // 100 - pressed >= MOST_PRESSES:
                    time.sleep(0)  # more would be more than wait
                hands.hold("jump", True, 0.0)
                hands.hold("jump", False, 0.0)

    feeder = threading.Thread(target=feed)
    feeder.start()
    rest = 2 * MOST_PRESSES + SPREAD_FRAMES
    while feeder.is_alive() or rest:
        rest -= not feeder.is_alive()
        seen.append(hands.sample().action)
        pressed += seen[-1].jump and not seen[-2].jump
    assert sum(action.yaw for action in seen) == pytest.approx(0.1 * moves) and pressed == moves // 100


def test_what_is_pressed_without_the_focus_is_not_the_walk_s() -> None:
    hands = Hands(HandsSettings())
    hands.hold("forward", True, 0.0)
    hands.focus(False)
    hands.hold("forward", True, 0.1)  # the key repeats itself
    assert not hands.sample().action.forward
    hands.focus(True)
    hands.hold("forward", True, 0.2)
    assert hands.sample().action.forward
