"""The three ways to attend agree with each other and with a brute-force reference."""

import pytest
import torch
from torch import Tensor

from model.attention import Bidirectional
from model.cache import KeyValueCache
from model.clip_attention import AgainstHistory, Causal, Recorder, TeacherForced
from model.transformer import Transformer

from ..tiny_world import SINK, WINDOW, tiny_transformer

FRAMES = SINK + WINDOW + 1
LONG = SINK + 3 * WINDOW + 4


def visible(frame: int, sink: int, window: int) -> list[int]:
    """Earlier frames that `frame` may see: the first `sink` and the last `window` before it."""
    return [j for j in range(frame) if j < sink or j >= frame - window]


def _clip(model: Transformer, frames: int, batch: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    config = model.config
    latents = torch.randn((batch, frames, config.latent_channels, config.rows, config.columns), generator=generator)
    actions = torch.randn((batch, frames, 11), generator=generator)
    poses = torch.randn((batch, frames, 2), generator=generator).cumsum(1) * 20
    return latents, actions, poses


def _play(model: Transformer, clean: Tensor, noisy: Tensor, t: Tensor, actions: Tensor, poses: Tensor) -> Tensor:
    """Frame by frame through the cache: evaluate noisy frame i, then write clean frame i."""
    cache, outputs = KeyValueCache(model, sink=SINK, window=WINDOW, batch=len(clean)), []
    for i in range(clean.shape[1]):
        view = cache.view(poses[:, i].double())
        outputs.append(model(noisy[:, i : i + 1], t[:, i : i + 1], actions[:, i : i + 1], view))
        model(clean[:, i : i + 1], torch.zeros_like(t[:, i : i + 1]), actions[:, i : i + 1], view)
        cache.write(torch.stack(view.keys), torch.stack(view.values), poses[:, i].double())
    return torch.cat(outputs, dim=1)


def _teacher_forced(
    model: Transformer, clean: Tensor, noisy: Tensor, t: Tensor, actions: Tensor, poses: Tensor
) -> Tensor:
    frames = clean.shape[1] - 1
    latents = torch.cat((clean[:, :-1], noisy[:, 1:]), dim=1)
    times = torch.cat((torch.zeros_like(t[:, :-1]), t[:, 1:]), dim=1)
    both = torch.cat((actions[:, :-1], actions[:, 1:]), dim=1)
    out: Tensor = model(latents, times, both, TeacherForced(model.positions, poses, SINK, WINDOW))
    return out[:, frames:]


@pytest.mark.parametrize("frames", [2, FRAMES, LONG])
@torch.no_grad()
def test_teacher_forced_equals_cached_frame_by_frame(frames: int) -> None:
    """Also far past the window, where the sink has moved on with it; two sequences side by side."""
    model = tiny_transformer()
    clean, actions, poses = _clip(model, frames, batch=2)
    noisy, t = torch.randn_like(clean), torch.rand(2, frames) * 1000
    parallel = _teacher_forced(model, clean, noisy, t, actions, poses)
    cached = _play(model, clean, noisy, t, actions, poses)
    assert parallel.std() > 0.1
    torch.testing.assert_close(parallel, cached[:, 1:], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("frames", [2, FRAMES, LONG])
@torch.no_grad()
def test_causal_equals_cached_when_the_context_is_what_was_written(frames: int) -> None:
    model = tiny_transformer()
    clean, actions, poses = _clip(model, frames)
    out = model(clean, torch.zeros(1, frames), actions, Causal(model.positions, poses, SINK, WINDOW))
    cached = _play(model, clean, clean, torch.zeros(1, frames), actions, poses)
    torch.testing.assert_close(out, cached, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("frames", [2, FRAMES, LONG])
def test_noisy_frames_against_their_history_equal_teacher_forcing(frames: int) -> None:
    """And no gradient reaches the history: neither its latents nor the weights through it (reference 4.4)."""
    model = tiny_transformer()
    clean, actions, poses = _clip(model, frames)
    noisy, t = torch.randn_like(clean), torch.rand(1, frames) * 1000
    clean.requires_grad_()
    noisy.requires_grad_()
    recorder = Recorder(Causal(model.positions, poses[:, :-1], SINK, WINDOW))
    model(clean[:, :-1], torch.zeros(1, frames - 1), actions[:, :-1], recorder)
    against = AgainstHistory(model.positions, poses, SINK, WINDOW, recorder.kept)
    out = model(noisy[:, 1:], t[:, 1:], actions[:, 1:], against)
    torch.testing.assert_close(out, _teacher_forced(model, clean, noisy, t, actions, poses), atol=1e-4, rtol=1e-4)
    last = out[:, -1].square().sum()
    of_clean, of_noisy = torch.autograd.grad(last, (clean, noisy), allow_unused=True)
    assert of_clean is None  # the past of a frame cannot be blamed for it
    assert (of_noisy[:, :-1] == 0).all() and (of_noisy[:, -1] != 0).any()


def test_keeping_an_action_from_the_model_is_not_telling_it_to_stand_still() -> None:
    model = tiny_transformer()
    latents, actions, poses = _clip(model, 3)
    t, attend = torch.rand(1, 3) * 1000, Bidirectional(model.positions, torch.arange(3), poses)
    all_told = model(latents, t, actions, attend, torch.ones(1, 3))
    assert torch.equal(all_told, model(latents, t, actions, attend))
    secret = [model(latents, t, a, attend, torch.zeros(1, 3)) for a in (actions, torch.zeros_like(actions))]
    assert torch.equal(*secret)
    assert not torch.allclose(secret[0], model(latents, t, torch.zeros_like(actions), attend), atol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("changed", range(FRAMES - 1))
def test_no_leak_from_the_future(changed: int) -> None:
    model = tiny_transformer()
    clean, actions, poses = _clip(model, FRAMES)
    noisy, t = torch.randn_like(clean), torch.rand(1, FRAMES) * 1000
    before = _teacher_forced(model, clean, noisy, t, actions, poses)
    clean = clean.clone()
    clean[:, changed] += 1
    after = _teacher_forced(model, clean, noisy, t, actions, poses)
    # entry i of the output is frame i + 1, which sees clean frames up to i
    assert torch.equal(before[:, :changed], after[:, :changed])
    assert (before[:, changed:] != after[:, changed:]).flatten(2).any(-1).all()


@torch.no_grad()
def test_ring_cache_equals_brute_force_window() -> None:
    """Past three windows: each frame attends to the sink and the last WINDOW frames and nothing else."""
    model = tiny_transformer()
    frames = SINK + 3 * WINDOW + 4
    clean, actions, poses = _clip(model, frames)
    noisy, t = torch.randn_like(clean), torch.rand(1, frames) * 1000
    cached = _play(model, clean, noisy, t, actions, poses)
    written = _brute_force_keys(model, clean, actions, poses)
    for i in range(frames):
        seen = visible(i, SINK, WINDOW)
        reference = _Reference(model, [written[j] for j in seen], seen, i, poses)
        out = model(noisy[:, i : i + 1], t[:, i : i + 1], actions[:, i : i + 1], reference)
        torch.testing.assert_close(out, cached[:, i : i + 1], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_writing_within_the_next_first_evaluation_changes_nothing() -> None:
    """Past three windows: one forward of [newest, clean | next, noisy] equals the write and then the evaluation."""
    model = tiny_transformer()
    frames = SINK + 3 * WINDOW + 4
    clean, actions, poses = _clip(model, frames)
    noisy, t = torch.randn_like(clean), torch.rand(1, frames) * 1000
    apart = _play(model, clean, noisy, t, actions, poses)
    cache = KeyValueCache(model, sink=SINK, window=WINDOW)
    for i in range(1, frames):
        newest, pose = poses[0, i - 1].double(), poses[0, i].double()
        view = cache.step(newest, pose)
        times = torch.stack((torch.zeros(1), t[:, i]), dim=1)
        both = model(torch.stack((clean[:, i - 1], noisy[:, i]), dim=1), times, actions[:, i - 1 : i + 1], view)
        cache.write(torch.stack(view.keys), torch.stack(view.values), newest)
        again = model(noisy[:, i : i + 1], t[:, i : i + 1], actions[:, i : i + 1], cache.view(pose))
        torch.testing.assert_close(both[:, 1:], apart[:, i : i + 1], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(again, apart[:, i : i + 1], atol=1e-4, rtol=1e-4)


class _Reference:
    """Attention over an explicit list of frames in which every pair's phase is computed on its own, in double."""

    def __init__(
        self, model: Transformer, past: list[list[tuple[Tensor, Tensor]]], seen: list[int], i: int, poses: Tensor
    ) -> None:
        newest = min(i, SINK + WINDOW)
        index = [j if j < SINK else newest - (i - j) for j in seen] + [newest]
        order = [*seen, i]
        relative = poses[:, order] - poses[:, i : i + 1] * torch.tensor([0.0, 1.0])
        self._phases = model.positions.phases(torch.tensor(index), relative)[0].double()
        self._past = past
        self.own: list[tuple[Tensor, Tensor]] = []

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        self.own.append((k, v))
        keys = torch.cat([frame[layer][0] for frame in self._past] + [k], dim=1).double()
        values = torch.cat([frame[layer][1] for frame in self._past] + [v], dim=1).double()
        n, pairs = q.shape[1], q.shape[-1] // 2
        difference = self._phases[None, :] - self._phases[-n:, None]  # (queries, keys, pairs)
        turn = torch.polar(torch.ones_like(difference), difference)
        split = lambda x: torch.complex(x[0, ..., :pairs].double(), x[0, ..., pairs:].double())  # noqa: E731
        turned = split(keys)[None] * turn[:, :, None]  # (queries, keys, heads, pairs)
        scores = (split(q)[:, None].conj() * turned).real.sum(-1) / q.shape[-1] ** 0.5
        mixed = (scores.softmax(1)[..., None] * (split(values)[None] * turn[:, :, None])).sum(1)
        return torch.cat((mixed.real, mixed.imag), dim=-1)[None].to(q.dtype)


def _brute_force_keys(
    model: Transformer, clean: Tensor, actions: Tensor, poses: Tensor
) -> list[list[tuple[Tensor, Tensor]]]:
    """Keys and values of each clean frame, layer by layer, from explicit lists of earlier frames."""
    written: list[list[tuple[Tensor, Tensor]]] = []
    for i in range(clean.shape[1]):
        seen = visible(i, SINK, WINDOW)
        reference = _Reference(model, [written[j] for j in seen], seen, i, poses)
        model(clean[:, i : i + 1], torch.zeros(1, 1), actions[:, i : i + 1], reference)
        written.append(reference.own)
    return written


@torch.no_grad()
def test_a_full_turn_is_no_turn() -> None:
    model = tiny_transformer()
    latents, actions, poses = _clip(model, 3)
    t = torch.rand(1, 3) * 1000
    around = poses.clone()
    around[:, 0, 1] += 360
    same = [model(latents, t, actions, Bidirectional(model.positions, torch.arange(3), p)) for p in (poses, around)]
    torch.testing.assert_close(same[0], same[1], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_only_relative_yaw_matters() -> None:
    model = tiny_transformer()
    latents, actions, poses = _clip(model, 3)
    t = torch.rand(1, 3) * 1000
    turned = poses + torch.tensor([0.0, 77.0])
    same = [model(latents, t, actions, Bidirectional(model.positions, torch.arange(3), p)) for p in (poses, turned)]
    torch.testing.assert_close(same[0], same[1], atol=1e-4, rtol=1e-4)
