"""The report of a grid, whole or half done."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from training.ablation import Cell, distilled_cells, initial_cells, read_result
from training.ablation_report import tables, write_report

from . import grid

CELLS = [*initial_cells(grid.CONFIG), *distilled_cells(grid.CONFIG)]


def table(text: str, title: str) -> list[list[str]]:
    """Rows of the table under a title, without its head."""
    part = text.partition(f"**{title}**\n\n")[2].partition("\n\n")[0]
    return [[entry.strip() for entry in line.strip("|").split("|")] for line in part.splitlines()[2:]]


def scored(value: float, **others: float) -> dict[str, dict[str, float]]:
    """Scores at two steps."""
    names = ("frechet", "keys", "yaw_error", "one_frame_gain", "psnr", "sharpness")
    return {"2": dict.fromkeys(names, value) | others}


def test_every_cell_has_a_number(ablated: Path) -> None:
    text = (ablated / "report" / "tables.md").read_text()
    after = table(text, "Frechet distance, after distillation")
    assert [row[0] for row in after] == ["causal-cd", "none"]
    alone = table(text, "PSNR after 32 frames, dB, initialisation alone")
    assert [row[0] for row in alone] == ["causal-cd", "causal-cd, 0.5 of the budget"]
    assert all(re.fullmatch(r"-?\d+\.\d\d", entry) for rows in (after, alone) for row in rows for entry in row[1:])
    assert [row[0] for row in table(text, "What an initialisation costs")] == [
        "causal-cd, seed 0", "causal-cd, 0.5 of the budget, seed 0",
    ]  # fmt: skip
    assert text.startswith("The AR model itself at 3 Euler steps: Frechet distance ")


def test_numbers_are_those_of_the_cells(ablated: Path) -> None:
    document = json.loads((ablated / "report" / "results.json").read_text(), parse_constant=pytest.fail)
    assert [Cell(**entry["cell"]) for entry in document] == CELLS
    for entry, cell in zip(document, CELLS, strict=True):
        result = read_result(ablated / "ablation" / cell.name)
        assert result is not None and entry["scores"] == result["scores"] and entry["cost"] == result.get("cost")
    shown = table((ablated / "report" / "tables.md").read_text(), "PSNR after 32 frames, dB, after distillation")
    assert shown[0][1] == f"{document[-2]['scores']['2']['psnr']:.2f}"


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("init", {"causal-cd-1 seed-0 init", "causal-cd-0.5 seed-0 init"}),
        ("distill", {"causal-cd-1 seed-0 steps-2", "none-1 seed-0 steps-2"}),
    ],
)
def test_curves_show_each_run(name: str, runs: set[str], ablated: Path) -> None:
    drawing = ET.fromstring((ablated / "report" / f"{name}.svg").read_text())
    assert {text for text in drawing.itertext() if "seed-" in text} == runs


def test_a_half_done_grid_shows_what_is_done(ablated: Path, tmp_path: Path) -> None:
    shutil.copytree(ablated / "ablation" / "none-1", tmp_path / "ablation" / "none-1")
    write_report(tmp_path / "ablation", replace(grid.CONFIG, steps=(1, 2)), tmp_path / "out")
    text = (tmp_path / "out" / "tables.md").read_text()
    (row,) = table(text, "Frechet distance, after distillation")
    assert row[:2] == ["none", "-"] and float(row[2]) > 0
    assert table(text, "Frechet distance, initialisation alone") == []


def test_seeds_are_a_mean_and_a_deviation() -> None:
    found = {Cell("none", seed, steps=2): {"scores": scored(value)} for seed, value in enumerate((1.0, 3.0))}
    text = tables(found, replace(grid.CONFIG, seeds=2))
    assert table(text, "Frechet distance, after distillation") == [["none", "2.00 ± 1.41"]]
    assert table(text, "one frame, dB over repeating, after distillation") == [["none", "+2.00 ± 1.41"]]


def test_what_is_no_number_is_null(tmp_path: Path) -> None:
    cell = Cell("none", 0, steps=2)
    path = tmp_path / cell.name / "result.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cell": vars(cell), "scores": scored(1.0, keys=float("nan"))}))
    write_report(tmp_path, grid.CONFIG, tmp_path / "out")
    (entry,) = json.loads((tmp_path / "out" / "results.json").read_text(), parse_constant=pytest.fail)
    assert entry["scores"]["2"]["keys"] is None
