"""The bidirectional teacher: one noise level for a clip whose first frame is given."""

from dataclasses import replace

import pytest
import torch

from training.stages.forcing import bidirectional
from training.stages.teacher import TeacherConfig, TeacherStage

from .small import latent_cache, settings


def test_every_frame_sees_every_frame_and_the_first_is_given() -> None:
    stage = TeacherStage(latent_cache(), TeacherConfig(**settings()), torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in stage.model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
    clip = stage._draw_clips(generator)
    noisy, t = torch.randn_like(clip.latents[:, 1:]), torch.full(clip.latents.shape[:2], 700.0)[:, 1:]
    before = bidirectional(stage.model, clip.latents[:, :1], noisy, t, clip)
    assert before.shape == noisy.shape
    later = noisy.clone()
    later[:, -1] += 1
    assert not torch.equal(before[:, 0], bidirectional(stage.model, clip.latents[:, :1], later, t, clip)[:, 0])
    moved = bidirectional(stage.model, clip.latents[:, :1] + 1, noisy, t, clip)
    assert (moved != before).flatten(2).any(-1).all()


def test_it_learns_the_same_way_each_time() -> None:
    losses = []
    for _ in range(2):
        stage = TeacherStage(latent_cache(), TeacherConfig(**settings(), action_dropout=0.5), torch.device("cpu"))
        loss, _ = stage.loss(3)
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(loss.item())
    assert losses[0] == losses[1] > 0


@pytest.mark.parametrize("wrong", [{"sink_gap": 3}, {"noise": 0.1}, {"recycled": 1}])
def test_what_it_cannot_know_is_refused(wrong: dict[str, float]) -> None:
    kinds = settings()
    with pytest.raises(ValueError, match="whole clips"):
        TeacherConfig(**(kinds | {"context": replace(kinds["context"], **wrong)}))  # type: ignore[arg-type]
