"""What is read while two worlds are compared: by this person's keys, at this person's size, in any window."""

from dataclasses import replace

import pytest

from app.bindings import DEFAULT, merged
from app.duel.layout import layout_of
from app.duel.view import DuelFacts, DuelView
from model.actions import Action

from ..said import reading

SHAPES = ((160, 96), (640, 360))
FACTS = DuelFacts(
    worlds=(("A", "One"), ("B", "Two")),
    figures=("16.0 frames a second", "16.0 frames a second"),
    round=1,
    scene="meadow",
    votes=3,
    chosen=None,
    action=Action(forward=True),
    turning=False,
    paused=True,
    captured=True,
    bindings=DEFAULT,
)


def test_it_names_the_keys_that_are_bound() -> None:
    own = replace(FACTS, bindings=merged("left hand", {"menu": ("f1",)}))
    with reading() as said:
        DuelView().sprites(layout_of((1280, 720), SHAPES), FACTS)
        assert "3 votes  -  Esc frees the mouse" in said and "A" in said
        said.clear()
        DuelView().sprites(layout_of((1280, 720), SHAPES), replace(own, captured=False))
        assert "3 votes  -  click one to vote  -  F1 ends" in said and {"Z", "C"} <= set(said)


def test_it_names_the_keys_that_vote() -> None:
    walks = replace(FACTS, bindings=merged("default", {"forward": ("1",), "record": ("2",), "left": ("pad left",)}))
    with reading() as said:
        for facts, votes in (
            (FACTS, {"1", "0", "2"}),
            (replace(FACTS, by_pad=True), {"<", "v", ">"}),
            (walks, {"0", "2"}),
            (replace(walks, by_pad=True), {"v", ">"}),
            (replace(FACTS, bindings=merged("default", {"left": ("pad left",)}), by_pad=True), {"1", "v", ">"}),
        ):
            said.clear()
            DuelView().sprites(layout_of((1280, 720), SHAPES), replace(facts, action=None))
            assert {"1", "0", "2", "<", "v", ">"} & set(said) == votes
            assert "left is better" in said
            frees = "Start pauses" if facts.by_pad else "Esc frees the mouse" + " to vote" * (facts is walks)
            assert f"3 votes  -  {frees}" in said


@pytest.mark.parametrize("size", [(1280, 720), (640, 400), (1920, 1080)])
def test_words_are_larger_where_they_are_asked_to_be_and_run_off_nowhere(size: tuple[int, int]) -> None:
    with reading():
        heights = []
        for text_scale in (0.5, 1.0, 1.2, 4.0):
            places = layout_of(size, SHAPES, text_scale)
            sprites = DuelView().sprites(places, FACTS) + DuelView().sprites(places, replace(FACTS, captured=False))
            heights.append({sprite.name: sprite.surface.get_height() for sprite in sprites}["title"])
            for sprite in sprites:
                place = sprite.surface.get_rect(topleft=sprite.at)
                assert place.left >= 0 and place.right <= size[0] and place.bottom <= size[1], sprite.name
    assert heights == sorted(heights) and heights[0] < 0.7 * heights[1] and heights[2] > 1.1 * heights[1]


@pytest.mark.parametrize("size", [(1, 1), (10, 10), (64, 64)])
def test_windows_that_hold_nothing_are_drawn_all_the_same(size: tuple[int, int]) -> None:
    with reading():
        for worlds in (FACTS.worlds, None):
            sprites = DuelView().sprites(layout_of(size, SHAPES, 2.0), replace(FACTS, worlds=worlds))
            assert all(min(sprite.surface.get_size()) >= 1 for sprite in sprites)
