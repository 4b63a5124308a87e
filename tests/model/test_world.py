"""World folders: what is accepted, and what each kind of damage is answered with."""

import shutil
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from model.actions import Action
from model.errors import StateError, WorldError
from model.pictures import fit_picture
from model.world import load_world
from model.world_spec import find_world, read_scenes, read_spec


@pytest.fixture
def copy(tiny_world: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_world, tmp_path / "copy"))


def _edit(folder: Path, old: str, new: str, name: str = "world.toml") -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def _refused(folder: Path, *words: str) -> None:
    with pytest.raises(WorldError) as caught:
        load_world(str(folder))
    message = str(caught.value)
    assert "\n" not in message and all(word in message for word in words), message


def test_a_sound_world_loads(tiny_world: Path) -> None:
    world = load_world(str(tiny_world))
    assert (world.spec.name, world.spec.height, world.spec.width) == ("tiny", 32, 48)
    assert [scene.name for scene in world.scenes] == ["one", "two"] and len(world.hash) == 64


def test_unknown_world_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"bundled worlds: .*minecraft"):
        find_world("no-such-world")
    with pytest.raises(WorldError, match=r"holds no world\.toml"):
        find_world(str(tmp_path))


@pytest.mark.parametrize("name", ["x" * 5000, "~no-such-user-here/x", "a\0b"])
def test_impossible_names_are_refused(name: str) -> None:
    with pytest.raises(WorldError, match="bundled worlds"):
        find_world(name)


@pytest.mark.parametrize("name", ["generator.safetensors", "autoencoder.safetensors"])
def test_damaged_weights_are_named(copy: Path, name: str) -> None:
    path = copy / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    _refused(copy, name, "SHA-256", "install the world again")
    path.write_bytes(bytes(data[: len(data) // 2]))
    _refused(copy, name, "SHA-256")
    path.unlink()
    _refused(copy, name, "missing")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "Tiny"', 'title = "Tiny"\nspeed = 3', ("unknown key 'speed'",)),
        ('title = "Tiny"', "", ("'title' is missing",)),
        ("fps = 16.0", 'fps = "fast"', ("fps", "expected float")),
        ("format = 1", "format = 99", ("format is 99",)),
        ("width = 48", "width = 50", ("multiples of 16",)),
        ('kind = "rays"', 'kind = "magic"', ("magic", "'grid'")),
        ("heads = 2", "heads = 5", ("heads",)),
        ("depth = 2", "depth = 3", ("generator",)),
        ("depth = 2", "depth = -1", ("sizes must lie",)),
        ("default_steps = 2", "default_steps = 3", ("default_steps",)),
        ("window = 3", "window = 0", ("window",)),
        ("fps = 16.0", "fps = = 1", ("not readable",)),
        ("field_of_view = 72.0", "field_of_view = 0.0", ("field_of_view", "1..170")),
        ("field_of_view = 72.0", "field_of_view = inf", ("field_of_view", "1..170")),
        ("field_of_view = 72.0", "field_of_view = nan", ("field_of_view", "1..170")),
        ("shift = 5.0", "shift = 0.0", ("shift", "sampler")),
        ("shift = 5.0", "shift = nan", ("shift", "sampler")),
        ("default_steps = 2", "default_steps = 0", ("default_steps", "1..1000")),
        ('name = "tiny"', f'name = "tiny"\nx = {"[" * 100_000}', ("not readable",)),
        ('name = "tiny"', f'name = "tiny"\na{".a" * 30_000} = 1', ("dots",)),
        ('name = "tiny"', f'name = "tiny"\nx = {"9" * 5000}', ("not readable",)),
        ("depth = 2", "depth = 60000", ("depth",)),
    ],
)
def test_a_bad_world_toml_is_refused_by_key(copy: Path, old: str, new: str, words: tuple[str, ...]) -> None:
    _edit(copy, old, new)
    _refused(copy, *words)


@pytest.mark.parametrize("picture", ["../world.toml", "/etc/hostname", "gone.png", "x" * 300, "", ".."])
def test_scenes_stay_in_their_folder(copy: Path, picture: str) -> None:
    _edit(copy, 'picture = "one.png"', f'picture = "{picture}"', "scenes/scenes.toml")
    with pytest.raises(WorldError, match="is not a file beside it"):
        read_scenes(copy)


def test_unknown_scene_steps_device_runtime(tiny_world: Path) -> None:
    world = load_world(str(tiny_world))
    for scene in ("three", "y" * 300, "y\0", ""):
        with pytest.raises(WorldError, match="scenes of 'tiny': one, two"):
            world.start(scene)
    with pytest.raises(WorldError, match="use one of 1, 2, 4"):
        world.start(steps=3)
    with pytest.raises(WorldError, match="unknown device"):
        load_world(str(tiny_world), device="tpu")
    with pytest.raises(WorldError, match="unknown runtime"):
        load_world(str(tiny_world), runtime="warp")


def test_a_scene_that_lost_its_picture_is_not_called_unknown(copy: Path) -> None:
    world = load_world(str(copy))
    for scene in world.scenes:
        scene.picture.unlink()
    for asked in (None, "two"):
        with pytest.raises(WorldError, match=r"\.png: the picture of this scene is missing; install the world again"):
            world.start(asked)


def test_own_picture_as_scene(tiny_world: Path, tmp_path: Path) -> None:
    world = load_world(str(tiny_world))
    iio.imwrite(tmp_path / "mine.png", np.full((100, 300, 3), (10, 200, 30), np.uint8))
    assert (world.start(str(tmp_path / "mine.png")).frame == (10, 200, 30)).all()
    (tmp_path / "not.png").write_text("not a picture")
    with pytest.raises(WorldError, match="not a readable picture"):
        world.start(str(tmp_path / "not.png"))


def test_fit_picture_crops_about_the_centre() -> None:
    picture = np.zeros((40, 100, 3), np.uint8)
    picture[:, 20:80] = 255
    assert fit_picture(picture, 32, 48).shape == (32, 48, 3)
    assert (fit_picture(picture, 32, 48)[:, 2:-2] == 255).all()


def test_spec_is_read_without_torch(tiny_world: Path) -> None:
    import subprocess
    import sys

    reading = f"from pathlib import Path; from model.world_spec import read_spec; read_spec(Path({str(tiny_world)!r}))"
    code = f"{reading}; import sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert read_spec(tiny_world).sink == 1


def test_a_shorter_memory_is_another_world_that_begins_alike(tiny_world: Path) -> None:
    whole, same = (load_world(str(tiny_world), runtime="eager-fp32", window=window) for window in (None, 3))
    short = load_world(str(tiny_world), runtime="eager-fp32", window=1)
    assert (whole.hash, whole.context_frames) == (same.hash, same.context_frames) and short.hash != whole.hash
    assert short.context_frames == whole.context_frames - 2
    one, other = whole.start(seed=1), short.start(seed=1)
    alike = [np.array_equal(one.step(Action(yaw=4.0)), other.step(Action(yaw=4.0))) for _ in range(4)]
    assert alike[0] and not alike[-1]
    with pytest.raises(StateError, match="another world"):
        other.load(one.save())


@pytest.mark.parametrize("window", [0, -1, 4])
def test_no_memory_is_longer_than_it_was_trained_for(tiny_world: Path, window: int) -> None:
    with pytest.raises(WorldError, match="can remember 1 to 3 frames"):
        load_world(str(tiny_world), window=window)
