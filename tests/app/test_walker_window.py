"""A walk that goes badly, for real: a world too slow for its rate, and one that fades; keys from outside."""

import signal
from pathlib import Path

import numpy as np
import pytest

from app import theme
from app.bindings import DEFAULT
from app.key_names import key_of

from .display import PATIENCE, Desk, Screenshot, until
from .motion import shift_right
from .words_seen import shows_banner, shows_toast

_MIDDLE = (slice(70, 250), slice(80, 560))  # nothing is said there
_DOTS = (slice(225, 240), slice(280, 360))  # of the loading screen
_FADING = f"the world is fading: {key_of(DEFAULT, 'anchor')} goes back to a clear frame"
_CLEAR, _TURN = 15.0, 80  # deviation of bytes in a picture that is not dull; counts of the mouse

pytestmark = pytest.mark.usefixtures("own_places", "fonts")


def middle(desk: Desk) -> Screenshot:
    return desk.look()[_MIDDLE]


def fades(desk: Desk) -> bool:
    return shows_banner(desk.look(), _FADING, theme.WARN)


def see_it_load_without_motion(desk: Desk, strings: Path) -> None:
    """With reduced motion all dots of the loading screen are lit."""
    until((strings / "waits").exists, "the world was waited for")
    until(lambda: lit(desk.look()[_DOTS]), "all dots were lit")
    (strings / "waking").unlink()


def lit(dots: Screenshot) -> bool:
    """Whether three dots stand in the colour of what is lit."""
    like = (np.abs(dots.astype(int) - theme.ACCENT[:3]).max(axis=2) < 30).any(axis=0)
    return int((np.diff(like.astype(int), prepend=0) > 0).sum()) == 3


def steps_taken(strings: Path) -> list[int]:
    """In how many evaluations frames were made, one after the other."""
    noted = strings / "steps"
    return [int(steps) for steps in noted.read_text().split()] if noted.exists() else []


def go_back_to_a_clear_frame(desk: Desk) -> None:
    """Once the world fades that is said; G goes back to what was clear, and the walk goes on from there."""
    until(lambda: fades(desk), "it was said that the world fades")
    assert middle(desk).std() < _CLEAR
    desk.hands("key", "g")
    until(lambda: not fades(desk) and middle(desk).std() > _CLEAR, "G went back to a clear frame")
    before = middle(desk)
    desk.hands("mousemove_relative", "--", str(_TURN), "0")
    until(lambda: shift_right(before, middle(desk), 120) < -20, "it went on")


def test_a_slow_world_takes_fewer_steps_and_one_that_fades_is_gone_back_in(
    desk: Desk, tiny_world: Path, strings: Path, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text("[play]\nquality = 'auto'\nfit = false\n[picture]\nreduced_motion = true\n")
    for string in ("waking", "slow", "fading"):
        (strings / string).touch()
    words = ("--world", str(tiny_world), str(strings))
    with desk.player(*words, stderr=tmp_path / "said", module="tests.app.puppet") as player:
        see_it_load_without_motion(desk, strings)
        until(lambda: steps_taken(strings) == [2, 1], "it took fewer steps than the world is made for")
        go_back_to_a_clear_frame(desk)
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""


def test_a_world_that_is_too_slow_in_the_steps_that_were_chosen_says_which_key_takes_fewer(
    desk: Desk, tiny_world: Path, strings: Path, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text("[play]\nquality = '2'\nfit = false\n")
    (strings / "slow").touch()
    said = "this machine is too slow for the world with 2 steps a frame: fewer may help (key -)"
    words = ("--world", str(tiny_world), str(strings))
    with desk.player(*words, stderr=tmp_path / "said", module="tests.app.puppet") as player:
        until(lambda: shows_toast(desk.look(), said), "it was said, with what helps")
        desk.hands("key", "minus")
        until(lambda: steps_taken(strings) == [2, 1], "and that helped")
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
