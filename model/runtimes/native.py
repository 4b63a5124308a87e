"""A function of tensors in a shared library that AOTInductor made, called through its C interface.

Torch's own loader would do the same but hold Python's global lock all the while; then the window could neither draw nor
hear of a key while a frame is computed. A foreign function called by ctypes holds no lock.
"""

import ctypes
import threading
import weakref
from ctypes import POINTER, byref, c_char_p, c_int32, c_int64, c_size_t, c_void_p
from pathlib import Path

import torch
from torch import Tensor

_DTYPES = {torch.float32: "float32", torch.bfloat16: "bfloat16", torch.uint8: "uint8"}
_Layout = tuple[tuple[int, ...], tuple[int, ...], torch.dtype, int]
"""Sizes, strides, type and bytes of an output, the same at every call."""


class NativeFunction:
    """The function in one library, on the CPU; calls from several threads take turns."""

    def __init__(self, library: Path) -> None:
        """Load `library`, which runs its code: it must be one's own.

        Raises:
            OSError: when it is no library, or needs another torch.
        """
        self._library = ctypes.CDLL(str(library))  # linked against torch's libraries, whose functions are found in it
        self._model = c_void_p()
        self._turn = threading.Lock()
        self._call("AOTInductorModelContainerCreateWithDevice", byref(self._model), c_size_t(1), c_char_p(b"cpu"), None)
        freed = weakref.finalize(self, self._symbol("AOTInductorModelContainerDelete"), self._model)
        freed.atexit = False  # a thread may still be computing in it when Python ends
        count = c_size_t()
        self._call("AOTInductorModelContainerGetNumOutputs", self._model, byref(count))
        self._outputs = (c_void_p * count.value)()
        self._layouts: list[_Layout] = []
        self._codes = {dtype: int(self._symbol(f"aoti_torch_dtype_{name}")()) for dtype, name in _DTYPES.items()}
        self._cpu = int(self._symbol("aoti_torch_device_type_cpu")())

    def __call__(self, *arguments: Tensor) -> list[Tensor]:
        """Compute; the arguments are of the shapes and types that were compiled for, the results new tensors."""
        held = [argument.contiguous() for argument in arguments]
        with self._turn:
            inputs = (c_void_p * len(held))(*(self._handle(tensor) for tensor in held))
            outputs, model = self._outputs, self._model
            counts = c_size_t(len(held)), c_size_t(len(outputs))
            self._call("AOTInductorModelContainerRun", model, inputs, counts[0], outputs, counts[1], None, None)
            try:
                if not self._layouts:
                    self._layouts = [self._layout(c_void_p(handle)) for handle in outputs]
                return [self._copy(c_void_p(handle), of) for handle, of in zip(outputs, self._layouts, strict=True)]
            finally:
                for handle in outputs:
                    self._call("aoti_torch_delete_tensor_object", c_void_p(handle))

    def _handle(self, tensor: Tensor) -> int | None:
        """Return a handle of a tensor's memory, which the library frees."""
        sizes, strides = ((c_int64 * tensor.ndim)(*values) for values in (tensor.shape, tensor.stride()))
        handle = c_void_p()
        self._call(
            "aoti_torch_create_tensor_from_blob",
            c_void_p(tensor.data_ptr()), c_int64(tensor.ndim), sizes, strides, c_int64(0),
            c_int32(self._codes[tensor.dtype]), c_int32(self._cpu), c_int32(-1), byref(handle),
        )  # fmt: skip
        return handle.value

    def _layout(self, handle: c_void_p) -> _Layout:
        """Ask what a result is like."""
        dimensions, dtype, size = c_int64(), c_int32(), c_int64()
        sizes, strides = POINTER(c_int64)(), POINTER(c_int64)()
        self._call("aoti_torch_get_dim", handle, byref(dimensions))
        self._call("aoti_torch_get_dtype", handle, byref(dtype))
        self._call("aoti_torch_get_sizes", handle, byref(sizes))
        self._call("aoti_torch_get_strides", handle, byref(strides))
        self._call("aoti_torch_get_numel", handle, byref(size))
        found = next(known for known, code in self._codes.items() if code == dtype.value)
        shape = tuple(sizes[k] for k in range(dimensions.value))
        steps = tuple(strides[k] for k in range(dimensions.value))
        return shape, steps, found, size.value * found.itemsize

    def _copy(self, handle: c_void_p, layout: _Layout) -> Tensor:
        """Return a result as a tensor of its own; all results are dense, in whatever order of dimensions."""
        sizes, strides, dtype, size = layout
        result, place = torch.empty_strided(sizes, strides, dtype=dtype), c_void_p()
        self._call("aoti_torch_get_data_ptr", handle, byref(place))
        assert place.value is not None
        ctypes.memmove(result.data_ptr(), place.value, size)
        return result

    def _call(self, name: str, *arguments: object) -> None:
        if self._symbol(name)(*arguments):
            raise RuntimeError(f"{name} failed in a compiled world; run it with --runtime eager")

    def _symbol(self, name: str) -> "ctypes._NamedFuncPointer":
        return getattr(self._library, name)  # type: ignore[no-any-return] # every attribute of a library is a function
