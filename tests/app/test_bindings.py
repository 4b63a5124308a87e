from collections.abc import Iterator

import pygame
import pytest

from app.bindings import COMMANDS, DEFAULT, PRESETS, commands_of, conflicts, key_of, merged


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_reach_every_command_and_conflict_with_themselves_nowhere(preset: str) -> None:
    bindings = merged(preset, {})
    assert set(bindings) == set(COMMANDS) and all(bindings.values())
    assert conflicts(bindings) == {}


@pytest.fixture(scope="module")
def names() -> Iterator[set[str]]:
    """What the library calls the keys it knows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDL_VIDEODRIVER", "dummy")  # names need a video driver, not a display
        pygame.display.init()
    yield {pygame.key.name(code) for name, code in vars(pygame).items() if name.startswith("K_")}
    pygame.display.quit()


@pytest.mark.parametrize("preset", PRESETS)
def test_keys_are_called_as_the_library_calls_them(preset: str, names: set[str]) -> None:
    for inputs in PRESETS[preset].values():
        for one in inputs:
            assert one.startswith(("mouse ", "pad ")) or one in names, one


def test_a_persons_own_changes_win_and_may_conflict() -> None:
    bindings = merged("default", {"jump": ["w"], "sneak": []})
    assert bindings["jump"] == ("w",) and bindings["sneak"] == () and bindings["back"][0] == "s"
    assert conflicts(bindings) == {"w": ("forward", "jump")}
    assert commands_of(bindings)["w"] == ("forward", "jump") and commands_of(bindings)["s"] == ("back",)


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no preset 'feet'"):
        merged("feet", {})
    with pytest.raises(ValueError, match="no command 'fly'"):
        merged("default", {"fly": ["f"]})


@pytest.mark.parametrize(
    ("inputs", "read"),
    [
        (("escape", "pad start"), "Esc"),
        (("w",), "W"),
        (("pad a", "space"), "Space"),
        (("pad left shoulder",), "Pad left shoulder"),
        (("[8]",), "Num 8"),
        (("f3",), "F3"),
        (("right shift",), "R Shift"),
        (("mouse left",), "Mouse left"),
        (("[",), "["),
        ((), ""),
    ],
)
def test_a_key_is_named_as_a_person_reads_it(inputs: tuple[str, ...], read: str) -> None:
    assert key_of(merged("default", {"menu": inputs}), "menu") == read


def test_who_plays_by_pad_is_told_its_button() -> None:
    assert key_of(DEFAULT, "menu", pad=True) == "Pad start"
    assert key_of({"menu": ("escape",)}, "menu", pad=True) == "Esc"


@pytest.mark.parametrize("preset", PRESETS)
def test_no_two_commands_are_named_alike(preset: str) -> None:
    names = [key_of(PRESETS[preset], command) for command in COMMANDS]
    assert all(names) and len(set(names)) == len(names)
