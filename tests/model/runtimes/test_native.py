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

MEGABYTES = 16  # of weights


class Mixed(nn.Module):
    """Results of several types and layouts, after work that takes a while, and one of many weights."""

    def __init__(self) -> None:
        super().__init__()
        wide = torch.randn((MEGABYTES << 18) // 700, 700, generator=torch.Generator().manual_seed(0))
        self.wide = nn.Parameter(wide, requires_grad=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        product = x
        for _ in range(20):
            product = product @ x / 30
        pale, wide = x.clamp(0, 1).mul(255).to(torch.uint8), nn.functional.linear(x[:1], self.wide)
        return product, x.t().to(torch.bfloat16), pale, wide


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module, compiled: once for all tests, since that takes a while."""
    path = tmp_path_factory.mktemp("native") / "mixed.so"
    _compile(Mixed(), (torch.randn(700, 700),), path)
    return path


@pytest.fixture(scope="module")
def native(library: Path) -> NativeFunction:
    return NativeFunction(library)


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


def test_what_is_no_longer_used_takes_no_memory(library: Path) -> None:
    """Opened and dropped again and again, as by a person who tries runtimes: the weights of one go with it."""
    assert library.stat().st_size > MEGABYTES * 10**6
    x, taken = torch.randn(700, 700), []
    for _ in range(6):
        NativeFunction(library)(x)
        gc.collect()
        taken.append(resident_mb())
    assert taken[-1] - taken[1] < 2 * MEGABYTES, taken
