import subprocess
import sys
from pathlib import Path

import pytest

from model.world import load_autoencoder
from training.commands.data import main
from training.data.latents import LatentCache


@pytest.mark.parametrize("verb", ["check", "stats"])
def test_bad_input_is_one_line_and_2(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, str(tmp_path / "nowhere")]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ") and "no such folder" in captured.err
    assert captured.err.count("\n") == 1 and captured.out == ""


@pytest.mark.parametrize("arguments", [[], ["dance"], ["check"], ["encode", "x"], ["stats", "x", "y"]])
def test_wrong_usage_leaves_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2 and "usage: arvd-data" in capsys.readouterr().err


def test_encode_writes_a_cache_of_the_worlds_autoencoder(
    shared_footage: Path, tiny_world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cache"
    command = ["encode", str(shared_footage), "--world", str(tiny_world), "--out", str(out)]
    assert main(command) == 0
    assert "3 clips, 75 frames" in capsys.readouterr().out
    cache = LatentCache.open(out, load_autoencoder(tiny_world)[1])
    assert cache.frame_counts == (24, 31, 20)
    assert main(command) == 0


def test_encode_with_an_unknown_world_writes_nothing(
    shared_footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cache"
    assert main(["encode", str(shared_footage), "--world", "atlantis", "--out", str(out)]) == 2
    assert "atlantis" in capsys.readouterr().err and not out.exists()


def test_looking_at_footage_needs_no_torch(shared_footage: Path) -> None:
    code = (
        "import sys; from training.commands.data import main; "
        f"left = main(['stats', {str(shared_footage)!r}]); assert 'torch' not in sys.modules; sys.exit(left)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
