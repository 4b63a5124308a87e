import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from training.metrics import footprint
from training.metrics.footprint import free_mb, measure_footprint, resident_mb

CPU = torch.device("cpu")


@pytest.mark.skipif(sys.platform != "linux", reason="read from Linux's own files")
def test_memory_that_is_taken_is_seen_and_a_peak_stays() -> None:
    before = resident_mb()
    taken = np.ones(64 << 20, np.uint8)
    during = measure_footprint(CPU)
    assert before is not None and during.rss_mb is not None and during.rss_peak_mb is not None
    assert during.rss_mb - before > 48
    del taken
    after = measure_footprint(CPU)
    assert after.rss_peak_mb is not None and after.rss_mb is not None
    assert after.rss_peak_mb >= during.rss_mb - 1 > after.rss_mb
    assert (after.vram_mb, after.vram_peak_mb) == (None, None)


def test_free_memory_is_some_of_the_machine() -> None:
    free = free_mb(CPU)
    assert free is None or 0 < free < 1 << 30


def test_lines_are_found_by_their_whole_name(tmp_path: Path) -> None:
    path = tmp_path / "status"
    path.write_text("Name:\tpython\nVmRSSx:\t 1 kB\nVmRSS:\t  2048 kB\n")
    assert footprint._kilobytes(path, "VmRSS") == 2048
    assert footprint._kilobytes(path, "VmHWM") is None
    assert footprint._kilobytes(tmp_path / "none", "VmRSS") is None
