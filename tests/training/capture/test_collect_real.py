"""A capture of the real game, from the command line: aligned to the frame, killed without a trace, resumed."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from model.footage.clip import Clip
from model.footage.gf_minecraft import GFMinecraft
from training.metrics.motion import image_shift
from training.metrics.pictures import luminance

from ...app.display import ROOT
from .real import COMMAND, descendants, gone, require_game

PATIENCE = 300.0  # seconds
FRAMES = 96
OPTIONS = ["--frames", str(FRAMES), "--seed", "4", "--workers", "1", "--biomes", "grassland,savanna,snowy_grassland"]


def clips_in(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("metadata/*.json"))


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, f"the capture ended with {process.returncode} before {what}"
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.05)


def begin(folder: Path, clips: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, str(folder), "--clips", str(clips), *OPTIONS], cwd=ROOT)


def turn_agreement(clip: Clip) -> float:
    """How well the picture's motion to the left follows the yaw of the same frames (test_client tells them apart)."""
    grey = luminance(clip.frames)
    shifts = [image_shift(grey[k - 1], grey[k])[0] for k in range(1, len(grey))]
    return float(-np.corrcoef(np.clip(shifts, -8, 8), clip.actions[1:, -1])[0, 1])


def test_killed_it_leaves_whole_clips_and_no_process_and_then_goes_on(tmp_path: Path) -> None:
    require_game()
    folder = tmp_path / "footage é"
    capture = begin(folder, 3)
    try:
        until(lambda: len(clips_in(folder)) == 1, capture, "the first clip was there")
        until(lambda: bool(list(folder.glob("video/.*.part"))), capture, "the second clip was begun")
        started = descendants(capture.pid)
        assert len(started) >= 3  # a worker, a display, a game
    finally:
        capture.send_signal(signal.SIGKILL)
        capture.wait()
    assert gone(started)
    whole = {path: path.read_bytes() for path in folder.glob("metadata/*.json")}
    assert 1 <= len(whole) <= 2
    assert GFMinecraft(folder).frame_counts == (FRAMES,) * len(whole)

    assert begin(folder, 2).wait(PATIENCE) == 0
    assert {path: path.read_bytes() for path in whole} == whole
    assert not list(folder.rglob("*.part"))
    assert not (folder / ".capture").exists()
    dataset = GFMinecraft(folder)
    assert dataset.frame_counts == (FRAMES,) * 2
    assert (dataset.size, dataset.fps) == ((96, 160), 16)
    clips = [dataset.read(k) for k in range(2)]
    assert all(clip.frames.std((1, 2, 3)).mean() > 12 for clip in clips)
    # near leaves and clouds, which are the game's own, move otherwise: no clip denies what the clearer one says
    assert max(map(turn_agreement, clips)) > 0.5 and min(map(turn_agreement, clips)) > -0.3
    said = json.loads((folder / "metadata" / f"{dataset.names[0]}.json").read_text())
    assert said["engine"][0] == "5"
    assert len((folder / "annotation.csv").read_text().splitlines()) == 3


def test_asked_to_end_it_ends_clean(tmp_path: Path) -> None:
    require_game()
    capture = begin(tmp_path, 3)
    until(lambda: bool(list(tmp_path.glob("video/.*.part"))), capture, "a clip was begun")
    started = descendants(capture.pid)
    capture.send_signal(signal.SIGTERM)
    assert capture.wait(PATIENCE) == 1
    assert gone(started)
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / ".capture").exists()
