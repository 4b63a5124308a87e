from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from model.errors import RunError
from training.metrics.perceptual import SOURCES, open_perceptual, video_distance

ALEXNET, HEADS, I3D = SOURCES


def write_lpips(folder: Path) -> None:
    """Weights of the right shapes: random filters, heads that weigh all features alike."""
    generator = torch.Generator().manual_seed(0)
    shapes = {"0": (64, 3, 11), "3": (192, 64, 5), "6": (384, 192, 3), "8": (256, 384, 3), "10": (256, 256, 3)}
    alexnet: dict[str, Tensor] = {}
    for name, (out, into, side) in shapes.items():
        weight = torch.randn(out, into, side, side, generator=generator) / (into * side**2) ** 0.5
        alexnet |= {f"features.{name}.weight": weight, f"features.{name}.bias": torch.zeros(out)}
    torch.save(alexnet, folder / ALEXNET)
    heads = {f"lin{k}.model.1.weight": torch.ones(1, shape[0], 1, 1) for k, shape in enumerate(shapes.values())}
    torch.save(heads, folder / HEADS)


def pictures(seed: int, count: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 48, 80, 3), dtype=np.uint8)


def test_nothing_is_there_and_nothing_is_fetched(tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        found = open_perceptual(folder)
        assert (found.lpips, found.video) == (None, None)
        assert len(found.missing) == 2
        assert all(ending in found.missing[0] for ending in (ALEXNET, HEADS, "--weights"))
        assert I3D in found.missing[1]
    assert not list(tmp_path.iterdir())


def test_lpips_is_zero_for_the_same_picture_and_grows_with_noise(tmp_path: Path) -> None:
    write_lpips(tmp_path)
    found = open_perceptual(tmp_path)
    assert found.lpips is not None
    assert [sentence.split()[0] for sentence in found.missing] == ["FVD"]
    real = pictures(0)
    near = (real.astype(int) + pictures(1) // 16).clip(0, 255).astype(np.uint8)
    assert found.lpips(real, real) == pytest.approx([0, 0])
    close, far = found.lpips(near, real), found.lpips(pictures(2), real)
    assert (close > 0).all()
    assert (far > 2 * close).all()
    # unit features, weighed alike: at most 4 a layer, five layers
    assert (far < 20).all()
    assert found.lpips(real[:1], near[:1]) == pytest.approx(close[:1])


def test_lpips_golden(tmp_path: Path) -> None:
    """What the released code (lpips 0.1.4) says, given these filters and heads."""
    write_lpips(tmp_path)
    lpips = open_perceptual(tmp_path).lpips
    assert lpips is not None
    assert lpips(pictures(2), pictures(0)) == pytest.approx([1.8964518, 1.8905541], rel=1e-5)


def test_damaged_weights_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such folder"):
        open_perceptual(tmp_path / "none")
    write_lpips(tmp_path)
    (tmp_path / I3D).write_bytes(b"no network")
    with pytest.raises(RunError, match="fetch the file again"):
        open_perceptual(tmp_path)
    torch.save({}, tmp_path / HEADS)
    with pytest.raises(RunError, match="lin0"):
        open_perceptual(tmp_path)
    (tmp_path / ALEXNET).write_bytes(b"cut")
    with pytest.raises(RunError, match="no readable weights"):
        open_perceptual(tmp_path)


def test_a_network_in_torchscript_is_run(tmp_path: Path) -> None:
    class MeanColour(torch.nn.Module):
        def forward(self, video: Tensor, rescale: bool, resize: bool, return_features: bool) -> Tensor:
            return video.mean((2, 3, 4))

    torch.jit.script(MeanColour()).save(str(tmp_path / I3D))
    video = open_perceptual(tmp_path).video
    assert video is not None
    clips = np.stack([pictures(0, 16) // 2, pictures(1, 16) // 2 + 128])
    features = video(clips)
    assert features.shape == (2, 3)
    assert features[:, 0] == pytest.approx([-0.5, 0.5], abs=0.02)


def test_video_distance_has_an_interval_around_it() -> None:
    rng = np.random.default_rng(0)
    real, far = (rng.normal(mean, 1, (40, 4)).astype(np.float32) for mean in (0, 3))
    assert video_distance(real, real).value == pytest.approx(0, abs=1e-9)
    found = video_distance(real, far)
    low, high = found.interval
    assert low < found.value < high
    assert low < 4 * 9 < high
    assert np.isnan(video_distance(real[:2], far[:2]).interval).all()
