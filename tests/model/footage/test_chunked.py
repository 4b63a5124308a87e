from collections.abc import Iterator

import numpy as np
import pytest

from model.footage.chunked import CHUNK_BYTES, chunked
from model.footage.clip import Frames


def pictures(count: int, side: int = 2) -> Iterator[Frames]:
    return (np.full((side, side, 3), number, np.uint8) for number in range(count))


@pytest.mark.parametrize(("count", "lengths"), [(0, []), (1, [1]), (32, [32]), (33, [32, 1]), (70, [32, 32, 6])])
def test_pictures_come_in_order_a_few_at_a_time(count: int, lengths: list[int]) -> None:
    chunks = list(chunked(pictures(count)))
    assert [len(chunk) for chunk in chunks] == lengths
    assert [int(frame[0, 0, 0]) for chunk in chunks for frame in chunk] == list(range(count))


def test_large_pictures_come_fewer_at_a_time() -> None:
    chunks = [len(chunk) for chunk in chunked(pictures(5, side=2000))]
    assert chunks == [2, 2, 1] and 2 * 2000 * 2000 * 3 <= CHUNK_BYTES < 3 * 2000 * 2000 * 3
