"""`arvd-data check PATH`: whether footage can be trusted, and what to do about what is wrong with it."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..data.check.footage import Report

_SHOWN = 5  # sentences per kind of damage on the terminal


def add_to(verbs: Any) -> None:
    """Add the verb to a parser's sub-commands."""
    text = "look for everything that makes footage unfit to train on, and say what to do about it"
    command: argparse.ArgumentParser = verbs.add_parser(
        "check",
        help=text,
        description=f"{text[0].upper()}{text[1:]}: actions that stand beside the wrong frames, flipped or in other "
        "units; frames that are missing, repeated, black, frozen or behind a menu; damaged videos; clips twice.",
    )
    command.add_argument("path", help="folder of footage in any of arvd's formats, or hf://datasets/organisation/name")
    command.add_argument("--against", metavar="FOLDER", help="find clips that this other footage holds, too")
    command.add_argument("--clips", type=_count, metavar="N", help="look at N clips, evenly spread, only")
    command.add_argument("--json", type=Path, metavar="FILE", help="write all findings to a file")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check; returns 1 when something was found."""
    from model.files import write_atomically

    from ..data.check.footage import check_footage
    from ..data.check.sources import clips_of
    from ..logs import Steps

    sources = clips_of(arguments.path, arguments.clips)
    if arguments.against is not None:
        clips_of(arguments.against)  # a folder that is not there should be said before the long look
    with Steps("check", len(sources), "clips") as steps:
        report = check_footage(sources, arguments.against, steps.advance)
    if arguments.json is not None:
        write_atomically(arguments.json, f"{json.dumps(report.document(), indent=2)}\n".encode())
    _print(report)
    return 1 if report.findings else 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of clips; write for example 20")
    return int(text)


def _print(report: "Report") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, emoji=False, highlight=False)  # names of clips are not markup
    for kind, clips in report.kinds:
        found = [finding for finding in report.findings if finding.kind == kind]
        for finding in found[:_SHOWN]:
            console.print(f"problem: {finding.sentence}", soft_wrap=True)
        if len(found) > _SHOWN:
            console.print(f"  and {len(found) - _SHOWN:,} more of {kind} in {clips:,} clips; --json FILE lists all")
    if report.findings:
        table = Table("damage", title="what was found", title_justify="left")
        table.add_column("clips", justify="right")
        table.add_column("what to do")
        for kind, clips in report.kinds:
            remedy = next(finding.remedy for finding in report.findings if finding.kind == kind)
            table.add_row(kind, f"{clips:,}", remedy or "as said above")
        console.print(table)
    problems = f"{report.damaged:,} with problems" if report.findings else "no problems found"
    console.print(f"{report.clips:,} clips, {report.frames:,} frames: {problems}")
