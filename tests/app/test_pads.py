import math
from typing import Any

import pygame
import pytest

from app.bindings import PRESETS
from app.pads import INPUTS, Pad


def button(which: int, down: bool = True, pad: int = 0) -> pygame.event.Event:
    kind = pygame.CONTROLLERBUTTONDOWN if down else pygame.CONTROLLERBUTTONUP
    return pygame.event.Event(kind, button=which, instance_id=pad)


def axis(which: int, value: float, pad: int = 0) -> pygame.event.Event:
    return pygame.event.Event(pygame.CONTROLLERAXISMOTION, axis=which, value=round(value * 32767), instance_id=pad)


def gone(pad: int = 0) -> pygame.event.Event:
    return pygame.event.Event(pygame.CONTROLLERDEVICEREMOVED, instance_id=pad)


def feed(pad: Pad, *events: Any) -> list[tuple[str, bool]]:
    return [change for event in events for change in pad.feed(event)]


def test_buttons_go_down_and_up_once() -> None:
    pad = Pad()
    a = pygame.CONTROLLER_BUTTON_A
    assert feed(pad, button(a), button(a), button(a, False), button(a, False)) == [("pad a", True), ("pad a", False)]
    assert feed(pad, button(99)) == []


def test_presets_name_only_inputs_that_pads_have() -> None:
    for bindings in PRESETS.values():
        assert {one for inputs in bindings.values() for one in inputs if one.startswith("pad ")} <= set(INPUTS)


def test_a_trembling_trigger_is_pressed_once() -> None:
    pad, right = Pad(), pygame.CONTROLLER_AXIS_TRIGGERRIGHT
    values = [0.2, 0.51, 0.45, 0.52, 0.4, 0.9, 0.34, 0.4, 0.0]
    assert feed(pad, *(axis(right, value) for value in values)) == [
        ("pad right trigger", True),
        ("pad right trigger", False),
    ]


@pytest.mark.parametrize(
    ("degrees", "keys"),
    [
        (0, {"right"}),
        (45, {"right", "forward"}),
        (90, {"forward"}),
        (135, {"left", "forward"}),
        (180, {"left"}),
        (225, {"left", "back"}),
        (270, {"back"}),
        (315, {"right", "back"}),
        (15, {"right"}),
        (75, {"forward"}),
    ],
)
def test_the_left_stick_walks_in_eight_directions(degrees: float, keys: set[str]) -> None:
    pad = Pad()
    x, y = math.cos(math.radians(degrees)), -math.sin(math.radians(degrees))
    went = feed(pad, axis(pygame.CONTROLLER_AXIS_LEFTX, x), axis(pygame.CONTROLLER_AXIS_LEFTY, y))
    held = {name for name, down in went if down} - {name for name, down in went if not down}
    assert held == {f"pad stick {way}" for way in keys}
    went = feed(pad, axis(pygame.CONTROLLER_AXIS_LEFTX, 0.3 * x), axis(pygame.CONTROLLER_AXIS_LEFTY, 0.3 * y))
    assert held == {name for name, down in went if not down}


def test_the_right_stick_turns_slowly_near_its_middle_and_not_at_rest() -> None:
    pad = Pad(dead_zone=0.2, degrees=10.0)
    assert pad.turn == (0.0, 0.0)
    speeds = []
    for way in (0.1, 0.2, 0.4, 0.7, 1.0):
        feed(pad, axis(pygame.CONTROLLER_AXIS_RIGHTX, way))
        speeds.append(pad.turn[1])
    assert speeds[:2] == [0.0, 0.0] and speeds == sorted(speeds) and speeds[-1] == pytest.approx(10.0)
    assert speeds[2] < 10.0 * 0.25
    feed(pad, axis(pygame.CONTROLLER_AXIS_RIGHTX, -1.0), axis(pygame.CONTROLLER_AXIS_RIGHTY, 1.0))
    pitch, yaw = pad.turn
    assert pitch == pytest.approx(-yaw) and math.hypot(pitch, yaw) == pytest.approx(10.0)
    inverted = Pad(invert=True)
    feed(inverted, axis(pygame.CONTROLLER_AXIS_RIGHTY, 1.0))
    assert inverted.turn[0] < 0


def test_a_pad_that_is_unplugged_lets_go_of_everything() -> None:
    pad = Pad()
    feed(
        pad,
        button(pygame.CONTROLLER_BUTTON_A),
        axis(pygame.CONTROLLER_AXIS_LEFTX, 1.0),
        axis(pygame.CONTROLLER_AXIS_RIGHTX, 1.0),
        axis(pygame.CONTROLLER_AXIS_TRIGGERLEFT, 1.0),
    )
    assert pad.turn[1] > 0
    assert feed(pad, gone()) == [("pad a", False), ("pad left trigger", False), ("pad stick right", False)]
    assert feed(pad, gone()) == [] and pad.turn == (0.0, 0.0)


def test_a_pad_that_trembles_on_the_table_changes_nothing_of_what_another_does() -> None:
    pad, forward, right = Pad(), pygame.CONTROLLER_AXIS_LEFTY, pygame.CONTROLLER_AXIS_RIGHTX
    trigger, a = pygame.CONTROLLER_AXIS_TRIGGERRIGHT, pygame.CONTROLLER_BUTTON_A
    feed(pad, axis(forward, -1.0), axis(right, 0.3), axis(trigger, 1.0), button(a))
    turned = pad.turn
    for which in (forward, pygame.CONTROLLER_AXIS_LEFTX, right, pygame.CONTROLLER_AXIS_RIGHTY, trigger):
        for value in (0.01, -0.14, 0.0):
            assert feed(pad, axis(which, value, pad=1)) == [] and pad.turn == turned
    assert feed(pad, button(a, False, pad=1), gone(1)) == [] and pad.turn == turned
    assert pad.loses(gone()), "it was used last all the while"


def test_two_pads_play_together_and_each_lets_go_of_its_own() -> None:
    pad, a, b = Pad(), pygame.CONTROLLER_BUTTON_A, pygame.CONTROLLER_BUTTON_B
    forward, right = pygame.CONTROLLER_AXIS_LEFTY, pygame.CONTROLLER_AXIS_RIGHTX
    assert feed(pad, axis(forward, -1.0), button(a)) == [("pad stick forward", True), ("pad a", True)]
    assert feed(pad, button(a, pad=1), button(b, pad=1)) == [("pad b", True)], "it goes on walking"
    feed(pad, axis(right, 1.0, pad=1))
    assert pad.turn[1] > 0
    assert feed(pad, axis(forward, -0.1), button(a, False)) == [("pad stick forward", False)]
    assert pad.loses(gone(1)) and not pad.loses(gone()), "a button that is let go is no use of it"
    assert feed(pad, axis(forward, -1.0), gone(1)) == [("pad stick forward", True), ("pad a", False), ("pad b", False)]
    assert pad.turn == (0.0, 0.0)


def test_a_pad_lets_go_when_it_is_unplugged_although_another_was_used_since() -> None:
    pad = Pad()
    feed(pad, axis(pygame.CONTROLLER_AXIS_RIGHTX, 1.0), button(pygame.CONTROLLER_BUTTON_A))
    feed(pad, button(pygame.CONTROLLER_BUTTON_B, pad=1))
    assert feed(pad, gone()) == [("pad a", False)] and pad.turn == (0.0, 0.0)


def test_the_sticks_can_change_places() -> None:
    pad = Pad(sticks="right walks")
    walked = feed(pad, axis(pygame.CONTROLLER_AXIS_RIGHTY, -1.0), axis(pygame.CONTROLLER_AXIS_LEFTX, 1.0))
    assert walked == [("pad stick forward", True)] and pad.turn == (0.0, pytest.approx(pad.degrees))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (pygame.CONTROLLER_AXIS_LEFTX, pygame.CONTROLLER_AXIS_LEFTY),
        (pygame.CONTROLLER_AXIS_RIGHTX, pygame.CONTROLLER_AXIS_RIGHTY),
    ],
)
def test_either_stick_can_do_both_for_one_hand(x: int, y: int) -> None:
    pad = Pad(sticks="one does both")
    assert feed(pad, axis(y, -0.8)) == [("pad stick forward", True)] and pad.turn == (0.0, 0.0)
    assert feed(pad, axis(x, 0.6)) == [], "it goes on walking"
    pitch, yaw = pad.turn
    assert pitch == 0.0 and yaw > 0
    assert feed(pad, axis(y, 0.0)) == [("pad stick forward", False)] and pad.turn[1] > 0
    assert feed(pad, axis(x, 0.0)) == [] and pad.turn == (0.0, 0.0)
