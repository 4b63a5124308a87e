from collections.abc import Iterator

import pygame
import pytest

from app.bindings import COMMANDS, DEFAULT, PRESETS, commands_of, conflicts, is_pad, merged


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_reach_every_command_and_conflict_with_themselves_nowhere(preset: str) -> None:
    bindings = merged(preset, {})
    assert set(bindings) == set(COMMANDS) and all(bindings.values())
    assert conflicts(bindings) == {}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_pad_does_in_every_preset_what_it_does_in_the_default(preset: str) -> None:
    by_pad = {command: tuple(filter(is_pad, inputs)) for command, inputs in merged(preset, {}).items()}
    assert by_pad == {command: tuple(filter(is_pad, inputs)) for command, inputs in DEFAULT.items()}
    assert merged(preset, {"jump": ["j"]})["jump"] == ("j",), "a person's own inputs are all there are"


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
