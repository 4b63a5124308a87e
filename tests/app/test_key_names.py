"""A key has one name, wherever its letter is under the layout of now; a person reads that letter."""

import pygame
import pytest

from app import key_names
from app.bindings import COMMANDS, PRESETS, Bindings, merged
from app.key_names import key_of, label, name_of, shortcut_of

pytestmark = pytest.mark.usefixtures("us_keyboard")
_W, _A, _S, _D = pygame.KSCAN_W, pygame.KSCAN_A, pygame.KSCAN_S, pygame.KSCAN_D
_DEAD = 1 << 30  # code of a key that writes an accent over the next letter
_MINUS, _EQUALS, _YEN = pygame.KSCAN_MINUS, pygame.KSCAN_EQUALS, 137


@pytest.fixture
def layout(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """Codes of keys by their place, to be filled; places that are left out write nothing."""
    codes: dict[int, int] = {}
    monkeypatch.setattr(key_names, "_codes", lambda: lambda place: codes.get(place, 0))
    return codes


def test_on_a_us_keyboard_keys_are_called_as_the_library_calls_them() -> None:
    ask = key_names._codes()
    names = {place: pygame.key.name(ask(place)) for place in range(1, 512) if ask(place)}
    assert len(names) > 200, "the library was asked"
    for place, name in names.items():
        assert name_of(ask(place), place) == (name or f"key {place}")
    assert {pygame.key.name(code) for code in (pygame.K_w, pygame.K_PAGEUP, pygame.K_KP8)} < set(names.values())


@pytest.mark.parametrize("code", [ord("w"), ord("z"), ord("ц"), ord("ς"), ord("'"), _DEAD])
def test_a_key_that_writes_is_called_by_its_place(code: int) -> None:
    assert name_of(code, _W) == "w"


@pytest.mark.parametrize(
    ("code", "place", "name"),
    [
        (pygame.K_ESCAPE, pygame.KSCAN_CAPSLOCK, "escape"),  # Esc was moved there
        (pygame.K_LCTRL, pygame.KSCAN_CAPSLOCK, "left ctrl"),
        (_DEAD, pygame.KSCAN_CAPSLOCK, "caps lock"),  # switches the layout, and is no key for that time
        (pygame.K_SPACE, pygame.KSCAN_SPACE, "space"),
        (pygame.K_DELETE, pygame.KSCAN_DELETE, "delete"),
        (pygame.K_KP8, pygame.KSCAN_KP8, "[8]"),
        (ord(","), pygame.KSCAN_KP_PERIOD, "[.]"),
        (ord("<"), pygame.KSCAN_NONUSBACKSLASH, "<"),
        (ord("\\"), _YEN, "key 137"),  # beside Backspace in Japan; a US keyboard has its letter elsewhere
        (pygame.K_w, 0, "w"),
    ],
)
def test_other_keys_are_called_what_they_are_taken_for(code: int, place: int, name: str) -> None:
    assert name_of(code, place) == name


@pytest.mark.parametrize(
    ("code", "place", "letter"),
    [
        (pygame.K_v, pygame.KSCAN_V, pygame.K_v),
        (pygame.K_v, pygame.KSCAN_PERIOD, pygame.K_v),  # as Dvorak has it
        (pygame.K_k, pygame.KSCAN_V, pygame.K_k),
        (ord("м"), pygame.KSCAN_V, pygame.K_v),
        (ord("ה"), pygame.KSCAN_V, pygame.K_v),
        (ord("ö"), pygame.KSCAN_SEMICOLON, ord("ö")),
        (_DEAD, pygame.KSCAN_V, _DEAD),
        (pygame.K_DELETE, pygame.KSCAN_DELETE, pygame.K_DELETE),
        (ord("м"), 0, ord("м")),
    ],
)
def test_a_shortcut_goes_by_its_letter_or_where_there_is_another_alphabet_by_its_place(
    code: int, place: int, letter: int
) -> None:
    assert shortcut_of(code, place) == letter


def test_what_is_written_on_a_key_is_of_the_layout_of_now(layout: dict[int, int]) -> None:
    assert label("w") == "W", "nothing is known of its layout"
    layout.update({_W: ord("z"), _MINUS: ord("ß"), _EQUALS: _DEAD, _YEN: ord("\\")})
    assert [label(name) for name in ("w", "-", "=", "key 137")] == ["Z", "ß", "=", "\\"]
    layout.update({_W: ord("ς"), _S: ord("ö"), _D: ord("ц"), _A: ord("ש")})
    assert [label(name) for name in "wsda"] == ["ς", "Ö", "Ц", "A"], "the font has no letters for Hebrew"
    for name in ("mouse left", "pad a", "left shift", "f5", "key 300", "key 99999", ""):
        assert label(name) == name


def test_without_the_library_keys_have_their_us_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_names, "sdl", lambda: None)
    key_names._codes.cache_clear()
    assert label("w") == "W"
    key_names._codes.cache_clear()


@pytest.mark.parametrize(
    ("inputs", "read"),
    [
        (("escape", "pad start"), "Esc"),
        (("w",), "Z"),
        (("pad a", "space"), "Space"),
        (("pad left shoulder",), "Pad left shoulder"),
        (("[8]",), "Num 8"),
        (("f3",), "F3"),
        (("right shift",), "R Shift"),
        (("mouse left",), "Mouse left"),
        (("[",), "["),
        (("key 300",), "Key 300"),
        ((), ""),
    ],
)
def test_a_key_is_named_as_a_person_reads_it(inputs: tuple[str, ...], read: str, layout: dict[int, int]) -> None:
    layout[_W] = ord("z")
    assert key_of(merged("default", {"menu": inputs}), "menu") == read


@pytest.mark.parametrize(
    ("inputs", "read"),
    [
        (("escape", "pad start"), "Start"),
        (("pad a",), "A"),
        (("pad left shoulder",), "Left shoulder"),
        (("pad stick forward", "w"), "Stick forward"),
        (("pad up",), "D-pad up"),
        (("up",), "Up"),
        (("escape",), "Esc"),
        (("a",), "Key Q"),
        (("mouse left",), "Mouse left"),
        ((), ""),
    ],
)
def test_who_plays_by_pad_is_told_its_button(inputs: tuple[str, ...], read: str, layout: dict[int, int]) -> None:
    layout[_A] = ord("q")
    assert key_of({"menu": inputs}, "menu", pad=True) == read


@pytest.mark.parametrize("pad", [False, True])
@pytest.mark.parametrize("bindings", PRESETS.values(), ids=PRESETS)
def test_no_two_commands_are_named_alike(bindings: Bindings, pad: bool) -> None:
    names = [key_of(bindings, command, pad=pad) for command in COMMANDS]
    assert all(names) and len(set(names)) == len(names)
