"""What waits for data is known to the stopwatch around it, and to no other."""

import threading

import pytest
import torch

from training import utilisation
from training.data_wait import Stopwatch, waiting
from training.utilisation import UtilisationMeter


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock takes a second."""
    seconds = iter(range(1000))
    monkeypatch.setattr("time.perf_counter", lambda: float(next(seconds)))


def test_all_waiting_is_added_up() -> None:
    with Stopwatch() as stopwatch:
        for _ in range(3):
            with waiting():
                pass
    with waiting():  # nobody listens
        pass
    assert stopwatch.seconds == 3


def test_a_failure_counts_and_passes_through() -> None:
    with pytest.raises(KeyError), Stopwatch() as stopwatch, waiting():
        raise KeyError
    assert stopwatch.seconds == 1


def test_another_thread_does_not_count() -> None:
    def read() -> None:
        with waiting():
            pass

    with Stopwatch() as stopwatch:
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    assert stopwatch.seconds == 0


def test_the_meter_tells_the_share_since_the_last_reading() -> None:
    meter = UtilisationMeter(torch.device("cpu"))
    for _ in range(2):
        with meter.step(), waiting():
            pass
    assert meter.reading() == {"data_wait": pytest.approx(1 / 3)}  # of three seconds between four looks
    assert meter.reading() == {}
    assert utilisation._EVERY > 4  # none of these steps was counted
