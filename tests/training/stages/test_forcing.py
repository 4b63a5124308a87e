"""What the causal stages put in front of the model."""

import dataclasses
import functools
import shutil

import pytest
import torch
from torch import Tensor

from training.data.latents import ClipBatch
from training.stages import forcing
from training.stages.autoregressive import AutoregressiveConfig, AutoregressiveStage
from training.stages.forcing import (
    ContextConfig,
    compile_layers,
    draw_timesteps,
    draw_told,
    frame_weights,
    imperfect_context,
    teacher_forced,
    weighted_mse,
)

from ...tiny_world import SINK, WINDOW, tiny_transformer
from .small import latent_cache, settings, weights

FRAMES = SINK + WINDOW + 1
CONFIG = ContextConfig(sink=SINK, window=WINDOW, frames=FRAMES, batch=3)


def _clip() -> ClipBatch:
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn((3, FRAMES, 4, 4, 6), generator=generator)
    actions = torch.randn((3, FRAMES, 11), generator=generator)
    return ClipBatch(latents, actions, torch.zeros(3, FRAMES, 2), torch.tensor([True, False, True]))


def test_context_is_real_unless_asked_otherwise() -> None:
    clip = _clip()
    assert imperfect_context(tiny_transformer(), clip, CONFIG, torch.Generator().manual_seed(0)) is clip.latents


def test_recycled_context_keeps_the_sink_and_replaces_a_tail() -> None:
    clip, model = _clip(), tiny_transformer()
    config = dataclasses.replace(CONFIG, recycled=2)
    lengths = set()
    for seed in range(12):
        context = imperfect_context(model, clip, config, torch.Generator().manual_seed(seed))
        real = (context == clip.latents).flatten(2).all(-1)
        assert real[:, 0].all()
        assert (real.int().diff(dim=1) <= 0).all()  # once generated, generated to the end
        lengths.update(real.sum(1).tolist())
        assert torch.equal(context, imperfect_context(model, clip, config, torch.Generator().manual_seed(seed)))
    assert len(lengths) > 2
    assert not context.requires_grad


def test_recycled_context_is_what_would_be_remembered() -> None:
    clip, model = _clip(), tiny_transformer()
    config = dataclasses.replace(CONFIG, recycled=1)
    seen: list[Tensor] = []

    def look(latents: Tensor) -> Tensor:
        seen.append(latents)
        return torch.full_like(latents, 7.0)

    for seed in range(8):
        context = imperfect_context(model, clip, config, torch.Generator().manual_seed(seed), look)
        remembered = (context == 7).flatten(2).all(-1)
        assert ((context == clip.latents).flatten(2).all(-1) | remembered).all()
        assert remembered.sum() == sum(map(len, seen)), "only what is replaced is looked at"
        seen.clear()


def test_no_play_goes_on_from_a_guess_after_an_old_sink() -> None:
    clip, model = _clip(), tiny_transformer()
    config = dataclasses.replace(CONFIG, recycled=2)
    replaced = torch.zeros(3, dtype=torch.bool)
    for seed in range(24):
        context = imperfect_context(model, clip, config, torch.Generator().manual_seed(seed))
        replaced |= (context[:, 1] != clip.latents[:, 1]).flatten(1).any(1)
    assert replaced.tolist() == clip.contiguous.tolist()


def test_an_old_sink_is_learned_from_full_contexts_only() -> None:
    with pytest.raises(ValueError, match=f"take {FRAMES} frames, not {FRAMES - 1}"):
        ContextConfig(sink=SINK, window=WINDOW, frames=FRAMES - 1, sink_gap=5)


def test_diffusion_forcing_has_no_clean_context_to_spoil(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = settings()
    with pytest.raises(ValueError, match="leave noise and recycled at 0"):
        AutoregressiveConfig(
            **plain | {"context": dataclasses.replace(plain["context"], noise=0.1)}, forcing="diffusion"
        )
    stage = AutoregressiveStage(latent_cache(), AutoregressiveConfig(**plain, forcing="diffusion"), torch.device("cpu"))
    clip = _clip()
    monkeypatch.setattr(stage, "_draw_clips", lambda generator: clip)
    counted: list[Tensor] = []

    def weigh(v: Tensor, target: Tensor, weights: Tensor) -> Tensor:
        counted.append(weights)
        return weighted_mse(v, target, weights)

    monkeypatch.setattr("training.stages.autoregressive.weighted_mse", weigh)
    stage.loss(0)
    assert counted[0][:, 0].tolist() == [0, 0, 0] and counted[0][:, 1].tolist() == [1, 0, 1]


def test_context_noise_stays_below_its_level() -> None:
    clip = _clip()
    config = dataclasses.replace(CONFIG, noise=0.1)
    context = imperfect_context(tiny_transformer(), clip, config, torch.Generator().manual_seed(0))
    assert 0 < (context - clip.latents).std() < 0.15


def test_a_frame_with_only_an_old_sink_does_not_count() -> None:
    weights = frame_weights(_clip())
    assert weights[:, 0].tolist() == [1, 0, 1] and (weights[:, 1:] == 1).all()
    prediction, target = torch.zeros(3, FRAMES - 1, 4, 4, 6), torch.zeros(3, FRAMES - 1, 4, 4, 6)
    prediction[1, 0] = 100
    assert weighted_mse(prediction, target, weights) == 0


def test_teacher_forcing_reaches_each_frame_s_own_action() -> None:
    clip, model = _clip(), tiny_transformer()
    noisy, t = torch.randn_like(clip.latents[:, 1:]), torch.full((3, FRAMES - 1), 900.0)
    before = teacher_forced(model, clip.latents, noisy, t, clip, CONFIG)
    actions = clip.actions.clone()
    actions[:, 2] += 1
    after = teacher_forced(model, clip.latents, noisy, t, dataclasses.replace(clip, actions=actions), CONFIG)
    changed = (before != after).flatten(2).any(-1)
    assert not changed[:, 0].any() and changed[:, 1].all()  # entry i is frame i + 1


def test_timesteps_are_uniform_on_the_shifted_grid() -> None:
    t = draw_timesteps((20000,), 5.0, torch.Generator().manual_seed(0))
    assert t.min() > 0 and t.max() <= 1000
    assert abs(t.median().item() - 833.3) < 5


@pytest.mark.parametrize("wrong", [{"frames": 1}, {"window": 0}, {"sink": -1}])
def test_a_context_that_shows_nothing_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="frames must be 2 or more"):
        ContextConfig(**({"sink": SINK, "window": WINDOW, "frames": FRAMES} | wrong))


def test_actions_are_kept_back_as_often_as_asked() -> None:
    generator = torch.Generator().manual_seed(0)
    state = generator.get_state()
    assert draw_told((4, 5), 0.0, generator) is None and torch.equal(state, generator.get_state())
    told = draw_told((100, 100), 0.1, generator)
    assert told is not None and abs(told.mean().item() - 0.9) < 0.01 and set(told.unique().tolist()) == {0, 1}


@pytest.mark.parametrize("compiled", [False, True])
def test_activations_computed_again_give_the_same_bits_and_take_no_room(
    compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forcing, "_has_compiler", lambda: True)
    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend="aot_eager"))  # needs none
    found, kept = [], []
    for checkpointed in (False, True):
        config = AutoregressiveConfig(**(settings() | {"compiled": compiled, "checkpointed": checkpointed}))
        stage, sizes = AutoregressiveStage(latent_cache(), config, torch.device("cpu"), start=weights()), list[int]()

        def keep(tensor: Tensor, sizes: list[int] = sizes) -> Tensor:
            sizes.append(tensor.nbytes)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            loss, _ = stage.loss(0)
        loss.backward()  # type: ignore[no-untyped-call] # torch leaves it unannotated
        found.append([loss.detach(), *(p.grad for p in stage.model.parameters())])
        kept.append(sum(sizes))
    assert all(torch.equal(one, two) for one, two in zip(*found, strict=True))
    assert kept[1] < kept[0] / 3  # of all that is saved for the gradient


@pytest.mark.parametrize("found", [True, False])
def test_layers_are_compiled_only_where_a_compiler_is(
    found: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CXX", "ccache my-compiler")
    monkeypatch.setattr(shutil, "which", lambda name: name if found and name == "ccache" else None)
    model = tiny_transformer()
    compiled: list[torch.nn.Module] = []
    monkeypatch.setattr(torch, "compile", lambda method: compiled.append(method.__self__) or method)
    compile_layers(model)
    assert compiled == ([*model.blocks, model.head] if found else [])
    assert ("no C++ compiler found" in capsys.readouterr().err) is not found
