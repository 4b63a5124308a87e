from pathlib import Path

import pytest

from model import opening
from model.runtimes import tuned
from model.runtimes.tuned import Timing, remember
from model.world_spec import world_hash


def test_beside_a_window_torch_opens_what_is_fastest_there(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `--tune` announces it: with all cores one runtime is faster, with one core less another."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(tuned, "count_threads", lambda asked: 2)
    measured = (("eager", 1, 20.0), ("eager", 2, 8.0), ("eager-fp32", 1, 15.0), ("eager-fp32", 2, 12.0))
    timings = [Timing(runtime=name, threads=count, frame_ms=ms, psnr=100.0) for name, count, ms in measured]
    remember(world_hash(tiny_world), timings)
    assert opening._best(str(tiny_world), "cpu", -1, 16.0) == "eager-fp32"
    assert opening._best(str(tiny_world), "cpu", None, 16.0) == "eager"


def test_what_is_not_compiled_yet_is_not_opened_by_itself(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    remember(world_hash(tiny_world), [Timing(runtime="compiled-fp32", threads=1, frame_ms=1.0, psnr=100.0)])
    assert opening._best(str(tiny_world), "cpu", None, None) == "auto", "compiling takes a minute"
