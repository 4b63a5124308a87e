import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from model.actions import KEYS
from model.errors import DataError
from model.footage.clip import Details, Prompt
from model.footage.gf_clip import write_metadata
from model.footage.gf_records import parse_positions, parse_records

NEUTRAL = {"ws": 0, "ad": 0, "scs": 0, "pitch_delta": 0.0, "yaw_delta": 0.0}
ORIGINAL = {
    "biome": "forest",
    "initial_weather": "clear",
    "start_time": "Sunset",
    "actions": {
        "0": {**NEUTRAL, "pitch": 0.0, "yaw": 90.0, "pos": [12.0, 70.0, -4.0]},
        "1": {**NEUTRAL, "ws": 1, "scs": 3, "pitch_delta": 0.1, "yaw_delta": 0.2, "pos": [12.0, 70.0, -3.8]},
        "2": {**NEUTRAL, "ws": 1, "ad": 2, "scs": 1, "yaw_delta": 0.2, "pos": [11.9, 70.42, -3.6]},
    },
}
HERE = Path("clip.json")


def document(*records: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"actions": {str(k): {**NEUTRAL, **record} for k, record in enumerate(records)}, **others}


def known(*records: dict[str, Any], **others: Any) -> set[str]:
    mask = parse_records(document(*records, **others), HERE).known
    return {entry for entry, recorded in zip((*KEYS, "pitch", "yaw"), mask, strict=True) if recorded}


def test_a_clip_of_gamefactory() -> None:
    records = parse_records(ORIGINAL, HERE)
    assert records.original and len(records) == 3
    assert records.details == Details(biome="forest", weather="clear", time="Sunset")
    assert records.known.tolist() == [True] * 7 + [False, False, True, True]
    expected = np.zeros((3, 11), np.float32)
    expected[1, [0, 6]] = expected[2, [0, 3, 4]] = 1
    expected[1:, 9:] = [[0.1, 0.2], [0, 0.2]]
    np.testing.assert_array_equal(records.actions, expected)
    positions = parse_positions(ORIGINAL, HERE)
    assert positions is not None and positions.tolist() == [[12, 70, -4], [12, 70, -3.8], [11.9, 70.42, -3.6]]


def test_what_is_held_is_small() -> None:
    records = parse_records(document(*[{}] * 500), HERE)
    assert records.held.nbytes + records.camera.nbytes == 10 * len(records)


def test_what_is_known_of_a_clip_that_does_not_say() -> None:
    turning, still, ours = {"yaw_delta": -0.2}, {"ws": 1}, {"ws": 1, "keys": ["forward"]}
    scripted = set(KEYS) - {"attack", "use"}
    assert known(still, turning) == {*scripted, "pitch", "yaw"}
    assert known(turning, still, still) == scripted, "entry 0 belongs to no transition"
    assert known(still, ours) == known(ours, turning) == {*KEYS, "pitch", "yaw"}


def test_a_clip_that_says_what_is_known_is_believed() -> None:
    both = ["forward", "pitch"]
    records = parse_records(document({}, {"ws": 1, "ad": 1, "pitch_delta": 1, "yaw_delta": 1}, known=both), HERE)
    assert records.known.nonzero()[0].tolist() == [0, 9]
    assert records.actions[1].nonzero()[0].tolist() == [0, 9], "what is not known is 0"
    assert known({}, {"keys": ["use"]}, known=[]) == set()
    for wrong in ("forward", ["fly"], [["use"]], None, {"use": 1}, [1]):
        with pytest.raises(DataError, match='"known" is no list of forward, back'):
            known({}, known=wrong)


def test_other_keys_than_text_are_passed_over() -> None:
    details = parse_records(document({}, biome=3, initial_weather=None, start_time=["x"], unheard_of={}), HERE).details
    assert details == Details()


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ([[0, 9, "x"]], None),
        ("x", '"prompts" is no list'),
        ([[0, 9]], '"prompts" is no list'),
        ([[9, 9, "x"]], '"prompts" is no list'),
        ([[-1, 9, "x"]], '"prompts" is no list'),
        ([[0, True, "x"]], '"prompts" is no list'),
        ([[0, 1e9, "x"]], '"prompts" is no list'),
        ([[0, 9, None]], '"prompts" is no list'),
    ],
)
def test_prompts(prompts: object, message: str | None) -> None:
    if message is None:
        assert parse_records(document({}, prompts=prompts), HERE).details.prompts == (Prompt(0, 9, "x"),)
        return
    with pytest.raises(DataError, match=message):
        parse_records(document({}, prompts=prompts), HERE)


def test_tags_and_halves_of_characters() -> None:
    details = parse_records(document({}, tags=["jump", 3, "\ud800"], biome="\udfff!"), HERE).details
    assert details.tags == ("jump", "?") and details.biome == "?!"
    with pytest.raises(DataError, match='"tags" is no list'):
        parse_records(document({}, tags="jump"), HERE)


@pytest.mark.parametrize("pos", [None, [1, 2], [1, 2, "3"], [1, 2, True], [1, 2, 1e999], [1, 2, -1e9], [1, 2, 10**400]])
def test_places_that_are_none(pos: object) -> None:
    wrong = document({"pos": [0, 0, 0]}, {"pos": pos})
    assert len(parse_records(wrong, HERE)) == 2, "actions do not depend on places"
    with pytest.raises(DataError, match='"pos"'):
        parse_positions(wrong, HERE)


def test_a_clip_without_places_has_none() -> None:
    assert parse_positions(document({}, {}), HERE) is None


CAMERA = st.floats(-12, 12, width=32)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=arrays.arrays(np.bool_, (5, 9)),
    camera=arrays.arrays(np.float32, (5, 2), elements=CAMERA),
    mask=st.integers(0, 2047),
)
def test_what_arvd_writes_is_read_to_the_bit(keys: Any, camera: Any, mask: int, tmp_path: Path) -> None:
    recorded = np.array([mask >> bit & 1 for bit in range(11)], np.bool_)
    actions = np.concatenate([keys.astype(np.float32), camera], axis=1)
    actions[0], actions[:, ~recorded] = 0, 0
    details = Details(biome="sand", weather="rain", time="Noon", prompts=(Prompt(0, 3, "Ein Hügel."),), tags=("ä b",))
    write_metadata(tmp_path, "a", actions, details=details, known=recorded)
    path = tmp_path / "metadata" / "a.json"
    records = parse_records(json.loads(path.read_bytes()), path)
    assert records.actions.tobytes() == actions.tobytes()
    assert records.known.tolist() == recorded.tolist() and records.details == details and not records.original
