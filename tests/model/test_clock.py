"""Laps are told apart, in order and in milliseconds."""

import pytest
import torch

from model.clock import Clock


def test_laps_end_where_the_next_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([1.0, 1.25, 1.3])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    clock = Clock(torch.device("cpu"))
    clock.lap("evaluate 1")
    clock.lap("decode")
    laps = clock.laps()
    assert list(laps) == ["evaluate 1", "decode"]
    assert [round(value) for value in laps.values()] == [250, 50]
