"""The choice is made once and kept; what is chosen from computes the same."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from model.attention import attend
from model.runtimes.attention_choice import attentions, fastest_attention, remembered_choice

NAMES = ("torch", "cudnn", "flash")


def test_a_processor_has_no_choice() -> None:
    q = torch.randn(1, 6, 2, 16)
    assert fastest_attention(q, q, q) is attend


@pytest.mark.parametrize("name", ["torch", "flash"])
def test_ways_to_attend_agree(name: str) -> None:
    q, k, v = torch.randn(1, 6, 2, 16), torch.randn(1, 18, 2, 16), torch.randn(1, 18, 2, 16)
    way = attentions(compiled=False)[name]
    torch.testing.assert_close(way(q, k, v), attend(q, k, v), atol=1e-5, rtol=1e-5)


def test_the_fastest_is_measured_once(tmp_path: Path) -> None:
    place, measured = tmp_path / "cache" / "choice.json", []

    def measure() -> Mapping[str, float]:
        measured.append(1)
        return {"torch": 2.0, "flash": 1.0}

    assert [remembered_choice(place, "a", NAMES, measure) for _ in range(3)] == ["flash"] * 3 and len(measured) == 1
    assert remembered_choice(place, "b", NAMES, lambda: {"cudnn": 1.0}) == "cudnn"
    assert remembered_choice(place, "a", NAMES, measure) == "flash" and len(measured) == 1
    assert remembered_choice(place, "a", ("torch",), lambda: {"torch": 1.0}) == "torch"  # flash is gone


@pytest.mark.parametrize("damaged", [b"", b"[1]", b'{"a": 3}', b"\xff"])
def test_what_is_not_readable_is_measured_again(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "choice.json").write_bytes(damaged)
    assert remembered_choice(tmp_path / "choice.json", "a", NAMES, lambda: {"flash": 1.0}) == "flash"


def test_where_nothing_can_be_measured_torch_chooses(tmp_path: Path) -> None:
    assert remembered_choice(tmp_path / "choice.json", "a", NAMES, dict) == "torch"
