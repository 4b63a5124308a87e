"""One exported graph, opened by ONNX Runtime, and its inputs and outputs bound to memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from ..errors import WorldError
from .device import PROVIDERS, quiet_options

Array = npt.NDArray[Any]

_TYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8}
_FOLDER = "session.model_external_initializers_file_folder_path"
_MOST_NUMBERS = 1 << 32  # in an input or output, whatever a file claims


class Graph:
    """A function of arrays of static shape."""

    def __init__(
        self, path: Path, weights: Mapping[str, npt.NDArray[np.float32]], *, device: str, threads: int
    ) -> None:
        """Open the graph in `path`, with the values of its initializers, on `cpu` or `cuda` with so many threads.

        Raises:
            WorldError: a graph that is damaged or does not fit the weights.
        """
        self.device = device
        options = quiet_options()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other programs want to run too
        # what a graph names beside `weights` is looked for here and nowhere else; from bytes it would be where we stand
        options.add_session_config_entry(_FOLDER, str(path.parent))
        values = [ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value)) for value in weights.values()]
        options.add_external_initializers(list(weights), values)
        try:
            self.session = ort.InferenceSession(path.read_bytes(), options, providers=PROVIDERS[device])
            self.inputs = {one.name: (tuple(one.shape), _TYPES[one.type]) for one in self.session.get_inputs()}
            self.outputs = {one.name: (tuple(one.shape), _TYPES[one.type]) for one in self.session.get_outputs()}
        except Exception as error:  # ONNX Runtime's own have no common base
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise WorldError(f"{path}: cannot be run ({first[:200]}); export the world again") from None
        for shape, _ in (*self.inputs.values(), *self.outputs.values()):
            if not all(isinstance(side, int) for side in shape) or np.prod(shape, dtype=float) > _MOST_NUMBERS:
                raise WorldError(f"{path}: is no graph of static shape; export the world again")

    def bind(self, **given: ort.OrtValue) -> "Bound":
        """Give it memory: what is named, which is used where it is, and new arrays for the rest."""
        return Bound(self, given)


class Bound:
    """A graph with memory of its own: fill `inputs`, `run`, read `outputs`, in place."""

    def __init__(self, graph: Graph, given: Mapping[str, ort.OrtValue]) -> None:
        """See `Graph.bind`."""
        self.inputs = {name: np.zeros(*form) for name, form in graph.inputs.items() if name not in given}
        self.outputs = {name: np.zeros(*form) for name, form in graph.outputs.items()}
        for name, value in given.items():
            shape, dtype = graph.inputs[name]
            if (tuple(value.shape()), _TYPES[value.data_type()]) != (shape, dtype):
                raise WorldError(f"input {name} of the world's graph is {shape}, not {value.shape()}; export it again")
        self._session, self._binding = graph.session, graph.session.io_binding()
        self._elsewhere = graph.device != "cpu"
        own = {name: ort.OrtValue.ortvalue_from_numpy(array) for name, array in self.inputs.items()}
        self._values = {**own, **given}
        self._bind_inputs()
        for name, array in self.outputs.items():
            self._binding.bind_ortvalue_output(name, ort.OrtValue.ortvalue_from_numpy(array))

    def run(self) -> None:
        """Compute."""
        if self._elsewhere:  # a GPU was sent what stood here when it was bound; what lies there already stays
            self._bind_inputs()
            self._binding.synchronize_inputs()
        self._session.run_with_iobinding(self._binding)

    def _bind_inputs(self) -> None:
        for name, value in self._values.items():
            self._binding.bind_ortvalue_input(name, value)
