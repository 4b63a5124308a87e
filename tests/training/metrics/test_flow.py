import numpy as np
import pytest

from training.metrics.flow import flow, flows, magnitudes

from .fakes import as_frame, blur, shifted, texture, zoomed

WALL = texture(64, 96, seed=3)


def inner(field: np.ndarray) -> np.ndarray:
    """Without the edge, over which a periodic wall comes back on the other side."""
    return field[12:-12, 12:-12]


@pytest.mark.parametrize(("right", "down"), [(0.4, 0.0), (-3.0, 1.5), (7.0, -5.0)])
def test_a_shift_is_found_at_every_pixel(right: float, down: float) -> None:
    field = inner(flow(WALL, shifted(WALL, right, down)))
    assert np.abs(field - [right, down]).max() < 0.35
    np.testing.assert_allclose(field.mean((0, 1)), [right, down], atol=0.05)


@pytest.mark.parametrize("right", [-20.0, 24.0])
def test_a_fast_turn_and_a_soft_picture_are_followed(right: float) -> None:
    for wall in (WALL, blur(WALL, 3.0)):
        field = flow(wall, shifted(wall, right, 0.0))
        kept = field[12:-12, 32:-12] if right < 0 else field[12:-12, 12:-36]  # the rest has left the picture
        assert np.median(kept[..., 0]) == pytest.approx(right, rel=0.05)


def test_growth_points_outward() -> None:
    field = inner(flow(WALL, zoomed(WALL, 1.1)))
    rows, columns = np.indices(WALL.shape)
    expected = inner(np.stack([columns - 48, rows - 32], -1) * 0.1)
    assert np.abs(field - expected).mean() < 0.2


def test_nothing_moves_in_a_flat_or_a_still_picture() -> None:
    assert not flow(np.full((48, 80), 90.0), np.full((48, 80), 90.0)).any()
    assert not flow(WALL, WALL).any()


def test_flows_pair_frames_a_gap_apart() -> None:
    frames = np.stack([as_frame(shifted(WALL, float(k), 0.0)) for k in range(10)])
    fields = flows(frames, 4)
    assert fields.shape == (2, 64, 96, 2)
    assert magnitudes(fields) == pytest.approx([4.0, 4.0], rel=0.1)
    assert flows(frames[:4], 4).shape == (0, 64, 96, 2)
