from dataclasses import replace

import numpy as np

from app.duel.pairs import Pairs
from app.handover import Frame

from ..fakes import WALK


def frame(index: int, seed: int = 1, since: float | None = None) -> Frame:
    return Frame(np.zeros((1, 1, 3), np.uint8), index, since=since, walk=replace(WALK, seed=seed))


def test_only_the_same_frame_of_the_same_round_is_a_pair() -> None:
    pairs = Pairs()
    assert not pairs.put(0, frame(1)) and pairs.take() is None
    assert not pairs.put(1, frame(0)) and not pairs.put(1, frame(1, seed=2)) and not pairs.waiting
    assert pairs.put(1, frame(1)) and pairs.waiting
    pair = pairs.take()
    assert pair is not None and (pair.index, pair.seed) == (1, 1) and pairs.take() is None


def test_frames_of_a_round_that_is_over_never_meet_the_next() -> None:
    pairs = Pairs()
    pairs.put(0, frame(5))
    pairs.put(1, frame(0, seed=2))
    assert not pairs.put(0, frame(6)) and not pairs.waiting
    assert pairs.put(0, frame(0, seed=2))
    pair = pairs.take()
    assert pair is not None and (pair.index, pair.seed) == (0, 2)


def test_a_pair_that_was_not_taken_gives_way_to_a_newer_one_and_is_counted() -> None:
    pairs = Pairs()
    for index in range(4):
        for side in (0, 1):
            pairs.put(side, frame(index))
    pair = pairs.take()
    assert pair is not None and pair.index == 3 and pairs.dropped == 2  # the scene's picture is no generated frame
