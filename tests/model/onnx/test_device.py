"""What is said to be computed on a GPU is."""

from pathlib import Path
from typing import Any

import onnxruntime as ort
import pytest

from model.errors import WorldError
from model.onnx.device import best_device, has_cuda
from model.onnx.world import load_onnx_world

_CUDA = "CUDAExecutionProvider"


@pytest.fixture(params=["no driver", "no package", "a GPU"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A package that is built for GPUs where there is none, one that is not, and one that finds one."""

    class Session:
        def __init__(self, *_: object, providers: list[Any]) -> None:
            self._providers = providers

        def get_providers(self) -> list[str]:
            return [_CUDA, "CPUExecutionProvider"] if request.param == "a GPU" else ["CPUExecutionProvider"]

    built = ["CPUExecutionProvider"] if request.param == "no package" else [_CUDA, "CPUExecutionProvider"]
    monkeypatch.setattr(ort, "get_available_providers", lambda: built)
    monkeypatch.setattr(ort, "InferenceSession", Session)
    has_cuda.cache_clear()
    yield request.param
    has_cuda.cache_clear()


def test_a_gpu_is_taken_where_it_computes(machine: str) -> None:
    assert best_device("cpu") == "cpu"
    if machine == "a GPU":
        assert best_device("auto") == best_device("cuda") == "cuda"
        return
    assert best_device("auto") == "cpu"
    with pytest.raises(WorldError, match="cannot use it; install onnxruntime-gpu in its place"):
        best_device("cuda")


def test_eight_bits_are_for_the_processor(exported: Path) -> None:
    with pytest.raises(WorldError, match="leave --device out"):
        load_onnx_world(str(exported), runtime="onnx-int8", device="cuda")
