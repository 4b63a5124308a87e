import itertools
import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.duel.votes import Contender, Tally, Vote, append_vote, read_votes, tally, wilson

A = Contender(name="tiny", hash="a" * 64, steps=2)
B = Contender(name="other \u00fc\n", hash="b" * 64, steps=4)
VOTE = Vote(
    time="2025-11-21T10:00:00+02:00",
    blind=True,
    draw=5,
    round=1,
    scene="meadow",
    seed=9,
    fps=16.0,
    frames=120,
    left="b",
    choice="left",
    a=A,
    b=B,
)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [  # R. G. Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_mirrors(case: tuple[int, int]) -> None:
    successes, trials = case
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials + 1e-12 and successes / trials - 1e-12 <= high <= 1
    other_low, other_high = wilson(trials - successes, trials)
    assert math.isclose(low, 1 - other_high, abs_tol=1e-12) and math.isclose(high, 1 - other_low, abs_tol=1e-12)


@pytest.mark.parametrize(
    ("left", "choice", "better"),
    [
        ("a", "left", "a"), ("a", "right", "b"), ("b", "left", "b"), ("b", "right", "a"), ("a", "none", None),
    ],
)  # fmt: skip
def test_a_vote_is_for_the_world_that_was_on_that_side(left: str, choice: str, better: str | None) -> None:
    assert replace(VOTE, left=left, choice=choice).better == better


def test_a_line_of_the_log(tmp_path: Path) -> None:
    append_vote(tmp_path / "new" / "votes.jsonl", replace(VOTE, b=replace(B, name="other")))
    assert (tmp_path / "new" / "votes.jsonl").read_text() == (
        '{"version": 1, "time": "2025-11-21T10:00:00+02:00", "blind": true, "draw": 5, "round": 1, "scene": "meadow", '
        '"seed": 9, "fps": 16.0, "frames": 120, "left": "b", "choice": "left", '
        f'"a": {{"name": "tiny", "hash": "{"a" * 64}", "steps": 2}}, '
        f'"b": {{"name": "other", "hash": "{"b" * 64}", "steps": 4}}}}\n'
    )


def test_votes_come_back_as_they_were_and_old_lines_stay(tmp_path: Path) -> None:
    path = tmp_path / "votes.jsonl"
    assert read_votes(path) == ([], 0)
    votes = [replace(VOTE, round=k) for k in range(1, 6)]
    for vote in votes:
        before = path.read_bytes() if path.exists() else b""
        append_vote(path, vote)
        assert path.read_bytes().startswith(before)
    assert read_votes(path) == (votes, 0)


def test_lines_that_are_torn_strange_or_newer_are_counted_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "votes.jsonl"
    append_vote(path, VOTE)
    whole = path.read_bytes()
    newer = json.dumps(json.loads(whole) | {"version": 2}).encode()
    strange = [b"[" * 60_000, b"{}", b"\xff\xfe", newer, b"null", whole[:-40] + b"}"]
    path.write_bytes(whole + b"\n".join(strange) + b"\n\n" + whole[:100])
    append_vote(path, replace(VOTE, round=2))
    assert read_votes(path) == ([VOTE, replace(VOTE, round=2)], len(strange) + 1)
    assert path.read_bytes().startswith(whole + strange[0])


def test_a_long_line_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "votes.jsonl"
    append_vote(path, VOTE)
    with path.open("ab") as file:
        os.truncate(path, 1 << 27)  # of nothing
        file.write(b"\n")
    votes, strange = read_votes(path)
    assert votes == [VOTE] and strange > 0


def test_a_tally_counts_a_pair_of_worlds_whichever_was_called_a(tmp_path: Path) -> None:
    votes = [
        replace(VOTE, left=left, choice=choice)
        for left, choice in itertools.product(("a", "b"), ("left", "left", "right", "none"))
    ]
    assert tally(votes, A, B) == Tally(3, 3, 2)
    others = [replace(vote, a=B, b=A) for vote in votes if vote.better == "a"]
    assert tally([*votes, *others], A, B) == Tally(3, 6, 2)
    assert tally(votes, A, replace(B, steps=1)) == Tally()


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (Tally(), "0 votes: 0 for A, 0 for B, 0 no difference"),
        (Tally(neither=1), "1 vote: 0 for A, 0 for B, 1 no difference"),
        (
            Tally(7, 3, 2),
            "12 votes: 7 for A, 3 for B, 2 no difference; A has 70% of those decided, 95% interval 40% to 89% (Wilson)",
        ),
    ],
)
def test_a_summary(counts: Tally, sentence: str) -> None:
    assert counts.sentence() == sentence
