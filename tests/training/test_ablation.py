"""The grid: what each cell holds, what it takes to make it, and when it is made again."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.errors import ArvdError, RunError
from model.world_spec import read_spec
from training.ablation import REFERENCE, Ablation, AblationConfig, Cell, budgeted_steps, distilled_cells, initial_cells
from training.commands.ablate import Job
from training.methods import INITS, initialised
from training.stage_cost import init_cost
from training.stage_weights import WEIGHTS

from . import grid
from .micro import LOOP, micro

CELLS = [*initial_cells(grid.CONFIG), *distilled_cells(grid.CONFIG)]
STUDENT = Cell("causal-cd", 0, steps=2)


@pytest.fixture
def job(ablated: Path, shared_footage: Path, shared_heldout: Path, reader: Path, tmp_path: Path) -> Job:
    """The finished grid, in a folder that may be written into."""
    shutil.copytree(ablated, tmp_path / "run")
    return grid.job(shared_footage, shared_heldout, reader, tmp_path / "run")


def never() -> bool:
    return False


def result_of(root: Path, cell: Cell) -> Path:
    return root / "ablation" / cell.name / "result.json"


def test_the_grid_holds_every_method_by_every_number_of_steps() -> None:
    config = AblationConfig(seeds=2)
    initial, distilled = initial_cells(config), distilled_cells(config)
    assert initial[0] == Cell(REFERENCE, 0)  # measured first: what cannot be measured shows before any training
    assert len({cell.name for cell in (*initial, *distilled)}) == len(initial) + len(distilled)
    assert {(cell.method, cell.steps, cell.seed) for cell in distilled} == {
        (method, steps, seed) for method in INITS for steps in (1, 2, 4) for seed in (0, 1)
    }
    assert {(cell.method, cell.share) for cell in initial[1:]} == {
        *((method, 1.0) for method in INITS if method != "none"), ("causal-cd", 0.25),
    }  # fmt: skip


def test_each_cell_leaves_scores_costs_and_worlds(ablated: Path) -> None:
    assert len(CELLS) == 5
    for cell in CELLS:
        result = json.loads(result_of(ablated, cell).read_text())
        assert result["cell"] == vars(cell)
        counts = ["3"] if cell.method == REFERENCE else ["2"]
        assert list(result["scores"]) == counts
        assert {"frechet", "keys", "yaw_error", "one_frame_gain", "psnr", "sharpness"} <= set(
            result["scores"][counts[0]]
        )
        spec = read_spec(ablated / "ablation" / cell.name / f"world-{counts[0]}")
        assert spec.sampler.kind == ("euler" if cell.method == REFERENCE else "consistency")
        assert spec.sampler.default_steps == int(counts[0])


def test_costs_are_those_of_the_initialisation(ablated: Path) -> None:
    costs = {cell: json.loads(result_of(ablated, cell).read_text()).get("cost") for cell in CELLS}
    recipe = micro()
    assert recipe.init is not None
    _, each = init_cost(recipe.init)
    assert costs[Cell(REFERENCE, 0)] is None
    assert costs[Cell("none", 0, steps=2)] == {"flops": 0, "seconds": 0, "stored_bytes": 0}
    for cell, steps in ((Cell("causal-cd", 0), 4), (Cell("causal-cd", 0, 0.5), 2), (STUDENT, 4)):
        assert costs[cell]["flops"] == steps * each and costs[cell]["stored_bytes"] == 0
        log = result_of(ablated, replace(cell, steps=None)).parent.parent / "init" / "log.jsonl"
        assert costs[cell]["seconds"] == json.loads(log.read_text().splitlines()[-1])["time"]


def test_cells_that_are_done_are_not_made_again(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Ablation, "_measure")
    shutil.rmtree(job.root / "ablation" / "causal-cd-1" / "seed-0" / "init" / "world-2")
    ablation = job.ablation(lambda: True)
    assert ablation.prepare() and all(ablation.run(cell) for cell in CELLS)


def test_a_stopped_cell_goes_on_to_the_same_scores(job: Job, ablated: Path) -> None:
    folder = job.root / "ablation" / STUDENT.name
    shutil.rmtree(folder)
    assert not job.ablation(lambda: True).run(STUDENT)
    assert not folder.exists()
    assert not job.ablation((folder / "distill" / "checkpoint-00000002.safetensors").exists).run(STUDENT)
    assert not (folder / "distill" / WEIGHTS).exists()
    assert not job.ablation((folder / "distill" / WEIGHTS).exists).run(STUDENT)  # nor is it measured after time
    assert not (folder / "world-2").exists()
    assert job.ablation(never).run(STUDENT)
    again, before = (json.loads(result_of(root, STUDENT).read_text()) for root in (job.root, ablated))
    assert again["scores"] == before["scores"] and again["made_from"] == before["made_from"]


def _other_critic(job: Job) -> Job:
    distill = job.recipe.distill
    assert distill is not None
    return replace(job, recipe=replace(job.recipe, distill=replace(distill, critic_updates=3)))


def _other_sampler(job: Job) -> Job:
    return replace(job, recipe=replace(job.recipe, ar_sampler=replace(job.recipe.ar_sampler, default_steps=5)))


def _other_length(job: Job) -> Job:
    return replace(job, config=replace(job.config, frames=5))


def _other_footage(job: Job) -> Job:
    return replace(job, heldout=job.data)


@pytest.mark.parametrize(
    ("change", "cell", "said"),
    [
        (_other_critic, STUDENT, r"distill\.critic_updates: was 2, now 3"),
        (_other_sampler, CELLS[0], r"sampler\.default_steps: was 3, now 5"),
        (_other_length, CELLS[1], r"measured: was \[2, 1, 4\], now \[2, 1, 5\]"),
        (_other_footage, CELLS[0], "heldout: was "),
    ],
)
def test_a_cell_of_something_else_is_refused(change: Callable[[Job], Job], cell: Cell, said: str, job: Job) -> None:
    with pytest.raises(RunError, match=rf"result\.json: was made from something else \({said}.*\); delete it to make"):
        change(job).ablation(never).run(cell)


def test_a_result_that_is_no_json_is_refused(job: Job) -> None:
    result_of(job.root, STUDENT).write_text("torn")
    with pytest.raises(RunError, match=r"result\.json: not readable; delete it to measure the cell again"):
        job.ablation(never).run(STUDENT)


def _without_ar(job: Job) -> Job:
    (job.root / "ar-1" / WEIGHTS).unlink()
    return job


def _with_small_budget(job: Job) -> Job:
    return replace(job, config=replace(job.config, methods=("causal-ode",)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_without_ar, r"ar-1/weights\.safetensors: missing; run the stage 'ar' to its end first"),
        (lambda job: replace(job, idm=job.root / "none"), "none: not a readable inverse-dynamics model"),
        (lambda job: replace(job, recipe=replace(job.recipe, distill=None)), "'micro' ends before distillation"),
        (_with_small_budget, "causal-ode at 1 of the budget leaves no step after its trajectories"),
        (lambda job: replace(job, config=replace(job.config, steps=(3,))), "3 steps have no list"),
    ],
)
def test_what_is_missing_is_missed_before_any_training(change: Callable[[Job], Job], said: str, job: Job) -> None:
    with pytest.raises(ArvdError, match=said) as error:
        change(job).ablation(never).prepare()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("share", [1.0, 0.8])
def test_budgets_are_equal_to_a_step(share: float) -> None:
    init: Any = micro().init
    recipe = replace(micro(), init=replace(init, loop=replace(LOOP, steps=1500)))
    assert budgeted_steps(recipe, "causal-cd", share) == round(1500 * share)
    budget = share * 1500 * init_cost(init)[1]
    for method in INITS[1:4]:
        config = initialised(recipe, method).init
        assert config is not None
        once, each = init_cost(config)
        steps = budgeted_steps(recipe, method, share)
        assert budget - each < once + steps * each <= budget
        assert (once > 0) == method.endswith("ode")
