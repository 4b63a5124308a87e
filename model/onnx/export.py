"""A world's network as ONNX graphs; the only part of this package that imports torch.

Shapes are static and weights are left out: a graph names them, `onnx.json` says which of the world's own they are.
"""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..actions import ACTION_SIZE
from ..errors import WorldError
from ..runtimes.evaluation import Evaluation
from ..runtimes.static import Decoding, Encoding, by_tokens
from ..transformer import Transformer, timestep_embedding
from ..world import World, load_world
from .files import finished_export, write_about

_OPSET = 20  # what ONNX Runtime reads since 1.17
_EVALUATED = ("velocity", "own_keys", "own_values", "rotated_keys", "rotated_values")
_EVALUATES = ("latents", "times", "actions", "cos", "sin", "keys", "values", "seen")


class Timed(nn.Module):
    """An `Evaluation` as the ONNX memory feeds it: timesteps, a context token by token, and which frames see which."""

    def __init__(self, evaluation: Evaluation, model: Transformer, *, alone: bool) -> None:
        """Evaluate; `alone` returns the velocity and nothing else."""
        super().__init__()
        self.evaluation, self.time_embedding, self._alone = evaluation, model.time_embedding, alone
        self._tokens = model.config.tokens
        self.requires_grad_(False)

    def forward(
        self, latents: Tensor, times: Tensor, actions: Tensor, cos: Tensor, sin: Tensor,
        keys: Tensor, values: Tensor, seen: Tensor,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        """See `Evaluation.forward`; times (f,) in [0, 1000], keys and values (l, tokens, h, d), `visible.visible`."""
        embedded, hidden = self.time_embedding(timestep_embedding(times)), by_tokens(seen, self._tokens)
        context = keys.transpose(1, 2), values.transpose(1, 2)
        evaluated: tuple[Tensor, ...] = self.evaluation(latents, embedded, actions, cos, sin, *context, hidden)
        return evaluated[:1] if self._alone else evaluated


@dataclass(frozen=True)
class Traced:
    """What becomes a graph."""

    module: nn.Module
    arguments: tuple[Tensor, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def export_world(folder: Path, place: Path) -> None:
    """Export the world in `folder` to the folder `place`; what was exported there before is replaced when all is ready.

    Raises:
        WorldError: a world that cannot be loaded, an exporter that is missing or fails, no room.
    """
    world = load_world(str(folder), device="cpu", runtime="eager-fp32")
    sources: dict[str, dict[str, list[str]]] = {}
    with finished_export(place, world.hash) as made:
        for name, traced in _traced(world).items():
            data, weights = _graph(traced)
            (made / f"{name}.onnx").write_bytes(data)
            sources[name] = {weight: source_of(weight) for weight in weights}
        write_about(made, world.transformer.positions.tables(), sources)


def source_of(weight: str) -> list[str]:
    """Return which tensors of the world's files an initializer is, one behind the other."""
    name = weight.removeprefix("autoencoder.").removeprefix("evaluation.")
    if not name.startswith("layers."):
        return [{"head_modulation": "head.modulation"}.get(name, name.replace("head.", "head.head.", 1))]
    _, number, part = name.split(".", 2)
    block = f"blocks.{number}"
    if part.startswith("project."):
        return [f"{block}.self_attn.{one}.{part.removeprefix('project.')}" for one in "qkv"]
    if part.startswith("out."):
        return [f"{block}.self_attn.o.{part.removeprefix('out.')}"]
    return [f"{block}.self_attn.{part}.weight" if part.startswith("norm_") else f"{block}.{part}"]


def _traced(world: World) -> Mapping[str, Traced]:
    """The graphs' modules and arguments of the shapes that they will be given."""
    model, autoencoder, spec = world.transformer, world.autoencoder, world.spec
    evaluation = Evaluation(model, slots=spec.sink + spec.window)
    latent = torch.zeros(1, *world.latent_shape)
    frame = torch.zeros(1, spec.height, spec.width, 3, dtype=torch.uint8)
    return {
        "two": Traced(Timed(evaluation, model, alone=False), _arguments(world, 2), _EVALUATES, _EVALUATED),
        "one": Traced(Timed(evaluation, model, alone=True), _arguments(world, 1), _EVALUATES, _EVALUATED[:1]),
        "decode": Traced(Decoding(autoencoder, torch.float32), (latent,), ("latents",), ("frames",)),
        "encode": Traced(Encoding(autoencoder, torch.float32), (frame,), ("frames",), ("latents",)),
    }


def _arguments(world: World, frames: int) -> tuple[Tensor, ...]:
    """Arguments of `Timed.forward` for so many frames."""
    config, sink, window = world.transformer.config, world.spec.sink, world.spec.window
    turned = torch.ones(frames * config.tokens, 1, config.head_dim)
    context = torch.zeros(config.depth, (2 * sink + window + 1) * config.tokens, config.heads, config.head_dim)
    latents, actions = torch.zeros(frames, *world.latent_shape), torch.zeros(frames, ACTION_SIZE)
    seen = torch.zeros(frames, 2 * sink + window + frames)
    return latents, torch.zeros(frames), actions, turned, turned.clone(), context, context.clone(), seen


def _graph(traced: Traced) -> tuple[bytes, list[str]]:
    """Return the graph of a module without its weights, and what these are called."""
    try:
        import onnx_ir
        import onnxscript.optimizer
    except ImportError as error:
        raise WorldError(f'exporting a world needs {error.name}; pip install "arvd[onnx]"') from None
    names = dict(traced.module.state_dict())
    with torch.no_grad(), _hushed():
        try:
            program = torch.onnx.export(
                traced.module.eval(),
                traced.arguments,
                input_names=traced.inputs,
                output_names=traced.outputs,
                opset_version=_OPSET,
                dynamo=True,
                optimize=False,
                verbose=False,
            )
            assert program is not None
            model: Any = program.model
            weights = [value for name, value in model.graph.initializers.items() if name in names]
            for value in weights:  # unknown to the optimizer, which would fold them into constants
                value.const_value = None
            onnxscript.optimizer.optimize(model)
            for value in weights:
                shape, kind = onnx_ir.Shape(names[value.name].shape), onnx_ir.DataType.FLOAT
                value.const_value = onnx_ir.ExternalTensor("weights", 0, 0, kind, shape=shape, name=value.name)
            proto = onnx_ir.to_proto(model)
        except Exception as error:  # an exporter fails in any way it likes
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise WorldError(f"exporting the world failed ({first[:200]}); use another runtime") from error
    del proto.graph.value_info[:], proto.metadata_props[:]
    for node in proto.graph.node:  # where each came from, in this machine's paths
        node.ClearField("doc_string")
        del node.metadata_props[:]
    return proto.SerializeToString(), [value.name for value in weights]


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keep what exporters say on the way, of which nothing is for the person, from the terminal."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnx_ir", "onnxscript")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
