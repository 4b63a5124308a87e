from pathlib import Path

from app.duel.rounds import Rounds, Start

STARTS = [Start(name, Path(f"{name}.png")) for name in ("meadow", "desert", "cave")]


def test_a_round_follows_from_the_seed_alone() -> None:
    one, two = Rounds(7, STARTS, blind=True), Rounds(7, STARTS, blind=True)
    assert [one.draw(k) for k in (1, 2, 3, 9)] == [two.draw(k) for k in (1, 2, 3, 9)]
    assert one.draw(1) != Rounds(8, STARTS, blind=True).draw(1)
    # what a log of votes says can be drawn again for ever
    drawn = [Rounds(2024, STARTS, blind=True).draw(number) for number in range(1, 5)]
    assert [(r.start.name, r.seed, r.order) for r in drawn] == GOLDEN


def test_every_start_comes_once_before_any_comes_again_and_seeds_differ() -> None:
    rounds = Rounds(3, STARTS, blind=True)
    for lap in range(20):
        names = {rounds.draw(3 * lap + k).start.name for k in (1, 2, 3)}
        assert names == {"meadow", "desert", "cave"}
    assert len({rounds.draw(k).seed for k in range(1, 500)}) == 499


def test_sides_are_shuffled_evenly_if_blind_and_never_else() -> None:
    left = [Rounds(5, STARTS, blind=True).draw(k).order[0] for k in range(1, 401)]
    assert 160 < sum(left) < 240
    assert {Rounds(5, STARTS, blind=False).draw(k).order for k in range(1, 50)} == {(0, 1)}


GOLDEN = [
    ("cave", 1665731335, (0, 1)),
    ("meadow", 308378526, (0, 1)),
    ("desert", 1432286525, (0, 1)),
    ("meadow", 1048942616, (1, 0)),
]
