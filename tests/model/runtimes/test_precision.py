"""The precision of play is found by trying, and stays what it was found to be."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from model.runtimes import precision
from model.runtimes.precision import multiplies_sooner


@pytest.fixture(autouse=True)
def as_on_a_new_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    multiplies_sooner.cache_clear()
    yield
    multiplies_sooner.cache_clear()


@pytest.mark.parametrize(("bf16", "sooner"), [(0.2, True), (0.9, False), (2.0, False)])
def test_it_has_to_be_sooner_by_a_fifth_and_is_remembered(
    bf16: float, sooner: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "_seconds", lambda dtype: bf16 if dtype == torch.bfloat16 else 1.0)
    assert multiplies_sooner(torch.bfloat16) == sooner
    multiplies_sooner.cache_clear()
    monkeypatch.setattr(precision, "_seconds", lambda dtype: 1.0 if dtype == torch.bfloat16 else bf16)
    assert multiplies_sooner(torch.bfloat16) == sooner  # a noisy moment changes nothing any more


def test_a_damaged_memory_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "_seconds", lambda dtype: 0.1 if dtype == torch.bfloat16 else 1.0)
    place = precision._place(torch.bfloat16)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"\xff")
    assert multiplies_sooner(torch.bfloat16)
    assert place.read_text() == "sooner"


def test_a_cache_that_cannot_be_written_to_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "arvd").write_text("a file")
    assert multiplies_sooner(torch.bfloat16) in (True, False)


def test_products_are_timed() -> None:
    assert 0 < precision._seconds(torch.float32) < 60
