"""Two ranks walk the curve of one process that sees the clips of both, and resume to the same bits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from training import loop
from training.checkpoint import Checkpoint, load_newest
from training.distributed import agreed, mean, on_any, rank, ranks, whole
from training.loop import step_generator

from .micro import micro_chain
from .ranked import KINDS, STEPS, STOPPED
from .test_loop_killed import curve

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def runs(shared_footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not hasattr(os, "fork"):
        pytest.skip("processes are not forked here")
    folder = tmp_path_factory.mktemp("runs")
    command = [sys.executable, "-m", "tests.training.ranked", str(folder), str(shared_footage)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(f"resumed at step {STOPPED}") == len(KINDS)  # only the first rank speaks
    return folder


def newest(folder: Path) -> Checkpoint:
    checkpoint = load_newest(folder, pytest.fail)
    assert checkpoint is not None
    return checkpoint


@pytest.mark.parametrize(("kind", "at_first", "later"), [("ar", 1e-3, 0.02), ("judged", 1e-5, 1e-4)])
def test_two_ranks_walk_the_curve_of_one_process_with_the_clips_of_both(
    kind: str, at_first: float, later: float, runs: Path
) -> None:
    """To rounding, which grows along the way: the same is summed in another order, in layers of bf16."""
    alone, together = curve(runs / f"alone-{kind}"), curve(runs / f"together-{kind}")
    assert [row["step"] for row in together] == list(range(1, STEPS + 1))
    for one, two in zip(alone[:4], together, strict=False):
        assert {key: two[key] for key in one} == pytest.approx(one, rel=at_first)
    for key in ("loss", "critic_loss") if kind == "judged" else ("loss",):
        assert [row[key] for row in together] == pytest.approx([row[key] for row in alone], rel=later)
    first, second = newest(runs / f"alone-{kind}"), newest(runs / f"together-{kind}")
    assert {k: (v.shape, v.dtype) for k, v in first.tensors.items()} == {
        k: (v.shape, v.dtype) for k, v in second.tensors.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_ranks_resume_to_the_same_bits(kind: str, runs: Path) -> None:
    together, resumed = runs / f"together-{kind}", runs / f"resumed-{kind}"
    assert curve(together) == curve(resumed)
    one, two = newest(together).tensors, newest(resumed).tensors
    assert one.keys() == two.keys() and all(torch.equal(tensor, two[name]) for name, tensor in one.items())


def test_all_stages_on_two_ranks_leave_what_one_process_goes_on_with(runs: Path, shared_footage: Path) -> None:
    chain = micro_chain(shared_footage, runs / "chain", lambda: pytest.fail("trained again"))
    assert all([chain.autoencoder(), chain.teacher(), chain.ar(), chain.init(), chain.distill()])
    assert all(torch.isfinite(weight).all() for weight in chain.student().values())


def test_ranks_draw_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(turn: int) -> float:
        return torch.rand((), generator=step_generator(3, 5, turn=turn)).item()

    alone = [draw(0), draw(1)]
    monkeypatch.setattr(loop, "rank", lambda: 1)
    assert len({*alone, draw(0), draw(1)}) == 4


def test_one_process_is_rank_0_of_1_and_nothing_happens() -> None:
    assert (rank(), ranks()) == (0, 1)
    weight = torch.ones(2)
    assert whole(weight) is weight and mean([1.0, 2.0]) == [1.0, 2.0] and agreed(3) == 3
    assert on_any(True) and not on_any(False)


def test_draws_of_one_process_are_what_they_always_were() -> None:
    assert step_generator(3, 17).initial_seed() == 2963875794002553787
    assert step_generator(3, 17, turn=2).initial_seed() == 8887898110358503395
