"""A pad for real: SDL makes one up inside the player's process, which runs in a window under Xvfb."""

import json
import signal

import pytest

from app import theme
from model.world_spec import bundled_worlds, read_scenes

from .display import PATIENCE, Desk, count_colour, until
from .pad_in_hand import player_with_pad
from .test_menu_window import menu_is_open, plays
from .test_player_window import await_frames

pytestmark = pytest.mark.usefixtures("own_places")

GONE = "the pad is gone; plug it in again, or go on with keyboard and mouse"


def shows_start(desk: Desk) -> bool:
    return count_colour(desk.look(), theme.ACCENT, 30) > 200


def test_a_pad_chooses_a_scene_plays_is_unplugged_and_comes_back(desk: Desk) -> None:
    with player_with_pad(desk) as (player, pad):
        pad.do("plug")
        until(lambda: shows_start(desk), "the start screen was seen")
        pad.tap("right", desk)
        pad.tap("a", desk)
        until(lambda: plays(desk), "what was chosen played")

        pad.do("push lefty -1", "push rightx 1")
        await_frames(desk, 6)
        pad.do("unplug")
        until(lambda: menu_is_open(desk), "play was paused with the pad")
        desk.hands("key", "Escape")
        until(lambda: not menu_is_open(desk) and plays(desk), "the keyboard went on")

        pad.do("plug")
        pad.do("press start")
        until(lambda: menu_is_open(desk), "the pad opened the menu")
        pad.do("lift start", "press b")
        until(lambda: not menu_is_open(desk) and plays(desk), "and closed it")
        desk.hands("key", "w")
        await_frames(desk, 4)
        pad.do("unplug")
        await_frames(desk, 8)
        player.send_signal(signal.SIGTERM)
        said, errors = player.communicate(timeout=PATIENCE)
    assert (player.returncode, errors) == (0, "")
    report = json.loads(said)
    assert report["scenes"] == [read_scenes(next(iter(bundled_worlds().values())))[1].name]
    assert report["said"].count(GONE) == 2
    forward = [index for index, (walks, _) in enumerate(report["actions"]) if walks]
    turned = [index for index, (_, yaw) in enumerate(report["actions"]) if yaw > 0]
    assert len(set(forward) & set(turned)) >= 4, "it walked and turned at once"
    begins = [index for index in forward if index - 1 not in forward]
    assert len(begins) == 2, "what the pad held was let go, and W pressed once"
    tapped = begins[-1]
    assert turned[-1] < tapped and len(report["actions"]) - tapped >= 8, "the keyboard played on without a pause"
