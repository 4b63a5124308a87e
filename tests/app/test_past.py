from app.past import PICTURES, Past
from app.timeline import Moment
from model.actions import IDLE

from .fakes import picture


def moments(count: int, first: int = 1) -> list[Moment]:
    return [Moment(index, IDLE, 2, picture(index)) for index in range(first, first + count)]


def test_a_few_pictures_stand_for_a_long_past() -> None:
    kept = moments(240, first=11)
    past = Past.of(kept)
    assert (past.oldest, past.newest, len(past.pictures)) == (11, 250, PICTURES)
    numbers = [int(pixels[0, 0, 0]) for pixels in past.pictures]
    assert numbers == [21 + 20 * part for part in range(PICTURES)], "the middles of equal parts"
    assert past.pictures[0] is kept[10].pixels, "no copies: play has kept them already"


def test_a_short_past_shows_all_there_is() -> None:
    assert [int(pixels[0, 0, 0]) for pixels in Past.of(moments(3)).pictures] == [1, 2, 3]
    assert len(Past.of(moments(1)).pictures) == 1


def test_a_place_in_the_past_is_a_share_of_it() -> None:
    past = Past.of(moments(101, first=100))
    assert [past.share(index) for index in (100, 150, 200)] == [0.0, 0.5, 1.0]
    assert Past.of(moments(1)).share(1) == 0.0
