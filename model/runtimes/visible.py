"""Which frames see which, for networks of static shape, to which the whole cache is always handed in."""

import math

import numpy as np
import numpy.typing as npt

Seen = npt.NDArray[np.float32]


def visible(count: int, *, slots: int, sink: int) -> tuple[Seen, Seen]:
    """Say which frames are seen once `count` are kept, the next to be kept being `newest` and the one after it `next`.

    Columns are the kept frames (slots, then the sink as `next` will see it) and the evaluated ones. Returns what newest
    and next see in one evaluation, (2, slots + sink + 2), and what next sees alone once newest is kept, (1, slots +
    sink + 1): 0 where a frame is seen, -inf where not.
    """
    both = np.full((2, slots + sink + 2), -math.inf, np.float32)
    alone = np.full((1, slots + sink + 1), -math.inf, np.float32)
    both[0, : min(count, slots)] = both[0, -2] = 0
    both[1, -2:] = alone[0, -1] = 0
    alone[0, : min(count + 1, slots)] = 0
    if count < slots:
        both[1, :count] = 0
    else:
        both[1, sink : slots + sink] = 0
        both[1, sink + (count - sink) % (slots - sink)] = -math.inf  # newest takes its place
    return both, alone
