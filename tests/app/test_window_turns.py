"""The bundled world turns the way the mouse moves, seen on the screen from outside of the player."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model.world_spec import bundled_worlds

from .display import SIZE, Desk, Screenshot, unavailable, until, virtual_display
from .motion import shift_right

_MOVES, _COUNTS = 6, 40  # looks a few frames apart, and mouse counts between two of them (6 degrees)
_FIELD = (slice(20, 320, 2), slice(40, 600, 2))  # of the screen, beside the line of hints, at half its size
_MOST = 120  # pixels of the field that a picture may have moved between two looks


@pytest.fixture
def desk() -> Iterator[Desk]:
    with virtual_display(SIZE) as desk:
        yield desk


def test_the_measure_knows_left_from_right() -> None:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (12, 60, 3), dtype=np.uint8)
    wide = coarse.repeat(12, axis=0).repeat(12, axis=1)
    before, moved_left = wide[:, 100:400], wide[:, 120:420]
    assert shift_right(before, moved_left, 60) == pytest.approx(-20, abs=1)
    assert shift_right(moved_left, before, 60) == pytest.approx(20, abs=1)


@pytest.mark.parametrize(("required", "outcome"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_world_fails_where_window_tests_are_required(
    monkeypatch: pytest.MonkeyPatch, required: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("ARVD_REQUIRE_WINDOW_TESTS", required)
    monkeypatch.setattr(f"{__name__}.bundled_worlds", dict)
    with pytest.raises(outcome, match="assets/worlds/minecraft"):
        require_bundled_world()


@pytest.mark.parametrize(("hand", "scenery"), [(1, -1), (-1, 1)], ids=["right", "left"])
def test_scenery_moves_against_the_mouse(desk: Desk, tmp_path: Path, hand: int, scenery: int) -> None:
    require_bundled_world()
    with desk.player("--world", "minecraft", stderr=tmp_path / "said") as player:
        until(lambda: player.poll() is not None or bright(desk.look()), "the loading screen made way")
        assert player.poll() is None, (tmp_path / "said").read_text()
        shifts = [shift_after(desk, hand) for _ in range(_MOVES)]
    assert np.sign(np.median(shifts)) == scenery, f"moved by {np.round(shifts, 1)} pixels"


def require_bundled_world() -> None:
    if "minecraft" not in bundled_worlds():
        unavailable("assets/worlds/minecraft is not in this checkout, so that nothing is here to turn in")


def bright(seen: Screenshot) -> bool:
    """Whether the line of hints stands at the bottom: it comes with the first frame of play."""
    line = seen[345:385, 200:440]
    return float((line.max(axis=2) < 90).mean()) > 0.5 and int(line.max()) > 200


def shift_after(desk: Desk, hand: int) -> float:
    """Move the mouse, wait until the picture shows it, and say by how much the scenery moved."""
    before = desk.look()[_FIELD]
    for _ in range(4):
        desk.hands("mousemove_relative", "--", str(hand * _COUNTS // 4), "0")
    after = settled(desk)
    return shift_right(before, after, _MOST)


def settled(desk: Desk) -> Screenshot:
    """Look again after a few more frames, when the motion has been answered whole."""
    newest = desk.look()[_FIELD]
    for _ in range(3):
        newest = next_frame(desk, newest)
    return newest


def next_frame(desk: Desk, shown: Screenshot) -> Screenshot:
    until(lambda: bool(np.any(desk.look()[_FIELD] != shown)), "a frame was shown")
    return desk.look()[_FIELD]
