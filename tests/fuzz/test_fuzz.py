"""Mutated footage is read or refused by name: no crash, no hang, no memory blow-up.

A few hundred datasets for each reader; ARVD_FUZZ=10000 for that many.
"""

import os

import pytest

from .readers import READERS
from .run import Fuzzer

COUNT = int(os.environ.get("ARVD_FUZZ", "200"))


@pytest.mark.parametrize("reader", READERS)
def test_mutated_footage_is_read_or_refused_by_name(reader: str, fuzzer: Fuzzer) -> None:
    tally = fuzzer.run(reader, range(COUNT))
    assert not tally.failures, "\n".join(tally.failures[:10])
    # what is refused at the first check tells nothing of those behind it
    assert tally.outcomes["read"] > COUNT / 20 and len(tally.reasons) > 3
