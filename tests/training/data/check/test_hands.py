import numpy as np
import pytest

from model.footage.clip import Actions, Clip
from training.data.check.hands import hand_findings
from training.data.check.observation import Observation, observe_clip

from .scene import play


@pytest.fixture(scope="module")
def clip() -> Clip:
    return play(300, 2)


def with_actions(clip: Clip, actions: Actions) -> Observation:
    return observe_clip(Clip(clip.name, clip.frames, actions, clip.known))


@pytest.mark.parametrize(("column", "value"), [(-1, np.nan), (-2, np.inf), (-1, 12.1), (0, 0.3), (4, -1)])
def test_what_no_hand_does_is_absurd(column: int, value: float, clip: Clip) -> None:
    actions = clip.actions.copy()
    actions[17, column] = value
    (finding,) = hand_findings(with_actions(clip, actions))
    assert finding.kind == "absurd action" and finding.frames == (17, 18)


def test_what_was_not_recorded_is_not_judged(clip: Clip) -> None:
    known = np.zeros(11, np.bool_)
    known[:4] = True
    actions = clip.actions * known
    actions[:, 0] = 1
    seen = observe_clip(Clip("keyboard", clip.frames, actions, known))
    assert [finding.kind for finding in hand_findings(seen)] == ["held key"]
    seen = observe_clip(Clip("camera", clip.frames, 0 * actions, ~known))
    assert [finding.kind for finding in hand_findings(seen)] == ["lost actions"]


def test_a_key_held_through_a_short_clip_is_play(clip: Clip) -> None:
    actions = clip.actions.copy()
    actions[:, 0] = 1
    assert hand_findings(observe_clip(Clip("short", clip.frames[:100], actions[:100]))) == []
