import threading
from dataclasses import replace

import pytest
import torch

from model.machine import Machine, differences, this_machine, use_threads


def test_this_machine_is_of_its_own_class_and_says_what_computes() -> None:
    here = this_machine("cpu")
    assert differences(here, this_machine("cpu")) == []
    assert here.device == "cpu" and here.threads == torch.get_num_threads() and here.torch == torch.__version__


def test_every_difference_is_named() -> None:
    here = Machine(device="cpu", processor="x86_64 AVX2", threads=2, torch="2.13.0")
    there = replace(here, threads=8, torch="2.12.0")
    assert differences(there, here) == ["threads 8 then, 2 now", "torch 2.12.0 then, 2.13.0 now"]


@pytest.mark.parametrize(("asked", "more_cores_than_one"), [(1, 1), (10_000, None), (-10_000, 1)])
def test_threads_are_at_least_one_and_no_more_than_cores(asked: int, more_cores_than_one: int | None) -> None:
    found: list[int] = []

    def compute() -> None:
        use_threads(asked)
        found.append(torch.get_num_threads())

    before = torch.get_num_threads()
    thread = threading.Thread(target=compute)
    thread.start()
    thread.join()
    torch.set_num_threads(before)
    assert found == [more_cores_than_one or before]


@pytest.mark.parametrize("change", [{"device": "x" * 300}, {"processor": "a\nb"}, {"threads": 0}])
def test_nonsense_is_refused(change: dict[str, object]) -> None:
    fields = {"device": "cpu", "processor": "x86_64", "threads": 2, "torch": "2.13.0"}
    with pytest.raises(ValueError, match="no machine"):
        Machine(**fields | change)  # type: ignore[arg-type] # that is the point
