"""Weights of the Wan family (Wan2.1, arXiv:2503.20314) and ours: one key map, both ways, exact to the bit.

Our transformer has Wan's names and shapes, but for two layouts: a token's values stand in the order (row, column,
channel) where Wan convolves over (channel, frame, row, column), and channel i of a head is rotated against i + d/2
where Wan rotates neighbours, so that the rows behind queries and keys are permuted within each head. Both spellings of
the names are read, Wan's own and that of diffusers. Everything is strict: text cross-attention is all that may be left
out of a file, and the action embedding is all that a file may lack.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import torch
from torch import Tensor

from .actions import ACTION_SIZE
from .errors import RunError
from .positions import PositionConfig
from .transformer import PATCH, Transformer, TransformerConfig
from .wan_files import read_wan

Layout = Literal["native", "diffusers"]
"""How names are spelled: as Wan's own code does or as diffusers does."""

WAN_1_3B = TransformerConfig(
    latent_channels=16, rows=60, columns=104, width=1536, depth=30, heads=12, ffn=8960,
    positions=PositionConfig(kind="grid"),
)  # fmt: skip
"""Wan2.1-T2V-1.3B at 832x480; rows and columns are free, for no weight depends on them."""

WAN_14B = replace(WAN_1_3B, width=5120, depth=40, heads=40, ffn=13824)
"""Wan2.1-T2V-14B."""

ADDED = tuple(f"action_embedding.{layer}.{part}" for layer in (0, 2) for part in ("weight", "bias"))
"""Our weights that Wan does not have."""

_PATCHES = "patch_embedding.weight"
_ROTATED = re.compile(r"blocks\.\d+\.self_attn\.(norm_)?[qk]\.(weight|bias)")
_WRAPPERS = {"_fsdp_wrapped_module", "_orig_mod", "_checkpoint_wrapped_module"}
_DTYPES = (torch.float32, torch.bfloat16, torch.float16)
_LISTED = 5  # names per list in an error

_DIFFUSERS = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"^(time|text)_embedding\.0\.", r"condition_embedder.\1_embedder.linear_1."),
        (r"^(time|text)_embedding\.2\.", r"condition_embedder.\1_embedder.linear_2."),
        (r"^time_projection\.1\.", "condition_embedder.time_proj."),
        (r"\.self_attn\.", ".attn1."),
        (r"\.cross_attn\.", ".attn2."),
        (r"\.(attn[12])\.([qkv])\.", r".\1.to_\2."),
        (r"\.(attn[12])\.o\.", r".\1.to_out.0."),
        (r"\.norm3\.", ".norm2."),  # diffusers numbers the norms in the order of their use
        (r"\.ffn\.0\.", ".ffn.net.0.proj."),
        (r"\.ffn\.2\.", ".ffn.net.2."),
        (r"^head\.modulation$", "scale_shift_table"),
        (r"\.modulation$", ".scale_shift_table"),
        (r"^head\.head\.", "proj_out."),
    )
)


def left_out(config: TransformerConfig) -> tuple[str, ...]:
    """Wan's own names of what our transformer has no use for: text and its cross-attention."""
    norms = [f"cross_attn.norm_{part}.weight" for part in "qk"]
    linear = [f"cross_attn.{part}.{kind}" for part in "qkvo" for kind in ("weight", "bias")]
    per_block = [*linear, *norms, "norm3.weight", "norm3.bias"]
    text = [f"text_embedding.{layer}.{kind}" for layer in (0, 2) for kind in ("weight", "bias")]
    return (*text, *(f"blocks.{i}.{name}" for i in range(config.depth) for name in per_block))


def from_wan(tensors: Mapping[str, Tensor], config: TransformerConfig) -> dict[str, Tensor]:
    """Our state dict, all but `ADDED`, from Wan's weights in either spelling; precision stays as it is.

    Prefixes that wrappers of training code leave in names are taken off.

    Raises:
        RunError: listing what is missing, unexpected or of another shape or precision.
    """
    found, shapes = _unwrapped(tensors), _shapes(config)
    spellings = [{name: _spelled(name, layout) for name in (*shapes, *left_out(config))} for layout in get_args(Layout)]
    spelled = max(spellings, key=lambda names: len(found.keys() & names.values()))
    ignored = {spelled[name] for name in left_out(config)}
    _check(found, {spelled[name]: shape for name, shape in shapes.items()}, ignored, config)
    return {name: _ours(name, found[spelled[name]], config) for name in shapes}


def to_wan(tensors: Mapping[str, Tensor], config: TransformerConfig, layout: Layout = "native") -> dict[str, Tensor]:
    """Inverse of `from_wan`: Wan's weights from our state dict, without `ADDED` and without cross-attention.

    Raises:
        RunError: listing what is missing, unexpected or of another shape or precision.
    """
    shapes = _shapes(config)
    flat = {name: (shape[0], math.prod(shape[1:])) if name == _PATCHES else shape for name, shape in shapes.items()}
    _check(tensors, flat, set(ADDED), config)
    return {_spelled(name, layout): _wans(name, tensors[name], config) for name in shapes}


def start_from_wan(path: Path, config: TransformerConfig, generator: torch.Generator) -> dict[str, Tensor]:
    """Whole state dict to begin training with: Wan's weights, and an action embedding that adds nothing yet.

    Its first layer is drawn from `generator`, its last is zero, so that the first step sees Wan as it was published.

    Args:
        path: safetensors file, its index, or the folder that holds one of them.
        config: see `WAN_1_3B`; positions must be of kind `grid`.
        generator: on the CPU.

    Raises:
        RunError: when the files are not readable or do not fit `config`; the message names `path`.
    """
    tensors = read_wan(path)
    try:
        weights = from_wan(tensors, config)
    except RunError as error:
        raise RunError(f"{path}: {error}") from None
    reach = ACTION_SIZE**-0.5  # of nn.Linear
    shapes = ((config.width, ACTION_SIZE), (config.width,), (config.width, config.width), (config.width,))
    first, bias, *last = (torch.zeros(shape) for shape in shapes)
    drawn = (part.uniform_(-reach, reach, generator=generator) for part in (first, bias))
    return weights | dict(zip(ADDED, (*drawn, *last), strict=True))


def _shapes(config: TransformerConfig) -> dict[str, tuple[int, ...]]:
    """Our names of all that Wan has too, and the shapes that it has there."""
    if config.positions.kind != "grid":
        raise RunError(
            f"Wan's weights know no positions of kind {config.positions.kind!r}; set the kind of positions to 'grid'"
        )
    with torch.device("meta"):
        shapes = {name: tuple(tensor.shape) for name, tensor in Transformer(config).state_dict().items()}
    shapes[_PATCHES] = (config.width, config.latent_channels, 1, PATCH, PATCH)
    return {name: shape for name, shape in shapes.items() if name not in ADDED}


def _spelled(name: str, layout: Layout) -> str:
    """Wan's own name (also ours) in a layout's spelling."""
    if layout == "diffusers":
        for pattern, spelling in _DIFFUSERS:
            name = pattern.sub(spelling, name)
    return name


def _unwrapped(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Names without what wrappers put into them."""
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        plain = ".".join(part for part in name.split(".") if part not in _WRAPPERS).removeprefix("model.")
        if plain in found:
            raise RunError(f"the weights hold {plain[:80]!r} twice, under several prefixes; keep one of them")
        found[plain] = tensor
    return found


def _check(
    found: Mapping[str, Tensor],
    shapes: Mapping[str, tuple[int, ...]],
    ignored: set[str],
    config: TransformerConfig,
) -> None:
    """Compare names, shapes and precisions; RunError lists all that differs."""
    problems = [
        f"{title} {_listed(names)}"
        for title, names in (("missing", shapes.keys() - found), ("unexpected", found.keys() - shapes - ignored))
        if names
    ]
    for name in sorted(shapes.keys() & found):
        shape, dtype = tuple(found[name].shape), found[name].dtype
        if shape != shapes[name]:
            problems.append(f"{name} is {shape} and not {shapes[name]}")
        if dtype not in _DTYPES:
            problems.append(f"{name} is {dtype} and not float32, bfloat16 or float16")
    if problems:
        shown = "; ".join(problems[: 2 + _LISTED]) + ("; ..." if len(problems) > 2 + _LISTED else "")
        raise RunError(
            f"the weights do not fit a transformer of width {config.width}, depth {config.depth} and "
            f"{config.latent_channels} latent channels ({shown}); give weights of this size"
        )


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - _LISTED} more" if len(ordered) > _LISTED else ""
    return ", ".join(repr(name[:80]) for name in ordered[:_LISTED]) + more


def _ours(name: str, tensor: Tensor, config: TransformerConfig) -> Tensor:
    if name == _PATCHES:
        return tensor[:, :, 0].permute(0, 2, 3, 1).flatten(1)
    if _ROTATED.fullmatch(name):
        return tensor.reshape(config.heads, -1, 2, *tensor.shape[1:]).transpose(1, 2).reshape(tensor.shape)
    return tensor


def _wans(name: str, tensor: Tensor, config: TransformerConfig) -> Tensor:
    if name == _PATCHES:
        return tensor.reshape(config.width, PATCH, PATCH, -1).permute(0, 3, 1, 2).unsqueeze(2).contiguous()
    if _ROTATED.fullmatch(name):
        return tensor.reshape(config.heads, 2, -1, *tensor.shape[1:]).transpose(1, 2).reshape(tensor.shape)
    return tensor
