"""A GPU's manners, on a processor: what is bound is copied there and then, and what changes afterwards is not seen."""

from typing import Any

import onnxruntime as ort

from model.onnx.graph import Graph


def take_elsewhere(graph: Graph) -> None:
    """Let a graph that the processor computes be fed as though it were computed elsewhere."""
    graph.device = "cuda"
    graph.session = Session(graph.session)


class Session:
    """An `InferenceSession` whose inputs are sent away when they are bound."""

    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session

    def io_binding(self) -> "Binding":
        return Binding(self._session.io_binding())

    def run_with_iobinding(self, binding: "Binding") -> None:
        self._session.run_with_iobinding(binding.real)


class Binding:
    """What belongs to one."""

    def __init__(self, real: ort.IOBinding) -> None:
        self.real = real

    def bind_ortvalue_input(self, name: str, value: ort.OrtValue) -> None:
        self.real.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(value.numpy().copy()))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)
