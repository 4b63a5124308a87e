"""Where and how a world is computed: device, precision, and what computes it.

The model files stay as they are trained; whatever makes them faster is applied here and in `runtimes`.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from .autoencoder import Autoencoder
from .errors import WorldError
from .runtimes.eight_bits import EIGHT_BITS, supports, use_eight_bits
from .runtimes.names import GPU_RUNTIMES, RUNTIMES
from .runtimes.precision import multiplies_sooner
from .runtimes.projection import fuse_projections
from .runtimes.static import Decoding, Encoding, StaticEvaluator
from .runtimes.tuned import tuning_of
from .transformer import Transformer
from .walk import Evaluator, ModelEvaluator


@dataclass(frozen=True)
class Runtime:
    """Device, precision, and what computes."""

    name: Literal["eager", "compiled", "cuda-graph", "cuda-compiled", "cuda-int8", "cuda-fp8"]
    device: torch.device
    dtype: torch.dtype

    @property
    def title(self) -> str:
        """Name and precision, such as `eager bfloat16`."""
        return f"{self.name} {str(self.dtype).removeprefix('torch.')}"

    def prepare(
        self, model: Transformer, autoencoder: Autoencoder, *, sink: int, window: int, world: str, looks: bool
    ) -> "Computation":
        """Return what computes the world with hash `world`, whose `model` is in this precision and on this device.

        One that `looks` at its own pictures will encode them one by one.

        Raises:
            WorldError: a runtime that this machine turns out to lack.
        """
        # bf16 is near-lossless both ways: ten rounds through it lose 0.1 dB more than in fp32
        decoder = autoencoder if self.dtype == torch.float32 else copy.deepcopy(autoencoder).to(self.dtype)
        fuse_projections(model)
        if self.name == "compiled":
            return _compiled(self, model, decoder, sink=sink, window=window, world=world, looks=looks)
        if self.name.startswith("cuda-"):
            from .runtimes.cuda_graph import GraphDecoder, GraphEvaluator

            if self.name in EIGHT_BITS:
                use_eight_bits(model, EIGHT_BITS[self.name])
            shape = model.config.latent_channels, model.config.rows, model.config.columns
            evaluator = GraphEvaluator(model, compiled=self.name != "cuda-graph")
            return Computation(evaluator, GraphDecoder(decoder, self.dtype, shape), Encoding(decoder, self.dtype))
        return Computation(ModelEvaluator(model), Decoding(decoder, self.dtype), Encoding(decoder, self.dtype))


@dataclass(frozen=True)
class Computation:
    """What computes a world."""

    evaluator: Evaluator
    """Of a single walk."""
    decode: Callable[[Tensor], Tensor]
    """Normalised latents (b, c, h/8, w/8) -> bytes (b, h, w, 3)."""
    encode: Callable[[Tensor], Tensor]
    """The way back, fp32, for pictures of the world itself; `World.encode` is for given ones."""


def choose_runtime(device: str, runtime: str, *, world: str | None = None) -> Runtime:
    """Pick device and precision; raises WorldError for one that this machine does not have.

    `runtime` is `auto` (the fastest that is remembered of the world with hash `world`; else what needs no compiler,
    graphs on a GPU and eager on a CPU), `eager`, `compiled` (a CPU with a C++ compiler), `cuda-graph` or
    `cuda-compiled` (an NVIDIA GPU), each in bf16 where the processor multiplies bf16 matrices in hardware, or with
    `-fp32` behind it in single precision; `cuda-int8` and `cuda-fp8` are `cuda-compiled` with the products of the
    layers in eight bits. `eager-fp32` is the reference.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise WorldError(f"unknown device {device!r}; use auto, cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise WorldError(
            "device cuda was asked for but torch sees no GPU; use --device cpu, or install a CUDA build of torch"
        )
    if runtime not in ("auto", *RUNTIMES):
        raise WorldError(f"unknown runtime {runtime!r}; use auto, {', '.join(RUNTIMES[:-1])} or {RUNTIMES[-1]}")
    if runtime == "auto" and world is not None:
        runtime = _remembered(world, "" if device == "cpu" else card())
    compiled = runtime.startswith("compiled")
    chosen = torch.device("cuda" if device != "cpu" and torch.cuda.is_available() and not compiled else "cpu")
    if runtime in GPU_RUNTIMES and chosen.type == "cpu":
        raise WorldError(f"runtime {runtime} needs an NVIDIA GPU; use --runtime auto")
    if runtime in EIGHT_BITS and not supports(EIGHT_BITS[runtime], torch.cuda.get_device_capability()):
        raise WorldError(f"runtime {runtime} needs a newer GPU than {card()}; use --runtime auto")
    if compiled and device == "cuda":
        raise WorldError(f"runtime {runtime} is for the processor; leave --device out, or use --runtime auto")
    half = not runtime.endswith("-fp32") and has_fast_bfloat16(chosen)
    plain = "cuda-graph" if chosen.type == "cuda" else "eager"
    name = plain if runtime == "auto" else runtime.removesuffix("-fp32")
    return Runtime(name, chosen, torch.bfloat16 if half else torch.float32)  # type: ignore[arg-type] # looked up above


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether matrix products in bf16 run in hardware, and sooner than in fp32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    has = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return bool(has) and multiplies_sooner(torch.bfloat16)


def card() -> str:
    """Return what the GPU is called that worlds are played on; empty without one."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""


def _remembered(world: str, card: str) -> str:
    """Return the fastest of torch's runtimes for a world on a GPU, or on the processor, as far as known and ready."""
    tuning = tuning_of(world, card)
    best = None if tuning is None else tuning.best(RUNTIMES)
    return best.runtime if best is not None and is_ready(best.runtime, world) else "auto"


def is_ready(runtime: str, world: str) -> bool:
    """Whether one of torch's runtimes opens the world with this hash without compiling it first."""
    from .runtimes.packages import are_made, packages_folder

    dtype = torch.float32 if runtime.endswith("-fp32") else torch.bfloat16
    return not runtime.startswith("compiled") or are_made(packages_folder(world, dtype))


def _compiled(
    runtime: Runtime, model: Transformer, decoder: Autoencoder, *, sink: int, window: int, world: str, looks: bool
) -> Computation:
    """What computes a world as native code, which is made now if it is not there."""
    from .runtimes.packages import are_made, load_packages, make_packages, packages_folder

    folder = packages_folder(world, runtime.dtype)
    if not are_made(folder):
        make_packages(folder, model, decoder, sink=sink, window=window, looks=looks)
    packages = load_packages(folder)
    decode_many, encode_many = Decoding(decoder, runtime.dtype), Encoding(decoder, runtime.dtype)

    def decode(latents: Tensor) -> Tensor:
        return packages.decode(latents) if len(latents) == 1 else decode_many(latents)

    def encode(frames: Tensor) -> Tensor:
        return packages.encode(frames) if len(frames) == 1 else encode_many(frames)

    return Computation(StaticEvaluator(model, packages.two, packages.one), decode, encode)
