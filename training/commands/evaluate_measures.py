"""The measures of `arvd-eval`, one function each: measure, print, and hand back numbers, curves and pictures."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..metrics.report import Chapter, Sheet
from ..metrics.sheets import stack, write_sheet
from ..metrics.tables import TableConsole

if TYPE_CHECKING:
    from model.footage.clip import Dataset
    from model.onnx.world import OnnxWorld
    from model.world import World

    from ..inverse_dynamics import InverseDynamicsModel
    from ..metrics.perceptual import Perceptual
    from ..metrics.pictures import Bytes
    from ..metrics.rolled import Rolled

_CLIPS_SHOWN = 6  # on a contact sheet; more no one looks at
_LONGEST = 64  # frames ahead that quality looks, where the footage allows
_TALL_SHOWN = 2  # of those that have many rows each


@dataclass(frozen=True)
class Outcome:
    """What a measure found."""

    document: dict[str, Any]
    """Values for JSON."""
    curves: Sequence[str] = ()
    sheets: Sequence[Sheet] = ()


@dataclass(frozen=True)
class Job:
    """What every measure is given."""

    arguments: argparse.Namespace
    world: "World | OnnxWorld"
    footage: "Dataset | None"
    console: TableConsole
    idm: "InverseDynamicsModel | None"
    perceptual: "Perceptual | None"

    @property
    def dataset(self) -> "Dataset":
        """The footage, where the command has seen to it that there is some."""
        assert self.footage is not None
        return self.footage

    @cached_property
    def rolled(self) -> "Rolled":
        """Rollouts as the inverse-dynamics model reads them, made once for all measures that use them."""
        from ..metrics.rolled import RolledConfig, roll

        assert self.idm is not None
        with Progress(self.console) as progress:
            config = RolledConfig(**self.config("clips", "starts"))
            return roll(self.world, self.dataset, self.idm, config, progress=progress)

    def config(self, *names: str) -> dict[str, Any]:
        """Options of a measure's configuration; those not given are left out, so defaults stay with it."""
        given = vars(self.arguments)
        return {name: given[name] for name in ("seed", "steps", *names) if given[name] is not None}

    def measure(self, verb: str, about: str) -> tuple[dict[str, Any], Chapter]:
        """Take one measure and write its contact sheets if pictures are wanted."""
        before = len(self.console.shown)
        outcome = MEASURES[verb](self)
        chapter = Chapter(verb, about, self.console.shown[before:], outcome.curves, outcome.sheets)
        if self.arguments.pictures is not None:
            for sheet in outcome.sheets:
                path: Path = self.arguments.pictures / f"{self.world.spec.name}-{sheet.name}.png"
                write_sheet(path, sheet.picture)
                self.console.print(f"wrote {path}")
        return outcome.document, chapter


def open_job(
    arguments: argparse.Namespace,
    world: "World | OnnxWorld",
    footage: "Dataset | None",
    console: TableConsole,
    verbs: Sequence[str],
) -> Job:
    """Load the networks that the measures need, so that a damaged file is refused before minutes are spent."""
    idm = perceptual = None
    if {"following", "frechet"} & set(verbs):
        from ..inverse_dynamics import load_inverse_dynamics

        idm = load_inverse_dynamics(arguments.idm).to(world.device)
    if "forge" in verbs:
        from ..metrics.perceptual import open_perceptual

        perceptual = open_perceptual(arguments.weights)
    return Job(arguments, world, footage, console, idm, perceptual)


class Progress:
    """A line on a terminal that says what is being measured; silent in a pipe."""

    def __init__(self, console: TableConsole) -> None:
        self._status = console.status("measuring")

    def __enter__(self) -> Callable[[str], None]:
        """Begin; returns what takes the line's text."""
        self._status.start()
        return self._status.update

    def __exit__(self, *error: object) -> None:
        """Take the line away."""
        self._status.stop()


def _quality(job: Job) -> Outcome:
    from ..metrics.charts import quality_charts
    from ..metrics.quality import QualityConfig, Rollout, measure_quality
    from ..metrics.sheets import QUALITY_AHEAD, quality_sheet
    from ..metrics.tables import print_quality

    kept: list[Rollout] = []
    config = QualityConfig(**job.config("clips", "starts"), frames=_LONGEST)
    with Progress(job.console) as progress:
        result = measure_quality(job.world, job.dataset, config, progress=progress, keep=kept.append)
    print_quality(job.console, result)
    caption = f"{_ahead(QUALITY_AHEAD)} frames ahead: real above, generated below"
    sheets = _sheets("quality", [quality_sheet(entry) for entry in kept[:_CLIPS_SHOWN]], caption)
    return Outcome(result.document(), quality_charts(result), sheets)


def _control(job: Job) -> Outcome:
    from ..metrics.control import FORCES, ControlConfig, Rollouts, measure_control
    from ..metrics.sheets import CONTROL_AHEAD, control_sheet
    from ..metrics.tables import print_control

    kept: list[Rollouts] = []
    config = ControlConfig(**job.config("clips", "starts"))
    with Progress(job.console) as progress:
        result = measure_control(job.world, job.dataset, config, progress=progress, keep=kept.append)
    print_control(job.console, result)
    caption = f"{', '.join(force.name for force in FORCES)}: the real start, then {_ahead(CONTROL_AHEAD)} frames ahead"
    sheets = _sheets("control", [control_sheet(entry) for entry in kept[:_TALL_SHOWN]], caption)
    return Outcome(result.document(), (), sheets)


def _flow(job: Job) -> Outcome:
    from ..metrics.charts import flow_charts
    from ..metrics.flow_error import FlowConfig, measure_flow
    from ..metrics.tables_motion import print_flow

    with Progress(job.console) as progress:
        config = FlowConfig(**job.config("clips", "starts"))
        result = measure_flow(job.world, job.dataset, config, progress=progress)
    print_flow(job.console, result)
    return Outcome(result.document(), flow_charts(result))


def _forge(job: Job) -> Outcome:
    from ..metrics.charts import forge_charts
    from ..metrics.constant import ACTIONS, ConstantConfig, Held, measure_constant
    from ..metrics.forge import ForgeConfig, PairedRollout, measure_forge
    from ..metrics.sheets import CONSTANT_AHEAD, FORGE_AHEAD, constant_sheet, forge_sheet
    from ..metrics.tables_motion import print_constant, print_forge

    kept: list[PairedRollout] = []
    held: list[Held] = []
    assert job.perceptual is not None
    clips = job.arguments.clips
    constant_config = ConstantConfig(**job.config("clips"), **({} if clips is None else {"real_clips": clips}))
    with Progress(job.console) as progress:
        paired = measure_forge(
            job.world,
            job.dataset,
            ForgeConfig(**job.config("clips", "starts")),
            job.perceptual,
            progress=progress,
            keep=kept.append,
        )
        constant = measure_constant(job.world, job.dataset, constant_config, progress=progress, keep=held.append)
    print_forge(job.console, paired)
    print_constant(job.console, constant)
    above = f"{_ahead(FORGE_AHEAD)} frames ahead: real above, generated below"
    rows = f"{', '.join(ACTIONS)} are held: the real start, then {_ahead(CONSTANT_AHEAD)} frames ahead"
    sheets = _sheets("forge", [forge_sheet(entry) for entry in kept[:_CLIPS_SHOWN]], above)
    sheets += _sheets("constant", [constant_sheet(entry) for entry in held[:_TALL_SHOWN]], rows)
    return Outcome(paired.document() | {"constant": constant.document()}, forge_charts(paired), sheets)


def _memory(job: Job) -> Outcome:
    from ..metrics.charts import memory_charts
    from ..metrics.memory import PATHS, MemoryConfig, Recall, measure_memory
    from ..metrics.sheets import memory_sheet
    from ..metrics.tables_motion import print_memory

    kept: list[Recall] = []
    config = MemoryConfig(**job.config("clips", "starts"))
    with Progress(job.console) as progress:
        result = measure_memory(job.world, job.dataset, config, progress=progress, keep=kept.append)
    print_memory(job.console, result)
    caption = f"{', '.join(path.name for path in PATHS)}: from the real start on the left to the return on the right"
    sheets = _sheets("memory", [memory_sheet(entry) for entry in kept[:_TALL_SHOWN]], caption)
    return Outcome(result.document(), memory_charts(result), sheets)


def _drift(job: Job) -> Outcome:
    from ..metrics.charts import drift_charts
    from ..metrics.drift import SCRIPT, DriftConfig, Glimpses, measure_drift
    from ..metrics.sheets import drift_sheet
    from ..metrics.tables import print_drift

    frames = job.arguments.frames
    windows = {} if frames is None else {"windows": max(1, frames // len(SCRIPT))}
    kept: list[Glimpses] = []
    scenes = [scene.name for scene in job.world.scenes]
    with Progress(job.console) as progress:
        config = DriftConfig(**job.config("clips"), **windows)
        result = measure_drift(job.world, scenes, config, dataset=job.footage, progress=progress, keep=kept.append)
    print_drift(job.console, result)
    caption = f"A row per scene ({', '.join(scenes)}), from the first frame to the last"
    sheets = _sheets("drift", [drift_sheet(entry) for entry in kept], caption)
    return Outcome(result.document(), drift_charts(result), sheets)


def _idle(job: Job) -> Outcome:
    from ..metrics.idle import IdleConfig, Stand, measure_idle
    from ..metrics.sheets import idle_sheet
    from ..metrics.tables_motion import print_idle

    kept: list[Stand] = []
    scenes = [scene.name for scene in job.world.scenes]
    with Progress(job.console) as progress:
        config = IdleConfig(**job.config("frames"))
        result = measure_idle(job.world, scenes, config, progress=progress, keep=kept.append)
    print_idle(job.console, result)
    caption = f"A row per scene ({', '.join(scenes)}): the view when one stops, and as time goes by"
    return Outcome(result.document(), (), _sheets("idle", [idle_sheet(entry) for entry in kept], caption))


def _following(job: Job) -> Outcome:
    from ..metrics.following import measure_following
    from ..metrics.tables_following import print_following

    result = measure_following(job.rolled)
    print_following(job.console, result)
    return Outcome(result.document())


def _frechet(job: Job) -> Outcome:
    from ..metrics.frechet import measure_frechet
    from ..metrics.tables_following import print_frechet

    result = measure_frechet(job.rolled)
    print_frechet(job.console, result)
    return Outcome(result.document())


def _speed(job: Job) -> Outcome:
    from ..metrics.speed import SpeedConfig, measure_speed
    from ..metrics.tables_speed import print_speed

    with Progress(job.console) as progress:
        result = measure_speed(job.world, SpeedConfig(**job.config("frames")), progress=progress)
    print_speed(job.console, [result])
    return Outcome(result.document())


MEASURES: dict[str, Callable[[Job], Outcome]] = {
    "quality": _quality,
    "control": _control,
    "flow": _flow,
    "forge": _forge,
    "memory": _memory,
    "following": _following,
    "frechet": _frechet,
    "drift": _drift,
    "idle": _idle,
    "speed": _speed,
}
"""By the command's name for them."""


def _sheets(name: str, pictures: "Sequence[Bytes]", caption: str) -> list[Sheet]:
    return [Sheet(name, stack(pictures), caption)]


def _ahead(frames: Sequence[int]) -> str:
    return ", ".join(map(str, frames[:-1])) + f" and {frames[-1]}"
