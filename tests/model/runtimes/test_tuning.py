from pathlib import Path

import pytest
import torch

from model.errors import WorldError
from model.onnx import world as onnx_world
from model.opening import open_world
from model.runtimes import tuning
from model.runtimes.tuned import tuning_of
from model.runtimes.tuning import tune
from model.world import load_world
from model.world_spec import world_hash


@pytest.fixture(autouse=True)
def without_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(tuning, "has_compiler", lambda: False)


def test_every_runtime_that_is_here_is_measured_and_the_result_remembered(tiny_world: Path) -> None:
    before, heard = torch.get_num_threads(), []
    found = tune(tiny_world, heard.append)
    assert heard[0] == "eager-fp32" and not any(name.startswith("compiled") for name in heard)
    assert {timing.runtime for timing in found.timings} == set(heard) >= {"eager-fp32", "onnx", "onnx-int8"}
    assert {timing.psnr for timing in found.timings if timing.runtime == "eager-fp32"} == {100.0}
    assert all(0 < timing.frame_ms < 10_000 for timing in found.timings)
    assert tuning_of(load_world(str(tiny_world)).hash) == found
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(("fastest", "name"), [("eager float32", "eager-fp32"), ("onnx float32", "onnx")])
def test_auto_takes_what_was_found(fastest: str, name: str, tiny_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "ONNX_RUNTIMES", ("onnx",))
    monkeypatch.setattr(tuning, "_frame_ms", lambda world: 1.0 if world.runtime == fastest else 2.0)
    assert tune(tiny_world).best(("eager-fp32", "eager", "onnx")) == tuning_of(world_hash(tiny_world)).best((name,))  # type: ignore[union-attr]
    assert open_world(str(tiny_world)).runtime == fastest
    assert load_world(str(tiny_world)).runtime.startswith("eager")  # what torch alone can do


def test_a_runtime_that_fails_is_left_out_and_said(tiny_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise WorldError("the compiler has no luck")

    monkeypatch.setattr(tuning, "ONNX_RUNTIMES", ("onnx",))
    monkeypatch.setattr(onnx_world, "load_onnx_world", fail)
    heard: list[str] = []
    found = tune(tiny_world, heard.append)
    assert "onnx is left out: the compiler has no luck" in heard
    assert "eager-fp32" in {timing.runtime for timing in found.timings}
    assert tuning_of(world_hash(tiny_world)) == found
