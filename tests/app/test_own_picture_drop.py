"""A drop for real: another program drags a picture on the window, over the start screen and in play."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.errors import WorldError
from model.pictures import check_picture

from .display import PATIENCE, Desk, until
from .dragging import drop
from .walks import Walks
from .words_seen import shows_toast

_RED, _BLUE = (200, 30, 40), (30, 60, 200)
_AT = (320, 200)

pytestmark = pytest.mark.usefixtures("own_places", "fonts")


def picture(path: Path, colour: tuple[int, int, int]) -> Path:
    Image.new("RGB", (300, 200), colour).save(path)
    return path


def dropped(desk: Desk, path: Path) -> bool:
    """Drop a file on the window; returns whether that took it."""
    return drop(desk.name, int(desk.window()), path, _AT)


def what_is_wrong_with(path: Path) -> str:
    with pytest.raises(WorldError) as wrong:
        check_picture(path)
    return str(wrong.value).replace(str(path), path.name)


def begins_in(start: Path, colour: tuple[int, int, int]) -> bool:
    """Whether a walk began in a picture of one colour."""
    return bool(np.abs(np.asarray(Image.open(start)).astype(int) - colour).max() < 12)


def test_a_picture_is_dropped_on_the_start_screen_and_in_play(desk: Desk, tiny_world: Path, tmp_path: Path) -> None:
    walks, no = Walks(tmp_path / "replays"), tmp_path / "no picture.png"
    red, blue = picture(tmp_path / "rotes Bild.png", _RED), picture(tmp_path / "blau.jpg", _BLUE)
    no.write_text("nothing to be seen")
    (tmp_path / "settings.toml").write_text(f"[play]\nlast_world = '{tiny_world}'\nfit = false\n")
    with desk.player("--record", str(walks.folder), stderr=tmp_path / "said") as player:
        until(lambda: int(desk.look().max()) > 200, "the start screen was there")
        assert dropped(desk, red)
        until(lambda: bool(walks.all()) or player.poll() is not None, "it began in the picture")
        first = walks.begun(1, "it played")
        assert (first.header.world, first.header.start.scene) == ("tiny", red.name)
        assert dropped(desk, no)
        until(lambda: shows_toast(desk.look(), what_is_wrong_with(no)), "it was said that this is no picture")
        walks.grown(5, "the walk went on")
        assert dropped(desk, blue)
        second = walks.begun(2, "it began in the other picture")
        assert second.header.start.scene == blue.name
        player.terminate()
        assert player.wait(PATIENCE) == 0
    assert (tmp_path / "said").read_text() == ""
    assert begins_in(first.folder / "start.png", _RED) and begins_in(second.folder / "start.png", _BLUE)
