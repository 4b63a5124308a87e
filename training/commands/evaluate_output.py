"""Where `arvd-eval` leaves what it found: JSON and a page."""

import json
import math
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import RunError

if TYPE_CHECKING:
    from ..metrics.report import Chapter


def check_file(target: str | None) -> None:
    """Refuse a place for JSON that cannot be written, before minutes are spent; raises RunError."""
    if target not in (None, "-") and Path(target).is_dir():
        raise RunError(f"{target}: is a folder; name a file for --json")


def check_folder(folder: Path | None, option: str) -> None:
    """Refuse a place for files that cannot be written, before minutes are spent; raises RunError."""
    if folder is not None and folder.exists() and not folder.is_dir():
        raise RunError(f"{folder}: is a file; name a folder for --{option}")


def write_json(target: str | None, document: Mapping[str, Any]) -> None:
    """Write a document of plain values to a file, to stdout for `-`, nowhere for None."""
    if target is None:
        return
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    from model.files import write_atomically

    write_atomically(Path(target), text.encode())


def write_page(
    folder: Path,
    title: str,
    facts: Mapping[str, str],
    chapters: "list[Chapter]",
    left_out: Mapping[str, str],
    document: Mapping[str, Any],
) -> None:
    """Write a page with the machine's facts and the day behind those given."""
    from ..metrics.report import Report, machine_facts, write_report

    shown = {**facts, "made": datetime.now(UTC).date().isoformat(), **machine_facts()}
    write_report(folder, Report(title, shown, chapters, left_out), document)


def plain(value: Any) -> Any:
    """Numbers to six digits; what is no number becomes null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
