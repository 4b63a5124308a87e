"""Two worlds side by side for real: the player in its own process under Xvfb, hands and eyes outside of it."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from app import theme
from app.duel.layout import layout_of
from app.duel.options import check_duel
from app.duel.rounds import Rounds
from app.duel.votes import read_votes
from app.keepsakes import read_place
from app.options import build_parser
from app.settings import load_settings
from model.world_spec import world_hash

from ...tiny_world import HEIGHT, WIDTH, make_tiny_world
from ..display import PATIENCE, ROOT, SIZE, Desk, count_colour, until
from ..pad_in_hand import player_with_pad

PLACES = layout_of(SIZE, ((WIDTH, HEIGHT), (WIDTH, HEIGHT)))


@contextmanager
def compared(desk: Desk, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "app.play", "--size", f"{SIZE[0]}x{SIZE[1]}", *words]
    process = subprocess.Popen(
        command, cwd=ROOT, env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def sides(desk: Desk) -> list[npt.NDArray[np.uint8]]:
    seen = desk.look()
    return [seen[place.top : place.bottom, place.left : place.right] for place in PLACES.pictures]


def until_both_play(desk: Desk, what: str) -> None:
    """Wait until both pictures were bright and new three times: the first new one of a round is only its scene."""
    seen: list[list[npt.NDArray[np.uint8]]] = []

    def moved_on() -> bool:
        look = sides(desk)
        bright = all((side.max(axis=2) > 150).mean() > 0.2 for side in look)  # words of the loading screen are not
        if bright and not (seen and any(map(np.array_equal, seen[-1], look))):
            seen.append(look)
        return len(seen) == 3

    until(moved_on, what)


def rests(desk: Desk) -> bool:
    before = sides(desk)
    time.sleep(0.5)  # several frames; two looks on end may see the same one
    after = sides(desk)
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_blind_votes_are_logged_and_summed_up(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    other, log = make_tiny_world(tmp_path / "other", 5), tmp_path / "votes.jsonl"
    words = ("--world", str(tiny_world), "--versus", str(other), "--blind", "--votes", str(log), "--seed", "11")
    with compared(desk, *words) as player:
        until_both_play(desk, "both worlds played")
        for count, key in enumerate("1202", start=1):
            desk.hands("key", key)
            until(lambda count=count: len(read_votes(log)[0]) == count, "the vote was logged")
            until_both_play(desk, "the next round played")
        desk.hands("key", "Escape")
        until(lambda: rests(desk), "Esc paused both")
        desk.hands("key", "Escape")
        said, errors = player.communicate(timeout=PATIENCE)
        assert (player.returncode, errors) == (0, "")
    votes, strange = read_votes(log)
    assert [vote.choice for vote in votes] == ["left", "right", "none", "right"] and not strange
    rounds = Rounds(11, check_duel(build_parser().parse_args(words)).starts, blind=True)
    for number, vote in enumerate(votes, start=1):
        drawn = rounds.draw(number)
        assert (vote.round, vote.scene, vote.seed, vote.left) == (
            number, drawn.start.name, drawn.seed, "ab"[drawn.order[0]],
        )  # fmt: skip
        assert vote.blind and vote.draw == 11 and vote.frames > 0
        assert (vote.a.hash, vote.b.hash) == (world_hash(tiny_world), world_hash(other))
    for_a = sum(vote.better == "a" for vote in votes)
    assert f"4 votes: {for_a} for A, {3 - for_a} for B, 1 no difference; A has " in said
    assert said.splitlines()[-1] == f"votes are in {log}" and "95% interval" in said


def test_a_pad_votes_and_is_waited_for(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    other, log = make_tiny_world(tmp_path / "other", 5), tmp_path / "votes.jsonl"
    words = ("--world", str(tiny_world), "--versus", str(other), "--blind", "--votes", str(log))
    with player_with_pad(desk, *words) as (player, pad):
        pad.do("plug")
        until_both_play(desk, "both worlds played")
        for count, button in enumerate(("left", "right", "down"), start=1):
            pad.do(f"press {button}")
            until(lambda count=count: len(read_votes(log)[0]) == count, "the vote was logged")
            pad.do(f"lift {button}")
            until_both_play(desk, "the next round played")
        pad.do("press start")
        until(lambda: rests(desk), "Start paused both")
        pad.do("lift start")
        pad.do("press a")
        until_both_play(desk, "A went on")
        pad.do("lift a")
        pad.do("push lefty -1")
        until_both_play(desk, "the pad walked")
        pad.do("unplug")
        until(lambda: rests(desk), "both waited for the pad")
        desk.hands("click", "1")
        until_both_play(desk, "a click went on")
        player.send_signal(signal.SIGTERM)
        _, errors = player.communicate(timeout=PATIENCE)
        assert (player.returncode, errors) == (0, "")
    assert [vote.choice for vote in read_votes(log)[0]] == ["left", "right", "none"]


def test_one_world_against_itself_shows_the_same_on_both_sides(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    words = ("--world", str(tiny_world), "--versus", str(tiny_world), "--votes", str(tmp_path / "votes.jsonl"))
    with compared(desk, *words) as player:
        until_both_play(desk, "both played")
        desk.hands("keydown", "w", "mousemove_relative", "--", "60", "10")
        until_both_play(desk, "both went on")
        desk.hands("keyup", "w", "key", "p")
        until(lambda: rests(desk), "P paused both")
        left, right = sides(desk)
        middle = slice(left.shape[0] // 2 - 24, left.shape[0] // 2 + 24)  # where it says that it is paused
        same = np.abs(np.delete(left, middle, 0).astype(int) - np.delete(right, middle, 0)) <= 3
        assert same.mean() > 0.99
        desk.hands("key", "p")
        until_both_play(desk, "P went on")
        player.send_signal(signal.SIGTERM)
        said, errors = player.communicate(timeout=PATIENCE)
        assert (player.returncode, said, errors) == (0, "", "")
    assert not (tmp_path / "votes.jsonl").exists()


@pytest.mark.usefixtures("own_places")
def test_keys_of_ones_own_walk_and_a_click_votes(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[hands.bindings]\nmenu = ["m"]\nhands = ["escape"]\nforward = ["1"]\n')
    log = tmp_path / "votes.jsonl"
    with compared(desk, "--world", str(tiny_world), "--versus", str(tiny_world), "--votes", str(log)) as player:
        until_both_play(desk, "both played")
        desk.hands("key", "1")
        until_both_play(desk, "1 walked")
        desk.hands("key", "Escape")
        until(lambda: rests(desk), "Esc paused both, although M is the key of the menu")
        assert not log.exists()
        desk.hands("mousemove", *map(str, PLACES.entries[2].center), "click", "1")
        until(lambda: len(read_votes(log)[0]) == 1, "the click voted")
        until_both_play(desk, "and the next round played")
        desk.hands("key", "m")
        until(lambda: rests(desk), "M paused both")
        desk.hands("key", "m")
        _, errors = player.communicate(timeout=PATIENCE)
        assert (player.returncode, errors) == (0, "")
    ((vote,), _) = read_votes(log)
    assert vote.choice == "right"


@pytest.mark.usefixtures("own_places")
def test_both_pictures_are_kept_in_one_and_what_is_seen_is_chosen(
    desk: Desk, tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(desk.environment, "XDG_PICTURES_DIR", str(tmp_path / "pictures"))
    with compared(desk, "--world", str(tiny_world), "--versus", str(tiny_world), "--seed", "3") as player:
        until_both_play(desk, "both played")
        desk.hands("key", "F6", "key", "F7", "key", "F12")
        until(lambda: bool(list((tmp_path / "pictures" / "arvd").glob("*.png"))), "F12 kept the pictures")
        player.send_signal(signal.SIGTERM)
        _, errors = player.communicate(timeout=PATIENCE)
        assert (player.returncode, errors) == (0, "")
    (kept,) = (tmp_path / "pictures" / "arvd").glob("*.png")
    place = read_place(kept)
    assert place is not None and (place["world"], place["versus"], place["scene"]) == ("tiny", "tiny", "one")
    seen = np.asarray(Image.open(kept)).astype(int)
    both = PLACES.pictures[0].union(PLACES.pictures[1])
    assert seen.shape == (both.height, both.width, 3)
    width = PLACES.pictures[0].width
    assert np.abs(seen[:, :width] - seen[:, -width:]).max() <= 3 and seen.std() > 20, "one world, twice"
    picture = load_settings(tmp_path / "settings.toml").settings.picture
    assert not picture.late_warp and picture.filter == "pixels", "as in plain play"


def test_frames_ends_it_and_damaged_weights_are_one_sentence(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    with compared(desk, "--world", str(tiny_world), "--versus", str(tiny_world), "--frames", "20") as player:
        assert player.wait(PATIENCE) == 0
    other = make_tiny_world(tmp_path / "other", 5)
    (other / "generator.safetensors").write_bytes(b"junk")
    with compared(desk, "--world", str(tiny_world), "--versus", str(other)) as player:
        _, errors = player.communicate(timeout=PATIENCE)
        assert player.returncode == 2
    assert errors.startswith("error: ") and errors.count("\n") == 1 and "generator.safetensors" in errors


@contextmanager
def falling(desk: Desk, falls: Path, *words: str) -> "Iterator[subprocess.Popen[str]]":
    """A comparison whose worlds fall over while the file `falls` is there."""
    command = [sys.executable, "-m", "tests.app.duel.falling", "--size", f"{SIZE[0]}x{SIZE[1]}", *words, str(falls)]
    with subprocess.Popen(command, cwd=ROOT, env=desk.environment, stderr=subprocess.PIPE, text=True) as player:
        try:
            yield player
        finally:
            player.kill()


def says_why(desk: Desk) -> bool:
    return count_colour(desk.look()[60:-60], theme.WARN, 40) > 40


def test_a_world_that_stops_says_why_and_both_begin_again(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    falls = tmp_path / "falls"
    words = ("--world", str(tiny_world), "--versus", str(tiny_world), "--votes", str(tmp_path / "votes.jsonl"))
    with falling(desk, falls, *words) as player:
        for again in (True, False):
            until(lambda: not rests(desk) and not says_why(desk), "both worlds played")
            falls.touch()
            until(lambda: says_why(desk), "it said why it stopped")
            falls.unlink()
            desk.hands("key", "Return" if again else "End")
        desk.hands("key", "Return")
        _, errors = player.communicate(timeout=PATIENCE)
    assert player.returncode == 1 and "fell over at frame" in errors


def test_a_signal_ends_a_comparison_that_stopped(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    falls = tmp_path / "falls"
    words = ("--world", str(tiny_world), "--versus", str(tiny_world), "--votes", str(tmp_path / "votes.jsonl"))
    with falling(desk, falls, *words) as player:
        until(lambda: not rests(desk) and not says_why(desk), "both worlds played")
        falls.touch()
        until(lambda: says_why(desk), "it said why it stopped")
        player.send_signal(signal.SIGTERM)
        _, errors = player.communicate(timeout=PATIENCE)
        assert (player.returncode, errors) == (0, "")
