"""`python -m tests.benchmarks.playing latency|events`: the player in a real window, hands injected from outside.

`latency`: how soon a picture answers the hands, and how evenly pictures come, while the mouse moves without pause.
`events`: whether any mouse count or tap is lost; what arrived is read from the replay of the walk.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from model.actions import KEYS
from model.footage.replays import Replays
from tests.app.display import ROOT, Desk, until, virtual_display

_DEGREES_PER_COUNT = 0.15
_SIZE = (1280, 720)
_EVENTS_PER_TAP = 200


def main() -> int:
    """Measure one of the two; returns 1 when an event was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.playing")
    parser.add_argument("what", choices=("latency", "events"))
    parser.add_argument("--seconds", type=float, default=60.0, help="latency: of play")
    parser.add_argument("--hertz", type=float, default=125.0, help="of the mouse")
    parser.add_argument("--events", type=int, default=100_000, help="events: to inject")
    parser.add_argument("--taps", type=float, default=2.0, help="events: a second; half the frames a second at most")
    parser.add_argument("--size", default="1280x720", help="of the window")
    parser.add_argument("--no-warp", action="store_true", help="without late warp")
    parser.add_argument("--figures", action="store_true", help="with the HUD open")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, virtual_display(_SIZE) as desk:
        if arguments.what == "latency":
            return latency(Path(folder), desk, arguments)
        return events(Path(folder), desk, arguments)


def latency(folder: Path, desk: Desk, arguments: argparse.Namespace) -> int:
    """Print the report of a minute in which the mouse never rests."""
    with playing(folder, desk, arguments) as player:
        pause = 1 / arguments.hertz
        circle = [(round(9 * np.cos(k / 20)), round(3 * np.sin(k / 20))) for k in range(126)]
        words = [f"mousemove_relative -- {x} {y} sleep {pause:.4f}" for x, y in circle]
        feed(desk, words * max(1, round(arguments.seconds * arguments.hertz / len(circle))))
        report = ended(player, folder)
    wanted = ("fps", "frame_ms", "latency_ms", "camera_ms", "display_fps", "display_ms", "gap_ms", "dropped", "late")
    print(json.dumps({name: report[name] for name in wanted} | {"late_warp": not arguments.no_warp}, indent=2))
    return 0


def events(folder: Path, desk: Desk, arguments: argparse.Namespace) -> int:
    """Count what was injected and what the replay of the walk holds: every mouse count, and each tap as one press."""
    taps = max(1, arguments.events // _EVENTS_PER_TAP)
    moves = arguments.events // 3  # two moves to the right, one of them down and one up, and one to the left
    with playing(folder, desk, arguments, "--record", str(folder / "replays"), "--uncapped") as player:
        until(lambda: any(folder.glob("replays/*/actions.jsonl")), "the first frame was made")
        time.sleep(1.0)  # it is shown, and the mouse captured
        swing = "mousemove_relative -- 2 1 mousemove_relative -- 2 -1 mousemove_relative -- -1 0"
        tap = f"key space sleep {1 / arguments.taps:.3f}"
        feed(desk, [word for part in range(taps) for word in [swing] * len(range(part, moves, taps)) + [tap]])
        time.sleep(10.0)  # what is too fast for single frames is handed out in the following ones
        ended(player, folder)
    dataset = Replays(folder / "replays")
    actions = np.concatenate([dataset.actions(index) for index in range(len(dataset.names))])
    counts = round(float(actions[:, -1].astype(np.float64).sum()) * 15 / _DEGREES_PER_COUNT)
    down = round(float(actions[:, -2].astype(np.float64).sum()) * 15 / _DEGREES_PER_COUNT)
    jumps = int((np.diff(actions[:, KEYS.index("jump")], prepend=0) > 0).sum())
    print(
        f"{3 * moves + 2 * taps:,} events; right {counts:,} of {3 * moves:,} counts, down {down:,} of 0; "
        f"{jumps:,} of {taps:,} taps"
    )
    return 0 if (counts, down, jumps) == (3 * moves, 0, taps) else 1


class playing:  # noqa: N801 - a context manager, called like a function
    """A player in its own process, whose first frame has come; it is dead at the end."""

    def __init__(self, folder: Path, desk: Desk, arguments: argparse.Namespace, *words: str) -> None:
        """Start it."""
        settings = folder / "settings.toml"
        warp = "false" if arguments.no_warp else "true"
        figures = "true" if arguments.figures else "false"
        settings.write_text(f"[picture]\nlate_warp = {warp}\n[play]\nfigures = {figures}\nquality = '2'\n")
        report = ("--report", str(folder / "report.json"))
        command = [sys.executable, "-m", "app.play", "--world", "minecraft", "--size", arguments.size, *report, *words]
        environment = {name: value for name, value in desk.environment.items() if name != "OMP_NUM_THREADS"}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment | {"ARVD_SETTINGS": str(settings)})
        time.sleep(8.0)

    def __enter__(self) -> subprocess.Popen[bytes]:
        """Return the process."""
        return self._process

    def __exit__(self, *error: object) -> None:
        """Kill what is left."""
        self._process.kill()
        self._process.wait()


def feed(desk: Desk, words: list[str]) -> None:
    """Let one xdotool inject all of it."""
    script = "\n".join(words) + "\n"
    subprocess.run(["xdotool", "-"], input=script.encode(), env=desk.environment, check=True)


def ended(player: "subprocess.Popen[bytes]", folder: Path) -> dict[str, object]:
    """End the player as a terminal does; returns its report."""
    player.send_signal(signal.SIGTERM)
    assert player.wait(60) == 0
    report: dict[str, object] = json.loads((folder / "report.json").read_text())
    return report


if __name__ == "__main__":
    sys.exit(main())
