"""Whether long play holds its look: windows of the same scripted play from each scene, one after the other.

A rollout is cut into ten parts, and the *drop* of a number is how far its worst part lies below its best, relative
to the best (as in WorldRoamBench): that catches a collapse in the middle, which the end compared with the start
hides. Real footage drops too, because places differ; where footage is given, its drops stand beside.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from model.actions import parse_actions
from model.footage.clip import Dataset

from .flow import flows, magnitudes
from .intervals import Estimate, estimate, plain_estimates
from .pictures import Bytes, Look, look
from .playable import PlayableWorld, ignore

SCRIPT = parse_actions("w*14, w+right*6, right*4, w*10, w+left*6, left*4, s*3, d*3")
"""Play of one window: it ends looking the way it began, so that windows can be compared."""

PARTS = 10
"""Into which a rollout is cut for its drops."""

NUMBERS = ("sharpness", "red", "green", "blue", "contrast", "motion")
"""What is known of a window."""

_GAP = 4  # frames between the pictures whose flow is a window's motion


@dataclass(frozen=True, kw_only=True)
class DriftConfig:
    """How much is measured."""

    windows: int = 10
    """Times that the script is played; 40 are 2,000 frames."""
    clips: int = 20
    """Clips of real footage, if there is any."""
    steps: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Window(Look):
    """Look of one window and how lively it is."""

    motion: float
    """Mean length of the optical flow over 4 frames, in pixels."""


Windows = Sequence[Window]
"""Of one rollout or clip, in order."""


@dataclass(frozen=True)
class Glimpses:
    """What one scene looks like as it is played, for pictures: its first frame and the last of each window."""

    scene: str
    frames: Bytes
    """(windows + 1, h, w, 3)."""


@dataclass(frozen=True)
class Drift:
    """Result of `measure_drift`: windows by scene, and by clip of real footage (empty when none was given)."""

    scenes: Mapping[str, Windows]
    real: Mapping[str, Windows]
    seed: int

    def windows(self) -> tuple[dict[str, Estimate], ...]:
        """Each window's numbers, mean over scenes (scenes drawn with replacement)."""
        rows = zip(*self.scenes.values(), strict=True)
        return tuple(_mean([asdict(window) for window in row], self.seed) for row in rows)

    def mean(self, measure: Callable[[Windows], Mapping[str, float]]) -> dict[str, Estimate]:
        """Mean of `drop` or `last_to_first` over scenes."""
        return _mean([measure(windows) for windows in self.scenes.values()], self.seed)

    def mean_real(self, measure: Callable[[Windows], Mapping[str, float]]) -> dict[str, Estimate]:
        """The same over clips of real footage; of nothing when there is none."""
        return _mean([measure(windows) for windows in self.real.values()], self.seed)

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        estimated = {
            "drop": self.mean(drop),
            "last_to_first": self.mean(last_to_first),
            "real_drop": self.mean_real(drop) if self.real else None,
        }
        return {
            "frames_per_window": len(SCRIPT),
            "windows": [plain_estimates(window) for window in self.windows()],
            **{name: found and plain_estimates(found) for name, found in estimated.items()},
            "scenes": {name: _scene(windows) for name, windows in self.scenes.items()},
            "real": {name: _scene(windows) for name, windows in self.real.items()},
        }


def drop(windows: Windows) -> dict[str, float]:
    """Worst of ten parts below the best, relative to the best, of each number: 0 = no change, 1 = gone."""
    table = np.array([[getattr(window, name) for name in NUMBERS] for window in windows])
    parts = np.stack([part.mean(0) for part in np.array_split(table, min(PARTS, len(table)))])
    best, worst = parts.max(0), parts.min(0)
    return dict(zip(NUMBERS, (1 - worst / np.maximum(best, 1e-9)) * (best > 0), strict=True))


def last_to_first(windows: Windows) -> dict[str, float]:
    """Last window over first, of each number; nan where the first is 0."""
    first, last = asdict(windows[0]), asdict(windows[-1])
    return {name: last[name] / first[name] if first[name] else float("nan") for name in NUMBERS}


def measure_drift(
    world: PlayableWorld,
    scenes: Sequence[str],
    config: DriftConfig,
    *,
    dataset: Dataset | None = None,
    progress: Callable[[str], None] = ignore,
    keep: Callable[[Glimpses], None] = ignore,
) -> Drift:
    """Play the script once a window from each scene; `keep` is handed what each scene looked like."""
    found = {}
    for scene in scenes:
        session = world.start(scene, seed=config.seed, steps=config.steps)
        windows, glimpses = [], []
        for k in range(config.windows):
            progress(f"drift {scene} {k + 1}/{config.windows}")
            frames = np.stack([session.step(action) for action in SCRIPT])
            windows.append(measure_window(frames))
            glimpses += [frames[0], frames[-1]] if k == 0 else [frames[-1]]
        found[scene] = tuple(windows)
        keep(Glimpses(scene, np.stack(glimpses)))
    return Drift(found, _real(dataset, config, progress) if dataset else {}, config.seed)


def measure_window(frames: Bytes) -> Window:
    """What is known of frames (t, h, w, 3)."""
    lengths = magnitudes(flows(frames, _GAP))
    return Window(**asdict(look(frames)), motion=float(lengths.mean()) if len(lengths) else 0.0)


def _real(dataset: Dataset, config: DriftConfig, progress: Callable[[str], None]) -> dict[str, Windows]:
    """Windows of real clips, as many of each as a scene has, from its start."""
    found: dict[str, Windows] = {}
    for index in range(min(config.clips, len(dataset.names))):
        clip = dataset.read(index)
        progress(f"real footage {clip.name}")
        count = min(config.windows, len(clip) // len(SCRIPT))
        if count:
            parts = np.split(clip.frames[: count * len(SCRIPT)], count)
            found[clip.name] = tuple(measure_window(frames) for frames in parts)
    return found


def _mean(rows: Sequence[Mapping[str, float]], seed: int) -> dict[str, Estimate]:
    return {name: estimate([[row[name]] for row in rows], seed) for name in NUMBERS}


def _scene(windows: Windows) -> dict[str, Any]:
    rows = [asdict(window) for window in windows]
    return {"windows": rows, "drop": drop(windows), "last_to_first": last_to_first(windows)}
