"""What a CUDA graph does, on a CPU: operations are recorded once and repeated on the same memory, without any Python.

Whatever the recorded code decided, such as a slot or a frame's number, is decided for ever, and whatever it asks of the
values in a tensor is refused, as a GPU refuses both while a graph is captured.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Tape(TorchDispatchMode):
    """Records all operations while it is active."""

    def __init__(self) -> None:
        super().__init__()
        self._operations: list[tuple[Any, Sequence[Any], dict[str, Any], list[Tensor]]] = []

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        assert func is not torch.ops.aten._local_scalar_dense.default, "a value was asked for while recording"
        out = func(*args, **(kwargs or {}))
        self._operations.append((func, args, kwargs or {}, [leaf for leaf in tree_leaves(out) if _is_tensor(leaf)]))
        return out

    @torch.no_grad()
    def replay(self) -> None:
        """Do the same operations with the same tensors, wherever those were when they were recorded."""
        for func, args, kwargs, outs in self._operations:
            again = [leaf for leaf in tree_leaves(func(*args, **kwargs)) if _is_tensor(leaf)]
            for out, value in zip(outs, again, strict=True):
                if out.data_ptr() != value.data_ptr():
                    out.copy_(value)


def _is_tensor(leaf: object) -> bool:
    return isinstance(leaf, Tensor)


def on_tape(piece: Callable[[], None]) -> Callable[[], None]:
    """Record a piece of work; return its replay."""
    tape = Tape()
    with tape:
        piece()
    return tape.replay
