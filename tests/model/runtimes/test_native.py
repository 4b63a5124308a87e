"""A compiled function gives what was compiled, in whatever layout, and leaves Python free while it computes."""

import gc
import threading
import time
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from model.runtimes.native import NativeFunction
from model.runtimes.packages import _compile, has_compiler
from training.metrics.footprint import resident_mb

pytestmark = pytest.mark.skipif(not has_compiler(), reason="no C++ compiler")


class Mixed(nn.Module):
    """Results of several types and layouts, after work that takes a while."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        product = x
        for _ in range(20):
            product = product @ x / 30
        return product, x.t().to(torch.bfloat16), x.clamp(0, 1).mul(255).to(torch.uint8)


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> NativeFunction:
    path = tmp_path_factory.mktemp("native") / "mixed.so"
    _compile(Mixed(), (torch.randn(700, 700),), path)
    return NativeFunction(path)


def test_results_are_those_of_the_module(native: NativeFunction) -> None:
    for seed in range(3):
        x = torch.randn(700, 700, generator=torch.Generator().manual_seed(seed))
        expected = Mixed()(x)
        for mine, theirs in zip(native(x), expected, strict=True):
            assert mine.dtype == theirs.dtype and mine.stride() == theirs.stride()
            torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-3)


def test_results_stay_when_it_is_called_again(native: NativeFunction) -> None:
    x = torch.randn(700, 700)
    first = native(x)[2]
    kept = first.clone()
    native(-x)
    torch.testing.assert_close(first, kept)


def test_an_argument_in_another_order_of_memory_is_taken_for_what_it_is(native: NativeFunction) -> None:
    x = torch.randn(700, 700)
    torch.testing.assert_close(native(x.t())[2], Mixed()(x.t().contiguous())[2])


def test_other_threads_run_while_it_computes(native: NativeFunction) -> None:
    x, over, turns = torch.randn(700, 700), threading.Event(), 0

    def compute() -> None:
        native(x)
        over.set()

    thread = threading.Thread(target=compute)
    thread.start()
    while not over.is_set():  # with the lock held there would be one turn or two
        turns += 1
        time.sleep(0.0005)
    thread.join()
    assert turns >= 5


def test_a_file_that_is_no_library_is_refused(tmp_path: Path) -> None:
    (tmp_path / "not.so").write_bytes(b"nothing")
    with pytest.raises(OSError):
        NativeFunction(tmp_path / "not.so")


def test_what_is_no_longer_used_takes_no_memory(tmp_path: Path) -> None:
    """Opened and dropped again and again, as by a person who tries runtimes: the weights of one go with it."""
    megabytes, path = 16, tmp_path / "wide.so"
    _compile(nn.Linear(2048, 2048, bias=False), (torch.randn(1, 2048),), path)
    x, taken = torch.randn(1, 2048), []
    for _ in range(8):
        NativeFunction(path)(x)
        gc.collect()
        taken.append(resident_mb())
    assert taken[-1] - taken[1] < 2 * megabytes, taken
