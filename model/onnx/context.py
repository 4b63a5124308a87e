"""What a session's graphs attend to, where they compute: on a GPU it stays there, and is sent what changes of it.

The memory itself lies with the processor (`memory`), whose graphs read it where it is. A GPU would be sent all of it
before every evaluation; of some ten frames that it holds, one is written in a step, and the sink turned.
"""

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from .device import PROVIDERS, PUT, quiet_options
from .graph import Array
from .memory import Memory


class Put:
    """`data[:, rows] = values` where graphs compute."""

    def __init__(self, device: str) -> None:
        """Compute on `device`."""
        self.device = device
        self._session = ort.InferenceSession(PUT, quiet_options(), providers=PROVIDERS[device])

    def __call__(self, data: ort.OrtValue, rows: npt.NDArray[np.int64], values: Array) -> None:
        """Write values (l, k, h, d), which lie with the processor, to those k rows of data (l, n, h, d)."""
        at = np.stack(np.broadcast_arrays(np.arange(len(values))[:, None], rows), axis=-1)
        binding = self._session.io_binding()
        given = [("data", data), *((name, _value(array)) for name, array in (("rows", at), ("values", values)))]
        for name, value in given:
            binding.bind_ortvalue_input(name, value)
        binding.bind_ortvalue_output("changed", data)  # all else of it is left as it is
        binding.synchronize_inputs()
        self._session.run_with_iobinding(binding)


class Context:
    """The rotated keys and values of a memory, for graphs to read."""

    def __init__(self, memory: Memory, put: Put | None) -> None:
        """Keep them where `put` computes; where there is none, as with a processor, they are the memory's own."""
        self._memory, self._put = memory, put
        self._arrays = {"keys": memory.rotated_keys, "values": memory.rotated_values}
        self.values = {
            name: _value(array) if put is None else _value(np.zeros_like(array), put.device)
            for name, array in self._arrays.items()
        }
        """To bind graphs to, by the names of their inputs."""

    def refresh(self) -> None:
        """Send what the memory wrote since the last time."""
        if self._put is None or not len(rows := self._memory.written()):
            return
        for name, array in self._arrays.items():
            self._put(self.values[name], rows, array[:, rows])


def _value(array: Array, device: str = "cpu") -> ort.OrtValue:
    return ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array), device, 0)
