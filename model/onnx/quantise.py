"""An export in eight bits: two thirds of the time per frame where the processor has VNNI and nothing does bf16.

Products find the range of their activations at each run, one per tensor; weights have one per channel. Convolutions of
the decoder have theirs from frames that the world draws here. Attention, norms, the encoder, the embeddings of time and
action, and what the network is given and gives stay in float32.
"""

import contextlib
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..actions import parse_actions
from ..errors import WorldError
from .files import WEIGHTS_OF, Export, finished_export, write_about
from .weights import joined, read_weights

if TYPE_CHECKING:
    from .world import OnnxWorld

_WALK = parse_actions("w+right*4, left*4, w+up*2, down*4, d+yaw:12*6")
"""What the decoder is shown: turns and tilts, for new content."""

Latents = npt.NDArray[np.float32]


def quantise_world(world: "OnnxWorld", export: Export, place: Path) -> None:
    """Write to the folder `place` what `export`, which computes `world` in float32, is in eight bits.

    Raises:
        WorldError: the package `onnx` is missing, the quantisation fails, no room.
    """
    try:
        import onnx
        from onnxruntime import quantization
    except ImportError as error:
        raise WorldError(
            f"runtime onnx-int8 is made with {error.name}; pip install onnx, or use --runtime onnx"
        ) from None
    shown = _latents(world)
    with finished_export(place, world.hash) as made, tempfile.TemporaryDirectory() as aside, _hushed():
        for name in WEIGHTS_OF:
            if name == "encode":
                (made / "encode.onnx").write_bytes(export.graph(name).read_bytes())
                continue
            whole, model = Path(aside) / f"{name}.onnx", _with_weights(world.folder, export, name)
            onnx.save(model, whole)
            weights: dict[str, Any] = {"per_channel": True, "weight_type": quantization.QuantType.QInt8}
            if name == "decode":
                weights |= {"activation_type": quantization.QuantType.QUInt8, "op_types_to_quantize": ["Conv"]}
                quantization.quantize_static(whole, made / f"{name}.onnx", _Reader(shown), **weights)
            else:
                constant = {"MatMulConstBOnly": True}  # attention is a product of two activations
                weights |= {"op_types_to_quantize": ["MatMul"], "extra_options": constant}
                weights["nodes_to_exclude"] = _ends(model)
                quantization.quantize_dynamic(whole, made / f"{name}.onnx", **weights)
        sources = {name: export.sources[name] if name == "encode" else {} for name in WEIGHTS_OF}
        write_about(made, export.positions, sources)


def _latents(world: "OnnxWorld") -> list[Latents]:
    """Latents (1, c, h, w) of walks from every scene, some eighty at most."""
    latents = []
    for scene in world.scenes[:4]:
        session = world.start(scene.name, seed=0)
        for action in _WALK:
            session.step(action)
            latents.append(session.drawn.copy())
    return latents


class _Reader:
    """What the quantiser asks for its examples."""

    def __init__(self, latents: list[Latents]) -> None:
        self._left = iter(latents)

    def get_next(self) -> dict[str, Latents] | None:
        """Return the next inputs of the decoder, None after the last."""
        latent = next(self._left, None)
        return None if latent is None else {"latents": latent}


def _with_weights(folder: Path, export: Export, name: str) -> Any:
    """Return a graph with its weights inside, those that it transposes transposed: the quantiser looks no further."""
    import onnx
    from onnx import TensorProto, numpy_helper

    model = onnx.load(export.graph(name), load_external_data=False)
    weights, sources = read_weights(folder / WEIGHTS_OF[name]), export.sources[name]
    arrays = {label: joined(weights, parts) for label, parts in sources.items()}
    own = [tensor for tensor in model.graph.initializer if tensor.name not in sources]
    if any(tensor.data_location == TensorProto.EXTERNAL for tensor in own):  # would be read from where we stand
        raise WorldError(f"{export.graph(name)}: names weights that the world does not have; export the world again")
    arrays |= {tensor.name: numpy_helper.to_array(tensor) for tensor in own}
    nodes = []
    for node in model.graph.node:
        if node.op_type == "Transpose" and node.input[0] in arrays:
            order = [list(attribute.ints) for attribute in node.attribute if attribute.name == "perm"]
            arrays[node.output[0]] = np.transpose(arrays[node.input[0]], order[0] if order else None)
        else:
            nodes.append(node)
    used = {label for node in nodes for label in node.input}
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(array, order="C"), label) for label, array in arrays.items() if label in used
    )
    return model


def _ends(model: Any) -> list[str]:
    """Names of the first and the last product with weights in a row of tokens: what comes in and what goes out.

    With the embeddings of time and action, which are no products of matrices but of rows (Gemm), they are a hundredth
    of the work, and what they lose no later layer gives back.
    """
    constant = {tensor.name for tensor in model.graph.initializer}
    products = [node.name for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in constant]
    return [products[0], products[-1]]


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keep advice that is not for the person from the terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
