"""A page that shows a world to a colleague: facts, tables, curves and contact sheets, in one folder.

`index.html` carries its style and curves inside itself and needs no script; the contact sheets are PNG files beside
it, and `report.json` holds every number. The tables are those of the terminal.
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import torch
from rich.table import Table

from model.files import write_atomically

from .pictures import Bytes
from .sheets import write_sheet

PAGE, NUMBERS = "index.html", "report.json"

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 1060px; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.7rem; margin-bottom: 0.2rem; } h2 { margin: 2.6rem 0 0.2rem; border-top: 1px solid #ddd;
  padding-top: 1.2rem; font-size: 1.25rem; }
p { margin: 0.3rem 0 0.8rem; } .about { color: #555; } nav a { margin-right: 1rem; } a { color: #0072b2; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; font-size: 13.5px; }
caption { text-align: left; font-weight: 600; padding-bottom: 0.3rem; white-space: nowrap; }
th, td { padding: 0.2rem 0.8rem 0.2rem 0; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } thead th { border-bottom: 1px solid #999; vertical-align: bottom; }
tr.end td { border-bottom: 1px solid #ccc; } dl { display: grid; grid-template-columns: max-content 1fr;
  gap: 0.15rem 1.2rem; } dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; }
.curves { display: flex; flex-wrap: wrap; gap: 1rem; } .curves svg { max-width: 100%; height: auto; width: 510px; }
figure { margin: 1.2rem 0; } figure img { max-width: 100%; image-rendering: auto; } figcaption { color: #555; }
""".strip()


@dataclass(frozen=True)
class Sheet:
    """A contact sheet."""

    name: str
    """Of its file, without the ending."""
    picture: Bytes
    """(H, W, 3)."""
    caption: str


@dataclass(frozen=True)
class Chapter:
    """One measure."""

    name: str
    about: str
    """What is measured, in a sentence."""
    shown: Sequence[Table | str] = ()
    """Tables and remarks, in order."""
    curves: Sequence[str] = ()
    """SVG elements."""
    sheets: Sequence[Sheet] = ()


@dataclass(frozen=True)
class Report:
    """All that a page shows."""

    title: str
    facts: Mapping[str, str]
    chapters: Sequence[Chapter]
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why measures are missing, by name."""


def machine_facts() -> dict[str, str]:
    """What the numbers were measured on."""
    facts = {
        "machine": f"{_processor()}, {os.cpu_count()} logical cores, {platform.system()} {platform.machine()}",
        "software": f"Python {platform.python_version()}, PyTorch {torch.__version__}",
    }
    if torch.cuda.is_available():
        facts["gpu"] = torch.cuda.get_device_name()
    return facts


def write_report(folder: Path, report: Report, document: Mapping[str, Any]) -> None:
    """Write page, numbers (`document`, plain JSON values) and contact sheets into `folder`.

    Raises:
        RunError: when something cannot be written.
    """
    for chapter in report.chapters:
        for sheet in chapter.sheets:
            write_sheet(folder / f"{sheet.name}.png", sheet.picture)
    write_atomically(folder / NUMBERS, (json.dumps(document, indent=2, allow_nan=False) + "\n").encode())
    write_atomically(folder / PAGE, render(report).encode())


def render(report: Report) -> str:
    """Return the page as HTML; every text in it is escaped."""
    facts = "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in report.facts.items())
    links = " ".join(f'<a href="#{escape(chapter.name)}">{escape(chapter.name)}</a>' for chapter in report.chapters)
    parts = [
        f"<h1>{escape(report.title)}</h1>",
        '<p class="about">Intervals are 95 %: bootstrap over clips or scenes for means, Wilson for shares, '
        "of which a clip is one trial.</p>",
        f"<dl>\n{facts}\n</dl>",
        f"<nav>{links}</nav>",
        *(_chapter(chapter) for chapter in report.chapters),
    ]
    if report.left_out:
        reasons = "\n".join(f"<li>{escape(name)}: {escape(why)}</li>" for name, why in report.left_out.items())
        parts.append(f"<h2>Left out</h2>\n<ul>\n{reasons}\n</ul>")
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _chapter(chapter: Chapter) -> str:
    name = escape(chapter.name)
    parts = [f'<h2 id="{name}">{name}</h2>', f'<p class="about">{escape(chapter.about)}</p>']
    for entry in chapter.shown:
        parts.append(_table(entry) if isinstance(entry, Table) else f'<p class="about">{escape(entry)}</p>')
    if chapter.curves:
        parts.append('<div class="curves">\n' + "\n".join(chapter.curves) + "\n</div>")
    for sheet in chapter.sheets:
        source, caption = escape(f"{sheet.name}.png"), escape(sheet.caption)
        parts.append(
            f'<figure><img src="{source}" alt="{caption}" loading="lazy"><figcaption>{caption}</figcaption></figure>'
        )
    return "\n".join(parts)


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(str(column.header))}</th>" for column in table.columns)
    rows = []
    for row, cells in zip(table.rows, zip(*(column.cells for column in table.columns), strict=True), strict=True):
        end = ' class="end"' if row.end_section else ""
        rows.append(f"<tr{end}>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>")
    caption = f"<caption>{escape(str(table.title))}</caption>" if table.title else ""
    body = "\n".join(rows)
    return (
        f'<div class="scroll"><table>{caption}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'
    )


def _processor() -> str:
    """Name of the processor, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
