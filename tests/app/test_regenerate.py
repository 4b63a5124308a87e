import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from app.headless import run_headless
from app.play import main
from app.recorder import Recorder
from app.recording import Recording
from model.actions import Action, parse_actions
from model.footage.replay import read_replay
from model.footage.replays import Replays
from model.world import load_world
from model.world_spec import read_spec

from .fakes import options_of

SCRIPT = "w*6, w+right*5, jump+yaw:-3.7+pitch:1.3*6"


def record(world: Path, folder: Path, *words: str) -> Path:
    """Record a headless run; returns the replay's folder."""
    script = ("--actions", SCRIPT, "--seed", "5", "--runtime", "eager-fp32", "--record", str(folder))
    run_headless(options_of(world, "--headless", *script, *words))
    return max(folder.iterdir())


@pytest.fixture(scope="module")
def recorded(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tiny_world, tmp_path_factory.mktemp("recorded"), "--scene", "two")


@pytest.fixture
def replay(recorded: Path, tmp_path: Path) -> Path:
    """A replay of one's own, to be damaged."""
    return shutil.copytree(recorded, tmp_path / "replay")


@pytest.fixture
def again(tiny_world: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Regenerate from the command line; returns the exit code and the one sentence."""

    def again(replay: Path, *words: str, world: Path = tiny_world) -> tuple[int, str]:
        capsys.readouterr()
        settings = ("--world", str(world), "--runtime", "eager-fp32")
        code = main(["--replay", str(replay), "--regenerate", *settings, *words])
        said = capsys.readouterr()
        sentence = said.out + said.err
        assert sentence.count("\n") == 1, sentence
        return code, sentence

    return again


def load(path: Path) -> dict[str, Any]:
    with np.load(path) as file:
        return dict(file)


def test_what_was_recorded_is_generated_again_to_the_bit(recorded: Path, again: Callable[..., tuple[int, str]]) -> None:
    assert again(recorded) == (0, "17 frames, bit-exact\n")
    assert again(recorded, "--frames", "9") == (0, "9 frames, bit-exact\n")


def test_a_walk_with_a_shorter_memory_is_known_as_such(
    tiny_world: Path, tmp_path: Path, recorded: Path, again: Callable[..., tuple[int, str]]
) -> None:
    short = record(tiny_world, tmp_path / "short", "--scene", "two", "--window", "1")
    assert again(short) == (0, "17 frames, bit-exact\n")
    assert read_replay(short).lines[-1].hash != read_replay(recorded).lines[-1].hash


def test_a_replay_is_footage(recorded: Path) -> None:
    dataset = Replays(recorded)
    expected = [action.vector() for action in [Action(), *parse_actions(SCRIPT)]]
    np.testing.assert_array_equal(dataset.actions(0), expected)
    assert dataset.frame_counts == (18,) and dataset.fps == 16.0 and dataset.size == (32, 48)


def test_the_new_video_is_that_of_the_run(
    tiny_world: Path, tmp_path: Path, again: Callable[..., tuple[int, str]]
) -> None:
    folder = record(tiny_world, tmp_path / "replays", "--out", str(tmp_path / "first.npz"))
    code, said = again(folder, "--out", str(tmp_path / "again.npz"))
    assert (code, said) == (0, f"17 frames, bit-exact, written to {tmp_path / 'again.npz'}\n")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_an_own_picture_comes_along(tiny_world: Path, tmp_path: Path, again: Callable[..., tuple[int, str]]) -> None:
    import imageio.v3 as iio

    own = tmp_path / "own picture.jpg"
    iio.imwrite(own, np.random.default_rng(0).integers(0, 256, (90, 130, 3), dtype=np.uint8))
    folder = record(tiny_world, tmp_path / "replays", "--scene", str(own))
    own.unlink()
    assert read_replay(folder).header.start.scene == "own picture.jpg"
    assert again(folder) == (0, "17 frames, bit-exact\n")


def edit_line(replay: Path, number: int, **fields: Any) -> None:
    path = replay / "actions.jsonl"
    lines = path.read_text().splitlines()
    lines[number] = json.dumps(json.loads(lines[number]) | fields)
    path.write_text("\n".join(lines) + "\n")


def test_the_first_frame_that_differs_is_reported(replay: Path, again: Callable[..., tuple[int, str]]) -> None:
    edit_line(replay, 8, action={"yaw": 3.25})
    code, said = again(replay)
    assert code == 1
    assert re.match(r"frame 8 is the first that differs \(hash [0-9a-f]{32}, now [0-9a-f]{32}\), though", said)


def test_on_another_class_of_machine_a_difference_is_no_fault(
    replay: Path, again: Callable[..., tuple[int, str]]
) -> None:
    header = (replay / "replay.toml").read_text()
    (replay / "replay.toml").write_text(re.sub(r"threads = \d+", "threads = 999", header))
    assert again(replay) == (0, "17 frames, bit-exact\n")
    edit_line(replay, 3, hash="0" * 32)
    code, said = again(replay)
    assert code == 0 and "frame 3 is the first" in said and "threads 999 then, " in said


def test_a_dropped_picture_is_not_compared(replay: Path, again: Callable[..., tuple[int, str]]) -> None:
    edit_line(replay, 4, hash="", dropped=True)
    assert again(replay) == (0, "17 frames, bit-exact\n")


def test_another_quality_makes_a_new_video_and_compares_nothing(
    recorded: Path, tmp_path: Path, again: Callable[..., tuple[int, str]]
) -> None:
    code, said = again(recorded, "--steps", "4", "--out", str(tmp_path / "finer.mp4"))
    assert code == 0 and said.startswith("17 frames, made otherwise than they were recorded (steps 2 then, 4 now)")
    with av.open(str(tmp_path / "finer.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 17


@pytest.fixture(scope="module")
def from_state(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A replay of the last part of a walk."""
    world = load_world(str(tiny_world), device="cpu", runtime="eager-fp32")
    session = world.start("two", seed=9)
    for action in parse_actions("w*5, left*5"):
        session.step(action)
    recorder = Recorder(tmp_path_factory.mktemp("states"), budget=10**9)
    recording = Recording(recorder, read_spec(tiny_world), wanted=True)
    for action in parse_actions(SCRIPT):
        recording.before_step(world, session, "two")
        recording.after_step(action, session.step(action), 1.0)
    recorder.close()
    return recorder.written[0]


def test_from_the_midst_of_a_session_it_is_exact_too(
    from_state: Path, tmp_path: Path, again: Callable[..., tuple[int, str]]
) -> None:
    start = read_replay(from_state).header.start
    assert (start.kind, start.scene, start.index) == ("state", "two", 10)
    assert again(from_state) == (0, "17 frames, bit-exact\n")
    assert again(from_state, "--steps", "4", "--out", str(tmp_path / "finer.npz"))[0] == 0
    assert again(from_state, "--steps", "2", "--out", str(tmp_path / "same.npz"))[0] == 0
    assert not np.array_equal(load(tmp_path / "finer.npz")["frames"], load(tmp_path / "same.npz")["frames"])


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda path: path.unlink(), "cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "saved state"),
        (lambda path: path.write_bytes(b"\xff" * 100), "saved state"),
        (lambda path: path.write_bytes(path.read_bytes() + b"\0" * (1 << 17)), "larger than any state"),
    ],
)
def test_a_state_that_is_damaged_is_one_sentence(
    from_state: Path,
    tmp_path: Path,
    again: Callable[..., tuple[int, str]],
    harm: Callable[[Path], object],
    sentence: str,
) -> None:
    replay = shutil.copytree(from_state, tmp_path / "replay")
    harm(replay / "states" / "start.safetensors")
    code, said = again(replay)
    assert code == 2 and said.startswith("error: ") and sentence in said


def test_a_start_that_is_gone_is_one_sentence(replay: Path, again: Callable[..., tuple[int, str]]) -> None:
    (replay / "start.png").unlink()
    code, said = again(replay)
    assert code == 2 and f"{replay / 'start.png'}: missing, and the replay begins with it; restore it" in said


def test_another_world_is_refused(
    recorded: Path, tiny_world: Path, tmp_path: Path, again: Callable[..., tuple[int, str]]
) -> None:
    other = shutil.copytree(tiny_world, tmp_path / "other")
    (other / "world.toml").write_text((other / "world.toml").read_text() + "# changed\n")
    code, said = again(recorded, world=other)
    assert code == 2 and re.match(r"error: the replay was made by another 'tiny' \(hash .*; give the folder", said)


def test_a_run_that_fails_leaves_no_video(replay: Path, tmp_path: Path, again: Callable[..., tuple[int, str]]) -> None:
    (replay / "start.png").write_bytes(b"no picture")
    code, _ = again(replay, "--out", str(tmp_path / "new.mp4"))
    assert code == 2 and not (tmp_path / "new.mp4").exists()
