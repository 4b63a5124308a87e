"""Hands for real: mouse and keys as the settings take them; what arrived is read from the replay of the walk."""

import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app import theme
from app.settings import load_settings
from model.actions import KEYS, TURN_DEGREES, Action
from model.footage.replays import Replays

from .display import PATIENCE, Desk, count_colour, until
from .walks import Walks

_SETTINGS = """
[hands]
preset = "left hand"
mouse_degrees = 0.5
invert = true
toggle = ["sneak"]
[hands.bindings]
menu = ["m"]
jump = ["mouse left"]
[play]
fit = false
"""
_FEW_FRAMES = 5
_CARDS = (slice(60, 370), slice(250, 600))  # where the keys stand on their page

_W, _A = "25", "38"  # where they are on every keyboard, as X counts

pytestmark = pytest.mark.usefixtures("own_places")


def fence(desk: Desk, walks: Walks) -> None:
    """Wait until all that the hands did until now has arrived: a key that is pressed after it has."""
    before = presses(walks, "forward")
    desk.hands("key", "w")
    until(lambda: presses(walks, "forward") > before, "W arrived")


def presses(walks: Walks, name: str) -> int:
    """How often a key went down so far."""
    held = [bool(getattr(line.action, name)) for line in walks.lines()]
    return int((np.diff(held, prepend=False) & held).sum()) if held else 0


def turned(walks: Walks) -> tuple[float, float]:
    """Degrees that the camera went so far, to the right and down."""
    actions = [line.action for line in walks.lines()]
    return sum(action.yaw for action in actions), sum(action.pitch for action in actions)


def lasts(walks: Walks, what: Callable[[Action], bool], why: str) -> None:
    """Wait until the newest frames all are made by such an action."""
    until(lambda: all(what(line.action) for line in walks.lines()[-_FEW_FRAMES:]), why)


def capture(desk: Desk, walks: Walks) -> None:
    """Esc frees the mouse before anything else moves it; the wheel does not take it again, a click does."""
    desk.hands("key", "Escape", "mousemove_relative", "--", "100", "0", "click", "4", "click", "5")
    desk.hands("mousemove_relative", "--", "100", "0")
    fence(desk, walks)
    assert turned(walks) == (0.0, 0.0), "the mouse is free"
    desk.hands("click", "1", "mousemove_relative", "--", "20", "10")
    fence(desk, walks)
    assert turned(walks) == (10.0, -5.0), "the mouse turns half a degree for a count, and looks down when it goes up"
    assert presses(walks, "jump") == 0, "the click that captures does nothing else"


def hold(desk: Desk, walks: Walks) -> None:
    """A key lasts as long as it is held, one that stays on from one press to the next; the left hand turns by keys."""
    desk.hands("keydown", "w")
    lasts(walks, lambda action: action.forward, "W is held")
    desk.hands("keyup", "w", "key", "shift")
    lasts(walks, lambda action: action.sneak and not action.forward, "Shift stays on, W does not")
    desk.hands("key", "shift", "keydown", "a")
    lasts(walks, lambda action: action.yaw == -TURN_DEGREES and not action.sneak, "A turns, Shift is off")
    desk.hands("keyup", "a", "keydown", "z")
    lasts(walks, lambda action: action.left and action.yaw == 0, "Z strafes")
    desk.hands("keyup", "z", "click", "1")
    until(lambda: presses(walks, "jump") == 1, "a click jumps")


def bind_the_middle_button(desk: Desk, walks: Walks, settings: Path) -> None:
    """Sprint, then use get the middle button: the page shows that it does both, and both it does."""

    def warned() -> int:
        return count_colour(desk.look()[_CARDS], theme.WARN, 40)

    for key in ("m", *["Down"] * 4, "Return", "Down", "Return", *["Down"] * KEYS.index("sprint"), "Return"):
        desk.hands("key", key)
    desk.hands("click", "2")
    until(lambda: changed(settings).get("sprint") == ("mouse middle", "pad left stick"), "sprint has it")
    until(lambda: warned() == 0, "that is no conflict")
    for key in (*["Down"] * (KEYS.index("use") - KEYS.index("sprint")), "Return"):
        desk.hands("key", key)
    desk.hands("click", "2")
    until(lambda: changed(settings).get("use") == ("mouse middle", "pad left trigger"), "use has it too")
    until(lambda: warned() > 60, "the conflict is shown")
    for _ in range(3):
        desk.hands("key", "Escape")
    desk.hands("mousedown", "2")
    lasts(walks, lambda action: action.sprint and action.use, "the button does both")
    desk.hands("mouseup", "2")
    lasts(walks, lambda action: not action.sprint and not action.use, "as long as it is held")


def changed(settings: Path) -> dict[str, tuple[str, ...]]:
    """What is bound otherwise than in the preset, as it is kept."""
    return load_settings(settings).settings.hands.bindings


def test_hands_do_what_the_settings_say(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    walks, settings = Walks(tmp_path / "replays"), tmp_path / "settings.toml"
    settings.write_text(_SETTINGS)
    words = ("--world", str(tiny_world), "--record", str(walks.folder))
    with desk.player(*words, stderr=tmp_path / "said") as player:
        until(lambda: bool(walks.all()) and len(walks.lines()) > 5, "it played")
        capture(desk, walks)
        hold(desk, walks)
        bind_the_middle_button(desk, walks, settings)
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
    assert len(Replays(walks.folder).names) == 1, "one walk from the beginning to the end"


def test_keys_walk_from_where_they_are_on_any_keyboard(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    walks = Walks(tmp_path / "replays")
    (tmp_path / "settings.toml").write_text("[play]\nfit = false\n")
    desk.switch_layout("ru")
    try:
        words = ("--world", str(tiny_world), "--record", str(walks.folder))
        with desk.player(*words, stderr=tmp_path / "said") as player:
            until(lambda: bool(walks.all()) and len(walks.lines()) > 5, "it played")
            desk.hands("keydown", _W)
            lasts(walks, lambda action: action.forward, "the key with \u0426 walks, as W does")
            desk.switch_layout("fr")
            desk.hands("keyup", _W, "keydown", _A)
            lasts(walks, lambda action: action.left and not action.forward, "it was let go with Z on it; Q strafes")
            desk.hands("keyup", _A)
            lasts(walks, lambda action: action == Action(), "nothing sticks")
            player.send_signal(signal.SIGTERM)
            assert player.wait(PATIENCE) == 0
    finally:
        desk.switch_layout("us")
    assert (tmp_path / "said").read_text() == ""
