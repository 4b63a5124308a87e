"""How much of the machine a training step uses: model FLOP utilisation (as in PaLM, arXiv:2204.02311, appendix B).

Utilisation is the time that a step's matrix products and convolutions would take at the rate that this machine reaches
on one large product of the same precision, over the time that the step takes. Counted are the products of loss and
gradient, attention included, as they are computed: also those that activation checkpointing computes again, and those
of networks that only judge. Not counted, though part of the time, are the optimiser's own products and all that is no
product. The steps that are counted are the steps that are trained with, so nothing is computed twice, and counting
changes no bit of them.

Every step is timed, and what of it is waited for data.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

from .data_wait import Stopwatch
from .metrics.products import ProductCounter, product_rate

_EVERY = 10  # counting costs a step of the tiny recipe about 3 % of its time, so one step in ten is counted
_FIRST = 5  # of a process; those before it compile


class UtilisationMeter:
    """Times every step, and counts one in ten."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._rates: dict[torch.dtype, float] = {}
        self._steps = 0
        self._least = self._taken = 0.0
        self._all = self._waited = 0.0

    @contextmanager
    def step(self) -> Iterator[AbstractContextManager[Any]]:
        """Time what is inside; yields a context manager to be entered around all that counts."""
        self._steps += 1
        counter = ProductCounter() if self._steps % _EVERY == _FIRST else None
        before = time.perf_counter()
        with Stopwatch() as stopwatch:
            yield counter or nullcontext()
        seconds = time.perf_counter() - before
        self._all += seconds
        self._waited += stopwatch.seconds
        if counter is not None:
            self._taken += seconds
            self._least += sum(flops / self._rate(dtype) for dtype, flops in counter.flops().items())

    def reading(self) -> dict[str, float]:
        """Shares of 1 since the last reading: `data_wait` of all steps, `utilisation` if any of them was counted."""
        shares = {"data_wait": self._waited / self._all} if self._all else {}
        if self._taken:
            shares["utilisation"] = self._least / self._taken
        self._least = self._taken = self._all = self._waited = 0.0
        return shares

    def _rate(self, dtype: torch.dtype) -> float:
        """The machine's rate, measured once per precision: half a second."""
        if dtype not in self._rates:
            self._rates[dtype] = product_rate(self._device, dtype)
        return self._rates[dtype]
