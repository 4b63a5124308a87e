import numpy as np
import pytest

from training.metrics.intervals import Estimate, bootstrap_interval, estimate, estimate_ratio, wilson_interval


def test_wilson_golden() -> None:
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson_interval(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson_interval(0, 0) == (0, 1)
    assert wilson_interval(7.9999, 10) == pytest.approx(wilson_interval(8, 10), abs=1e-4)


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


def test_one_group_alone_still_has_doubt() -> None:
    values = list(np.random.default_rng(0).normal(2.0, 1.0, 50))
    low, high = bootstrap_interval([values], seed=0)
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(50), rel=0.4)
    assert bootstrap_interval([values, []], seed=0) == (low, high)


def test_estimates_leave_out_what_was_not_measured() -> None:
    found = estimate([[1.0, float("nan")], [3.0]], seed=0)
    assert (found.value, found.interval, found.count) == (2.0, (1.0, 3.0), 2)
    assert found.text(1) == "2.0 (1.0 .. 3.0)"
    nothing = estimate([[float("nan")], []], seed=0)
    assert nothing.count == 0
    assert np.isnan([nothing.value, *nothing.interval]).all()
    assert nothing.text() == "-"
    one = estimate([[2.0]], seed=0)
    assert np.isnan(one.interval).all()
    assert one.text() == "2.00"


def test_a_ratio_is_of_sums() -> None:
    # the mean of the two ratios would be 2.5
    assert estimate_ratio([[(1.0, 1.0)], [(40.0, 10.0)]], seed=0) == Estimate(41 / 11, (1.0, 4.0), 2)
    assert estimate_ratio([[(2.0, 4.0), (0.0, 0.0)], [(1.0, 2.0)]], seed=0).interval == (0.5, 0.5)
    assert np.isnan(estimate_ratio([[(1.0, 0.0)], [(2.0, 0.0)]], seed=0).value)
