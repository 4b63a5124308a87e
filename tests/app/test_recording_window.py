"""Recording for real: the player in its own process under Xvfb, R pressed from outside, signals and errors."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app import theme
from app.record_mark import _RED
from model.footage.replay import Replay, read_replay
from model.footage.replays import Replays

from .display import PATIENCE, ROOT, Desk, count_colour, until


def shows_mark(desk: Desk) -> bool:
    return count_colour(desk.look()[8:40, -130:], _RED, 20) > 15


def says_why(desk: Desk) -> bool:
    """Whether orange words stand on a dark page."""
    page = desk.look()[90:320, 100:540]
    return float((page.max(axis=2) < 90).mean()) > 0.8 and count_colour(page, theme.WARN, 40) > 10


def replays_in(folder: Path) -> list[Replay]:
    return [read_replay(path.parent) for path in sorted(folder.glob("*/replay.toml"))]


def is_exact(replay: Replay, world: Path) -> bool:
    words = ["--replay", str(replay.folder), "--regenerate", "--world", str(world)]
    done = subprocess.run(
        [sys.executable, "-m", "app.play", *words],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return done.returncode == 0 and done.stdout == f"{len(replay.lines) - 1} frames, bit-exact\n"


def test_r_records_from_the_midst_and_every_replay_is_exact(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my replays"
    with desk.player("--world", str(tiny_world), "--record", str(folder), stderr=tmp_path / "said") as player:
        until(lambda: shows_mark(desk), "the mark showed that it records")
        desk.hands("keydown", "w")
        until(lambda: bool(replays_in(folder)), "it was begun")
        until(lambda: any(line.action.forward for line in replays_in(folder)[0].lines), "the key was recorded")
        desk.hands("keyup", "w")
        desk.hands("key", "r")
        until(lambda: not shows_mark(desk), "R ended the recording")
        for _ in range(2):  # which is closed with the next frame, and would go on if R came sooner
            before = desk.look()
            until(lambda before=before: bool((desk.look() != before).any()), "it played on")
        desk.hands("key", "r")
        until(lambda: shows_mark(desk) and len(replays_in(folder)) == 2, "R began another")
        until(lambda: len(replays_in(folder)[1].lines) > 20, "it was written as it was played")
        player.send_signal(signal.SIGTERM)
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
    first, second = replays_in(folder)
    assert (first.header.start.kind, second.header.start.kind) == ("picture", "state")
    assert is_exact(first, tiny_world) and is_exact(second, tiny_world)
    assert Replays(folder).frame_counts == (len(first.lines), len(second.lines))


def test_without_r_nothing_is_recorded(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    before = sorted((ROOT / "replays").iterdir())
    with desk.player("--world", str(tiny_world), "--frames", "20", stderr=tmp_path / "said") as player:
        assert player.wait(PATIENCE) == 0
    assert sorted((ROOT / "replays").iterdir()) == before


def test_a_budget_that_is_used_up_ends_the_recording_but_not_the_game(
    desk: Desk, tiny_world: Path, tmp_path: Path
) -> None:
    words = ("--record", str(tmp_path / "replays"), "--record-budget", "60KB", "--frames", "200", "--uncapped")
    report = tmp_path / "report.json"
    with desk.player("--world", str(tiny_world), *words, "--report", str(report), stderr=tmp_path / "said") as player:
        assert player.wait(PATIENCE) == 0
    said = (tmp_path / "said").read_text()
    assert said.startswith("warning: recording stopped: ") and said.count("\n") == 1
    assert json.loads(report.read_text())["frames"] == 200
    assert 0 < len(replays_in(tmp_path / "replays")[0].lines) < 200


_DIES = """
import sys
from app.play import main
from model.session import Session

step = Session.step

def dying_step(session, action):
    if session.index == 25:
        raise RuntimeError("out of luck")
    return step(session, action)

Session.step = dying_step
sys.exit(main(sys.argv[1:]))
"""


def test_when_the_generator_dies_the_recording_stays(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    folder = tmp_path / "replays"
    words = ["--world", str(tiny_world), "--record", str(folder), "--size", "640x400"]
    process = subprocess.Popen(
        [sys.executable, "-c", _DIES, *words],
        cwd=ROOT,
        env=desk.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: says_why(desk), "the page said why")
        desk.hands("key", "Up", "key", "Return")
        said, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 1 and "out of luck" in errors and errors.count("\n") == 1
    (replay,) = replays_in(folder)
    assert said == f"recorded 25 frames in {replay.folder}\n"
    assert Replays(folder).frame_counts == (26,) and is_exact(replay, tiny_world)


@pytest.mark.parametrize(("number", "video"), [(signal.SIGINT, False), (signal.SIGTERM, True)])
def test_a_signal_closes_a_recording_without_a_display(
    tiny_world: Path, tmp_path: Path, number: signal.Signals, video: bool
) -> None:
    folder = tmp_path / "replays"
    words = ["--world", str(tiny_world), "--headless", "--frames", "9999999", "--record", str(folder)]
    words += ["--out", str(tmp_path / "walk.mp4")] if video else []
    process = subprocess.Popen(
        [sys.executable, "-m", "app.play", *words],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: any(len(replay.lines) > 30 for replay in replays_in(folder)), "it recorded")
        process.send_signal(number)
        said, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    (replay,) = replays_in(folder)
    assert said.startswith(f"recorded {len(replay.lines) - 1} frames in {replay.folder}\n")
    assert process.returncode == (1 if video else 0), errors
    assert not (tmp_path / "walk.mp4").exists()
    assert Replays(folder).frame_counts == (len(replay.lines),)
