"""The sharpened decoder: latents stay what they are, detail is judged and not only measured."""

from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file

from model.footage.gf_minecraft import GFMinecraft
from model.sampler import SamplerConfig
from tests.tiny_world import SINK, WINDOW, tiny_autoencoder, tiny_transformer
from training.data.frames import FrameStreamConfig
from training.loop import train
from training.methods import initialised
from training.rollout import Sampling, walked_latents
from training.stage_weights import WEIGHTS
from training.stages.sharpen import PatchDiscriminator, SharpenConfig, SharpenStage, balance

from ..micro import LOOP, micro, micro_chain
from .small import latent_cache

QUICK = SharpenConfig(loop=LOOP, data=FrameStreamConfig(batch=2, clips_at_once=2), width=8, alone=0)


def test_a_stopped_stage_resumes_to_the_same_decoder_and_the_encoder_stays(
    shared_footage: Path, tmp_path: Path
) -> None:
    begun = tiny_autoencoder()
    ends = []
    for name, stops in (("straight", [4]), ("stopped", [2, 4])):
        for stop in stops:
            stage = SharpenStage(GFMinecraft(shared_footage), QUICK, begun, torch.device("cpu"))
            path = tmp_path / name / f"checkpoint-{stop:08d}.safetensors"
            assert train(stage, LOOP, tmp_path / name, path.exists) in (stop, stop + 1, 4)
        ends.append(stage.ema.state_dict())
    assert all(torch.equal(ends[0][key], ends[1][key]) for key in ends[0])
    for key, tensor in begun.state_dict().items():
        moved = not torch.equal(tensor, ends[0][key])
        assert moved == key.startswith("decoder."), key
    assert stage.pictures()["reconstruction"].shape == (64, 3 * 48, 3)


def test_walks_stay_as_they_are_in_the_large(shared_footage: Path) -> None:
    begun, made = tiny_autoencoder(), torch.randn(40, 4, 4, 6, generator=torch.Generator().manual_seed(1))
    config = replace(QUICK, adversarial=0.0, data=FrameStreamConfig(batch=4, clips_at_once=2))
    losses = []
    for walked in (0.0, 0.5):
        stage = SharpenStage(
            GFMinecraft(shared_footage), replace(config, walked=walked), begun, torch.device("cpu"), made=made
        )
        generator = torch.Generator().manual_seed(0)
        pixels, latents, walks = stage._draw(0, generator)
        assert (len(pixels), len(latents), len(walks)) == ((4, 4, 0) if walked == 0 else (2, 2, 2))
        with torch.no_grad():  # the picture becomes another one everywhere
            stage.model.decoder[-2].bias += 0.5
        losses.append(stage.loss(0)[0].item())
    assert losses[1] > losses[0] + 0.3  # of which a pixel loss on real frames alone knows nothing


def test_walks_begin_in_footage_and_are_the_same_each_time() -> None:
    cache, model = latent_cache(), tiny_transformer()
    sampling = Sampling(SamplerConfig(), 2, SINK, WINDOW)
    made = [walked_latents(model, cache, sampling, walks=18, context=3, frames=5, seed=seed) for seed in (0, 0, 1)]
    assert made[0].shape == (90, 4, 4, 6) and torch.equal(made[0], made[1]) and not torch.equal(made[0], made[2])


def test_without_the_discriminator_it_is_the_pixel_loss(shared_footage: Path) -> None:
    losses = {}
    for share in (0.0, 0.6):
        config = replace(QUICK, adversarial=share)
        stage = SharpenStage(GFMinecraft(shared_footage), config, tiny_autoencoder(), torch.device("cpu"))
        loss, logs = stage.loss(0)
        losses[share] = loss.item()
        assert (logs["weight"].item() == 0) == (share == 0)
    assert losses[0.0] < losses[0.6]


def test_the_adversarial_gradient_is_as_long_as_the_other_s() -> None:
    x = torch.randn(3, 4, requires_grad=True)
    one, other = (5 * x).square().sum(), x.sin().mean()
    weighted = balance(one, other, x) * other
    lengths = [torch.autograd.grad(loss, x, retain_graph=True)[0].norm() for loss in (one, weighted)]
    torch.testing.assert_close(*lengths)


def test_detail_comes_back_that_pixel_losses_leave_out() -> None:
    """To a discriminator of textures, more contrast in a grey picture of them looks more real."""
    generator = torch.Generator().manual_seed(0)

    def textures(count: int) -> torch.Tensor:
        return torch.randn((count, 3, 32, 32), generator=generator).sign() * 0.5

    judge = PatchDiscriminator(16)
    optimizer = torch.optim.AdamW(judge.parameters(), lr=1e-3)
    for _ in range(60):
        real, fog = judge(textures(4)), judge(0.1 * textures(4))
        loss = torch.nn.functional.softplus(-real).mean() + torch.nn.functional.softplus(fog).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    contrast = torch.tensor(0.1, requires_grad=True)
    logits = judge(contrast * 2 * textures(4))
    torch.nn.functional.softplus(-logits).mean().backward()  # type: ignore[no-untyped-call]
    assert contrast.grad is not None and contrast.grad < 0  # more of it looks more real


def test_worlds_are_shown_by_the_sharpened_decoder(until_ar: Path, shared_footage: Path, tmp_path: Path) -> None:
    student = initialised(replace(micro(), distill=None), "none")
    recipe = replace(student, sharpen=replace(QUICK, walks=2, walk_frames=3, walk_context=2))
    chain = micro_chain(shared_footage, until_ar, recipe=recipe, elsewhere={"sharpen": tmp_path / "sharpen"})
    plain, sharp = chain.digest("autoencoder"), tmp_path / "sharpen" / WEIGHTS
    assert (
        not sharp.exists()
        and chain.shown_autoencoder().state_dict().keys() == load_file(until_ar / "autoencoder" / WEIGHTS).keys()
    )
    assert chain.sharpen() and sharp.exists()
    shown = chain.shown_autoencoder().state_dict()
    assert all(torch.equal(shown[key], tensor) for key, tensor in load_file(sharp).items())
    assert chain.load_autoencoder()[1] == plain and chain.ar()  # latents, and what learned from them, stay good
