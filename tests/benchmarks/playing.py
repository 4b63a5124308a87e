"""`python -m tests.benchmarks.playing latency|display|events|start|soak`: the player in a window, hands from outside.

`latency`: how soon a picture answers the hands: as the player itself counts, and as it is seen from outside.
`display`: how evenly pictures come, with `--uncapped` beside a generator that takes all it can get.
`start`: how long it takes from the command to the start screen, and from a choice there to a moving world.
`soak`: whether hours of play with everything switched on take ever more memory, or stop the picture.
`events`: whether any mouse count or tap is lost; what arrived is read from the replay of the walk.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import cast

import numpy as np

from app import theme
from app.stats import percentiles
from model.actions import KEYS
from model.footage.replays import Replays
from model.world_spec import find_world, read_spec
from tests.app.display import ROOT, Desk, count_colour, until, virtual_display

from .outside import answers

_DEGREES_PER_COUNT = 0.15
_SIZE = (1280, 720)
_EVENTS_PER_TAP = 200
_STARTS = 3
_CARD_PIXELS = 500  # of the frame around the selected card
_BRIGHT, _MOVED = 60, 0.2  # mean of the bytes, and share of them that differ
_TURNED = 4.0  # mean by which the bytes differ
_PROBED = ("--scene", "snow", "--seed", "0")
"""Where one frame's turn changes the picture seven times as far as drawing the same view again does.

On the meadow, where walks begin, it is less than twice: a probe would miss the first turned frame, or count it by luck.
"""
_REFRESH_MS = 1000 / 60  # of the virtual display
_MOST_P99_MS = 20.0  # from one picture to the next
_LOOK_SECONDS, _FEWEST_LOOKS = 10.0, 20  # between two looks at the memory; how many there are at least
_MOST_GROWTH, _LONGEST_GAP_MS = 0.05, 250.0

_TURN = ("mousemove_relative -- 6 1", "sleep 0.02", "mousemove_relative -- 6 -1", "sleep 0.02")
_ROUND = (
    *("keydown w", *_TURN * 80, "key F5", *_TURN * 40, "key F3", *_TURN * 40, "keyup w"),  # walk, save, figures
    *("keydown BackSpace", "sleep 2", "keyup BackSpace", *_TURN * 40),
    *("key F9", "key space", *_TURN * 40, "key F10", *_TURN * 40, "key F12", *_TURN * 20),  # load, clip, screenshot
    *("key Escape", "sleep 0.5", "key Down", "key Down", "key Down", "key Return", "sleep 0.5"),  # to the scenes
    *("key Escape", "sleep 0.5", "key Escape", *_TURN * 20),
    *("key p", "sleep 0.3", "key o", "key o", "key p", *_TURN * 20, "key F2", "key F7", *_TURN * 20),
    *("key minus", *_TURN * 20, "key equal", "key r", *_TURN * 20, "key r", *_TURN * 40),  # steps, another recording
    *("key Next", *_TURN * 60, "key F3"),
)
"""What the hands do again and again, for half a minute."""


def main() -> int:
    """Measure one of them; returns 1 for what must not be.

    An answer that comes late, pictures that come unevenly, an event lost, memory that grows, a picture that stops.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.playing")
    parser.add_argument("what", choices=("latency", "display", "events", "start", "soak"))
    parser.add_argument("--seconds", type=float, default=60.0, help="latency, display: of play")
    parser.add_argument("--probes", type=int, default=60, help="latency: of the mouse and of a key, from outside")
    parser.add_argument("--uncapped", action="store_true", help="display: frames as fast as the machine can")
    parser.add_argument("--hertz", type=float, default=125.0, help="of the mouse")
    parser.add_argument("--minutes", type=float, default=10.0, help="soak: of play")
    parser.add_argument("--events", type=int, default=100_000, help="events: to inject")
    parser.add_argument("--taps", type=float, default=2.0, help="events: a second; half the frames a second at most")
    parser.add_argument("--size", default="1280x720", help="of the window")
    parser.add_argument("--runtime", default="auto", help="as arvd-play has it")
    parser.add_argument("--threads", help="as arvd-play has them")
    parser.add_argument("--no-warp", action="store_true", help="without late warp")
    parser.add_argument("--figures", action="store_true", help="with the HUD open")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, virtual_display(_SIZE, "-fbdir", folder) as desk:
        measures = {"latency": latency, "display": display, "events": events, "start": start, "soak": soak}
        return measures[arguments.what](Path(folder), desk, arguments)


def latency(folder: Path, desk: Desk, arguments: argparse.Namespace) -> int:
    """Print the report of a minute in which the mouse never rests, and what is seen from outside when it does.

    From outside, time goes from the injection, not from SDL's event, to when the X server has the picture.
    """
    report = circling(folder, desk, arguments)
    wanted = ("fps", "frame_ms", "latency_ms", "camera_ms", "display_fps", "display_ms", "gap_ms", "dropped", "late")
    print(json.dumps({name: report[name] for name in wanted} | {"late_warp": not arguments.no_warp}, indent=2))
    with playing(folder, desk, arguments, *_PROBED):
        until(lambda: turns(desk), "the world turned with the mouse")
        seen = answers(desk.name, folder, arguments.probes)
    frame_ms = 1000 / read_spec(find_world("minecraft")).fps
    made = (1.5 * frame_ms + 20, 2 * frame_ms + 30)
    turned = made if arguments.no_warp else (2 * _REFRESH_MS, 2 * _REFRESH_MS)
    in_time = [
        within("hands to generated picture", cast(dict[str, float], report["latency_ms"]), made),
        within("the same from outside", percentiles(seen.keys, 50, 95), made),
        within("mouse to turned picture", cast(dict[str, float], report["camera_ms"]), turned),
        within("the same from outside", percentiles(seen.camera, 50, 95), turned),
    ]
    return 0 if all(in_time) else 1


def within(what: str, figures: dict[str, float], bounds: tuple[float, float]) -> bool:
    """Print p50 and p95 beside what they may be, in ms; returns whether they are."""
    print(f"{what}: p50 {figures['p50']:.1f} of {bounds[0]:.1f} ms, p95 {figures['p95']:.1f} of {bounds[1]:.1f} ms")
    return 0 < figures["p50"] <= bounds[0] and figures["p95"] <= bounds[1]


def display(folder: Path, desk: Desk, arguments: argparse.Namespace) -> int:
    """Print how evenly pictures come while the mouse never rests."""
    report = circling(folder, desk, arguments, *["--uncapped"] * arguments.uncapped)
    gaps, drawn = (cast(dict[str, float], report[name]) for name in ("gap_ms", "display_ms"))
    print(
        f"from one picture to the next: p50 {gaps['p50']:.1f}, p95 {gaps['p95']:.1f}, p99 {gaps['p99']:.1f} of "
        f"{_MOST_P99_MS:.0f}, at most {gaps['max']:.1f} ms; drawing: p50 {drawn['p50']:.1f}, p99 {drawn['p99']:.1f}; "
        f"{report['display_fps']} pictures and {report['fps']} frames a second ({report['runtime']})"
    )
    return 0 if 0 < gaps["p99"] <= _MOST_P99_MS else 1


def circling(folder: Path, desk: Desk, arguments: argparse.Namespace, *words: str) -> dict[str, object]:
    """Return the report of a walk in which the mouse never rests."""
    with playing(folder, desk, arguments, *words) as player:
        until(lambda: turns(desk), "the world turned with the mouse")
        pause = 1 / arguments.hertz
        circle = [(round(9 * np.cos(k / 20)), round(3 * np.sin(k / 20))) for k in range(126)]
        round_ = [f"mousemove_relative -- {x} {y} sleep {pause:.4f}" for x, y in circle]
        feed(desk, round_ * max(1, round(arguments.seconds * arguments.hertz / len(circle))))
        return ended(player, folder)


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


def start(folder: Path, desk: Desk, arguments: argparse.Namespace) -> int:
    """Print medians of three starts, in seconds."""
    shown, chosen = [], []
    for number in range(_STARTS):
        environment = places(folder / str(number), desk)
        began = time.monotonic()
        player = subprocess.Popen(
            [sys.executable, "-m", "app.play", "--size", arguments.size], cwd=ROOT, env=environment
        )
        try:
            until(lambda: count_colour(desk.look(), theme.ACCENT, 30) > _CARD_PIXELS, "the start screen was seen")
            shown.append(time.monotonic() - began)
            time.sleep(2.0)  # a person looks, while torch is imported
            desk.hands("key", "Return")
            began = time.monotonic()
            until(lambda: moves(desk), "the world moved")
            chosen.append(time.monotonic() - began)
        finally:
            player.kill()
            player.wait()
    print(f"start screen {median(shown):.2f} s, from Return to a moving world {median(chosen):.2f} s")
    return 0


def moves(desk: Desk) -> bool:
    """Whether two looks at the middle of the picture differ, in bright light: the loading screen is dark."""
    before, after = (desk.look()[100:200, 400:880] for _ in range(2))
    return float(after.mean()) > _BRIGHT and float((before != after).mean()) > _MOVED


def turns(desk: Desk) -> bool:
    """Whether the picture follows the mouse: a world that is being loaded does not, one that stands still does."""
    before = desk.look()[100:200, 400:880].astype(np.int16)
    desk.hands("mousemove_relative", "--", "40", "0")
    time.sleep(0.3)
    return float(np.abs(desk.look()[100:200, 400:880] - before).mean()) > _TURNED


def soak(folder: Path, desk: Desk, arguments: argparse.Namespace) -> int:
    """Play by a script with everything switched on; print how memory goes and the longest stop of the picture."""
    memory: list[float] = []
    look = min(_LOOK_SECONDS, 60 * arguments.minutes / _FEWEST_LOOKS)
    with playing(folder, desk, arguments, "--record", str(folder / "replays"), "--record-budget", "50GB") as player:
        end, rounds, looked = time.monotonic() + 60 * arguments.minutes, 0, 0.0
        while time.monotonic() < end:
            hands = subprocess.Popen(["xdotool", "-"], stdin=subprocess.PIPE, env=desk.environment)
            assert hands.stdin is not None
            hands.stdin.write("\n".join((*_ROUND, "")).encode())
            hands.stdin.close()
            while hands.poll() is None:
                if time.monotonic() - looked >= look:
                    looked = time.monotonic()
                    memory.append(resident_mb(player.pid))
                time.sleep(0.1)
            assert player.poll() is None, "the player ended"
            rounds += 1
        report = ended(player, folder)
    settled = np.array(memory[len(memory) // 5 :])
    slope = float(np.polyfit(np.arange(len(settled)) * look / 60, settled, 1)[0])
    grown = slope * len(settled) * look / 60 / float(settled[0])
    gaps = cast(dict[str, float], report["gap_ms"])
    print("memory by tenths of that time, MB:", *(round(float(part.mean())) for part in np.array_split(settled, 10)))
    print(
        f"{rounds} rounds, {report['frames']} frames at {report['fps']} a second; memory {settled[0]:.0f} MB after a "
        f"fifth, {settled[-1]:.0f} MB at the end, {max(memory):.0f} MB at most; {slope:+.2f} MB a minute "
        f"({grown:+.1%} in all); longest gap between pictures {gaps['max']:.0f} ms (p99 {gaps['p99']:.0f} ms)"
    )
    return 0 if grown <= _MOST_GROWTH and gaps["max"] <= _LONGEST_GAP_MS else 1


def resident_mb(process: int) -> float:
    """Memory that a process holds now, in MB (2**20 bytes)."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def places(folder: Path, desk: Desk) -> dict[str, str]:
    """Environment of a player with all cores, and with settings, saves and pictures of its own."""
    folder.mkdir(exist_ok=True)
    environment = {name: value for name, value in desk.environment.items() if name != "OMP_NUM_THREADS"}
    own = {name: str(folder / name) for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_PICTURES_DIR")}
    return environment | own | {"ARVD_SETTINGS": str(folder / "settings.toml")}


class playing:  # noqa: N801 - a context manager, called like a function
    """A player in its own process, whose first frame has come; it is dead at the end."""

    def __init__(self, folder: Path, desk: Desk, arguments: argparse.Namespace, *words: str) -> None:
        """Start it."""
        settings = folder / "settings.toml"
        warp = "false" if arguments.no_warp else "true"
        figures = "true" if arguments.figures else "false"
        settings.write_text(f"[picture]\nlate_warp = {warp}\n[play]\nfigures = {figures}\nquality = '2'\n")
        report = ("--report", str(folder / "report.json"))
        command = [sys.executable, "-m", "app.play", "--world", "minecraft", "--size", arguments.size, *report]
        command += [*words, "--runtime", arguments.runtime]
        command += [] if arguments.threads is None else ["--threads", arguments.threads]
        self._process = subprocess.Popen(command, cwd=ROOT, env=places(folder, desk))
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
