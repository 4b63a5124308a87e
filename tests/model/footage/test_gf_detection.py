"""The published rules on a walk that was worked out by hand, frame by frame."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.actions import Action
from model.footage.gf_detection import THRESHOLD, detect, effective

JUMP, WALK, IDLE = Action(jump=True), Action(forward=True), Action()
HOP = Action(forward=True, jump=True)

# action, place reached (x, y, z), displacement, collision, jump_invalid, jump that is left
WALKED = [
    (IDLE, (10.0, 70.0, -4.0), (0, 0, 0), 0, 0, 0),
    (WALK, (10.0, 70.0, -3.75), (0, 0, 0.25), 0, 0, 0),  # walks
    (WALK, (10.0, 70.0, -3.75), (0, 0, 0), 1, 0, 0),  # against a wall
    (WALK, (10.0078125, 70.0, -3.7421875), (0.0078125, 0, 0.0078125), 1, 0, 0),  # creeps by less than 0.01 along it
    (IDLE, (10.0078125, 70.0, -3.7421875), (0, 0, 0), 0, 0, 0),  # stands: no key, no collision
    (JUMP, (10.0078125, 70.5, -3.7421875), (0, 0.5, 0), 0, 0, 1),  # leaves the ground
    (JUMP, (10.0078125, 70.75, -3.7421875), (0, 0.25, 0), 0, 1, 0),  # still rises, by the press before
    (JUMP, (10.0078125, 70.875, -3.7421875), (0, 0.125, 0), 0, 1, 0),
    (JUMP, (10.0078125, 70.75, -3.7421875), (0, -0.125, 0), 0, 1, 0),  # falls
    (HOP, (10.0078125, 70.25, -3.25), (0, -0.5, 0.4921875), 0, 1, 0),
    (HOP, (10.0078125, 70.75, -2.75), (0, 0.5, 0.5), 0, 0, 1),  # bounces: the run began anew with the fall
    (WALK, (10.0078125, 71.0, -2.75), (0, 0.25, 0), 1, 0, 0),  # rises without the key, against a wall
    (HOP, (10.0078125, 71.5, -2.75), (0, 0.5, 0), 1, 0, 1),  # a run begins anew after a frame without the key
    (HOP, (10.0078125, 71.5, -2.75), (0, 0, 0), 1, 1, 0),  # head against a ceiling
    (Action(sneak=True), (10.0078125, 71.5, -2.75), (0, 0, 0), 0, 0, 0),  # sneaking moves nobody
]


def test_the_rules_by_hand() -> None:
    actions = np.stack([row[0].vector() for row in WALKED])
    found = detect(actions, np.array([row[1] for row in WALKED]))
    assert found.delta_pos.tolist() == [list(map(float, row[2])) for row in WALKED]
    assert found.collision.astype(int).tolist() == [row[3] for row in WALKED]
    assert found.jump_invalid.astype(int).tolist() == [row[4] for row in WALKED]
    left = effective(actions, found.jump_invalid)
    assert left[:, 4].astype(int).tolist() == [row[5] for row in WALKED]
    others = [column for column in range(11) if column != 4]
    np.testing.assert_array_equal(left[:, others], actions[:, others])
    assert actions[:, 4].sum() == 8, "what was handed in stays as it was"


def test_motion_of_exactly_the_threshold_is_none() -> None:
    assert THRESHOLD == 0.01
    actions = np.stack([IDLE.vector(), HOP.vector(), HOP.vector()])
    still = detect(actions, np.array([[0, 0, 0], [0.25, 0.25, 0.25], [0.5, 0.5, 0.5]]), threshold=0.25)
    assert still.collision.tolist() == [False, True, True] and still.jump_invalid.tolist() == [False, True, True]
    moved = detect(actions, np.array([[0, 0, 0], [0.25, 0.25, 0.25], [0.5, 0.5, 0.5]]), threshold=0.125)
    assert not moved.collision.any() and moved.jump_invalid.tolist() == [False, False, True]


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from([-0.5, 0.0, 0.0078125, 0.5])), min_size=1))
def test_a_naive_reading_of_the_rules_finds_the_same(frames: list[tuple[bool, bool, float]]) -> None:
    actions = np.stack([Action(jump=jump, left=left).vector() for jump, left, _ in frames])
    heights = np.cumsum([rise for *_, rise in frames])
    found = detect(actions, np.stack([np.zeros(len(frames)), heights, np.zeros(len(frames))], axis=1))
    in_run = False
    for k, (jump, left, rise) in enumerate(frames):
        rises = jump and k > 0 and rise > 0.01
        assert found.jump_invalid[k] == (jump and (not rises or in_run))
        in_run = rises
        assert found.collision[k] == left
