import numpy as np

from training.data.check.observation import observe_clip
from training.data.check.passages import Trace, passages, shared_passage

from .scene import play


def trace(name: str, seed: int, start: int = 0) -> Trace:
    clip = play(240, seed)
    seen = observe_clip(clip)
    return Trace(name, passages(clip.actions[start:]), seen.sight.change[start:], f"{seed} {start}")


def test_two_cuts_of_one_clip_keep_the_same_passages() -> None:
    whole, cut, other = trace("whole", 0), trace("cut", 0, 37), trace("other", 1)
    shared = shared_passage(whole, cut)
    assert shared is not None and shared[0] - shared[1] == 37
    assert shared_passage(whole, other) is None


def test_the_same_hands_before_another_picture_are_no_twin() -> None:
    whole, other = trace("whole", 0), trace("other", 1)
    assert shared_passage(whole, Trace("other", whole.passages, other.change, "x")) is None


def test_idle_hands_leave_no_passage() -> None:
    actions = np.zeros((400, 11), np.float32)
    actions[:, 0] = 1
    assert passages(actions) == {}
