import pytest
import torch

from training import utilisation
from training.utilisation import UtilisationMeter


def test_one_step_in_ten_is_held_against_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[torch.dtype] = []

    def rate(device: torch.device, dtype: torch.dtype) -> float:
        measured.append(dtype)
        return {torch.float32: 1e3, torch.bfloat16: 2e3}[dtype]

    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr(utilisation, "product_rate", rate)
    monkeypatch.setattr(utilisation.time, "perf_counter", lambda: float(next(clock)))
    meter, readings = UtilisationMeter(torch.device("cpu")), []
    for step in range(30):
        with meter.step() as counting:
            with counting:
                torch.ones(5, 10) @ torch.ones(10, 3)  # 300 operations
                torch.ones(5, 10).bfloat16() @ torch.ones(10, 2).bfloat16()  # 200 operations
            torch.ones(50, 50) @ torch.ones(50, 50)  # as an optimiser's: takes time and does not count
        if step % 10 == 9 or step == 1:
            readings.append(meter.reading())
    assert readings == [{"data_wait": 0}] + [{"data_wait": 0, "utilisation": pytest.approx((0.3 + 0.1) / 2)}] * 3
    assert sorted(measured, key=str) == [torch.bfloat16, torch.float32]
