import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bindings import COMMANDS, PRESETS
from app.menu.rebinding import bound, cleared, reset
from app.settings import HandsSettings

NAMES = st.sampled_from(["j", "escape", "mouse left", "wheel up", "pad a", "pad left trigger", "space"])


def test_a_key_takes_the_place_of_keys_and_leaves_the_pad_alone() -> None:
    hands = bound(HandsSettings(), "jump", "j")
    assert hands.all_bindings()["jump"] == ("j", "pad a")
    assert bound(hands, "jump", "pad x").all_bindings()["jump"] == ("j", "pad x")
    assert bound(hands, "jump", "mouse middle").all_bindings()["jump"] == ("mouse middle", "pad a")
    assert bound(hands, "jump", "space", add=True).all_bindings()["jump"] == ("j", "space", "pad a")
    assert set(hands.bindings) == {"jump"}, "nothing but the difference is kept"


def test_the_binding_of_the_preset_is_no_difference() -> None:
    assert bound(bound(HandsSettings(), "jump", "j"), "jump", "space").bindings == {}
    assert bound(HandsSettings(), "jump", "space", add=True).bindings == {}
    assert reset(bound(HandsSettings(), "jump", "j"), "jump").bindings == {}


def test_a_command_can_be_left_without_input_but_not_the_menu() -> None:
    hands = cleared(cleared(HandsSettings(), "jump"), "rewind")
    assert hands.all_bindings()["jump"] == hands.all_bindings()["rewind"] == ()
    assert bound(hands, "jump", "j").all_bindings()["jump"] == ("j",)
    assert cleared(bound(HandsSettings(), "menu", "m"), "menu").all_bindings()["menu"] == ("escape", "pad start")


@given(
    st.sampled_from(sorted(PRESETS)), st.lists(st.tuples(st.sampled_from(COMMANDS), NAMES, st.booleans()), max_size=8)
)
def test_whatever_is_pressed_ends_up_bound_once(preset: str, presses: list[tuple[str, str, bool]]) -> None:
    hands = HandsSettings(preset=preset)
    for command, name, add in presses:
        before = hands.all_bindings()
        hands = bound(hands, command, name, add=add)
        now = hands.all_bindings()
        assert now[command].count(name) == 1
        assert {other: now[other] for other in now if other != command} == {
            other: before[other] for other in before if other != command
        }
    for command in COMMANDS:
        hands = reset(hands, command)
    assert hands == HandsSettings(preset=preset)


@pytest.mark.parametrize("command", COMMANDS)
def test_clearing_and_resetting_come_back_to_the_preset(command: str) -> None:
    assert reset(cleared(HandsSettings(), command), command) == HandsSettings()
