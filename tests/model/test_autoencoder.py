import torch

from model.autoencoder import Autoencoder, AutoencoderConfig, to_frames, to_pixels


def test_shapes_and_statistics() -> None:
    model = Autoencoder(AutoencoderConfig(latent_channels=4, outer_width=8, inner_width=8))
    pixels = torch.rand(2, 3, 32, 48) * 2 - 1
    plain = model.encode(pixels)
    assert plain.shape == (2, 4, 4, 6) and model.decode(plain).shape == pixels.shape
    decoded = model.decode(plain)
    model.latent_mean.copy_(plain.mean((0, 2, 3)))
    model.latent_std.copy_(plain.std((0, 2, 3)))
    normalised = model.encode(pixels)
    torch.testing.assert_close(normalised.mean((0, 2, 3)), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(normalised.std((0, 2, 3)), torch.ones(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(model.decode(normalised), decoded, atol=1e-5, rtol=1e-4)


def test_bytes_survive_the_border() -> None:
    frames = torch.randint(0, 256, (3, 16, 16, 3), dtype=torch.uint8)
    assert torch.equal(to_frames(to_pixels(frames)), frames)
    assert to_frames(torch.tensor([[[[-3.0]], [[0.0]], [[3.0]]]])).flatten().tolist() == [0, 128, 255]


def test_frames_know_nothing_of_each_other() -> None:
    model = Autoencoder(AutoencoderConfig(latent_channels=4, outer_width=8, inner_width=8))
    pixels = torch.rand(2, 3, 32, 48)
    torch.testing.assert_close(model.encode(pixels)[:1], model.encode(pixels[:1]))
