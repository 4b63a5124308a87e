"""Products in eight bits: exact to the integer in int8, near in fp8, and a walk that looks the same by either."""

import numpy as np
import pytest
import torch

from model.actions import Action, parse_actions
from model.errors import WorldError
from model.runtime import choose_runtime
from model.runtimes.cuda_graph import GraphEvaluator
from model.runtimes.eight_bits import EIGHT_BITS, EightBitLinear, Kind, quantised, supports, use_eight_bits
from model.runtimes.projection import fuse_projections
from model.walk import Walk
from model.world import load_world

from ...tiny_world import tiny_transformer
from .test_static import frames_of

KINDS: tuple[Kind, ...] = ("int8", "fp8")


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def test_int8_is_the_product_of_integers_times_the_scales() -> None:
    weight, bias, x = drawn(48, 32) * torch.linspace(0.01, 3, 48)[:, None], drawn(48), drawn(5, 32)
    x[2] *= 1000  # a token far from the others has a scale of its own
    (ints, of_x), (weights, of_weight) = quantised(x, "int8"), quantised(weight, "int8")
    assert ints.abs().amax(1).tolist() == [127] * 5 and weights.abs().amax(1).tolist() == [127] * 48
    expected = (ints.double() @ weights.double().t()) * of_x * of_weight.t() + bias
    torch.testing.assert_close(EightBitLinear("int8", weight, bias)(x).double(), expected, atol=0, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_product_is_near_the_exact_one(kind: Kind) -> None:
    weight, bias, x = drawn(64, 128), drawn(64), drawn(2, 7, 128)
    exact = torch.nn.functional.linear(x, weight, bias)
    found = EightBitLinear(kind, weight, bias)(x)
    assert found.shape == exact.shape and found.dtype == x.dtype
    error = (found - exact).norm() / exact.norm()
    assert 0 < error < {"int8": 0.02, "fp8": 0.05}[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_times_anything_is_the_bias(kind: Kind) -> None:
    layer = EightBitLinear(kind, torch.zeros(16, 16), torch.arange(16.0))
    assert torch.equal(layer(torch.zeros(3, 16)), torch.arange(16.0).expand(3, 16))


def test_sides_that_a_gpu_cannot_take_are_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 16"):
        EightBitLinear("int8", torch.zeros(16, 24), torch.zeros(16))


@pytest.mark.parametrize("kind", KINDS)
def test_a_walk_in_eight_bits_stays_near_the_plain_one(kind: Kind) -> None:
    plain, eight = tiny_transformer(3), tiny_transformer(3)
    fuse_projections(eight)
    use_eight_bits(eight, kind)
    shown = frames_of(Walk(plain, sink=1, window=3), 2, 9)
    found = frames_of(Walk(eight, sink=1, window=3, evaluator=GraphEvaluator(eight)), 2, 9)
    error = (found - shown).norm() / shown.norm()
    assert 0 < error < {"int8": 0.03, "fp8": 0.08}[kind]


def test_what_a_gpu_is_too_old_for() -> None:
    assert supports("int8", (7, 5)) and not supports("int8", (7, 0))
    assert supports("fp8", (8, 9)) and supports("fp8", (9, 0)) and not supports("fp8", (8, 6))


@pytest.mark.parametrize("runtime", EIGHT_BITS)
def test_a_gpu_that_is_too_old_is_named(runtime: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Old Card")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (7, 0))
    with pytest.raises(WorldError, match=f"{runtime} needs a newer GPU than Old Card"):
        choose_runtime("auto", runtime)


@pytest.mark.parametrize("runtime", EIGHT_BITS)
def test_a_gpu_that_is_new_enough_takes_it(runtime: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    assert choose_runtime("auto", runtime).title == f"{runtime} bfloat16"


@pytest.mark.parametrize("kind", KINDS)
def test_a_compiler_takes_it_in_one_piece(kind: Kind) -> None:
    layer, x = EightBitLinear(kind, drawn(32, 16), drawn(32)), drawn(2, 3, 16)
    assert torch.equal(torch.compile(layer, backend="eager", fullgraph=True)(x), layer(x))


@pytest.mark.parametrize("kind", KINDS)
def test_the_bundled_world_looks_the_same_in_eight_bits(kind: Kind) -> None:
    """Frame by frame from the same state, so that what differs is one frame's rounding and not a walk's."""
    reference, eight = (load_world("minecraft", device="cpu", runtime="eager-fp32") for _ in range(2))
    use_eight_bits(eight.transformer, kind)
    frames, actions = reference.picture(None)[None].repeat(4, axis=0), [Action(yaw=2.0)] * 4
    for action in parse_actions("w*2, right, s"):
        shown = [world.start(clip=(frames, actions), seed=3).step(action).astype(float) for world in (reference, eight)]
        assert 0 < np.mean((shown[0] - shown[1]) ** 2) < 255**2 / 10**3.5  # 35 dB
