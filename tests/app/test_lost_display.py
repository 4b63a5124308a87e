"""The X server dies while a walk is recorded and saved: both are on the disk, one sentence says why it ended."""

import json
from pathlib import Path

from model.footage.replay import read_replay
from model.footage.replays import Replays

from .display import PATIENCE, until, virtual_display
from .slow_disk import begin_to_save, finish_saving


def lines_in(folder: Path) -> int:
    return sum(len(read_replay(path.parent).lines) for path in folder.glob("*/replay.toml"))


def test_a_lost_display_loses_neither_a_frame_nor_a_save(tiny_world: Path, tmp_path: Path, strings: Path) -> None:
    said, report, folder = tmp_path / "said", tmp_path / "report.json", tmp_path / "replays"
    quick = tmp_path / "data" / "arvd" / "saves" / "tiny" / "quick.safetensors"
    words = ("--world", str(tiny_world), "--record", str(folder), "--report", str(report), str(strings))
    with virtual_display() as desk:
        desk.environment |= {"XDG_DATA_HOME": str(tmp_path / "data")}
        with desk.player(*words, stderr=said, module="tests.app.slow_disk") as player:
            until(lambda: lines_in(folder) > 20, "it was recorded")
            begin_to_save(desk, quick, strings)
            desk.server.kill()
            assert finish_saving(player, quick, strings) == 1
    assert said.read_text() == "error: the display is gone; what was recorded is kept\n"
    figures = json.loads(report.read_text())
    (replay,) = (read_replay(path.parent) for path in folder.glob("*/replay.toml"))
    assert [line.index for line in replay.lines] == list(range(figures["frames"] + 1)), "every frame that was made"
    assert Replays(folder).frame_counts == (figures["frames"] + 1,)


def test_on_the_start_screen_it_is_said_too(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with virtual_display() as desk:
        desk.environment |= {"ARVD_SETTINGS": str(tmp_path / "settings.toml")}
        with desk.player(stderr=said) as player:
            until(lambda: int(desk.look().max()) > 200, "the start screen was there")
            desk.server.kill()
            assert player.wait(PATIENCE) == 1
    assert said.read_text().startswith("error: the display is gone")
