import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from training.metrics import products, speed

from .__main__ import main
from .upload import measure_upload


def test_benchmarks_print_every_number_of_steps(
    tiny_world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "_MEASURE_SECONDS", 0.0)
    monkeypatch.setattr(speed, "ProcessPoolExecutor", lambda workers, mp_context: ThreadPoolExecutor(workers))
    target = tmp_path / "bench.json"
    common = ["--world", str(tiny_world), "--frames", "2", "--json", str(target)]
    assert main([*common, "--runtime", "eager-fp32,lost"]) == 0
    output = capsys.readouterr().out
    for word in ("encode", "evaluate 4", "decode", "limit", "FPS", "upload", "lost left out: unknown runtime 'lost'"):
        assert word in output
    document = json.loads(target.read_text())
    assert [row["steps"] for row in document["rows"]] == [1, 2, 4]
    assert {row["runtime"] for row in document["rows"]} == {"eager float32"}
    assert list(document["left_out"]) == ["lost"]


def test_unknown_world_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--world", "nowhere"]) == 2
    assert capsys.readouterr().err.startswith("error: unknown world")


def test_upload_is_measured_or_named() -> None:
    upload = measure_upload(32, 48)
    for milliseconds in (upload.milliseconds, upload.buffered):
        assert (milliseconds is None) == upload.renderer.startswith("unavailable")
