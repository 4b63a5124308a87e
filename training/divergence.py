"""When a run is past saving: a loss that is no number, or one that has left its usual size for good."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

_EXPLODED = 1000.0  # times the usual size; no healthy loss of ours ever grew by a factor of 10 at once
_PATIENCE = 10  # updates in a row: one bad batch, even of an adversary's loss that was close to 0, ends no run
_MEMORY = 0.99  # of the usual size: it is the mean over about the last hundred updates
_SMALL = 1e-3  # a smaller usual size counts as this: an adversary's loss can be 0 for long and come back in health
_LEAST = 100  # updates before a size counts as usual


class Divergence(Exception):  # noqa: N818 - the loop makes the user's error of it
    """Training has failed; the message says of which network and how."""


class LossWatch:
    """Judges one network's losses, update by update.

    An update *strays* when the size of its loss (without sign) is above 1,000 times the running mean of sizes, and
    above 1; the tenth that strays in a row is an explosion. The mean is part of the run's state, so a resumed run
    judges as an unbroken one does. While updates stray no checkpoint should be written: the last one is then from
    before the explosion.
    """

    def __init__(self, name: str) -> None:
        """Watch the network called `name`."""
        self._name = name
        self.straying = 0
        """Updates in a row, up to now, whose loss was far above its usual size."""
        self._usual, self._updates = 0.0, 0

    def judge(self, loss: float, norm: float) -> None:
        """Hear of the loss and the gradient's norm of one update, before it touches any weight.

        Raises:
            Divergence: when either is not finite, or the loss has exploded.
        """
        if not math.isfinite(loss) or not math.isfinite(norm):
            raise Divergence(f"the {self._name}'s loss is {loss} with a gradient of norm {norm}: not finite")
        strays = self._updates >= _LEAST and abs(loss) > _EXPLODED * max(self._usual, _SMALL)
        self.straying = self.straying + 1 if strays else 0
        if self.straying == _PATIENCE:
            raise Divergence(
                f"the {self._name}'s loss is {loss:.3g}, more than {_EXPLODED:g} times its usual size of "
                f"{self._usual:.3g} for {_PATIENCE} updates"
            )
        if not strays:
            self._updates += 1
            memory = min(_MEMORY, 1 - 1 / self._updates)
            self._usual = memory * self._usual + (1 - memory) * abs(loss)

    def state(self) -> dict[str, Tensor]:
        """What a resumed run has to know."""
        return {"usual": torch.tensor([self._usual, self._updates], dtype=torch.float64)}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Put back what `state` gave; nothing from a checkpoint that is older than this watch."""
        if "usual" in state:
            usual, updates = state["usual"].tolist()
            self._usual, self._updates = usual, int(updates)
