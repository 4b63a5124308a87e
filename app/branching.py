"""The way to a frame of a replay: its frames are made again, seen as they come, and then the walk is the person's."""

from collections.abc import Callable, Iterator

from .branch import Branch
from .handover import Frame
from .regenerate import Comparison, begin
from .walker import Walker

Lead = Callable[[Walker, Callable[[str], None]], Iterator[Frame]]
"""Takes a walk somewhere frame by frame, and says how that went."""


def lead_to(branch: Branch) -> Lead:
    """Return what puts a walk exactly where a replay was, with the replay for its past.

    It is as exact as the machine allows: what comes out otherwise than it was recorded is said, and played on from.
    A start that is missing, damaged or of another world raises ArvdError there.
    """
    replay = branch.replay

    def lead(walker: Walker, say: Callable[[str], None]) -> Iterator[Frame]:
        session = begin(walker.world, replay, walker.session.steps)
        walker.enter(session, at_scene=replay.header.start.kind == "picture")
        steps = session.steps
        comparison = Comparison(walker.world, replay, steps)
        for line in replay.lines[1 : branch.frame + 1]:
            pixels = walker.repeat(line.action, steps)
            comparison.note(line, pixels)
            note = f"to where you were: frame {line.index:,} of {branch.frame:,}"
            yield Frame(pixels, walker.session.index, line.action, walk=walker.facts(), old=True, note=note)
        walker.arrive()
        differs = comparison.outcome(branch.frame).brief()
        say(f"yours from frame {branch.frame:,} on{f'; {differs}' if differs else ''}")

    return lead
