import json
import os
import shutil
from pathlib import Path

from app.watch.weights import Weights, is_run, newest_first, training_now

from .runs import leave, log, touch


def titles(run: Path) -> list[str]:
    return [weights.title for weights in newest_first(run)]


def test_the_newest_is_what_was_written_last_not_what_has_the_most_steps(tmp_path: Path) -> None:
    run = tmp_path / "tiny"
    leave(run, "ar-0", 1250, 1, at=10)
    leave(run, "ar-0", 2000, 2, at=20)
    done = leave(run, "distill", 50, 3, at=40)
    shutil.copytree(run / "ar-0" / "live" / "step-00002000", run / "ar-0" / "world")
    touch(run / "ar-0" / "world", 30)
    assert titles(run) == ["step 50 of distill", "the end of ar-0", "step 2,000 of ar-0", "step 1,250 of ar-0"]
    assert titles(run / "ar-0") == ["the end of ar-0", "step 2,000 of ar-0", "step 1,250 of ar-0"]
    touch(done, 5)
    assert titles(run)[0] == "the end of ar-0"


def test_a_stage_is_named_also_from_inside(tmp_path: Path) -> None:
    leave(tmp_path / "tiny", "ar-0", 7, 1, at=1)
    before = Path.cwd()
    os.chdir(tmp_path / "tiny" / "ar-0")
    try:
        assert titles(Path()) == ["step 7 of ar-0"]
    finally:
        os.chdir(before)


def test_what_is_no_world_is_not_listed(tmp_path: Path) -> None:
    run = tmp_path / "tiny"
    (run / "ar-0" / "live" / ".torn" / "world").mkdir(parents=True)
    (run / "ar-0" / "live" / "step-00000001").mkdir()
    assert newest_first(run) == [] and newest_first(tmp_path / "nothing") == []
    assert not is_run(run) and not is_run(tmp_path / "nothing")


def test_a_run_is_known_by_its_logs_before_anything_can_be_played(tmp_path: Path) -> None:
    run = tmp_path / "tiny"
    log(run, "autoencoder", 50, 100)
    os.utime(run / "autoencoder" / "log.jsonl", (1, 1))
    log(run, "teacher-0", 50, 1300)
    assert is_run(run) and is_run(run / "teacher-0")
    assert training_now(run) == training_now(run / "teacher-0") == "teacher-0, step 1,300"
    assert training_now(tmp_path) == ""


def test_a_log_that_is_cut_short_or_strange_still_names_its_stage(tmp_path: Path) -> None:
    for text in ("", '{"step": 12', "[" * 100_000, json.dumps({"step": None}), json.dumps([1]), "\xff\n"):
        log(tmp_path, "ar-0")
        (tmp_path / "ar-0" / "log.jsonl").write_text(text, encoding="latin-1")
        assert training_now(tmp_path) == "ar-0"


def test_the_state_of_a_folder_changes_with_its_files(tmp_path: Path) -> None:
    folder = leave(tmp_path / "tiny", "ar-0", 1, 1, at=1)
    weights = Weights(folder, 1)
    before = weights.state()
    assert weights.state() == before
    os.truncate(folder / "generator.safetensors", 100)
    assert weights.state() != before
    shutil.rmtree(folder)
    assert weights.state() == ()
