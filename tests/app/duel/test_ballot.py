from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.duel.ballot import Ballot
from app.duel.options import DuelOptions
from app.duel.rounds import Round, Start
from app.duel.votes import Contender, read_votes
from app.duel.voting import Choice

from .test_duel import options_of

NOW = datetime(2025, 11, 21, 10, 0, 1, 5, tzinfo=UTC)
A, B = Contender(name="tiny", hash="a" * 64, steps=1), Contender(name="other", hash="b" * 64, steps=2)


@pytest.fixture
def options(tiny_world: Path, tmp_path: Path) -> DuelOptions:
    return options_of(tiny_world, tiny_world, votes=tmp_path / "votes.jsonl", draw=9)


def vote(ballot: Ballot, *choices: Choice, swapped: bool = False) -> None:
    for number, choice in enumerate(choices, start=1):
        round_ = Round(number, Start("one", Path("one.png")), 70 + number, swapped)
        ballot.take(choice, round_, 100 + number, A, B, NOW)
        assert ballot.log() == ""


def test_a_vote_is_in_the_log_with_all_that_it_was_about(options: DuelOptions) -> None:
    ballot = Ballot(options)
    vote(ballot, "left", swapped=True)
    (logged,), _ = read_votes(options.votes)
    assert ballot.votes == [logged]
    assert (logged.time, logged.draw, logged.round, logged.seed, logged.scene) == (
        "2025-11-21T10:00:01+00:00", 9, 1, 71, "one",
    )  # fmt: skip
    assert (logged.left, logged.choice, logged.better, logged.frames, logged.fps) == ("b", "left", "b", 101, 16.0)
    assert logged.blind and (logged.a, logged.b) == (A, B)


def test_the_summary_counts_this_sitting_and_the_whole_log(options: DuelOptions) -> None:
    assert Ballot(options).summary() == []
    vote(Ballot(options), "left", "left", "right")
    vote(Ballot(replace(options, blind=False)), "right", "right")  # votes that knew are another kind
    ballot = Ballot(options)
    vote(ballot, "right", "none", swapped=True)
    assert ballot.summary() == [
        "A: tiny (aaaaaaaa), 1 step a frame",
        "B: other (bbbbbbbb), 2 steps a frame",
        "2 votes: 1 for A, 0 for B, 1 no difference; A has 100% of those decided, 95% interval 21% to 100% (Wilson)",
        "with earlier blind votes, 5 votes: 3 for A, 1 for B, 1 no difference; A has 75% of those decided, "
        "95% interval 30% to 95% (Wilson)",
        f"votes are in {options.votes}",
    ]
    options.votes.open("a").write("what is this\n")
    assert ballot.summary()[-1] == f"votes are in {options.votes} (1 of its lines are no votes that this arvd reads)"


def test_a_vote_that_cannot_be_written_still_counts(options: DuelOptions, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    ballot = Ballot(replace(options, votes=tmp_path / "full"))  # a folder
    ballot.take("left", Round(1, Start("one", Path("one.png")), 71, False), 101, A, B, NOW)
    assert ballot.log() == "the vote could not be written (Is a directory); it counts until you leave"
    summary = ballot.summary()
    assert summary[2].startswith("1 vote: 1 for A") and "cannot be read" in summary[-1]
    (tmp_path / "full").rmdir()
    vote(ballot, "right")
    assert read_votes(tmp_path / "full")[0] == ballot.votes and len(ballot.votes) == 2, "written with the next"
