"""Runs a toy stage on two ranks, or on one process with the same clips, as `torchrun` would start them.

    python -m tests.training.ranked FOLDER FOOTAGE

Leaves in FOLDER a run per kind of stage: `together-KIND` on two ranks, `resumed-KIND` stopped and resumed on two ranks,
`alone-KIND` on one process whose every loss is the mean of what the two ranks' would be; and in `chain` all stages of
the micro recipe on FOOTAGE, trained on two ranks. Processes are forked before
torch has computed anything, so that a run costs no import.
"""

import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from training import distributed, logs, loop
from training.loop import Critic, Stage, train
from training.stages import forcing

from .killed import KINDS, make_stage
from .micro import micro_chain

STEPS, STOPPED = 14, 9


class BothRanks:
    """A stage whose losses are the mean over the clips of two ranks."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.model, self.ema, self.recipe = stage.model, stage.ema, stage.recipe
        self.critic: Critic | None = None
        if (critic := stage.critic) is not None:
            loss = critic.loss
            self.critic = Critic(
                critic.network, critic.optimizer, critic.updates, lambda step, turn: _mean(lambda: loss(step, turn))
            )
        self.pictures = stage.pictures

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return _mean(lambda: self._stage.loss(step))


def _mean(loss: Callable[[], tuple[Tensor, dict[str, Tensor]]]) -> tuple[Tensor, dict[str, Tensor]]:
    losses, agreed = [], list[int]()

    def first(number: int) -> int:
        agreed.append(number)
        return number

    for number in range(2):
        loop.rank = lambda number=number: number  # type: ignore[misc]
        follow = iter(agreed)
        forcing.agreed = first if number == 0 else lambda _, follow=follow: next(follow)  # type: ignore[misc]
        losses.append(loss()[0])
    loop.rank, forcing.agreed = distributed.rank, distributed.agreed
    return (losses[0] + losses[1]) / 2, {}


def run(kind: str, folder: Path, *, both: bool, stop: bool) -> None:
    torch.set_num_threads(1)
    stage, config = make_stage(kind, STEPS)
    train(BothRanks(stage) if both else stage, config, folder, _after(STOPPED, stage) if stop else lambda: False)


def _after(steps: int, stage: Stage) -> Callable[[], bool]:
    """True on the second rank alone once it was asked so often: all must stop with it."""
    asked = [0]

    def stop() -> bool:
        asked[0] += 1
        return distributed.rank() == 1 and asked[0] == steps

    return stop


def _forked(work: Callable[[], None], rank: int, ranks: int, port: int) -> int:
    child = os.fork()
    if child == 0:
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(ranks)} | place
        code = 1
        try:
            distributed.join(torch.device("cpu"))
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def on_ranks(ranks: int, work: Callable[[], None]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    children = [_forked(work, rank, ranks, port) for rank in range(ranks)]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0] * ranks, codes


def run_chain(root: Path, footage: Path) -> None:
    torch.set_num_threads(1)
    chain = micro_chain(footage, root)
    assert all([chain.autoencoder(), chain.teacher(), chain.ar(), chain.init(), chain.distill()])


def main(folder: Path, footage: Path) -> None:
    logs._tensorboard = lambda folder, resumed: None  # whose import would take longer than the runs
    for kind in KINDS:
        alone, together, resumed = (folder / f"{name}-{kind}" for name in ("alone", "together", "resumed"))
        on_ranks(1, partial(run, kind, alone, both=True, stop=False))
        on_ranks(2, partial(run, kind, together, both=False, stop=False))
        on_ranks(2, partial(run, kind, resumed, both=False, stop=True))
        on_ranks(2, partial(run, kind, resumed, both=False, stop=False))
    on_ranks(2, lambda: run_chain(folder / "chain", footage))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
