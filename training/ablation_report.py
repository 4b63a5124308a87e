"""The ablation as JSON, tables in Markdown and curves, from whatever cells are done."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model.files import write_atomically

from .ablation import REFERENCE, AblationConfig, Cell, distilled_cells, initial_cells, read_result
from .metrics.curves import line_chart

Scores = dict[str, float]

_MEASURES: dict[str, tuple[str, str]] = {
    "frechet": ("Frechet distance", "{:.2f}"),
    "keys": ("keys read back, balanced accuracy", "{:.1%}"),
    "yaw_error": ("error of the yaw read back, degrees", "{:.2f}"),
    "one_frame_gain": ("one frame, dB over repeating", "{:+.2f}"),
    "psnr": ("PSNR after 32 frames, dB", "{:.2f}"),
    "sharpness": ("sharpness after 32 frames, of real", "{:.2f}"),
}


def write_report(folder: Path, config: AblationConfig, out: Path) -> None:
    """Write `results.json`, `tables.md`, `init.svg` and `distill.svg` to `out` from the cells in `folder`."""
    cells = [*initial_cells(config), *distilled_cells(config)]
    found = {cell: result for cell in cells if (result := read_result(folder / cell.name)) is not None}
    document = [
        {
            "cell": result["cell"],
            "cost": result.get("cost"),
            "scores": {n: _plain(s) for n, s in result["scores"].items()},
        }
        for result in found.values()
    ]
    write_atomically(out / "results.json", (json.dumps(document, indent=1) + "\n").encode())
    write_atomically(out / "tables.md", tables(found, config).encode())
    for name, stage in (("init", "loss of the initialisation"), ("distill", "gap between real and fake score")):
        chart = curves(folder, [cell for cell in found if (cell.steps is None) == (name == "init")], name, stage)
        write_atomically(out / f"{name}.svg", chart.encode())


def _plain(scores: Scores) -> dict[str, float | None]:
    """For JSON, which has no word for what is no number."""
    return {key: value if math.isfinite(value) else None for key, value in scores.items()}


def tables(found: dict[Cell, dict[str, Any]], config: AblationConfig) -> str:
    """All tables in Markdown: after distillation, before it, and what the initialisations cost."""
    parts = []
    reference = next((result for cell, result in found.items() if cell.method == REFERENCE), None)
    if reference is not None:
        steps, scores = next(iter(reference["scores"].items()))
        parts.append(
            f"The AR model itself at {steps} Euler steps: "
            + ", ".join(f"{title} {form.format(scores[key])}" for key, (title, form) in _MEASURES.items())
            + f". Real footage: keys {scores['keys_real']:.1%}, yaw error {scores['yaw_error_real']:.2f}; Frechet "
            f"distance between one half of the clips and the other {scores['frechet_reference']:.2f}, where the AR "
            f"model's frames of the other have {scores['frechet_across']:.2f}.\n"
        )
    for key, (title, form) in _MEASURES.items():
        parts.append(_grid(f"{title}, after distillation", found, config, key, form, distilled=True))
    for key in ("frechet", "keys", "psnr", "sharpness"):
        title, form = _MEASURES[key]
        parts.append(_grid(f"{title}, initialisation alone", found, config, key, form, distilled=False))
    parts.append(_costs(found))
    return "\n".join(parts)


def _grid(
    title: str, found: dict[Cell, dict[str, Any]], config: AblationConfig, key: str, form: str, *, distilled: bool
) -> str:
    """Methods by steps; several seeds as mean and deviation."""
    lines = [
        f"**{title}**\n",
        "| initialisation | " + " | ".join(f"{n} step{'s' * (n > 1)}" for n in config.steps) + " |",
    ]
    lines.append("|---|" + "---|" * len(config.steps))
    for method in config.methods:
        for share in (1.0,) if distilled else (1.0, *config.shares):
            row = []
            for steps in config.steps:
                cells = [Cell(method, seed, share, steps if distilled else None) for seed in range(config.seeds)]
                values = [found[cell]["scores"][str(steps)][key] for cell in cells if cell in found]
                row.append(_shown(values, form))
            if any(row):
                name = method if share == 1 else f"{method}, {share:g} of the budget"
                lines.append(f"| {name} | " + " | ".join(entry or "-" for entry in row) + " |")
    return "\n".join(lines) + "\n"


def _shown(values: Sequence[float], form: str) -> str:
    if not values:
        return ""
    mean = form.format(float(np.mean(values)))
    return mean if len(values) == 1 else f"{mean} ± {form.format(float(np.std(values, ddof=1))).lstrip('+')}"


def _costs(found: dict[Cell, dict[str, Any]]) -> str:
    lines = [
        "**What an initialisation costs**\n",
        "| initialisation | PFLOP | minutes | stored MB |",
        "|---|---|---|---|",
    ]
    for cell, result in found.items():
        if cell.steps is None and cell.method != REFERENCE:
            cost = result["cost"]
            name = cell.method if cell.share == 1 else f"{cell.method}, {cell.share:g} of the budget"
            lines.append(
                f"| {name}, seed {cell.seed} | {cost['flops'] / 1e15:.4f} | {cost['seconds'] / 60:.1f} | "
                f"{cost['stored_bytes'] / 1e6:.1f} |"
            )
    return "\n".join(lines) + "\n"


def curves(folder: Path, cells: Sequence[Cell], stage: str, title: str) -> str:
    """One line per cell of what its run logged, as SVG."""
    series = {}
    key = "score_gap" if stage == "distill" else "loss"  # DMD's own loss is the same size however far it is
    for cell in cells:
        place = folder / cell.name
        path = (place / "distill" if stage == "distill" else place.parent / "init") / "log.jsonl"
        if path.is_file():
            rows = [json.loads(line) for line in path.read_text().splitlines()]
            series[cell.name.replace("/", " ")] = [(row["step"], row[key]) for row in rows if key in row]
    return line_chart(series, title=title, x_label="updates of the student", y_label=title)
