import shutil
from pathlib import Path

import pytest

from app.worlds import known_worlds, look_at, still_there
from model.world_spec import bundled_worlds


def test_folders_of_ones_own_come_first_and_no_world_twice(tiny_world: Path, tmp_path: Path) -> None:
    bundled = list(bundled_worlds().values())
    assert [world.folder for world in known_worlds()] == bundled
    assert [world.folder for world in known_worlds(tiny_world)] == [tiny_world, *bundled]
    for folder in bundled:
        assert [world.folder for world in known_worlds(folder)] == bundled
    other = shutil.copytree(tiny_world, tmp_path / "other")
    mine = [world.folder for world in known_worlds(other, tiny_world, other, *bundled)]
    assert mine == [other, tiny_world, *bundled]


def test_what_is_gone_is_left_out(tiny_world: Path, tmp_path: Path) -> None:
    hurt = shutil.copytree(tiny_world, tmp_path / "hurt")
    (hurt / "world.toml").write_text("no")
    names = [str(hurt), str(tiny_world), "atlantis", "a\0b", "x" * 5000, "hf://nobody/nothing"]
    assert still_there(names) == (tiny_world,)


def test_a_world_shows_its_scenes(tiny_world: Path) -> None:
    world = look_at(tiny_world)
    assert (world.title, world.fault, world.about) == ("Tiny", "", "48x32, 16 frames a second")
    assert [scene.name for scene in world.scenes] == ["one", "two"]
    assert world.picture("two") == tiny_world / "scenes" / "two.png"
    assert world.picture("elsewhere") == world.picture(None) == tiny_world / "scenes" / "one.png"


@pytest.mark.parametrize("missing", ["world.toml", "scenes/scenes.toml", "scenes/two.png"])
def test_a_damaged_world_is_listed_with_its_fault(tiny_world: Path, tmp_path: Path, missing: str) -> None:
    folder = shutil.copytree(tiny_world, tmp_path / "hurt")
    (folder / missing).unlink()
    world = look_at(folder)
    assert world.spec is None and world.title == "hurt" and world.fault and world.picture(None) is None


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("world.toml", 'name = "tiny"', f'name = "tiny"\nx = {"[" * 100_000}'),
        ("world.toml", 'name = "tiny"', f'name = "tiny"\na{".a" * 30_000} = 1'),
        ("world.toml", 'name = "tiny"', f'name = "tiny"\nx = {"9" * 5000}'),
        ("scenes/scenes.toml", 'picture = "one.png"', f'picture = "{"x" * 300}"'),
        ("scenes/scenes.toml", 'picture = "one.png"', 'picture = "a\\u0000"'),
        ("scenes/scenes.toml", 'name = "one"', f'name = "{"x" * 70_000}"'),
    ],
)
def test_nothing_that_a_world_says_ends_the_gallery(
    tiny_world: Path, tmp_path: Path, name: str, old: str, new: str
) -> None:
    folder = shutil.copytree(tiny_world, tmp_path / "hurt")
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))
    world = look_at(folder)
    assert world.spec is None and world.fault.isprintable() and len(world.fault) < 1000
    assert still_there([str(folder), str(tiny_world)]) == (tiny_world,)


def test_titles_are_shown_as_far_as_they_can_be(tiny_world: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_world, tmp_path / "odd")
    for file, title in (("world.toml", "Tiny"), ("scenes/scenes.toml", "One")):
        text = (folder / file).read_text()
        (folder / file).write_text(
            text.replace(f'"{title}"', '"\\u0000\\u0007"').replace('"Two"', f'"T\\no{"x" * 500}"')
        )
    world = look_at(folder)
    assert world.title == "odd" and world.scenes[0].title == "one"
    assert world.scenes[1].title == "To" + "x" * 78
