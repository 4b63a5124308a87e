import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model.runtimes.names import ONNX_RUNTIMES, RUNTIMES
from model.transformer import TransformerConfig
from training.commands.evaluate import main
from training.commands.evaluate_speed import parse_runtimes
from training.metrics import growth, products, speed


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_MEASURE_SECONDS", 0.0)
    monkeypatch.setattr(speed, "ProcessPoolExecutor", lambda workers, mp_context: ThreadPoolExecutor(workers))


def test_names_of_runtimes() -> None:
    assert parse_runtimes("auto") == ("auto",)
    assert parse_runtimes("eager, eager-fp32,eager") == ("eager", "eager-fp32")
    assert parse_runtimes("all") == (*RUNTIMES, *ONNX_RUNTIMES)


def test_several_runtimes_stand_side_by_side(
    tiny_world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, page = tmp_path / "speed.json", tmp_path / "page"
    common = ["speed", "--world", str(tiny_world), "--frames", "2", "--steps", "1", "--json", str(target)]
    assert main([*common, "--runtime", "eager,eager-fp32,lost", "--report", str(page)]) == 0
    output = capsys.readouterr().out
    for word in ("eager float32, 1 step", "limit", "peak", "RSS", "FPS", "lost left out: unknown runtime 'lost'"):
        assert word in output
    document = json.loads(target.read_text())
    assert list(document["runtimes"]) == ["eager", "eager-fp32"]
    assert list(document["left_out"]) == ["lost"]
    for found in document["runtimes"].values():
        ratio = found["frame_ms"]["mean"] / found["limit"]["limit_ms"]
        assert found["ratio_to_limit"] == pytest.approx(ratio, rel=1e-3)
    assert json.loads((page / "report.json").read_text()) == document
    assert document["hash"] in (page / "index.html").read_text()


def test_growth_needs_no_world(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "SIZES", {"small": TransformerConfig(width=32, depth=1, heads=2, ffn=64)})
    monkeypatch.setattr(growth, "TOKENS", {4: (4, 4), 8: (4, 8)})
    page = tmp_path / "page"
    assert main(["speed", "--growth", "--frames", "1", "--json", "--report", str(page)]) == 0
    output = capsys.readouterr()
    document = json.loads(output.out)
    assert [point["tokens"] for point in document["points"]] == [4, 8]
    assert "frame / limit" in output.err
    assert "<svg" in (page / "index.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["speed"], "name one with --world"),
        (["speed", "--growth", "--runtime", "eager,eager-fp32"], "give one runtime"),
        (["speed", "--growth", "--steps", "3"], "no sampler for 3 steps"),
        (["speed", "--world", "nowhere", "--runtime", "all"], "unknown world 'nowhere'"),
        (["speed", "--growth", "--runtime", "lost"], "unknown runtime 'lost'"),
        (["speed", "--growth", "--device", "cpu", "--runtime", "compiled"], "give --runtime eager"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.startswith("error: ") and output.err.count("\n") == 1
    assert said in output.err


def test_a_world_that_no_runtime_computes_is_an_error(tiny_world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed", "--world", str(tiny_world), "--runtime", "lost,gone"]) == 2
    assert "unknown runtime 'lost'" in capsys.readouterr().err
