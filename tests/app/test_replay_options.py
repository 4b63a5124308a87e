import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.branch import Branch
from app.options import Options, build_parser
from app.play import main
from app.record_options import default_folder
from app.replay_options import ReplayOptions, check_replay
from model.errors import DataError
from model.footage.replay import ReplayStart
from model.world_spec import world_hash
from tests.replays import MACHINE, write_replay

ROOT = Path(__file__).parents[2]


@pytest.fixture
def replay(tmp_path: Path) -> Path:
    write_replay(tmp_path / "walk", 12)
    return tmp_path / "walk"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--scene", "one"), "--scene is for playing"),
        (("--seed", "0"), "--seed is for playing"),
        (("--actions", "w*3", "--headless"), "--actions is for playing"),
        (("--record",), "--record is for playing"),
        (("--record-budget", "1GB"), "--record-budget is for playing"),
        (("--report", "r.json"), "--report is for playing"),
        (("--uncapped",), "--uncapped is for playing"),
        (("--steps", "4"), "--steps is for frames that are made again; add --regenerate"),
        (("--world", "minecraft", "--headless", "--out", "w.mp4"), "--world is for frames that are made again; add"),
        (("--world", "minecraft"), "made by another 'tiny'"),
        (("--from", "3"), "the world 'tiny', which is not bundled; give its folder with --world"),
        (("--from", "12"), "--from: the replay ends with frame 11, there is no 12; give 0 to 11"),
        (("--from", "-1"), "'-1' is no number of a frame; give 0 or more"),
        (("--from", "last"), "'last' is no number of a frame; give 0 or more"),
        (("--from", "3", "--world", "minecraft"), "made by another 'tiny'"),
        (("--from", "3", "--world", "atlantis"), "unknown world"),
        (("--from", "3", "--seed", "1"), "--seed is for playing; leave it out with --replay"),
        (("--from", "3", "--steps", "4"), "--steps is for frames that are made again"),
        (("--from", "3", "--regenerate"), "--regenerate does not go with --from, which plays on in a window"),
        (("--from", "0", "--headless"), "--headless does not go with --from, which plays on in a window"),
        (("--from", "3", "--report", "no/such/folder/r.json"), "does not exist"),
        (("--out", "walk.mp4"), "add --headless, or --regenerate"),
        (("--headless",), "nothing to do; add --out FILE, or --regenerate"),
        (("--headless", "--out", "walk.avi"), "end it in one of .mp4"),
        (("--headless", "--out", "no/such/folder/walk.mp4"), "does not exist"),
        (("--headless", "--out", "walk.mp4", "--size", "640x400"), "--size is for the window"),
        (("--regenerate", "--size", "640x400"), "--size is for the window"),
        (("--regenerate",), "the world 'tiny', which is not bundled; give its folder with --world"),
        (("--regenerate", "--world", "minecraft"), "made by another 'tiny'"),
        (("--regenerate", "--world", "atlantis"), "unknown world"),
    ],
)
def test_wrong_usage_is_one_sentence(
    capsys: pytest.CaptureFixture[str], replay: Path, words: tuple[str, ...], sentence: str
) -> None:
    assert main(["--replay", str(replay), *words]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("error: ") and said.err.count("\n") == 1
    assert sentence in said.err


def test_regenerating_nothing_is_refused(capsys: pytest.CaptureFixture[str], tiny_world: Path) -> None:
    assert main(["--world", str(tiny_world), "--regenerate"]) == 2
    assert "--regenerate needs a replay" in capsys.readouterr().err


@pytest.mark.parametrize("frame", ["0", "3"])
def test_playing_on_from_nothing_is_refused(capsys: pytest.CaptureFixture[str], frame: str) -> None:
    for words in ((), ("--versus", "minecraft"), ("--watch", "runs")):
        assert main(["--from", frame, *words]) == 2
        assert "--from needs a replay; name it with --replay FOLDER" in capsys.readouterr().err


def test_playing_on_is_as_it_was_recorded(tmp_path: Path, tiny_world: Path) -> None:
    header = {"world_hash": world_hash(tiny_world), "machine": replace(MACHINE, threads=3), "steps": 4}
    write_replay(tmp_path / "walk", 12, **header, start=ReplayStart(kind="picture", scene="two"))
    words = ["--replay", str(tmp_path / "walk"), "--world", str(tiny_world)]
    options = check_replay(build_parser().parse_args([*words, "--from", "5", "--frames", "9", "--record", "there"]))
    assert isinstance(options, Options) and options.branch is not None and options.branch.frame == 5
    assert (options.world, options.scene, options.seed, options.steps) == (tiny_world, "two", 7, 4)
    assert (options.threads, options.frames, options.record, options.gallery) == (3, 9, True, False)
    shown = check_replay(build_parser().parse_args([*words, "--frames", "9"]))
    assert isinstance(shown, ReplayOptions) and shown.frames == 9
    assert shown.branch(7) == replace(
        options, branch=Branch(shown.replay, 7), frames=None, record=False, record_folder=default_folder()
    )
    elsewhere = options.in_world(tiny_world, "one")
    assert elsewhere.branch is None and elsewhere.scene == "one"


def test_watching_does_without_the_picture_that_it_began_with(tmp_path: Path, tiny_world: Path) -> None:
    write_replay(tmp_path / "walk", 12, world_hash=world_hash(tiny_world))
    (tmp_path / "walk" / "start.png").unlink()
    words = ["--replay", str(tmp_path / "walk"), "--world", str(tiny_world)]
    shown = check_replay(build_parser().parse_args(words))
    assert isinstance(shown, ReplayOptions)
    for needs_it in (lambda: shown.branch(3), lambda: check_replay(build_parser().parse_args([*words, "--from", "3"]))):
        with pytest.raises(DataError, match=r"start\.png: missing, and the replay begins with it"):
            needs_it()


def test_a_folder_that_is_no_replay_or_an_empty_one_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["--replay", str(tmp_path)]) == 2
    assert "replay.toml: missing" in capsys.readouterr().err
    write_replay(tmp_path / "empty", 1)
    assert main(["--replay", str(tmp_path / "empty")]) == 2
    assert "holds no frames" in capsys.readouterr().err


_PROBE = """
import contextlib, io, json, sys
from app.play import main
said = io.StringIO()
with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
    code = main(json.loads(sys.argv[1]))
print(json.dumps({"code": code, "heavy": sorted({"torch", "pygame", "moderngl", "av"} & set(sys.modules))}))
"""


@pytest.mark.parametrize("words", [["--steps", "4"], ["--regenerate", "--world", "minecraft"]])
def test_wrong_usage_loads_neither_torch_nor_a_window(replay: Path, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, json.dumps(["--replay", str(replay), *words])],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DISPLAY"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(done.stdout) == {"code": 2, "heavy": []}
