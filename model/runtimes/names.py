"""The names of what can compute a world, for command lines that are read before torch is."""

GPU_RUNTIMES = ("cuda-graph", "cuda-graph-fp32", "cuda-compiled", "cuda-int8", "cuda-fp8")
"""Those that need an NVIDIA GPU."""

RUNTIMES = ("eager", "eager-fp32", "compiled", "compiled-fp32", *GPU_RUNTIMES)
"""All of torch; `auto` chooses among them."""

ONNX_RUNTIMES = ("onnx", "onnx-int8")
"""Those of ONNX Runtime, which need no torch; `auto` takes them where torch is not installed."""


def runtime_of(title: str) -> str:
    """Return the name of the runtime that calls itself `title`, such as `eager-fp32` for `eager float32`."""
    name, _, precision = title.partition(" ")
    named = {"float32": f"{name}-fp32", "int8": f"{name}-int8"}.get(precision, name)
    return named if named in (*RUNTIMES, *ONNX_RUNTIMES) else name
