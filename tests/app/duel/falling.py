"""`python -m tests.app.duel.falling WORDS... FILE`: two worlds side by side, the second of which falls over.

It does so at its next frame while FILE is there.
"""

import sys
from pathlib import Path

from app.duel.options import Side, check_duel
from app.duel.run import run_duel
from app.options import build_parser

from ..fakes import FakeWorld

if __name__ == "__main__":
    options, file = check_duel(build_parser().parse_args(sys.argv[1:-1])), Path(sys.argv[-1])

    def before_step(index: int) -> None:
        if file.exists():
            raise ValueError(f"fell over at frame {index}")

    def open_world(side: Side) -> FakeWorld:
        return FakeWorld(before_step if side is options.sides[1] else lambda index: None)

    run_duel(options, open_world)
