"""Weights of the Wan family: the same numbers come out, both spellings are read, and whatever differs is named."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from model.attention import Bidirectional
from model.errors import RunError
from model.positions import PositionConfig
from model.transformer import Transformer, TransformerConfig
from model.wan import ADDED, WAN_1_3B, WAN_14B, from_wan, left_out, start_from_wan, to_wan

SMALL = TransformerConfig(
    latent_channels=3, rows=4, columns=6, width=40, depth=2, heads=2, ffn=56, positions=PositionConfig(kind="grid")
)


def wan_shapes(config: TransformerConfig, text: int) -> dict[str, tuple[int, ...]]:
    """Every weight of a published text-to-video model with text embeddings of width `text`, by Wan's own names."""
    e, channels = config.width, config.latent_channels
    linear = {
        "text_embedding.0": (e, text), "text_embedding.2": (e, e), "time_embedding.0": (e, 256),
        "time_embedding.2": (e, e), "time_projection.1": (6 * e, e), "head.head": (4 * channels, e),
    }  # fmt: skip
    shapes: dict[str, tuple[int, ...]] = {
        "patch_embedding.weight": (e, channels, 1, 2, 2),
        "patch_embedding.bias": (e,),
    }
    for i in range(config.depth):
        for attention in ("self_attn", "cross_attn"):
            linear |= {f"blocks.{i}.{attention}.{part}": (e, e) for part in "qkvo"}
            shapes |= {f"blocks.{i}.{attention}.norm_{part}.weight": (e,) for part in "qk"}
        linear |= {f"blocks.{i}.ffn.0": (config.ffn, e), f"blocks.{i}.ffn.2": (e, config.ffn)}
        shapes |= {f"blocks.{i}.norm3.{kind}": (e,) for kind in ("weight", "bias")}
        shapes |= {f"blocks.{i}.modulation": (1, 6, e)}
    for name, shape in linear.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes | {"head.modulation": (1, 2, e)}


def wan_weights(dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """Random weights of the shape of `SMALL`."""
    generator = torch.Generator().manual_seed(0)
    drawn = {name: torch.randn(shape, generator=generator) for name, shape in wan_shapes(SMALL, text=8).items()}
    return {
        name: (tensor * (0.2 if tensor.dim() < 3 else 0.5) + ("norm" in name)).to(dtype)
        for name, tensor in drawn.items()
    }


def wan_velocity(weights: dict[str, Tensor], latents: Tensor, t: Tensor) -> Tensor:
    """Wan as its report describes it, in double and without text: latents (b, c, f, h, w), one t (b,) per video."""
    w = {name: tensor.double() for name, tensor in weights.items()}

    def linear(name: str, x: Tensor) -> Tensor:
        return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

    def normal(x: Tensor) -> Tensor:
        return (x - x.mean(-1, keepdim=True)) / (x.var(-1, unbiased=False, keepdim=True) + 1e-6).sqrt()

    def rotated(name: str, x: Tensor, turn: Tensor) -> Tensor:
        x = linear(name, x)
        x = x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt() * w[name[:-1] + f"norm_{name[-1]}.weight"]
        pairs = torch.view_as_complex(x.unflatten(-1, (SMALL.heads, -1, 2)))  # neighbouring channels are one number
        return torch.view_as_real(pairs * turn[:, None]).flatten(-2)

    x = F.conv3d(latents.double(), w["patch_embedding.weight"], w["patch_embedding.bias"], stride=(1, 2, 2))
    b, width, *grid = x.shape
    x = x.flatten(2).mT
    turn = wan_turns(grid, SMALL.head_dim)
    angle = t.double()[:, None] * 10000.0 ** (-torch.arange(128).double() / 128)
    e = linear("time_embedding.2", F.silu(linear("time_embedding.0", torch.cat((angle.cos(), angle.sin()), 1))))
    e0 = linear("time_projection.1", F.silu(e)).view(b, 6, width)
    for i in range(SMALL.depth):
        parts = (w[f"blocks.{i}.modulation"] + e0).chunk(6, 1)
        h = normal(x) * (1 + parts[1]) + parts[0]
        q, k = (rotated(f"blocks.{i}.self_attn.{part}", h, turn) for part in "qk")
        v = linear(f"blocks.{i}.self_attn.v", h).unflatten(-1, (SMALL.heads, -1))
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(SMALL.head_dim)
        mixed = torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), v).flatten(2)
        x = x + parts[2] * linear(f"blocks.{i}.self_attn.o", mixed)
        h = linear(f"blocks.{i}.ffn.0", normal(x) * (1 + parts[4]) + parts[3])
        x = x + parts[5] * linear(f"blocks.{i}.ffn.2", F.gelu(h, approximate="tanh"))
    shift, scale = (w["head.modulation"] + e[:, None]).chunk(2, 1)
    out = linear("head.head", normal(x) * (1 + scale) + shift).view(b, *grid, 2, 2, -1)
    return out.permute(0, 6, 1, 2, 4, 3, 5).reshape(latents.shape)


def wan_turns(grid: list[int], channels: int) -> Tensor:
    """Wan's rotary positions of the tokens of a grid (frames, rows, columns): complex, (tokens, channels / 2)."""
    picture = 2 * (channels // 6)
    places = torch.cartesian_prod(*(torch.arange(size).double() for size in grid))
    angles = [
        places[:, axis, None] / 10000.0 ** (torch.arange(0, size, 2).double() / size)
        for axis, size in enumerate((channels - 2 * picture, picture, picture))
    ]
    return torch.polar(torch.ones(()).double(), torch.cat(angles, 1))


def loaded(weights: dict[str, Tensor], folder: Path) -> Transformer:
    save_file(weights, folder / "wan.safetensors")
    model = Transformer(SMALL)
    model.load_state_dict(start_from_wan(folder / "wan.safetensors", SMALL, torch.Generator().manual_seed(0)))
    return model


def video() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn((2, 3, 5, 4, 6), generator=generator), torch.tensor([937.5, 180.0])


@torch.no_grad()
def our_velocity(model: Transformer, latents: Tensor, t: Tensor) -> Tensor:
    """Velocity (b, c, f, h, w) of a video; the actions are noise, which a model that never saw one must not hear."""
    b, f = len(latents), latents.shape[2]
    attend = Bidirectional(model.positions, torch.arange(f), torch.zeros(b, f, 2))
    actions = torch.randn((b, f, 11), generator=torch.Generator().manual_seed(2))
    return model(latents.transpose(1, 2), t[:, None].expand(b, f), actions, attend).transpose(1, 2)


@pytest.mark.parametrize("layout", ["native", "diffusers"])
def test_the_loaded_model_computes_what_wan_computes(tmp_path: Path, layout: str) -> None:
    weights, (latents, t) = wan_weights(), video()
    expected = wan_velocity(weights, latents, t).float()
    assert expected.std() > 0.1
    published = weights if layout == "native" else to_wan(from_wan(weights, SMALL), SMALL, "diffusers")
    torch.testing.assert_close(our_velocity(loaded(published, tmp_path), latents, t), expected, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_the_loaded_model_computes_what_diffusers_computes(tmp_path: Path) -> None:
    diffusers = pytest.importorskip("diffusers", reason="diffusers is not installed; the reference above stands in")
    other = diffusers.WanTransformer3DModel(
        num_attention_heads=SMALL.heads, attention_head_dim=SMALL.head_dim, in_channels=SMALL.latent_channels,
        out_channels=SMALL.latent_channels, text_dim=8, ffn_dim=SMALL.ffn, num_layers=SMALL.depth,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    for name, parameter in other.named_parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2 + ("norm" in name))
        if "attn2.to_out" in name:  # so that cross-attention adds nothing
            parameter.zero_()
    latents, t = video()
    expected = other(latents, t, torch.randn(2, 5, 8), return_dict=False)[0]
    assert expected.std() > 0.1
    model = loaded(other.state_dict(), tmp_path)
    torch.testing.assert_close(our_velocity(model, latents, t), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_round_trips_are_exact(dtype: torch.dtype) -> None:
    weights = wan_weights(dtype)
    ours = from_wan(weights, SMALL)
    native, diffusers = to_wan(ours, SMALL), to_wan(ours, SMALL, "diffusers")
    assert native.keys() == weights.keys() - set(left_out(SMALL))
    assert all(torch.equal(native[name], weights[name]) and native[name].dtype == dtype for name in native)
    again = from_wan(diffusers, SMALL)
    assert ours.keys() == again.keys() and all(torch.equal(ours[name], again[name]) for name in ours)
    assert not torch.equal(ours["blocks.0.self_attn.q.weight"], weights["blocks.0.self_attn.q.weight"])


def test_names_in_diffusers() -> None:
    """Spelled out once, from what diffusers itself saves."""
    one = replace(SMALL, depth=1)
    weights = {name: torch.zeros(shape) for name, shape in wan_shapes(one, text=8).items()}
    linear = [f"blocks.0.attn1.{part}" for part in ("to_q", "to_k", "to_v", "to_out.0")]
    linear += [f"condition_embedder.time_embedder.linear_{i}" for i in (1, 2)]
    linear += ["condition_embedder.time_proj", "blocks.0.ffn.net.0.proj", "blocks.0.ffn.net.2", "proj_out"]
    assert to_wan(from_wan(weights, one), one, "diffusers").keys() == {
        *(f"{name}.{kind}" for name in (*linear, "patch_embedding") for kind in ("weight", "bias")),
        *("blocks.0.attn1.norm_q.weight", "blocks.0.attn1.norm_k.weight"),
        *("scale_shift_table", "blocks.0.scale_shift_table"),
    }


@pytest.mark.parametrize(
    "wrap",
    [
        "model.{}".format,
        "model._fsdp_wrapped_module.{}".format,
        "_fsdp_wrapped_module.model._orig_mod.{}".format,
        lambda name: name.replace("blocks.1.", "blocks.1._checkpoint_wrapped_module._fsdp_wrapped_module."),
    ],
)
def test_prefixes_of_wrappers_come_off(wrap: Callable[[str], str]) -> None:
    weights, expected = wan_weights(), from_wan(wan_weights(), SMALL)
    ours = from_wan({wrap(name): tensor for name, tensor in weights.items()}, SMALL)
    assert ours.keys() == expected.keys() and all(torch.equal(ours[name], expected[name]) for name in ours)


def test_a_start_is_whole_and_its_action_embedding_can_learn(tmp_path: Path) -> None:
    save_file(wan_weights(torch.bfloat16), tmp_path / "wan.safetensors")
    seeds = [torch.Generator().manual_seed(seed) for seed in (3, 3, 4)]
    start, same, other = (start_from_wan(tmp_path, SMALL, seed) for seed in seeds)
    model = Transformer(SMALL)
    model.load_state_dict(start)
    assert [start[name].shape for name in ADDED] == [model.state_dict()[name].shape for name in ADDED]
    assert all(torch.equal(start[name], same[name]) for name in start)
    assert not torch.equal(start[ADDED[0]], other[ADDED[0]])
    latents, t = video()
    actions = torch.ones(2, 5, 11)
    attend = Bidirectional(model.positions, torch.arange(5), torch.zeros(2, 5, 2))
    model(latents.transpose(1, 2), t[:, None].expand(2, 5), actions, attend).square().sum().backward()
    assert model.get_parameter(ADDED[2]).grad.abs().max() > 0


@pytest.mark.parametrize(
    ("name", "tensor", "words"),
    [
        ("blocks.1.ffn.0.bias", None, "missing 'blocks.1.ffn.0.bias'"),
        ("blocks.0.self_attn.prope_o.weight", torch.zeros(40, 40), "unexpected 'blocks.0.self_attn.prope_o.weight'"),
        ("blocks.2.cross_attn.q.bias", torch.zeros(40), "depth 2"),
        ("blocks.0.cross_attn.k_img.bias", torch.zeros(40), "unexpected 'blocks.0.cross_attn.k_img.bias'"),
        ("action_embedding.0.bias", torch.zeros(40), "unexpected 'action_embedding.0.bias'"),
        ("scale_shift_table", torch.zeros(1, 2, 40), "unexpected 'scale_shift_table'"),
        ("a\nb" * 100, torch.zeros(1), r"unexpected 'a\nba\nb"),
        ("patch_embedding.weight", torch.zeros(40, 12), "is (40, 12) and not (40, 3, 1, 2, 2)"),
        ("patch_embedding.weight", torch.zeros(40, 36, 1, 2, 2), "3 latent channels"),
        ("head.head.bias", torch.zeros(12, dtype=torch.int8), "head.head.bias is torch.int8"),
        ("model.head.head.bias", torch.zeros(12), "'head.head.bias' twice"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, name: str, tensor: Tensor | None, words: str) -> None:
    weights = wan_weights()
    weights.pop(name, None)
    if tensor is not None:
        weights[name] = tensor
    save_file(weights, tmp_path / "wan.safetensors")
    with pytest.raises(RunError) as caught:
        start_from_wan(tmp_path, SMALL, torch.Generator())
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}: ") and len(message) < 1000 and "\n" not in message
    assert words in message, message


def test_nothing_but_the_allowed_may_be_left_out_of_ours() -> None:
    ours = from_wan(wan_weights(), SMALL)
    with pytest.raises(RunError, match=r"missing 'head\.head\.bias'"):
        to_wan({name: tensor for name, tensor in ours.items() if name != "head.head.bias"}, SMALL)
    with pytest.raises(RunError, match="unexpected 'extra'"):
        to_wan(ours | {"extra": torch.zeros(1)}, SMALL)
    rays = replace(SMALL, positions=PositionConfig(kind="rays"))
    with pytest.raises(RunError, match="no positions of kind 'rays'"):
        from_wan(wan_weights(), rays)


@pytest.mark.parametrize(("config", "millions"), [(WAN_1_3B, 1_419), (WAN_14B, 14_288)])
def test_the_published_shapes_fit(config: TransformerConfig, millions: int) -> None:
    published = {name: torch.empty(shape, device="meta") for name, shape in wan_shapes(config, text=4096).items()}
    assert round(sum(tensor.numel() for tensor in published.values()) / 1e6) == millions
    ours = from_wan(published, config)
    assert published.keys() - ours.keys() == set(left_out(config))


def test_a_block_of_the_1_3b_model_has_as_many_parameters_as_published() -> None:
    with torch.device("meta"):
        block = Transformer(replace(WAN_1_3B, depth=1)).blocks[0]
    e, ffn = 1536, 8960
    attention = 4 * (e * e + e) + 2 * e
    affine_norm = 2 * e
    assert attention + attention + affine_norm + (e * ffn + ffn) + (ffn * e + e) + 6 * e == 46_440_704
    assert sum(parameter.numel() for parameter in block.parameters()) == 46_440_704 - attention - affine_norm
