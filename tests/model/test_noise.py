"""Noise is the same wherever it is drawn, and goes on from where it was."""

import numpy as np
import pytest

from model.errors import StateError
from model.noise import Noise

GOLDEN = [0.44220695, -0.13347906, -0.26438829]


def test_a_seed_is_a_noise() -> None:
    drawn = [Noise(seed).draw((2, 3)) for seed in (1, 1, 2, 2**63 - 1)]
    assert np.array_equal(drawn[0], drawn[1]) and drawn[0].dtype == np.float32
    assert not np.array_equal(drawn[0], drawn[2]) and not np.array_equal(drawn[0], drawn[3])
    np.testing.assert_allclose(drawn[0].ravel()[:3], GOLDEN, rtol=1e-6)
    many = Noise(7).draw((200_000,))
    assert abs(many.mean()) < 0.01 and abs(many.std() - 1) < 0.01


@pytest.mark.parametrize("before", [0, 1, 2, 3, 5, 1001])
def test_it_goes_on_from_its_state(before: int) -> None:
    noise = Noise(3)
    noise.draw((before,))
    state = noise.state
    following = noise.draw((50,))
    assert np.array_equal(Noise.at(state).draw((50,)), following)
    assert np.array_equal(Noise.at(state).state, state)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros(12, np.int64), np.zeros(13, np.float64), np.full(13, -1, np.int64), np.full(13, 2, np.int64) * (1 << 33)],
)
def test_what_is_no_state_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(StateError, match="noise"):
        Noise.at(wrong)
