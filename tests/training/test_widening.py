"""More latent channels change nothing until they have learned something."""

from dataclasses import replace

import torch

from model.clip_attention import Causal
from model.transformer import Transformer
from training.widening import widen_autoencoder, widen_transformer

from ..tiny_world import tiny_autoencoder, tiny_transformer

MORE = 7


def random_(module: torch.nn.Module) -> None:
    """Fill a module with noise: many of its weights begin at zero, where nothing could be told apart."""
    generator = torch.Generator().manual_seed(0)
    for tensor in (*module.parameters(), *module.buffers()):
        tensor.data = 0.2 + 0.1 * torch.rand(tensor.shape, generator=generator)


def test_an_autoencoder_reconstructs_as_before() -> None:
    narrow = tiny_autoencoder()
    random_(narrow)
    wide = widen_autoencoder(narrow, MORE)
    pixels = torch.rand((2, 3, 16, 24), generator=torch.Generator().manual_seed(1))
    latents, before = wide.encode(pixels), narrow.encode(pixels)
    assert wide.config.latent_channels == MORE and latents.shape[1] == MORE
    torch.testing.assert_close(latents[:, : before.shape[1]], before)
    assert float(latents[:, before.shape[1] :].detach().std()) > 0  # the new ones say something to learn from
    torch.testing.assert_close(wide.decode(latents), narrow.decode(before))


def test_a_transformer_goes_on_as_before() -> None:
    narrow = tiny_transformer()
    random_(narrow)
    config = narrow.config
    wide = Transformer(replace(config, latent_channels=MORE))
    wide.load_state_dict(widen_transformer(narrow.state_dict(), MORE))
    generator = torch.Generator().manual_seed(2)
    latents = torch.randn((2, 3, MORE, config.rows, config.columns), generator=generator)
    t, actions = torch.rand((2, 3), generator=generator) * 1000, torch.rand((2, 3, 11), generator=generator)
    attend = Causal(narrow.positions, torch.zeros(2, 3, 2), 1, 2)
    old = config.latent_channels
    with torch.no_grad():
        before, after = narrow(latents[:, :, :old], t, actions, attend), wide(latents, t, actions, attend)
    torch.testing.assert_close(after[:, :, :old], before)
    assert not after[:, :, old:].any()


def test_as_many_channels_change_nothing() -> None:
    narrow = tiny_transformer()
    same = widen_transformer(narrow.state_dict(), narrow.config.latent_channels)
    assert all(torch.equal(same[name], tensor) for name, tensor in narrow.state_dict().items())
