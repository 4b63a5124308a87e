"""`python -m tests.benchmarks.damage --data FOLDER`: which planted damage `arvd-data check` finds in real footage.

Every damage is done to a few clips, each time beside as many clips that are left as they are; what is found in those is
a false alarm. Findings must be of the right kind to count.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from model.footage.clip import Clip
from model.footage.folder import open_dataset
from tests.training.data.check.damages import DAMAGES, Damage
from tests.training.data.check.scene import write
from training.data.check.footage import check_footage
from training.data.check.sources import clips_of


def main() -> int:
    """Print one line per damage; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.damage")
    parser.add_argument("--data", type=Path, required=True, help="footage in which `arvd-data check` finds nothing")
    parser.add_argument("--clips", type=int, default=10, help="clips that each damage is done to")
    arguments = parser.parse_args()
    dataset = open_dataset(arguments.data)
    chosen = np.linspace(0, len(dataset.names) - 1, 2 * arguments.clips).round().astype(int).tolist()
    damages: dict[str, tuple[str, Damage]] = {"none": ("", lambda frames, actions: (frames, actions)), **DAMAGES}
    print(f"{'damage':26}{'kind':20}{'found':>8}{'false':>8}")
    for name, (kind, damage) in damages.items():
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for k, index in enumerate(chosen):
                clip = dataset.read(index)
                _plant(root, clip, damage if k % 2 else None)
            findings = check_footage(clips_of(root)).findings
        found = {finding.clip for finding in findings if finding.kind == kind and finding.clip.startswith("damaged")}
        false = {finding.clip for finding in findings if finding.clip.startswith("good")}
        print(f"{name:26}{kind:20}{len(found):>5}/{arguments.clips}{len(false):>5}/{arguments.clips}", flush=True)
    return 0


def _plant(root: Path, clip: Clip, damage: Damage | None) -> None:
    frames, actions = damage(clip.frames, clip.actions) if damage else (clip.frames, clip.actions)
    write(root, f"{'damaged' if damage else 'good'} {clip.name}", frames, actions)


if __name__ == "__main__":
    raise SystemExit(main())
