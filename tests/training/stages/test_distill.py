"""The last stage: who learns from what, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from training.loop import train
from training.stages.discriminator import Discriminator
from training.stages.distill import DistillConfig, DistillStage

from ...tiny_world import tiny_transformer
from .small import latent_cache, settings, weights

CPU = torch.device("cpu")
VARIANTS: list[dict[str, Any]] = [
    {},
    {"guidance": 3.0},
    {"loss": "sid"},
    {"loss": "gan"},
    {"rollout": "diffusion-forcing"},
    {"rollout": "teacher-forcing"},
    {"rollout": "teacher-forcing", "scores": "causal"},
    {"first": (1000.0, 500.0), "timesteps": (1000.0,)},
    {"checkpointed": True},
]
every_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: " ".join(map(str, v.values())) or "dmd")


def _stage(variant: dict[str, Any], *, frames: int = 5, teacher: int = 0) -> DistillStage:
    config = DistillConfig(**settings(frames), **({"score_frames": 5} | variant))
    return DistillStage(latent_cache(), config, CPU, start=weights(), teacher=weights(teacher))


def _moved(module: nn.Module) -> bool:
    return any(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())


@every_variant
def test_student_and_critic_learn_each_from_their_own_loss(variant: dict[str, Any]) -> None:
    stage = _stage(variant)
    assert stage.critic is not None
    critic, _ = stage.critic.loss(0, 0)
    critic.backward()  # type: ignore[no-untyped-call]
    assert _moved(stage.critic.network) and not _moved(stage.model)
    with torch.no_grad():  # a critic that has moved, so that there is something to learn
        for p in stage.critic.network.parameters():
            p.add_(torch.randn(p.shape, generator=torch.Generator().manual_seed(0)), alpha=0.05)
    loss, _ = stage.loss(0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert torch.isfinite(loss) and _moved(stage.model)
    assert all(p.grad is None for p in stage._real.parameters())
    assert all(p.grad is None for p in stage.ema.parameters())


def test_scores_that_agree_do_not_move_the_student() -> None:
    stage = _stage({})
    loss, logs = stage.loss(0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss == 0 and logs["score_gap"] == 0 and not _moved(stage.model)


def test_guidance_alone_moves_the_student() -> None:
    stage = _stage({"guidance": 2.0})
    stage.loss(0)[0].backward()  # type: ignore[no-untyped-call]
    assert _moved(stage.model)


def test_critic_updates_of_a_step_see_other_clips() -> None:
    stage = _stage({})
    assert stage.critic is not None
    losses = [stage.critic.loss(*turn)[0].item() for turn in ((0, 0), (0, 1), (1, 0), (0, 0))]
    assert len(set(losses[:3])) == 3 and losses[0] == losses[3]


def test_long_rollouts_are_judged_in_windows_that_cover_every_frame() -> None:
    stage = _stage({}, frames=12)
    clip = stage._draw_clips(torch.Generator().manual_seed(0))
    made = stage._generate(clip, torch.Generator().manual_seed(0))
    x, judged = stage._windows(made.context[:, 1:], made.context, clip)
    starts = [0, 4, 7]  # the last window ends with the clip
    assert x.shape[:2] == (6, 4) and judged.latents.shape[:2] == (6, 5)
    for k, start in enumerate(starts):
        part = slice(2 * k, 2 * k + 2)
        assert torch.equal(judged.latents[part], made.context[:, start : start + 5])
        assert torch.equal(x[part], made.context[:, start + 1 : start + 5])
        assert torch.equal(judged.actions[part], clip.actions[:, start : start + 5])


def test_checkpointing_changes_no_gradient() -> None:
    gradients = []
    for checkpointed in (False, True):
        stage = _stage({"checkpointed": checkpointed, "guidance": 2.0})
        stage.loss(1)[0].backward()  # type: ignore[no-untyped-call]
        gradients.append([p.grad for p in stage.model.parameters()])
    for one, two in zip(*gradients, strict=True):
        torch.testing.assert_close(one, two, atol=1e-6, rtol=1e-4)


def test_resumed_with_its_critic_it_gives_the_same_bits(tmp_path: Any) -> None:
    def folded(module: nn.Module) -> list[torch.Tensor]:
        return [p.detach() for p in module.parameters()]

    straight, first, second = (_stage({"guidance": 2.0}) for _ in range(3))
    train(straight, straight.config.loop, tmp_path / "straight")
    stops = iter([False, True])
    assert train(first, first.config.loop, tmp_path / "broken", lambda: next(stops)) == 2
    train(second, second.config.loop, tmp_path / "broken")
    assert straight.critic is not None and second.critic is not None
    critics = (straight.critic.network, second.critic.network)
    pairs = ((straight.model, second.model), (straight.ema, second.ema), critics)
    for one, two in pairs:
        assert all(torch.equal(a, b) for a, b in zip(folded(one), folded(two), strict=True))
    assert not torch.equal(folded(straight.model)[0], weights()["patch_embedding.weight"])


def test_an_undecided_discriminator_says_nothing() -> None:
    network = Discriminator(tiny_transformer())
    stage = _stage({"loss": "gan"})
    assert isinstance(stage._discriminator, Discriminator)
    assert network.head[2].weight.abs().sum() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"scores": "causal"},
        {"scores": "causal", "rollout": "teacher-forcing", "loss": "gan"},
        {"first": (1000.0,), "rollout": "diffusion-forcing"},
        {"timesteps": ()},
        {"critic_updates": 0},
    ],
)
def test_combinations_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"causal scores|first frame|must not be empty"):
        DistillConfig(**settings(), **wrong)


@pytest.mark.parametrize("imperfection", [{"sink_gap": 3}, {"noise": 0.1}, {"recycled": 1}])
def test_imperfections_that_no_rollout_has_are_refused(imperfection: dict[str, Any]) -> None:
    plain = settings()
    with pytest.raises(ValueError, match="leave sink_gap, noise and recycled at 0"):
        DistillConfig(**plain | {"context": replace(plain["context"], **imperfection)})
