import shutil
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from app.handover import WalkFacts
from app.last_played import last_place, name_of, remembered
from app.menu.gallery import start_page
from app.menu.page import Card
from app.player import Player
from app.preferences import Preferences
from app.settings import HandsSettings, Loaded, PlaySettings, Settings, load_settings
from app.worlds import KnownWorld, known_worlds, look_at
from model.world_spec import bundled_worlds

from .fakes import WALK, FakeStart


@dataclass
class FakePlayer:
    known: KnownWorld
    facts: WalkFacts | None

    @property
    def scenes(self) -> tuple[str, ...]:
        return tuple(scene.name for scene in self.known.scenes)


def played(world: Path, path: Path, walk: WalkFacts | None, before: PlaySettings | None = None) -> PlaySettings:
    """Settings as the next start reads them."""
    preferences = Preferences(Loaded(Settings(play=before or PlaySettings())), path)
    with remembered(cast(Player, FakePlayer(look_at(world), walk)), preferences):
        pass
    preferences.save()
    return load_settings(path).settings.play


@pytest.mark.parametrize(("scene", "kept"), [("two", "two"), (None, ""), ("/home/somebody/holiday.png", "")])
def test_world_and_scene_are_remembered(tiny_world: Path, tmp_path: Path, scene: str | None, kept: str) -> None:
    settings = played(tiny_world, tmp_path / "settings.toml", replace(WALK, scene=scene))
    assert last_place(settings) == (tiny_world.resolve(), kept)
    (folder, last), worlds = last_place(settings) or (tiny_world, ""), known_worlds(tiny_world)
    page = start_page(FakeStart(), worlds, last=(folder, last))
    (card,) = (item for item in page.items if isinstance(item, Card) and item.mark)
    assert card.mark == "last time" and card.label == ("Two" if kept else "One")


def test_worlds_of_ones_own_are_remembered_the_newest_first(tiny_world: Path, tmp_path: Path) -> None:
    settings, folders = PlaySettings(), [shutil.copytree(tiny_world, tmp_path / f"mine {k}") for k in range(6)]
    for folder in (*folders, folders[3], *bundled_worlds().values()):
        settings = played(folder, tmp_path / "settings.toml", replace(WALK, scene="two"), settings)
    assert settings.recent_worlds == tuple(str(folders[k].resolve()) for k in (3, 5, 4, 2))


def test_a_world_that_never_came_is_not_remembered(tiny_world: Path, tmp_path: Path) -> None:
    assert last_place(played(tiny_world, tmp_path / "settings.toml", None)) is None


def test_a_world_whose_folder_is_no_text_keeps_no_settings_from_being_written(tiny_world: Path, tmp_path: Path) -> None:
    path, before = tmp_path / "settings.toml", PlaySettings(last_world="minecraft", last_scene="plains")
    path.write_text('[play]\nlast_world = "minecraft"\nlast_scene = "plains"\n')
    folder = shutil.copytree(tiny_world, tmp_path / "caf\udce9")  # as a path that is no UTF-8 is named
    preferences = Preferences(load_settings(path), path)
    with remembered(cast(Player, FakePlayer(look_at(folder), WALK)), preferences):
        preferences.change(hands=HandsSettings(invert=True))
    preferences.save()
    assert load_settings(path).settings == Settings(hands=HandsSettings(invert=True), play=before)


def test_who_only_plays_leaves_what_a_newer_arvd_wrote(tiny_world: Path, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        'version = 2\n[play]  # mine\nquality = "turbo"\nrewind_seconds = [1, 2]\n\n[hologram]\ndeep = true\n'
    )
    before, preferences = tomllib.loads(path.read_text()), Preferences(load_settings(path), path)
    with remembered(cast(Player, FakePlayer(look_at(tiny_world), WALK)), preferences):
        pass
    preferences.save()
    after = tomllib.loads(path.read_text())
    assert after["play"].pop("last_world") == after["play"].pop("recent_worlds")[0] == str(tiny_world.resolve())
    after["play"].pop("last_scene", None)
    assert after == before and "# mine" in path.read_text()


def test_what_was_played_is_not_written_over_settings_that_cannot_be_read(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("[hands]\ninvert = true\n")

    def refuse(path: Path, **how: object) -> str:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", refuse)
        preferences = Preferences(load_settings(path), path)
    with remembered(cast(Player, FakePlayer(look_at(tiny_world), WALK)), preferences):
        pass
    preferences.save()
    assert path.read_text() == "[hands]\ninvert = true\n"


def test_a_bundled_world_goes_by_its_name(tiny_world: Path) -> None:
    assert name_of(tiny_world) == str(tiny_world.resolve())
    for name, folder in bundled_worlds().items():
        assert name_of(folder) == name
        assert last_place(PlaySettings(last_world=name, last_scene="gone")) == (folder, "")


@pytest.mark.parametrize("name", ["", "atlantis", "a\0b", "x" * 5000, "hf://nobody/nothing", "/"])
def test_what_is_gone_is_not_selected(name: str) -> None:
    assert last_place(PlaySettings(last_world=name, last_scene="two")) is None


def test_a_world_that_was_damaged_since_is_not_offered(tiny_world: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_world, tmp_path / "mine")
    settings: Any = played(folder, tmp_path / "settings.toml", replace(WALK, scene="two"))
    (folder / "world.toml").write_text("no")
    assert last_place(settings) is None
