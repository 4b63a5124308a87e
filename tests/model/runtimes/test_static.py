"""The network as a function of static shape gives what the model gives, however long the walk and the past."""

import math
from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from model.positions import PositionConfig
from model.runtimes.evaluation import Evaluation
from model.runtimes.static import Decoding, StaticEvaluator, by_tokens
from model.runtimes.visible import visible
from model.sampler import SamplerConfig
from model.walk import Newest, Walk

from ...tiny_world import HEIGHT, WIDTH, tiny_autoencoder, tiny_transformer

SAMPLER = SamplerConfig()


def frames_of(walk: Walk, steps: int, count: int) -> Tensor:
    """Latents of `count` frames after two that are given, under turns and keys that change from frame to frame."""
    generator = torch.Generator().manual_seed(5)

    def draw() -> Tensor:
        return torch.randn((1, 1, 4, HEIGHT // 8, WIDTH // 8), generator=generator)

    def hands(k: int) -> tuple[Tensor, Tensor]:
        pose = torch.tensor([10 * math.sin(k), 25.0 * k], dtype=torch.float64)
        return torch.randn((1, 1, 11), generator=generator), pose

    for k in range(2):
        walk.give(Newest(draw(), *hands(k)))
    made = [walk.step(*hands(k), "consistency", SAMPLER.timesteps(steps), draw).latent for k in range(2, 2 + count)]
    return torch.cat(made, dim=1)


@pytest.mark.parametrize("steps", [1, 2, 4])
@pytest.mark.parametrize(("sink", "window"), [(1, 3), (2, 1), (0, 2)])
@pytest.mark.parametrize("kind", ["rays", "grid"])
def test_a_walk_is_the_same_as_the_models(kind: Literal["rays", "grid"], sink: int, window: int, steps: int) -> None:
    model = tiny_transformer(3, PositionConfig(kind=kind))
    evaluation = Evaluation(model, slots=sink + window)
    evaluator = StaticEvaluator(model, evaluation, evaluation)
    plain = frames_of(Walk(model, sink=sink, window=window), steps, 11)
    static = frames_of(Walk(model, sink=sink, window=window, evaluator=evaluator), steps, 11)
    torch.testing.assert_close(static, plain, atol=2e-4, rtol=2e-4)
    assert plain.std() > 0.1


def test_what_is_kept_is_the_same_too() -> None:
    model = tiny_transformer(3)
    evaluation = Evaluation(model, slots=4)
    walks = [
        Walk(model, sink=1, window=3),
        Walk(model, sink=1, window=3, evaluator=StaticEvaluator(model, evaluation, evaluation)),
    ]
    for walk in walks:
        frames_of(walk, 2, 7)
    plain, static = (walk.cache for walk in walks)
    for name in ("keys", "values", "poses"):
        torch.testing.assert_close(getattr(static, name), getattr(plain, name), atol=2e-4, rtol=2e-4)


def test_half_the_precision_errs_no_more_than_the_model_in_it() -> None:
    """Attention is written otherwise there; both against the model in fp32."""
    exact = frames_of(Walk(tiny_transformer(3), sink=1, window=3), 2, 11)
    model = tiny_transformer(3).to(torch.bfloat16)
    evaluation = Evaluation(model, slots=4)
    static = Walk(model, sink=1, window=3, evaluator=StaticEvaluator(model, evaluation, evaluation))
    errors = [float((frames_of(walk, 2, 11) - exact).std()) for walk in (Walk(model, sink=1, window=3), static)]
    assert errors[1] < 1.5 * errors[0] and errors[1] < 0.05 * float(exact.std())


def test_what_a_frame_sees_each_of_its_tokens_sees() -> None:
    seen = by_tokens(torch.tensor([[0.0, 1.0], [2.0, 3.0]]), 2)
    assert seen.tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]


def test_a_frame_sees_the_newest_window_the_sink_and_itself() -> None:
    both, alone = (np.isfinite(part).tolist() for part in visible(7, slots=4, sink=1))
    kept_now, as_next_sees, own = [True] * 4, [False], [True, False]
    assert both[0] == kept_now + as_next_sees + own
    # frames 4, 5, 6 stand in slots 1, 2, 3; frame 7 takes the place of the oldest
    assert both[1] == [False, False, True, True, True, True, True]
    assert alone[0] == [True, True, True, True, False, True]


def test_while_the_context_fills_nothing_is_seen_that_is_not_there() -> None:
    both, alone = (np.isfinite(part).tolist() for part in visible(2, slots=4, sink=1))
    assert both == [[True, True, False, False, False, True, False], [True, True, False, False, False, True, True]]
    assert alone == [[True, True, True, False, False, True]]


def test_decoding_ends_in_the_bytes_of_the_picture() -> None:
    autoencoder = tiny_autoencoder()
    latents = torch.randn(1, autoencoder.config.latent_channels, 4, 6)
    frame = Decoding(autoencoder, torch.float32)(latents)
    assert frame.shape == (1, 32, 48, 3) and frame.dtype == torch.uint8
    pixels = autoencoder.decode(latents)[0].permute(1, 2, 0)
    torch.testing.assert_close(frame[0].float(), (pixels.clamp(-1, 1) + 1) * 127.5, atol=0.51, rtol=0)
