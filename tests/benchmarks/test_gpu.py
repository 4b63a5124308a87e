"""The run for the hour with a GPU runs; here on the processor."""

import json
from pathlib import Path

import pytest
import torch

from model.runtimes import cuda_graph

from . import gpu
from .gpu import main


def test_all_parts_run(tiny_world: Path, tmp_path: Path) -> None:
    target = tmp_path / "gpu.json"
    assert main(["--world", str(tiny_world), "--frames", "2", "--tiny", "--no-compile", "--json", str(target)]) == 0
    results = json.loads(target.read_text())
    assert {"machine", "single precision is equal", "speed of eager", "speed of cuda-graph", "wan"} <= results.keys()
    assert results["single precision is equal"]["value"]["psnr of all"] > 45


def test_a_part_that_fails_is_named_and_the_others_go_on(tmp_path: Path, tiny_world: Path) -> None:
    target = tmp_path / "gpu.json"
    (tiny_world.parent / "hollow").mkdir()
    hollow = tiny_world.parent / "hollow"
    (hollow / "world.toml").write_bytes((tiny_world / "world.toml").read_bytes())
    assert main(["--world", str(hollow), "--frames", "2", "--tiny", "--no-compile", "--json", str(target)]) == 1
    results = json.loads(target.read_text())
    assert "failed" in results["speed of eager"] and "value" in results["wan"]


def test_what_a_card_cannot_multiply_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for capability in ((7, 0), (8, 6), (9, 0)):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device, capability=capability: capability)
        found.append(gpu.in_eight_bits(torch.device("cuda")))
    assert found == [(), ("cuda-int8",), ("cuda-int8", "cuda-fp8")]


def test_eight_bits_are_measured_last(tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uncompiled, for on a processor that would take minutes."""
    target = tmp_path / "gpu.json"
    monkeypatch.setattr(cuda_graph, "with_compiled_blocks", lambda model: model)
    arguments = ["--world", str(tiny_world), "--frames", "2", "--tiny", "--no-compile", "--json", str(target)]
    session = gpu.Session(gpu.parsed(arguments))
    session.eight = ("cuda-int8", "cuda-fp8")
    assert session.run() == 0
    results = json.loads(target.read_text())
    assert list(results)[-4:] == [
        part for name in session.eight for part in (f"{name} is close and exact", f"speed of {name}")
    ]
    assert all(
        25 < results[f"{name} is close and exact"]["value"]["psnr of the first frame"] < 100 for name in session.eight
    )
