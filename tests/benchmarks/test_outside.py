from pathlib import Path

import pytest

from tests.app.display import count_colour, until, virtual_display

from .outside import Watch, answers


def test_mouse_and_keys_are_answered(tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    strings = tmp_path / "strings"
    strings.mkdir()
    monkeypatch.setenv("ARVD_SETTINGS", str(tmp_path / "settings.toml"))
    words = ("--world", str(tiny_world), str(strings))
    with (
        virtual_display((640, 400), "-fbdir", str(tmp_path)) as desk,
        desk.player(*words, stderr=tmp_path / "said", module="tests.app.puppet"),
    ):
        until(lambda: count_colour(desk.look(), (120, 120, 120), 60) > 100_000, "the world was seen")
        found = answers(desk.name, tmp_path, 2)
        assert Watch(tmp_path).unrest() == 0.0, "this world moves by nothing but the hands"
    assert [len(series) for series in (found.camera, found.keys)] == [2, 2]
    assert min(found.camera + found.keys) > 0, "no picture is drawn sooner"
