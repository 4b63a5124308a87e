import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import imageio.v3 as iio
import numpy as np
import pytest

from app.headless import run_headless
from app.play import main
from model.actions import Action, parse_actions

from .fakes import FakeWorld, options_of

ROOT = Path(__file__).parents[2]


def play(world: Path, *words: str) -> int:
    return main(["--world", str(world), "--headless", "--runtime", "eager", *words])


def load(path: Path) -> dict[str, Any]:
    with np.load(path) as file:
        return dict(file)


def test_the_report_holds_what_scripts_rely_on(tiny_world: Path, tmp_path: Path) -> None:
    report_path = tmp_path / "report.json"
    words = ("--actions", "w*3, right*2", "--frames", "8", "--seed", "7", "--report", str(report_path))
    assert play(tiny_world, *words) == 0
    report = json.loads(report_path.read_text())
    assert set(report) >= {
        *("frames", "fps", "step_fps", "frame_ms", "first_frame_ms", "startup_ms", "peak_rss_mb"),
        *("world", "runtime", "device", "steps", "seed", "stage_ms"),
    }
    assert (report["frames"], report["world"], report["device"], report["seed"]) == (8, "tiny", "cpu", 7)
    assert set(report["frame_ms"]) == {"p50", "p95", "p99"}
    assert 0 < report["startup_ms"] < report["first_frame_ms"]
    assert report["fps"] > 0 and report["step_fps"] > 0 and report["peak_rss_mb"] > 10
    assert "decode" in report["stage_ms"]


def test_an_mp4_has_every_frame_and_the_rate_of_the_world(tiny_world: Path, tmp_path: Path) -> None:
    assert play(tiny_world, "--actions", "w*5, left*4", "--out", str(tmp_path / "walk.mp4")) == 0
    with av.open(str(tmp_path / "walk.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, float(stream.average_rate or 0)) == (48, 32, 16.0)
        assert sum(1 for _ in container.decode(video=0)) == 9
    assert [path.name for path in tmp_path.iterdir()] == ["walk.mp4"]


def test_a_gif_keeps_the_rate(tiny_world: Path, tmp_path: Path) -> None:
    assert play(tiny_world, "--frames", "8", "--out", str(tmp_path / "walk.gif")) == 0
    assert iio.improps(tmp_path / "walk.gif", index=None).shape == (8, 32, 48, 3)
    lengths = [iio.immeta(tmp_path / "walk.gif", index=index)["duration"] for index in range(8)]
    assert sum(lengths) == pytest.approx(8 * 1000 / 16)


def test_an_npz_pairs_each_frame_with_its_action_and_idles_after_the_script(tiny_world: Path, tmp_path: Path) -> None:
    script = "w+yaw:4.5*3, jump*2"
    assert play(tiny_world, "--actions", script, "--frames", "7", "--out", str(tmp_path / "walk.npz")) == 0
    file = load(tmp_path / "walk.npz")
    assert file["frames"].shape == (7, 32, 48, 3) and file["frames"].dtype == np.uint8
    expected = [action.vector() for action in [*parse_actions(script), Action(), Action()]]
    np.testing.assert_array_equal(file["actions"], expected)


def test_frames_shortens_a_script(tiny_world: Path, tmp_path: Path) -> None:
    assert play(tiny_world, "--actions", "w*50", "--frames", "2", "--out", str(tmp_path / "walk.npz")) == 0
    assert load(tmp_path / "walk.npz")["frames"].shape[0] == 2


@pytest.mark.parametrize("suffix", ["npz", "mp4", "gif"])
def test_the_same_seed_gives_the_same_bytes(tiny_world: Path, tmp_path: Path, suffix: str) -> None:
    for name in ("first", "second"):
        words = ("--actions", "w*4, right*2", "--seed", "5", "--out", str(tmp_path / f"{name}.{suffix}"))
        assert play(tiny_world, *words) == 0
    first, second = (tmp_path / f"{name}.{suffix}" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def test_another_seed_gives_other_frames(tiny_world: Path, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        words = ("--frames", "2", "--seed", seed, "--out", str(tmp_path / f"{seed}.npz"))
        assert play(tiny_world, *words) == 0
    assert not np.array_equal(load(tmp_path / "1.npz")["frames"], load(tmp_path / "2.npz")["frames"])


def test_a_scene_is_a_name_or_a_picture(tiny_world: Path, tmp_path: Path) -> None:
    iio.imwrite(tmp_path / "own.png", np.full((64, 96, 3), 200, dtype=np.uint8))
    for scene, name in (("one", "one"), ("two", "two"), (str(tmp_path / "own.png"), "own")):
        assert play(tiny_world, "--scene", scene, "--frames", "1", "--out", str(tmp_path / f"{name}.npz")) == 0
    frames = [load(tmp_path / f"{name}.npz")["frames"].tobytes() for name in ("one", "two", "own")]
    assert len(set(frames)) == 3


def test_actions_come_from_a_file_too(tiny_world: Path, tmp_path: Path) -> None:
    (tmp_path / "walk.txt").write_text("w*2,\nright*3\n")
    words = ("--actions", str(tmp_path / "walk.txt"), "--out", str(tmp_path / "walk.npz"))
    assert play(tiny_world, *words) == 0
    assert load(tmp_path / "walk.npz")["actions"][:, -1].tolist() == pytest.approx([0, 0, 0.2, 0.2, 0.2])


@pytest.mark.parametrize("suffix", ["mp4", "gif", "npz"])
def test_nothing_stays_behind_when_a_step_fails(tiny_world: Path, tmp_path: Path, suffix: str) -> None:
    def fail(index: int) -> None:
        if index == 3:
            raise RuntimeError("out of luck")

    words = ("--headless", "--frames", "5", "--out", str(tmp_path / f"walk.{suffix}"))
    report = ("--report", str(tmp_path / "report.json"))
    with pytest.raises(RuntimeError, match="out of luck"):
        run_headless(options_of(tiny_world, *words, *report), lambda options: FakeWorld(fail))
    assert list(tmp_path.iterdir()) == []


def test_an_older_video_survives_a_failed_run(tiny_world: Path, tmp_path: Path) -> None:
    def fail(index: int) -> None:
        raise RuntimeError(f"step {index}")

    (tmp_path / "walk.mp4").write_bytes(b"older")
    options = options_of(tiny_world, "--headless", "--frames", "2", "--out", str(tmp_path / "walk.mp4"))
    with pytest.raises(RuntimeError):
        run_headless(options, lambda options: FakeWorld(fail))
    assert (tmp_path / "walk.mp4").read_bytes() == b"older"


_WATCHED_RUN = """
import json, os, sys
from pathlib import Path
from app.play import main
from model.session import Session

seen = {}
step = Session.step

def watched_step(session, action):
    pixels = step(session, action)
    if session.index in (500, 3500):
        resident = int(Path("/proc/self/statm").read_text().split()[1])
        seen[session.index] = resident * os.sysconf("SC_PAGE_SIZE") / 2**20
    return pixels

Session.step = watched_step
code = main(sys.argv[1:])
print(json.dumps({"code": code, "first": seen[500], "last": seen[3500]}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/statm")
def test_memory_stays_flat_over_3000_frames(tiny_world: Path, tmp_path: Path) -> None:
    """A real world, a video and a report, in a process of its own. Frames of 4.6 KB: kept, 3000 would be 14 MB."""
    words = (
        "--world",
        str(tiny_world),
        "--headless",
        "--runtime",
        "eager",
        "--actions",
        "w*2000, right*1000, jump*500",
    )
    files = ("--out", str(tmp_path / "walk.mp4"), "--report", str(tmp_path / "report.json"))
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED_RUN, *words, "--frames", "3500", "--steps", "1", *files],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
        check=True,
    )
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["code"] == 0
    assert figures["last"] - figures["first"] < 8, f"resident memory in MB grew: {figures}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_cleanly(tiny_world: Path, tmp_path: Path, number: signal.Signals) -> None:
    words = [
        "--world",
        str(tiny_world),
        "--headless",
        "--frames",
        "9999999",
        "--out",
        str(tmp_path / "walk.mp4"),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "app.play", *words],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while not any(path.stat().st_size for path in tmp_path.iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.startswith("error: stopped after") and "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
