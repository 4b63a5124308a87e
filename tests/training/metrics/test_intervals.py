import numpy as np
import pytest

from training.metrics.intervals import bootstrap_interval, wilson_interval


def test_wilson_golden() -> None:
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson_interval(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson_interval(0, 0) == (0, 1)


def test_bootstrap_holds_the_mean_and_draws_groups() -> None:
    rng = np.random.default_rng(0)
    groups = [list(rng.normal(2.0, 1.0, 20)) for _ in range(20)]
    low, high = bootstrap_interval(groups, seed=1)
    assert low < np.mean(groups) < high
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(400), rel=0.4)
    alike = [[value] * 20 for value in rng.normal(2.0, 1.0, 20)]
    wide = bootstrap_interval(alike, seed=1)
    assert wide[1] - wide[0] > 3 * (high - low)  # twenty equal values in a clip are one observation
    assert bootstrap_interval(groups, seed=1) == (low, high)
    assert np.isnan(bootstrap_interval([[], []], seed=0)).all()
