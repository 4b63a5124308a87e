"""A whole folder of footage looked through, clip by clip, then the clips compared with each other."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import DataError

from .alignment import alignment_findings, measure_alignment, unrelated_findings
from .findings import Finding
from .hands import hand_findings
from .observation import observe
from .passages import Trace, passages
from .pictures import picture_findings
from .sources import Source, clips_of
from .stream import stream_problem
from .together import Member, comparison_findings, leaks


@dataclass(frozen=True)
class Report:
    """What a check found."""

    clips: int
    frames: int
    """Of the clips that could be read."""
    findings: tuple[Finding, ...]
    """In the order of the clips; of one clip, those that concern it alone come first."""

    @property
    def damaged(self) -> int:
        """Clips that something was found in."""
        return len({finding.clip for finding in self.findings})

    @property
    def kinds(self) -> tuple[tuple[str, int], ...]:
        """Kinds of damage, and how many clips have each; most first."""
        return tuple(Counter(kind for kind, _ in {(f.kind, f.clip) for f in self.findings}).most_common())

    def document(self) -> dict[str, Any]:
        """Everything as JSON: `clips`, `frames`, `damaged`, `findings`."""
        findings = [
            {"kind": f.kind, "clip": f.clip, "frames": f.frames, "problem": f.problem, "remedy": f.remedy}
            for f in self.findings
        ]
        return {"clips": self.clips, "frames": self.frames, "damaged": self.damaged, "findings": findings}


def check_footage(
    sources: tuple[Source, ...], against: str | Path | None = None, advance: Callable[[], None] = lambda: None
) -> Report:
    """Look through clips, as `clips_of` gives them; memory stays small however long they are.

    Clips that are also in the footage at `against`, a folder or address, are found, too. `advance` is called once per
    clip.
    """
    findings: list[Finding] = []
    members: list[Member] = []
    for source in sources:
        member, found = _inspect(source)
        findings += found
        if member is not None:
            members.append(member)
        advance()
    findings += comparison_findings(members)
    if against is not None:
        findings += _leaks(members, against)
    order = {source.name: k for k, source in enumerate(sources)}
    findings.sort(key=lambda finding: order[finding.clip])
    return Report(len(sources), sum(len(member.trace.change) for member in members), tuple(findings))


def _inspect(source: Source) -> tuple[Member | None, list[Finding]]:
    """What one clip shows by itself; no member when it cannot be read."""
    try:
        dataset, index = source.open()
        seen = observe(dataset, index)
    except DataError as error:
        return None, [Finding(kind="unreadable", clip=source.name, problem=str(error), remedy="")]
    findings: list[Finding] = []
    aligned, alignment = seen, measure_alignment(seen)
    if alignment is not None:
        findings += [*alignment_findings(source.name, alignment), *unrelated_findings(seen, alignment)]
        aligned = replace(seen, actions=np.roll(seen.actions, alignment.lag, axis=0))  # one fault is to be told once
    findings += [*picture_findings(aligned), *hand_findings(aligned)]
    if (video := dataset.video(index)) is not None:
        findings += stream_problem(source.name, video)
    trace = Trace(source.name, passages(seen.actions), seen.sight.change, seen.content)
    return Member(trace, dataset.size, dataset.fps, alignment), findings


def _leaks(members: list[Member], against: str | Path) -> Iterator[Finding]:
    """Clips of which a passage is also in the footage at `against`; of that, only likely clips are decoded."""
    ours = {hash_ for member in members for hash_ in member.trace.passages}
    others: dict[str, Trace] = {}
    for source in clips_of(against):
        try:
            dataset, index = source.open()
            theirs = passages(dataset.actions(index))
            if ours & theirs.keys():
                seen = observe(dataset, index)
                others[source.name] = Trace(source.name, theirs, seen.sight.change, seen.content)
        except DataError:  # a check of the other footage says so
            continue
    return leaks(members, others)
