import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.duel.layout import layout_of

SHAPES = ((160, 96), (640, 360))


@given(st.integers(240, 4000), st.integers(240, 3000))
def test_nothing_lies_over_anything_in_any_window(width: int, height: int) -> None:
    places = layout_of((width, height), SHAPES)
    left, right = places.pictures
    assert left.right <= right.left and left.right <= width // 2 <= right.left
    for picture in places.pictures:
        assert picture.left >= 0 and picture.right <= width
    if height >= 330:  # below there is no room for words and pictures
        for picture in places.pictures:
            assert picture.top >= places.head.bottom + places.label_height and picture.bottom <= places.foot.top
    first, second, third = places.entries
    assert first.right < second.left and second.right < third.left and second.centerx == places.foot.centerx


@pytest.mark.parametrize("size", [(1280, 720), (640, 400), (1024, 768), (2560, 1440)])
def test_each_picture_keeps_its_shape(size: tuple[int, int]) -> None:
    for picture, (width, height) in zip(layout_of(size, SHAPES).pictures, SHAPES, strict=True):
        assert picture.width / picture.height == pytest.approx(width / height, rel=0.02)


def test_pictures_stand_on_one_line_and_fill_a_usual_window() -> None:
    left, right = layout_of((1280, 720), ((160, 96), (160, 96))).pictures
    assert left.size == right.size == (606, 364) and left.top == right.top
