import re
from pathlib import Path

import pytest

from app.options import build_parser
from app.play import main
from app.watch.options import check_watch
from model.errors import ArvdError

from .runs import leave, log


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--watch", "no/such/run"), "no training has written into no/such/run"),
        (("--watch", "n" * 300), "no training has written into|cannot be opened"),
        (("--watch", "RUN", "--world", "minecraft"), "--world does not go with --watch"),
        (("--watch", "RUN", "--headless"), "--headless does not go with --watch"),
        (("--watch", "RUN", "--replay", "."), "--replay does not go with --watch"),
        (("--watch", "RUN", "--actions", "w*3"), "--actions does not go with --watch"),
        (("--watch", "EMPTY"), "give the folder that arvd-train was given as --root"),
    ],
)
def test_wrong_usage_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    log(tmp_path / "run", "ar-0", 10)
    known = {"RUN": str(tmp_path / "run"), "EMPTY": str(tmp_path)}
    assert main([known.get(word, word) for word in words]) == 2
    said = capsys.readouterr()
    assert said.out == "" and re.fullmatch(r"error: .+\n", said.err) and re.search(sentence, said.err)


def test_what_depends_on_the_world_is_checked_once_there_is_one(tmp_path: Path) -> None:
    run = tmp_path / "run"
    log(run, "teacher-0", 10)
    words = ["--watch", str(run), "--scene", "two", "--seed", "4", "--record", str(tmp_path), "--size", "640x400"]
    watch = check_watch(build_parser().parse_args(words))
    assert (watch.run, watch.size) == (run, (640, 400))
    options = watch.playing(leave(run, "ar-0", 10, 1, at=1))
    assert (options.spec.name, options.scene, options.seed, options.record) == ("tiny", "two", 4, True)
    assert not options.gallery
    wrong = check_watch(build_parser().parse_args(["--watch", str(run), "--scene", "atlantis"]))
    with pytest.raises(ArvdError, match="no scene 'atlantis'"):
        wrong.playing(options.world)
