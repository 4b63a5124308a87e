from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model.errors import WorldError
from model.onnx import world as onnx_world
from model.opening import open_world
from model.runtime import choose_runtime
from model.runtimes import tuning
from model.runtimes.names import GPU_RUNTIMES, RUNTIMES
from model.runtimes.tuned import Timing, remember, tuning_of
from model.runtimes.tuning import tune
from model.world import World, load_world
from model.world_spec import world_hash


@pytest.fixture(autouse=True)
def without_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(tuning, "has_compiler", lambda: False)


def test_every_runtime_that_is_here_is_measured_and_the_result_remembered(exported: Path) -> None:
    before, heard = torch.get_num_threads(), []
    found = tune(exported, heard.append)
    assert heard[0] == "eager-fp32" and not any(name.startswith("compiled") for name in heard)
    assert {timing.runtime for timing in found.timings} == set(heard) >= {"eager-fp32", "onnx", "onnx-int8"}
    assert {timing.psnr for timing in found.timings if timing.runtime == "eager-fp32"} == {100.0}
    assert all(0 < timing.frame_ms < 10_000 for timing in found.timings)
    assert tuning_of(load_world(str(exported)).hash) == found
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(("fastest", "name"), [("eager float32", "eager-fp32"), ("onnx float32", "onnx")])
def test_auto_takes_what_was_found(fastest: str, name: str, exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "ONNX_RUNTIMES", ("onnx",))
    monkeypatch.setattr(tuning, "_frame_ms", lambda world: 1.0 if world.runtime == fastest else 2.0)
    assert tune(exported).best(("eager-fp32", "eager", "onnx")) == tuning_of(world_hash(exported)).best((name,))  # type: ignore[union-attr]
    assert open_world(str(exported)).runtime == fastest
    assert load_world(str(exported)).runtime.startswith("eager")  # what torch alone can do


@pytest.mark.parametrize("kind", [WorldError, OSError, RuntimeError])
def test_a_runtime_that_fails_is_left_out_and_said(
    kind: type[Exception], tiny_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise kind("the compiler has no luck")

    monkeypatch.setattr(tuning, "ONNX_RUNTIMES", ("onnx",))
    monkeypatch.setattr(onnx_world, "load_onnx_world", fail)
    heard: list[str] = []
    found = tune(tiny_world, heard.append)
    assert "onnx is left out: the compiler has no luck" in heard
    assert "eager-fp32" in {timing.runtime for timing in found.timings}
    assert tuning_of(world_hash(tiny_world)) == found


def test_a_gpu_is_tuned_by_itself_and_remembered_by_its_name(tiny_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def open_on_gpu(name: str, *, device: str, runtime: str, threads: int) -> World:
        asked.append((device, runtime))
        if runtime == "cuda-fp8":
            raise WorldError("runtime cuda-fp8 needs a newer GPU")
        return load_world(name, device="cpu", runtime="eager-fp32")

    monkeypatch.setattr(tuning, "card", lambda: "Some Card")
    monkeypatch.setattr(tuning, "load_world", lambda name, device, runtime: load_world(name, runtime=runtime))
    monkeypatch.setattr(tuning, "open_world", open_on_gpu)
    heard: list[str] = []
    found = tune(tiny_world, heard.append)
    assert [name for name in heard if name in RUNTIMES] == ["eager-fp32", "eager", *GPU_RUNTIMES]
    assert {timing.runtime for timing in found.timings} == {"eager-fp32", "eager", *GPU_RUNTIMES} - {"cuda-fp8"}
    world = world_hash(tiny_world)
    assert tuning_of(world, "Some Card") == found and tuning_of(world) is None and tuning_of(world, "Other") is None


def test_a_gpu_that_is_not_there_is_not_tuned(tiny_world: Path) -> None:
    with pytest.raises(WorldError, match="torch sees no GPU"):
        tune(tiny_world, device="cuda")


def test_auto_on_a_gpu_is_what_was_found_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Some Card")
    timing = Timing(runtime="cuda-compiled", threads=1, frame_ms=2.0, psnr=50.0)
    remember("a" * 64, [timing, replace(timing, runtime="eager", frame_ms=3.0)], "Some Card")
    remember("a" * 64, [replace(timing, runtime="eager-fp32")])
    assert choose_runtime("auto", "auto", world="a" * 64).title == "cuda-compiled bfloat16"
    assert choose_runtime("auto", "auto", world="b" * 64).title == "cuda-graph bfloat16", "what needs no compiler"
    assert choose_runtime("auto", "auto").title == "cuda-graph bfloat16"
    assert choose_runtime("cpu", "auto", world="a" * 64).title == "eager float32"
