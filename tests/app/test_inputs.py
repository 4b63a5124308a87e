import pygame
import pytest

from app.hands import Hands
from app.inputs import Inputs
from app.settings import HandsSettings
from model.actions import Action


@pytest.fixture(autouse=True, scope="module")
def keyboard() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDL_VIDEODRIVER", "dummy")
        pygame.display.init()
    yield
    pygame.display.quit()


def key(code: int, down: bool = True) -> pygame.event.Event:
    return pygame.event.Event(pygame.KEYDOWN if down else pygame.KEYUP, key=code)


def pressed(code: int, place: int, down: bool = True) -> pygame.event.Event:
    """A key as the library tells of it: what it does under the layout of now, and where it is."""
    return pygame.event.Event(pygame.KEYDOWN if down else pygame.KEYUP, key=code, scancode=place)


def button(number: int, down: bool = True) -> pygame.event.Event:
    return pygame.event.Event(pygame.MOUSEBUTTONDOWN if down else pygame.MOUSEBUTTONUP, button=number)


def pad_button(which: int, down: bool = True, *, pad: int = 0) -> pygame.event.Event:
    kind = pygame.CONTROLLERBUTTONDOWN if down else pygame.CONTROLLERBUTTONUP
    return pygame.event.Event(kind, button=which, instance_id=pad)


def pad_axis(which: int, value: int, *, pad: int = 0) -> pygame.event.Event:
    return pygame.event.Event(pygame.CONTROLLERAXISMOTION, axis=which, value=value, instance_id=pad)


def gone(pad: int) -> pygame.event.Event:
    return pygame.event.Event(pygame.CONTROLLERDEVICEREMOVED, instance_id=pad)


def test_the_wheel_is_no_click(inputs: Inputs) -> None:
    assert [inputs.clicks(button(number)) for number in (1, 2, 3, 4, 5, 6)] == [True, True, True, False, False, True]
    assert not inputs.clicks(button(1, down=False))


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def inputs(hands: Hands) -> Inputs:
    return Inputs(HandsSettings(mouse_degrees=0.1), hands)


@pytest.mark.parametrize(
    ("event", "action"),
    [
        (key(pygame.K_w), Action(forward=True)),
        (key(pygame.K_LSHIFT), Action(sneak=True)),
        (key(pygame.K_RIGHT), Action(yaw=3.0)),
        (button(1), Action(attack=True)),
        (button(3), Action(use=True)),
        (pygame.event.Event(pygame.MOUSEMOTION, rel=(20, -10)), Action(yaw=2.0, pitch=-1.0)),
        (pad_button(pygame.CONTROLLER_BUTTON_A), Action(jump=True)),
        (
            pad_axis(pygame.CONTROLLER_AXIS_LEFTY, -32768),
            Action(forward=True),
        ),
        (
            pad_axis(pygame.CONTROLLER_AXIS_RIGHTX, 32767),
            Action(yaw=9.0),
        ),
    ],
)
def test_events_become_what_the_hands_do(
    inputs: Inputs, hands: Hands, event: pygame.event.Event, action: Action
) -> None:
    assert inputs.feed(event, 1.0) == ()
    sample = hands.sample()
    assert sample.action == action and sample.since == 1.0


def test_commands_come_once_per_press(inputs: Inputs, hands: Hands) -> None:
    assert inputs.feed(key(pygame.K_F5), 1.0) == ("save",)
    assert inputs.feed(key(pygame.K_F5, False), 1.0) == ()
    assert hands.sample().action == Action()


def test_a_persons_own_bindings(hands: Hands) -> None:
    settings = HandsSettings(bindings={"jump": ("wheel up", "mouse 3"), "screenshot": ("mouse middle",)})
    inputs = Inputs(settings, hands)
    inputs.feed(pygame.event.Event(pygame.MOUSEWHEEL, y=1), 1.0)
    assert hands.sample().action == Action(jump=True)  # a turn of the wheel is a tap
    assert hands.sample().action == Action()
    inputs.feed(button(4), 1.0)  # the wheel again, as the library repeats it
    assert hands.sample().action == Action()
    assert inputs.feed(button(2), 1.0) == ("screenshot",)
    inputs.feed(key(pygame.K_SPACE), 1.0)
    assert hands.sample().action == Action()


@pytest.mark.parametrize("code", [ord("w"), ord("z"), ord("ц"), ord("ς")])
def test_keys_are_bound_where_they_are_and_not_by_their_letters(inputs: Inputs, hands: Hands, code: int) -> None:
    inputs.feed(pressed(code, pygame.KSCAN_W), 1.0)
    assert hands.sample().action == Action(forward=True)


def test_a_key_is_let_go_where_it_was_pressed_whatever_its_letter_is_by_then(inputs: Inputs, hands: Hands) -> None:
    inputs.feed(pressed(ord("w"), pygame.KSCAN_W), 1.0)
    inputs.feed(pressed(ord("ц"), pygame.KSCAN_W, down=False), 2.0)
    hands.sample()  # a tap lasts a frame
    assert hands.sample().action == Action()


def test_bindings_change_in_play_and_nothing_sticks(inputs: Inputs, hands: Hands) -> None:
    inputs.feed(key(pygame.K_w), 1.0)
    inputs.change(HandsSettings(preset="right hand"))
    assert hands.sample().action == Action()
    inputs.feed(key(pygame.K_UP), 1.0)
    assert hands.sample().action == Action(forward=True)


def test_releasing_lets_go_of_pads_too(inputs: Inputs, hands: Hands) -> None:
    stick = pad_axis(pygame.CONTROLLER_AXIS_RIGHTX, 32767)
    inputs.feed(stick, 1.0)
    inputs.release()
    assert hands.sample().action == Action()


def test_it_is_known_whether_a_pad_played_last(inputs: Inputs) -> None:
    a, right = pygame.CONTROLLER_BUTTON_A, pygame.CONTROLLER_AXIS_RIGHTX
    for event, by_pad in (
        (key(pygame.K_w), False),
        (pad_axis(right, 900), False),  # a stick that trembles
        (pad_button(a), True),
        (pygame.event.Event(pygame.MOUSEMOTION, rel=(1, 0)), False),
        (pad_button(a, down=False), False),
        (pad_axis(right, 32767), True),
        (key(pygame.K_w, False), True),
        (button(1), False),
    ):
        inputs.feed(event, 1.0)
        assert inputs.by_pad == by_pad, event


def test_whatever_asks_for_inputs_learns_of_the_pad(inputs: Inputs) -> None:
    for event, by_pad in ((pad_button(pygame.CONTROLLER_BUTTON_A), True), (key(pygame.K_w), False)):
        assert len(list(inputs.changes(event))) == 1, "as a menu does"
        assert inputs.by_pad == by_pad


def test_a_pad_that_is_unplugged_turns_and_presses_nothing_any_more(inputs: Inputs, hands: Hands) -> None:
    stick = pad_axis(pygame.CONTROLLER_AXIS_RIGHTX, 32767)
    walk = pad_axis(pygame.CONTROLLER_AXIS_LEFTY, -32768)
    for event in (stick, walk):
        inputs.feed(event, 1.0)
    assert hands.sample().action == Action(forward=True, yaw=9.0)
    inputs.feed(gone(0), 2.0)
    assert hands.sample().action == Action()


def test_of_two_pads_the_idle_one_can_go_unnoticed(inputs: Inputs, hands: Hands) -> None:
    inputs.feed(pad_button(pygame.CONTROLLER_BUTTON_A, pad=7), 1.0)
    inputs.feed(pad_axis(pygame.CONTROLLER_AXIS_RIGHTX, 2000, pad=3), 1.0)  # it lies on the table and trembles
    assert not inputs.loses_pad(gone(3))
    inputs.feed(gone(3), 2.0)
    assert inputs.by_pad and hands.sample().action == Action(jump=True), "what the other holds stays held"
    assert inputs.loses_pad(gone(7))
    inputs.feed(gone(7), 3.0)
    assert not inputs.by_pad and hands.sample().action == Action()
