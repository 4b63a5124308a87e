from pathlib import Path

import pytest
import torch

from model.runtimes import tuning
from model.runtimes.tuned import tuning_of
from model.runtimes.tuning import tune
from model.world import load_world


@pytest.fixture(autouse=True)
def without_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(tuning, "has_compiler", lambda: False)


def test_every_runtime_that_is_here_is_measured_and_the_result_remembered(tiny_world: Path) -> None:
    before, heard = torch.get_num_threads(), []
    found = tune(tiny_world, heard.append)
    assert heard[0] == "eager-fp32" and not any(name.startswith("compiled") for name in heard)
    assert {timing.runtime for timing in found.timings} <= set(heard)
    assert {timing.psnr for timing in found.timings if timing.runtime == "eager-fp32"} == {100.0}
    assert all(0 < timing.frame_ms < 10_000 for timing in found.timings)
    assert tuning_of(load_world(str(tiny_world)).hash) == found
    assert torch.get_num_threads() == before


def test_auto_takes_what_was_found(tiny_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "_frame_ms", lambda world: 1.0 if world.runtime == "eager float32" else 2.0)
    tune(tiny_world)
    assert load_world(str(tiny_world)).runtime == "eager float32"
