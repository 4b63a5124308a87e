"""Where ONNX Runtime computes."""

import contextlib
import functools
from typing import Any

import onnxruntime as ort

from ..errors import WorldError

PROVIDERS: dict[str, list[Any]] = {
    "cpu": ["CPUExecutionProvider"],
    "cuda": [("CUDAExecutionProvider", {"use_tf32": "0"}), "CPUExecutionProvider"],  # single precision is what it says
}
"""What computes on a device, the best first."""

PUT = bytes.fromhex(
    "08083a6c0a280a04646174610a04726f77730a0676616c75657312076368616e6765642209536361747465724e4412037075745a0c0a"
    "046461746112040a0208015a0c0a04726f777312040a0208075a0e0a0676616c75657312040a020801620f0a076368616e6765641204"
    "0a02080142040a001012"
)
"""ONNX model: changed = ScatterND(data, rows, values), of any shape."""

_CUDA = "CUDAExecutionProvider"
_ERRORS = 3  # as a `log_severity_level`: nothing below them is written to the terminal


def quiet_options() -> ort.SessionOptions:
    """Return options of a session that writes nothing to the terminal but errors."""
    options = ort.SessionOptions()
    options.log_severity_level = _ERRORS
    return options


def best_device(asked: str) -> str:
    """Return `cpu` or `cuda` for one of `auto`, `cpu` and `cuda`; WorldError where it is not there."""
    if asked == "cuda" and not has_cuda():
        raise WorldError(
            "device cuda was asked for but this ONNX Runtime cannot use it; install onnxruntime-gpu in its place, with "
            "the CUDA and cuDNN that it names, or leave --device out"
        )
    return "cuda" if asked != "cpu" and has_cuda() else "cpu"


@functools.cache
def has_cuda() -> bool:
    """Whether this ONNX Runtime computes on an NVIDIA GPU, tried out: a package may be built for what is not here."""
    if _CUDA not in ort.get_available_providers():
        return False
    with contextlib.suppress(Exception):  # it has no errors of its own; what is missing shows below
        ort.preload_dlls()  # where pip put CUDA and cuDNN, nobody would look otherwise
    fatal = quiet_options()
    fatal.log_severity_level = _ERRORS + 1  # that there is no GPU is no error
    try:
        return _CUDA in ort.InferenceSession(PUT, fatal, providers=PROVIDERS["cuda"]).get_providers()
    except Exception:
        return False
