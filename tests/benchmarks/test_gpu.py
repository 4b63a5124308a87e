"""The run for the hour with a GPU runs; here on the processor."""

import json
from pathlib import Path

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
