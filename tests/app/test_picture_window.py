"""The picture for real: it follows the mouse between two frames, and is drawn as a person wants it; keys from outside.

The world hangs on strings: a frame comes when the test lets it, so that nothing but the window moves the picture.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.settings import load_settings

from .display import PATIENCE, ROOT, SIZE, Desk, Screenshot, until, virtual_display
from .motion import shift_right
from .words_seen import shows_banner

_SCREEN, _PLACE = (800, 500), (80, 50)  # the window stands in the middle
_MIDDLE = (slice(70, 170), slice(80, 560))  # of the window: no words but those of pages are there
_CORNER = (slice(355, 385), slice(15, 65))  # where the hands are shown, and nothing else
_DOTS = (slice(225, 240), slice(280, 360))  # of the loading screen
_TURN, _LEAST_SHIFT = 40, 20.0  # counts of the mouse: 6 degrees, a shift of 29 pixels

pytestmark = pytest.mark.usefixtures("own_places", "fonts")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """A screen that is larger than the window, and somebody who lets windows fill it."""
    with virtual_display(_SCREEN) as desk:
        command = [sys.executable, "-m", "tests.app.window_manager", desk.name]
        manager = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        try:
            assert manager.stdout is not None and manager.stdout.readline() == b"ready\n"
            yield desk
        finally:
            manager.kill()
            manager.communicate()


def look(desk: Desk) -> Screenshot:
    """The window, where it does not fill the screen."""
    left, top = _PLACE
    return desk.look()[top : top + SIZE[1], left : left + SIZE[0]]


def middle(desk: Desk) -> Screenshot:
    return look(desk)[_MIDDLE]


def see_it_load(desk: Desk) -> None:
    """One of the dots of the loading screen is lit after the other."""
    seen: list[bytes] = []

    def three() -> bool:
        seen.append(look(desk)[_DOTS].tobytes())
        return len(set(seen)) >= 3

    until(three, "the loading screen moved")


def note_all(desk: Desk) -> None:
    """Wait until the window has taken all that the hands did until now: it shows, or hides, what they do."""
    before = shows_hands(desk)
    desk.hands("key", "F2")
    until(lambda: shows_hands(desk) != before, "F2 was taken")


def shows_hands(desk: Desk) -> bool:
    """Whether the panel of the hands is there: nothing in the world is so dark."""
    return float((look(desk)[_CORNER].max(axis=2) < 60).mean()) > 0.3


def stand_still(desk: Desk, strings: Path) -> Screenshot:
    """Let no more frames come; returns the middle of what is seen."""
    (strings / "still").touch()
    until((strings / "waits").exists, "the next frame was waited for")
    note_all(desk)
    return middle(desk)


def turn_right(desk: Desk, counts: int = _TURN) -> None:
    desk.hands("mousemove_relative", "--", str(counts), "0")


def shifts(desk: Desk, before: Screenshot) -> bool:
    """Whether what was seen lies further left now, as when one looks to the right."""
    return shift_right(before, middle(desk), 120) < -_LEAST_SHIFT


def follow_the_mouse(desk: Desk, strings: Path) -> None:
    """With late warp the picture turns although no frame comes, without it only the next frame does."""
    before = stand_still(desk, strings)
    turn_right(desk)
    until(lambda: shifts(desk, before), "the picture followed the mouse")
    desk.hands("key", "F6")
    until(lambda: np.array_equal(middle(desk), before), "F6 took the turn back")
    turn_right(desk)
    note_all(desk)
    assert np.array_equal(middle(desk), before), "without late warp the mouse moved the picture"
    (strings / "still").unlink()
    until(lambda: shifts(desk, before), "the next frames turned")


def change_the_filter(desk: Desk, strings: Path) -> None:
    """F7 goes through all ways to enlarge a frame, of which one shows its pixels."""
    looks = [stand_still(desk, strings)]
    for name in ("pixels", "smooth", "edges"):
        desk.hands("key", "F7")
        until(lambda: not np.array_equal(middle(desk), looks[-1]), f"F7 took {name}")
        looks.append(middle(desk))
    edges, pixels, smooth, again = looks
    assert np.array_equal(again, edges) and not np.array_equal(smooth, edges)
    assert flat_share(pixels) > 0.8 > 0.5 > max(flat_share(smooth), flat_share(edges))


def flat_share(seen: Screenshot) -> float:
    """Share of the pixels that look like their right neighbour."""
    return float((seen[:, 1:] == seen[:, :-1]).all(axis=2).mean())


def fill_the_screen(desk: Desk) -> None:
    """F11 fills the screen with the picture, and goes back."""
    assert not desk.look()[:40, 200:600].any(), "nothing is beside the window"
    desk.hands("key", "F11")
    until(lambda: window_size(desk) == _SCREEN and desk.look()[:40, 200:600].mean() > 60, "F11 filled the screen")
    desk.hands("key", "F11")
    until(lambda: window_size(desk) == SIZE and not desk.look()[:40, 200:600].any(), "F11 went back to a window")


def window_size(desk: Desk) -> tuple[int, int]:
    command = ["xdotool", "getwindowgeometry", "--shell", desk.window()]
    done = subprocess.run(command, env=desk.environment, capture_output=True, text=True, check=True)
    told = dict(line.split("=") for line in done.stdout.split())
    return int(told["WIDTH"]), int(told["HEIGHT"])


def enlarge_the_words(desk: Desk) -> None:
    """Words over the picture are as large as the settings say."""
    desk.hands("key", "p")
    until(lambda: shows_banner(look(desk), "paused"), "P paused")
    settings_of_the_picture(desk, *["Down"] * 5, *["Right"] * 10)
    until(lambda: shows_banner(look(desk), "paused", text_scale=2.0), "words became twice as large")
    assert not shows_banner(look(desk), "paused")
    desk.hands("key", "p")
    until(lambda: not shows_banner(look(desk), "paused", text_scale=2.0), "P went on")


def settings_of_the_picture(desk: Desk, *keys: str) -> None:
    """Press keys on their page, and go back to the walk."""
    pages = ("Escape", *["Down"] * 4, "Return", "Down", "Down", "Return")
    for key in (*pages, *keys, *["Escape"] * 3):
        desk.hands("key", key)


def move_nothing(desk: Desk) -> None:
    """With reduced motion the picture does not follow the mouse, late warp or not."""
    settings_of_the_picture(desk, "Down", "Return", *["Down"] * 5, "Return")
    note_all(desk)
    before = middle(desk)
    turn_right(desk)
    note_all(desk)
    assert np.array_equal(middle(desk), before), "in spite of reduced motion the picture moved"


def test_the_picture_is_drawn_as_the_keys_and_the_settings_say(
    desk: Desk, tiny_world: Path, strings: Path, tmp_path: Path
) -> None:
    (strings / "waking").touch()
    words = ("--world", str(tiny_world), str(strings))
    with desk.player(*words, stderr=tmp_path / "said", module="tests.app.puppet") as player:
        until((strings / "waits").exists, "the world was waited for")
        see_it_load(desk)
        (strings / "waking").unlink()
        until(lambda: middle(desk).mean() > 100, "it played")
        follow_the_mouse(desk, strings)
        change_the_filter(desk, strings)
        fill_the_screen(desk)
        move_nothing(desk)
        enlarge_the_words(desk)
        (strings / "still").unlink()
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    now = load_settings(tmp_path / "settings.toml").settings.picture
    assert (now.text_scale, now.reduced_motion, now.late_warp, now.filter) == (2.0, True, True, "edges")
