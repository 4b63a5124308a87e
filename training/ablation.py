"""The paper's Table 2 with our own numbers: how a student is initialised, by how many steps it takes.

Every initialisation starts from the same AR model and is given the same number of floating-point operations, its
trajectories included; then every student is distilled with the same settings and measured on the same held-out starts.
Cells are independent and resumable: a cell that is done leaves `result.json`, which says what it was made from.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from model.errors import RunError
from model.files import write_atomically
from model.footage.clip import Dataset
from model.world import load_world

from .chain import Chain
from .data.digest import dataset_digest
from .data.latents import EncodingStopped
from .data.trajectories import stored
from .inverse_dynamics import load_inverse_dynamics
from .loop import LoopConfig, differences
from .methods import INITS, distilled, initialised
from .metrics.following import measure_following
from .metrics.frechet import measure_frechet
from .metrics.quality import QualityConfig, measure_quality
from .metrics.rolled import RolledConfig, roll
from .milestones import export_stage
from .recipe import Recipe
from .stage_cost import init_cost

REFERENCE = "ar"
"""Name of the cell that measures the many-step AR model, from which all begin."""

RESULT = "result.json"

_FAR = 32  # frames ahead at which pictures are compared


@dataclass(frozen=True, kw_only=True)
class AblationConfig:
    """The grid and how much is measured."""

    methods: tuple[str, ...] = INITS
    steps: tuple[int, ...] = (1, 2, 4)
    seeds: int = 1
    shares: tuple[float, ...] = (0.25,)
    """Smaller budgets at which `shared` methods are initialised too, to see how much compute a score takes."""
    shared: tuple[str, ...] = ("causal-cd",)
    clips: int = 20
    starts: int = 3
    """Rollouts per clip."""
    frames: int = 32
    """Length of the rollouts that the inverse-dynamics model reads."""


@dataclass(frozen=True)
class Cell:
    """One entry of the table."""

    method: str
    seed: int
    share: float = 1.0
    """Of the budget of initialisation."""
    steps: int | None = None
    """Of the distilled student; None for the initialisation by itself."""

    @property
    def name(self) -> str:
        """Folder of the cell, also its place in the table."""
        start = f"{self.method}-{self.share:g}/seed-{self.seed}"
        return f"{start}/init" if self.steps is None else f"{start}/steps-{self.steps}"


def initial_cells(config: AblationConfig) -> list[Cell]:
    """The AR model, and every initialisation by itself; the distilled cells build on them."""
    cells = [Cell(REFERENCE, 0)]
    for seed in range(config.seeds):
        trained = [method for method in config.methods if method != "none"]
        cells += [Cell(method, seed) for method in trained]
        cells += [Cell(method, seed, share) for method in trained if method in config.shared for share in config.shares]
    return cells


def distilled_cells(config: AblationConfig) -> list[Cell]:
    """Every initialisation distilled with every number of steps."""
    return [
        Cell(method, seed, steps=steps)
        for seed in range(config.seeds)
        for steps in config.steps
        for method in config.methods
    ]


@dataclass(frozen=True)
class Ablation:
    """The grid at work on a finished AR model."""

    recipe: Recipe
    config: AblationConfig
    dataset: Callable[[], Dataset]
    heldout: Dataset
    idm: Path
    root: Path
    """Run of the recipe, up to its AR model; cells lie in its folder `ablation`."""
    device: torch.device
    stop: Callable[[], bool]

    def prepare(self) -> bool:
        """Look for what all cells build on, so that it is missed before hours are spent; returns False if stopped.

        Raises:
            RunError: when the recipe or the run lacks a stage, budgets are too small or `idm` is not readable.
        """
        load_inverse_dynamics(self.idm)
        chain = self._chain(Cell(REFERENCE, 0))
        chain.student()
        for cell in (*initial_cells(self.config), *distilled_cells(self.config)):
            self._chain(cell)
        try:
            chain.latents()  # here, since workers that do it at the same time would disturb each other
        except EncodingStopped:
            return False
        return True

    def run(self, cell: Cell) -> bool:
        """Train and measure one cell; returns whether it is done."""
        folder = self.root / "ablation" / cell.name
        chain = self._chain(cell)
        made_from = self._made_from(cell, chain)
        if (found := read_result(folder)) is not None:
            if changed := differences(found["made_from"], json.loads(json.dumps(made_from))):
                raise RunError(
                    f"{folder / RESULT}: was made from something else ({'; '.join(changed[:3])}); delete it to make "
                    "the cell again"
                )
            return True
        if self.stop():  # asked before, as training makes a step before it asks
            return False
        result: dict[str, Any] = {"made_from": made_from, "cell": asdict(cell)}
        if cell.method != REFERENCE:
            if not (chain.init() and (cell.steps is None or chain.distill())):
                return False
            result |= {"cost": self._cost(cell, chain)}
        last, scores = list(chain.stages)[-1], dict[str, Any]()
        for count in self._counts(cell):
            if self.stop():
                return False
            world = folder / f"world-{count}"
            export_stage(chain, last, world, replace(chain.sampler(last), default_steps=count))
            scores[str(count)] = self._measure(world)
        result["scores"] = scores
        write_atomically(folder / RESULT, json.dumps(result, indent=1).encode())
        return True

    def _chain(self, cell: Cell) -> Chain:
        recipe, ablation = self.recipe, self.root / "ablation"
        places: dict[str, Path] = {}
        if cell.method == REFERENCE:
            recipe = replace(recipe, init=None, distill=None)
        else:
            recipe = initialised(recipe, cell.method)
            start = (ablation / replace(cell, steps=None).name).parent
            places = {"init": start / "init", "trajectories": start / "trajectories"}
            if recipe.init is not None:
                steps = budgeted_steps(self.recipe, cell.method, cell.share)
                init = replace(recipe.init, loop=_seeded(replace(recipe.init.loop, steps=steps), cell.seed))
                recipe = replace(recipe, init=init)
            if cell.steps is None:
                recipe = replace(recipe, distill=None)
            else:
                recipe = distilled(recipe, steps=cell.steps)
                assert recipe.distill is not None
                recipe = replace(recipe, distill=replace(recipe.distill, loop=_seeded(recipe.distill.loop, cell.seed)))
                places["distill"] = ablation / cell.name / "distill"
        return Chain(recipe, self.dataset, self.root, self.device, self.stop, places)

    def _made_from(self, cell: Cell, chain: Chain) -> dict[str, Any]:
        ar = f"ar-{len(self.recipe.ar) - 1}"
        return {
            "init": None if chain.recipe.init is None else asdict(chain.recipe.init),
            "distill": None if chain.recipe.distill is None else asdict(chain.recipe.distill),
            "ar": chain.digest(ar),
            "sampler": asdict(chain.sampler(list(chain.stages)[-1])),
            "steps": self._counts(cell),
            "idm": hashlib.sha256(self.idm.read_bytes()).hexdigest(),
            "heldout": dataset_digest(self.heldout),
            "measured": [self.config.clips, self.config.starts, self.config.frames],
        }

    def _counts(self, cell: Cell) -> list[int]:
        """Numbers of steps at which the cell's model is measured."""
        if cell.method == REFERENCE:
            return [self.recipe.ar_sampler.default_steps]
        return sorted(self.config.steps) if cell.steps is None else [cell.steps]

    def _cost(self, cell: Cell, chain: Chain) -> dict[str, float]:
        """What the initialisation took: floating-point operations, seconds and bytes of trajectories."""
        if chain.recipe.init is None:
            return {"flops": 0.0, "seconds": 0.0, "stored_bytes": 0}
        once, each = init_cost(chain.recipe.init)
        size, walked = stored(chain.folder("trajectories"))
        flops = once + each * chain.recipe.init.loop.steps
        return {"flops": flops, "seconds": walked + _seconds(chain.folder("init")), "stored_bytes": size}

    def _measure(self, folder: Path) -> dict[str, Any]:
        config = self.config
        world = load_world(str(folder), device=self.device.type)
        idm = load_inverse_dynamics(self.idm).to(self.device)
        rolled = roll(
            world, self.heldout, idm, RolledConfig(clips=config.clips, starts=config.starts, frames=config.frames)
        )
        quality = measure_quality(world, self.heldout, QualityConfig(clips=config.clips, starts=1, one_frame_starts=8))
        following, frechet = measure_following(rolled), measure_frechet(rolled)
        far = next(horizon for horizon in quality.horizons if horizon.frames_ahead == _FAR)
        return {
            "frechet": frechet.horizons[-1].distance,
            "frechet_across": frechet.horizons[-1].across,
            "frechet_reference": frechet.horizons[-1].reference,
            "keys": following.generated.balanced.value,
            "keys_real": following.real.balanced.value,
            "yaw_error": following.generated.camera["yaw"].error.value,
            "yaw_error_real": following.real.camera["yaw"].error.value,
            "one_frame_gain": quality.one_frame.gain,
            "psnr": far.psnr_generated,
            "sharpness": far.sharpness_ratio,
        }


def budgeted_steps(recipe: Recipe, method: str, share: float) -> int:
    """Steps of an initialisation that together cost `share` of what the recipe's consistency distillation costs."""
    assert recipe.init is not None
    once, each = init_cost(recipe.init)
    budget = share * (once + each * recipe.init.loop.steps)
    config = initialised(recipe, method).init
    assert config is not None
    once, each = init_cost(config)
    steps = int((budget - once) / each)
    if steps < 1:
        raise RunError(f"{method} at {share:g} of the budget leaves no step after its trajectories; take larger shares")
    return steps


def read_result(folder: Path) -> dict[str, Any] | None:
    """What a cell found, or None if it is not done."""
    try:
        result: dict[str, Any] = json.loads((folder / RESULT).read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        raise RunError(f"{folder / RESULT}: not readable; delete it to measure the cell again") from None
    return result


def _seeded(loop: LoopConfig, seed: int) -> LoopConfig:
    return replace(loop, seed=loop.seed + 1000 * seed)


def _seconds(folder: Path) -> float:
    """Wall time of a finished run, over all its pieces."""
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    last: Mapping[str, float] = rows[-1]
    return float(last["time"])
