"""The game's configuration: sizes, seeds, and the keys that the lock-step library presses."""

import re
from pathlib import Path

import pytest

import training.capture
from model.actions import KEYS
from training.capture.settings import GameSettings


def read(path: Path) -> dict[str, str]:
    lines = [line.partition(" = ") for line in path.read_text().splitlines()]
    names = [name for name, _, _ in lines]
    assert len(names) == len(set(names))
    return {name: value for name, _, value in lines}


@pytest.mark.parametrize(("size", "shown", "shrink"), [((96, 160), ("320", "192"), 2), ((360, 640), ("640", "360"), 1)])
def test_small_pictures_are_drawn_larger(
    tmp_path: Path, size: tuple[int, int], shown: tuple[str, str], shrink: int
) -> None:
    settings = GameSettings(size=size, fps=16, world_seed=77, port=1)
    settings.write(tmp_path)
    written = read(tmp_path / "minetest.conf")
    assert (written["screen_w"], written["screen_h"]) == shown
    assert settings.shrink == shrink
    assert written["fixed_map_seed"] == "77"


def test_the_world_loads_the_mod_and_stays_off_the_disk(tmp_path: Path) -> None:
    GameSettings(size=(96, 160), fps=16, world_seed=1, port=1).write(tmp_path)
    mod = tmp_path / "world" / "worldmods" / "arvd_capture"
    assert {path.name for path in mod.iterdir()} == {"init.lua", "mod.conf"}
    assert "name = arvd_capture" in (mod / "mod.conf").read_text()
    written = read(tmp_path / "world" / "world.mt")
    assert (written["load_mod_arvd_capture"], written["backend"]) == ("true", "dummy")


def test_the_keys_pressed_are_the_keys_bound(tmp_path: Path) -> None:
    """The library presses X keys in the order of KEYS; the settings bind the game's controls to the same ones."""
    source = (Path(training.capture.__file__).parent / "lockstep.c").read_text()
    pressed = re.search(r"KEYSYMS\[\] = \{(.*?)\}", source)
    assert pressed
    symbols = [name.strip().removeprefix("XK_").upper().replace("SHIFT_L", "LSHIFT") for name in pressed[1].split(",")]
    GameSettings(size=(96, 160), fps=16, world_seed=1, port=1).write(tmp_path)
    written = read(tmp_path / "minetest.conf")
    controls = ("forward", "backward", "left", "right", "jump", "sneak", "aux1", "dig", "place")
    bound = [written[f"keymap_{control}"].removeprefix("KEY_").removeprefix("KEY_") for control in controls]
    assert symbols == bound
    assert len(bound) == len(KEYS)
    others = {value for name, value in written.items() if name.startswith("keymap_")} - {f"KEY_{key}" for key in bound}
    assert not {f"KEY_KEY_{key}" for key in bound} & others - {f"KEY_KEY_{key}" for key in bound}
