"""What a student in training makes, and that making it again with gradient is the same thing."""

import contextlib

import pytest
import torch
from torch import Tensor

from model.attention import Rotation, attend
from model.clip_attention import Causal, Recorder
from model.schedule import to_x0
from model.transformer import Transformer
from training.data.latents import ClipBatch, sample_clips
from training.stages import forcing, generation
from training.stages.forcing import ContextConfig
from training.stages.generation import Open, diffuse_out, force_out, remake, remake_diffused, roll_out

from ...tiny_world import SINK, WINDOW, tiny_transformer
from .small import latent_cache

TWO, FOUR = (1000.0, 2500 / 3), (1000.0, 937.5, 2500 / 3, 625.0)
LONG = SINK + 2 * WINDOW + 3


@pytest.fixture(autouse=True)
def _single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactness is asserted without autocast."""
    for module in (forcing, generation):
        monkeypatch.setattr(module, "autocast", lambda device: contextlib.nullcontext())


def _config(frames: int) -> ContextConfig:
    return ContextConfig(sink=SINK, window=WINDOW, frames=frames, batch=2)


def _clip(frames: int) -> ClipBatch:
    return sample_clips(latent_cache(), frames, 2, torch.Generator().manual_seed(1))


def _generator(seed: int = 2) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("frames", [3, LONG])
def test_remaking_gives_the_frames_that_were_rolled_out(frames: int) -> None:
    """Checkpointed Self Forcing: one parallel pass with gradient is the rollout, past the window too."""
    model, clip, config = tiny_transformer(), _clip(frames), _config(frames)
    made = roll_out(model, clip, config, TWO, FOUR, _generator())
    again = remake(model, made, clip, config)
    assert torch.equal(made.context[:, 0], clip.latents[:, 0]) and again.requires_grad
    assert again.std() > 0.1
    torch.testing.assert_close(again, made.context[:, 1:], atol=2e-4, rtol=1e-4)


def test_a_rollout_that_remembers_pictures_is_remade_from_them() -> None:
    model, clip, config = tiny_transformer(), _clip(LONG), _config(LONG)
    drawn: list[Tensor] = []

    def look(latent: Tensor) -> Tensor:
        drawn.append(latent)
        return latent.round()

    made = roll_out(model, clip, config, TWO, FOUR, _generator(), look)
    assert torch.equal(made.context[:, 1:], torch.cat(drawn, dim=1).round())
    again = remake(model, made, clip, config)
    torch.testing.assert_close(again, torch.cat(drawn, dim=1), atol=2e-4, rtol=1e-4)


def test_its_gradient_is_that_of_going_frame_by_frame() -> None:
    """Against plain self-rollout: every frame's last evaluation on its own, earlier frames detached."""
    model, clip, config = tiny_transformer(), _clip(LONG), _config(LONG)
    made = roll_out(model, clip, config, TWO, (), _generator())
    weight = torch.randn(made.noisy.shape, generator=_generator())
    parameters = list(model.parameters())
    at_once = torch.autograd.grad((remake(model, made, clip, config) * weight).sum(), parameters, allow_unused=True)
    one_by_one = [torch.zeros_like(p) for p in parameters]
    for i in range(1, LONG):
        x = _one_frame(model, made, clip, i)
        found = torch.autograd.grad((x * weight[:, i - 1 : i]).sum(), parameters, allow_unused=True)
        for total, part in zip(one_by_one, found, strict=True):
            if part is not None:
                total += part
    for one, two in zip(at_once, one_by_one, strict=True):
        torch.testing.assert_close(torch.zeros_like(two) if one is None else one, two, atol=1e-4, rtol=1e-3)


def _one_frame(model: Transformer, made: Open, clip: ClipBatch, i: int) -> Tensor:
    """Frame i by its last evaluation, against keys and values that a pass without gradient left."""
    recorder = Recorder(Causal(model.positions, clip.turned[:, :i], SINK, WINDOW))
    with torch.no_grad():
        model(made.context[:, :i], torch.zeros(2, i), clip.actions[:, :i], recorder)
    seen = [j for j in range(i) if j < SINK or j >= i - WINDOW]
    far = max(0, i - SINK - WINDOW)
    index = torch.tensor([j + far if j < SINK else j for j in seen])
    past = Rotation(model.positions, index, clip.turned[:, seen])
    own = Rotation(model.positions, torch.tensor([i]), clip.turned[:, i : i + 1])

    def against(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        keys, values = (
            x.unflatten(1, (i, -1))[:, seen].flatten(1, 2)  # type: ignore[no-untyped-call]
            for x in recorder.kept[layer]
        )
        joined = torch.cat((past.keys(keys), own.keys(k)), 1), torch.cat((past.values(values), own.values(v)), 1)
        return own.back(attend(own.keys(q), *joined))

    v = model(made.noisy[:, i - 1 : i], made.t[:, i - 1 : i], clip.actions[:, i : i + 1], against)
    return to_x0(made.noisy[:, i - 1 : i], v, made.t[:, i - 1 : i])


def test_gradient_of_a_frame_reaches_its_own_input_and_no_earlier_one() -> None:
    model, clip, config = tiny_transformer(), _clip(LONG), _config(LONG)
    made = roll_out(model, clip, config, TWO, (), _generator())
    noisy, context = made.noisy.clone().requires_grad_(), made.context.clone().requires_grad_()
    x = remake(model, Open(context, noisy, made.t), clip, config)
    of_noisy, of_context = torch.autograd.grad(x[:, 4].sum(), (noisy, context), allow_unused=True)
    touched = (of_noisy != 0).flatten(2).any(-1).any(0)
    assert touched.tolist() == [k == 4 for k in range(LONG - 1)]
    assert of_context is None


def test_exits_are_shared_by_the_frames_but_the_first_has_its_own() -> None:
    model, clip, config = tiny_transformer(), _clip(4), _config(4)
    exits = set()
    for seed in range(30):
        made = roll_out(model, clip, config, TWO, FOUR, _generator(seed))
        assert (made.t[:, 1:] == made.t[:1, 1:2]).all() and (made.t[:, 0] == made.t[0, 0]).all()
        exits.add((round(made.t[0, 0].item()), round(made.t[0, 1].item())))
    assert {first for first, _ in exits} == {1000, 938, 833, 625}
    assert {other for _, other in exits} == {1000, 833}
    same = [roll_out(model, clip, config, TWO, FOUR, _generator(7)).context for _ in range(2)]
    assert torch.equal(*same)


def test_teacher_forced_students_go_on_from_real_frames() -> None:
    model, clip, config = tiny_transformer(), _clip(4), _config(4)
    seen = set()
    for seed in range(12):
        made = force_out(model, clip, config, TWO, _generator(seed))
        assert torch.equal(made.context, clip.latents) and len(made.t.unique()) == 1
        seen.add(round(made.t[0, 0].item()))
    assert seen == {1000, 833}
    x = remake(model, made, clip, config)
    changed = ClipBatch(clip.latents.clone(), clip.actions, clip.turned, clip.contiguous)
    changed.latents[:, 2] += 1
    other = remake(model, Open(changed.latents, made.noisy, made.t), changed, config)
    assert torch.equal(x[:, :2], other[:, :2]) and not torch.equal(x[:, 2], other[:, 2])


def test_diffusion_forcing_noises_real_frames_one_by_one() -> None:
    model, clip, config = tiny_transformer(), _clip(LONG), _config(LONG)
    made = diffuse_out(clip, FOUR, _generator())
    assert set(made.t.unique().tolist()) <= {0.0, *(torch.tensor(FOUR).tolist())} and len(made.t.unique()) > 2
    clean = made.t == 0
    assert clean.any() and torch.equal(made.noisy[clean], clip.latents[:, 1:][clean])
    x = remake_diffused(model, made, clip, config)
    assert torch.equal(x[clean], made.noisy[clean]) and not torch.allclose(x[~clean], made.noisy[~clean])
