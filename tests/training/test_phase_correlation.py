import numpy as np
import pytest
import torch
from torch import Tensor

from training.phase_correlation import PhaseCorrelation, PhaseCorrelationConfig

from .metrics.fakes import blur, shifted, texture

SIZE = (48, 80)
CONFIG = PhaseCorrelationConfig()
WHOLE = (2 * CONFIG.reach[0] + 1, 2 * CONFIG.reach[1] + 1)
PART = 2 * CONFIG.block_reach + 1


def frames(shift: tuple[float, float], softness: float = 0.0) -> Tensor:
    """A wall and the same wall moved down and right by `shift`: (1, 2, 3, h, w) in [-1, 1]."""
    wall = texture(80, 160, seed=1)
    soft = blur(wall, softness) if softness else wall
    pair = np.stack([soft, shifted(soft, shift[1], shift[0])])[:, 16:64, 40:120]
    return torch.from_numpy(pair).float().div(127.5).sub(1)[None, :, None].repeat(1, 1, 3, 1, 1)


def parts(found: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Whole-pixel shift (2,), surface of the picture and of its blocks, of the first pair."""
    row = found[0, 0]
    whole = row[11 : 11 + WHOLE[0] * WHOLE[1]].view(WHOLE)
    blocks = row[11 + whole.numel() : -15].view(15, PART, PART)
    return row[:2] * 2, whole, blocks


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.2, -0.3), (2.0, -5.0), (-1.3, 9.4), (0.0, -13.0)])
@pytest.mark.parametrize("softness", [0.0, 2.0])
def test_the_surface_peaks_at_the_shift(shift: tuple[float, float], softness: float) -> None:
    found, whole, blocks = parts(PhaseCorrelation(SIZE, CONFIG)(frames(shift, softness)))
    assert found.tolist() == [round(side) for side in shift]
    place = int(whole.argmax())
    assert [place // WHOLE[1] - 5, place % WHOLE[1] - 14] == found.tolist()
    # blocks see what the whole pixels leave over: the most of them, and their mean, peak in the middle
    middle = PART * PART // 2
    assert blocks.mean(0).argmax() == middle
    assert (blocks.flatten(1).argmax(1) == middle).float().mean() > 0.7


def test_fractions_of_a_pixel_show_in_the_slope_of_the_peak() -> None:
    correlation = PhaseCorrelation(SIZE, CONFIG)
    slopes = []
    for shift in (-0.4, -0.2, 0.0, 0.2, 0.4):
        _, whole, _ = parts(correlation(frames((0.0, shift))))
        slopes.append(float(whole[5, 15] - whole[5, 13]))
    assert np.all(np.diff(slopes) > 0.05)
    assert slopes[2] == pytest.approx(0, abs=0.1)


def test_brightness_and_contrast_do_not_matter() -> None:
    correlation = PhaseCorrelation(SIZE, CONFIG)
    pair = frames((1.0, 3.0))
    dimmed = torch.cat([pair[:, :1], 0.5 * pair[:, 1:] - 0.3], 1)
    torch.testing.assert_close(correlation(dimmed), correlation(pair), atol=0.05, rtol=0.05)


def test_every_pair_is_its_own() -> None:
    correlation = PhaseCorrelation(SIZE, CONFIG)
    first, second = frames((0.0, 2.0)), frames((1.0, -4.0))
    both = correlation(torch.cat([torch.cat([first, first[:, :1]], 1), torch.cat([second, second[:, :1]], 1)]))
    assert both.shape == (2, 2, correlation.channels)
    torch.testing.assert_close(both[1, 0], correlation(second)[0, 0])
    assert (both[0, 1, :2] * 2).tolist() == [0, -2], "back again"


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"size \(24, 28\) must hold a block of 24 and twice the reach"):
        PhaseCorrelation((24, 28), CONFIG)
    with pytest.raises(ValueError, match="block 6 must be larger"):
        PhaseCorrelationConfig(block=6)
    with pytest.raises(ValueError, match="blocks at least 2"):
        PhaseCorrelationConfig(blocks=(1, 5))
