"""What a finished stage leaves beside its weights: a world that plays, and a row of measures in `evaluation.jsonl`.

A bidirectional teacher cannot go frame by frame and leaves neither. The row is short, so that it costs a minute and
not an hour: `arvd-eval` measures a world properly.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model.files import write_atomically
from model.footage.clip import Dataset
from model.sampler import SamplerConfig
from model.transformer import Transformer
from model.world import load_world

from .chain import Chain
from .export import export_world
from .metrics.control import ControlConfig, measure_control
from .metrics.quality import QualityConfig, measure_quality
from .stage_world import about_stage, footage_scenes

ROWS = "evaluation.jsonl"
_CLIPS = 4


def leave_milestone(chain: Chain, name: str, footage: Dataset, *, held_out: bool) -> dict[str, Any] | None:
    """Export the world of a finished stage and measure it on `footage`; None when there is nothing to do.

    A stage that has its row already, made from the same weights, is not measured again.
    """
    if name.startswith("teacher-"):
        return None
    path, digest = chain.folder(name).parent / ROWS, chain.digest(name)
    rows = _read(path)
    if any(row["stage"] == name and row["weights"] == digest for row in rows):
        return None
    folder = chain.folder(name) / "world"
    export_stage(chain, name, folder, chain.sampler(name))
    world = load_world(str(folder))
    quality = measure_quality(world, footage, QualityConfig(clips=_CLIPS, starts=1, one_frame_starts=8))
    control = measure_control(world, footage, ControlConfig(clips=_CLIPS, starts=1))
    row = {
        "stage": name,
        "weights": digest,
        "held_out": held_out,
        "one_frame_gain_db": round(quality.one_frame.gain, 3),
        "psnr": {str(h.frames_ahead): round(h.psnr_generated, 3) for h in quality.horizons},
        "sharpness": {str(h.frames_ahead): round(h.sharpness_ratio, 3) for h in quality.horizons},
        "control": {force: result.generated.share for force, result in control.forces.items()},
    }
    kept = [row for row in rows if row["stage"] != name]
    write_atomically(path, "".join(json.dumps(entry) + "\n" for entry in [*kept, row]).encode())
    return row


def export_stage(chain: Chain, name: str, folder: Path, sampler: SamplerConfig) -> None:
    """Write what a finished stage left as a world, with pictures of its footage as scenes."""
    dataset = chain.dataset()
    config = chain.stages[name][1]
    transformer = Transformer(config.model)
    transformer.load_state_dict(chain.weights(name))
    about = about_stage(chain.recipe.name, name, dataset, chain.keys, config.context, sampler)
    export_world(folder, about, transformer, chain.shown_autoencoder(), footage_scenes(dataset))


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    return rows


def describe(row: dict[str, Any], say: Callable[[str], None]) -> None:
    """Tell a row in one line."""
    control = ", ".join(f"{force} {share:.0%}" for force, share in row["control"].items())
    on = "held-out footage" if row["held_out"] else "its training footage"
    say(
        f"{row['stage']}: one frame {row['one_frame_gain_db']:+.2f} dB over repeating, "
        f"{row['psnr']['32']:.1f} dB after 32 frames, control {control}; on {on}"
    )
