import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.options import read_actions
from app.play import main
from model.actions import Action

ROOT = Path(__file__).parents[2]
HEADLESS = ("--headless", "--frames", "1")
LONG_NAME = "n" * 300  # longer than file systems allow


def fails(capsys: pytest.CaptureFixture[str], *words: str, code: int = 2) -> str:
    """Run, and return the one sentence that was said."""
    capsys.readouterr()
    assert main(words) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"error: .+\n", said.err), said.err
    return said.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--headless",), "--headless needs --actions or --frames"),
        ((*HEADLESS, "--size", "640x400"), "--size is for the window"),
        (("--actions", "w*3"), "add --headless"),
        (("--out", "walk.mp4"), "add --headless"),
        (("--headless", "--actions", "w*3, dance*2"), "'dance' at position 6 is unknown"),
        (("--headless", "--actions", "w*x"), "'x' at position 3 is not a number of frames"),
        (("--headless", "--actions", ""), "nothing stands at position 1"),
        (("--headless", "--actions", "no/such/script"), "'no/such/script' at position 1 is unknown"),
        (("--headless", "--actions", "no/such/script"), "there is no file of that name"),
        (("--headless", "--actions", "walk.txt"), "there is no file of that name"),
        (("--headless", "--actions", "w*40, ri/ght*3"), "'ri/ght' at position 7 is unknown"),
        (("--headless", "--actions", "w*40, ri/ght.txt"), "'ri/ght.txt' at position 7 is unknown"),
        (("--headless", "--actions", "w*3, yaw:200*2"), "position 6"),
        (("--headless", "--actions", LONG_NAME), "at position 1 is unknown"),
        (("--headless", "--actions", "~nobody-here/walk"), "at position 1 is unknown"),
        ((*HEADLESS, "--scene", LONG_NAME), "use one of one, two, or a picture file"),
        ((*HEADLESS, "--scene", "~nobody-here/own.png"), "use one of one, two, or a picture file"),
        ((*HEADLESS, "--out", f"{LONG_NAME}.mp4"), "choose another name"),
        ((*HEADLESS, "--out", f"{'n' * 250}.mp4"), "choose another name"),
        ((*HEADLESS, "--out", f"{LONG_NAME}/walk.mp4"), "--out: "),
        ((*HEADLESS, "--out", "~nobody-here/walk.mp4"), "folder ~nobody-here does not exist"),
        ((*HEADLESS, "--report", f"{LONG_NAME}.json"), "choose another name"),
        (("--report", f"{LONG_NAME}.json"), "choose another name"),
        ((*HEADLESS, "--report", f"{LONG_NAME}/r.json"), "--report: "),
        (("--world", LONG_NAME), "bundled worlds"),
        (("--world", "~nobody-here/x"), "bundled worlds"),
        ((*HEADLESS, "--out", "walk.avi"), "end it in one of .mp4, .gif, .npz"),
        ((*HEADLESS, "--out", "no/such/folder/walk.mp4"), "folder no/such/folder does not exist"),
        ((*HEADLESS, "--report", "no/such/folder/r.json"), "folder no/such/folder does not exist"),
        (("--headless", "--frames", "2001", "--out", "walk.gif"), "too many for a gif"),
        ((*HEADLESS, "--out", "same.npz", "--report", "same.npz"), "name the same file"),
        ((*HEADLESS, "--scene", "atlantis"), "no scene 'atlantis'; use one of one, two"),
        ((*HEADLESS, "--steps", "3"), "--steps"),
        ((*HEADLESS, "--window", "4"), "world tiny remembers 3 frames at most; use --window 1 to 3"),
        ((*HEADLESS, "--seed", "-1"), "--seed"),
        (("--headless", "--frames", "0"), "--frames"),
        (("--size", "big"), "1280x720"),
        (("--size", "10x10"), "1280x720"),
        (("--device", "tpu"), "--device"),
        (("--runtime", "magic"), "--runtime"),
        (("--no-such-option",), "--no-such-option"),
    ],
)
def test_wrong_usage_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tiny_world: Path, words: tuple[str, ...], sentence: str
) -> None:
    assert sentence in fails(capsys, "--world", str(tiny_world), *words)


def test_an_unknown_world_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    from model.world_spec import bundled_worlds

    said = fails(capsys, "--world", "atlantis", *HEADLESS)
    assert "atlantis" in said
    assert all(name in said for name in bundled_worlds())


def test_a_scene_that_is_no_picture_is_refused(
    capsys: pytest.CaptureFixture[str], tiny_world: Path, tmp_path: Path
) -> None:
    (tmp_path / "own.png").write_text("no picture")
    words = ("--scene", str(tmp_path / "own.png"), *HEADLESS)
    assert "not a readable picture" in fails(capsys, "--world", str(tiny_world), *words)


def test_an_action_file_names_itself_and_the_position(
    capsys: pytest.CaptureFixture[str], tiny_world: Path, tmp_path: Path
) -> None:
    script = tmp_path / "walk.txt"
    script.write_text("w*3,\nhop*2")
    said = fails(capsys, "--world", str(tiny_world), "--headless", "--actions", str(script))
    assert "walk.txt" in said and "'hop' at position 6" in said
    script.write_bytes(b"\xff\xfe\x00")
    said = fails(capsys, "--world", str(tiny_world), "--headless", "--actions", str(script))
    assert "cannot be read" in said


def test_an_action_string_is_never_taken_for_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("w", "walk"):
        (tmp_path / name).write_text("jump*5")
    assert read_actions("w") == (Action(forward=True),)
    assert read_actions("./w") == read_actions("walk") == (Action(jump=True),) * 5


def test_a_folder_that_cannot_be_written_is_refused(
    capsys: pytest.CaptureFixture[str], tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the tests may run as root, who may write anywhere
    said = fails(capsys, "--world", str(tiny_world), *HEADLESS, "--out", str(tmp_path / "walk.mp4"))
    assert "cannot be written to" in said


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda folder: (folder / "generator.safetensors").unlink(), "generator.safetensors"),
        (lambda folder: os.truncate(folder / "generator.safetensors", 1000), "SHA-256"),
        (lambda folder: flip_bit(folder / "autoencoder.safetensors"), "SHA-256"),
        (lambda folder: append(folder / "world.toml", "\n[surprise]\nkey = 1\n"), "surprise"),
        (lambda folder: os.truncate(folder / "world.toml", 50), "world.toml"),
        (lambda folder: (folder / "scenes" / "scenes.toml").unlink(), "scenes.toml"),
    ],
    ids=["missing weights", "short weights", "flipped bit", "unknown key", "torn toml", "no scenes"],
)
def test_a_damaged_world_is_one_sentence_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], tiny_world: Path, tmp_path: Path, harm: object, sentence: str
) -> None:
    folder = shutil.copytree(tiny_world, tmp_path / "world")
    assert callable(harm)
    harm(folder)
    out = tmp_path / "out"
    out.mkdir()
    words = (*HEADLESS, "--out", str(out / "walk.mp4"), "--report", str(out / "report.json"))
    assert sentence in fails(capsys, "--world", str(folder), *words)
    assert list(out.iterdir()) == []


def flip_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-7] ^= 1
    path.write_bytes(data)


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_list_worlds_names_each_bundled_world(capsys: pytest.CaptureFixture[str]) -> None:
    from model.world_spec import bundled_worlds

    assert main(["--list-worlds"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in bundled_worlds())


_PROBE = """
import contextlib, io, json, sys
from app.play import main
said = io.StringIO()
with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
    codes = [main(words) for words in json.loads(sys.argv[1])]
heavy = sorted({"torch", "pygame", "moderngl", "av"} & set(sys.modules))
print(json.dumps({"codes": codes, "heavy": heavy}))
"""


def test_help_and_usage_errors_need_neither_torch_nor_a_display(tiny_world: Path) -> None:
    world = ["--world", str(tiny_world)]
    commands = [
        ["--help"],
        ["--list-worlds"],
        ["--no-such-option"],
        ["--world", "atlantis"],
        [*world, "--scene", "atlantis"],
        [*world, "--headless"],
        [*world, "--headless", "--actions", "dance"],
        [*world, "--headless", "--frames", "1", "--out", "walk.avi"],
    ]
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, json.dumps(commands)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(done.stdout) == {"codes": [0, 0, 2, 2, 2, 2, 2, 2], "heavy": []}
