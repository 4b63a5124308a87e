import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.browse.cache import FrameCache

ONE = 4 * 6 * 3


def picture(number: int) -> np.ndarray:
    return np.full((4, 6, 3), number % 256, np.uint8)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), max_size=80), st.integers(1, 9))
def test_it_holds_the_newest_frames_and_never_more_bytes(places: list[tuple[int, int]], room: int) -> None:
    cache = FrameCache(room * ONE)
    for clip, number in places:
        cache.put(clip, number, picture(number))
        assert cache.bytes <= room * ONE
    newest = list(dict.fromkeys(reversed(places)))
    assert [place for place in newest if place in cache] == newest[:room]
    assert cache.bytes == min(room, len(newest)) * ONE


@settings(deadline=None)
@given(st.sets(st.integers(0, 100), min_size=1), st.integers(0, 100))
def test_the_nearest_frame_of_the_clip_is_found(numbers: set[int], wanted: int) -> None:
    cache = FrameCache()
    cache.put(1, wanted, picture(0))  # of another clip
    for number in numbers:
        cache.put(0, number, picture(number))
    found = cache.nearest(0, wanted)
    assert found is not None
    assert abs(found[0] - wanted) == min(abs(number - wanted) for number in numbers)
    assert found[1][0, 0, 0] == found[0]


def test_what_is_looked_at_stays() -> None:
    cache = FrameCache(2 * ONE)
    cache.put(0, 0, picture(0))
    cache.put(0, 1, picture(1))
    cache.nearest(0, 0)
    cache.put(0, 2, picture(2))
    assert (0, 0) in cache and (0, 1) not in cache and (0, 2) in cache
    assert cache.nearest(7, 0) is None


def test_a_frame_larger_than_the_room_is_held_alone() -> None:
    cache = FrameCache(1)
    for number in range(3):
        cache.put(0, number, picture(number))
    assert cache.bytes == ONE and (0, 2) in cache
