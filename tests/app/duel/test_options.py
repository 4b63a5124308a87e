import os
import re
import shutil
from pathlib import Path

import pytest

from app.duel.options import DuelOptions, check_duel
from app.duel.votes import default_log
from app.options import build_parser
from app.play import main
from model.world_spec import read_scenes

from ...tiny_world import make_tiny_world


def checked(*words: str) -> DuelOptions:
    return check_duel(build_parser().parse_args(words))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--versus", "WORLD", "--record"), "--record does not go with --versus"),
        (("--versus", "WORLD", "--record-budget", "1GB"), "--record-budget does not go with --versus"),
        (("--versus", "WORLD", "--watch", "runs"), "--watch does not go with --versus"),
        (("--versus", "WORLD", "--headless"), "--headless does not go with --versus"),
        (("--versus", "WORLD", "--browse", "."), "--browse does not go with --versus"),
        (("--versus", "WORLD", "--replay", "."), "--replay does not go with --versus"),
        (("--versus", "WORLD", "--report", "r.json"), "--report does not go with --versus"),
        (("--versus", "atlantis"), "unknown world 'atlantis'"),
        (("--versus", "WORLD", "--scene", "atlantis"), "there is no scene 'atlantis'; use one of one, two"),
        (("--versus", "WORLD", "--scene", "n" * 300), "there is no scene"),
        (("--versus", "WORLD", "--votes", "no/such/votes.jsonl"), "folder no/such does not exist"),
        (("--versus", "WORLD", "--votes", "."), "is a folder"),
        (("--versus", "WORLD", "--votes", "n" * 300), "choose another name"),
        (("--blind",), "--blind is for comparing worlds; add --versus"),
        (("--votes", "votes.jsonl"), "--votes is for comparing worlds; add --versus"),
    ],
)
def test_wrong_usage_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tiny_world: Path, words: tuple[str, ...], sentence: str
) -> None:
    known = [str(tiny_world) if word == "WORLD" else word for word in words]
    assert main(["--world", str(tiny_world), *known]) == 2
    said = capsys.readouterr()
    assert said.out == "" and re.fullmatch(r"error: .+\n", said.err) and sentence in said.err


def test_rounds_begin_at_the_scenes_of_both_worlds_each_once(tiny_world: Path, tmp_path: Path) -> None:
    other = make_tiny_world(tmp_path / "other", 3)
    pictures = [scene.picture for scene in read_scenes(other)]
    shutil.copy(pictures[0], pictures[1])
    pictures[0].write_bytes(pictures[0].read_bytes() + b"\0")  # another file, as another scene would be
    options = checked("--world", str(tiny_world), "--versus", str(other))
    assert [(start.name, start.picture.parent.parent) for start in options.starts] == [
        ("one", tiny_world), ("two", tiny_world), ("one", other),
    ]  # fmt: skip


def test_a_scene_or_picture_that_is_named_is_the_only_start(tiny_world: Path, tmp_path: Path) -> None:
    words = ("--world", str(tiny_world), "--versus", str(tiny_world), "--scene")
    (start,) = checked(*words, "two").starts
    assert start.name == "two" and start.picture.parent.parent == tiny_world
    own = tmp_path / "own.png"
    shutil.copy(start.picture, own)
    (start,) = checked(*words, str(own)).starts
    assert (start.name, start.picture) == ("own.png", own)


def test_the_draw_is_the_seed_or_else_another_each_time(tiny_world: Path) -> None:
    words = ("--world", str(tiny_world), "--versus", str(tiny_world))
    assert checked(*words, "--seed", "0").draw == 0
    assert len({checked(*words).draw for _ in range(8)}) > 1, "who knows the draw knows the sides"


def test_votes_go_to_the_persons_data_unless_they_are_told_where(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "not yet"))
    words = ("--world", str(tiny_world), "--versus", str(tiny_world))
    assert checked(*words).votes == default_log()
    assert checked(*words, "--votes", str(tmp_path / "v.jsonl")).votes == tmp_path / "v.jsonl"
    assert not (tmp_path / "not yet").exists()


def test_a_log_that_cannot_be_written_is_refused_before_anything_is_played(
    capsys: pytest.CaptureFixture[str], tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the tests may run as root, who may write anywhere
    words = ["--world", str(tiny_world), "--versus", str(tiny_world), "--votes", str(tmp_path / "v.jsonl")]
    assert main(words) == 2 and "cannot be written to" in capsys.readouterr().err
