"""Between the processor's memory and a GPU's, so that neither waits for the other before it must.

A GPU fetches from page-locked memory while the program goes on; out of ordinary memory every copy would first wait for
all that the GPU still has to do. On a CPU there is nothing to move.
"""

from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor


def upload(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a tensor of the CPU on `device`; a GPU has it when its own turn comes, and `tensor` may change at once."""
    if device.type != "cuda" or tensor.is_cuda:
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


class Download:
    """A tensor on its way to the CPU."""

    def __init__(self, tensor: Tensor) -> None:
        """Send `tensor` off behind what its GPU's stream of now has to do; it may change afterwards in that stream."""
        self._host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.is_cuda)
        self._host.copy_(tensor, non_blocking=True)
        self._arrived: torch.cuda.Event | None = None
        if tensor.is_cuda:
            self._arrived = torch.cuda.Event()  # type: ignore[no-untyped-call] # torch leaves it untyped
            self._arrived.record()

    def wait(self) -> npt.NDArray[Any]:
        """Return its values, in memory of their own that is not locked, so that any number may be kept."""
        if self._arrived is None:
            return self._host.numpy()
        self._arrived.synchronize()
        return self._host.numpy().copy()
