from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import av
import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from app.keepsakes import ClipWriter, Place, keepsakes_folder, read_place, write_screenshot
from app.timeline import Moment
from model.actions import Action

NOW = datetime(2030, 1, 2, 3, 4, 5)
PLACE = Place("mine/../craft ü", "ab" * 32, 7, "wald", 123, 2, "20300102-030000-minecraft")


@dataclass(frozen=True)
class Small:
    width: int = 48
    height: int = 32
    fps: float = 16.0


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (32, 48, 3), dtype=np.uint8)


def moments(count: int) -> list[Moment]:
    return [Moment(k, Action(), 2, np.full((32, 48, 3), 5 * k, np.uint8)) for k in range(count)]


def test_a_screenshot_is_the_picture_and_knows_its_place(tmp_path: Path) -> None:
    path = write_screenshot(tmp_path / "new", picture(), PLACE, NOW)
    assert path.parent == tmp_path / "new" and path.name == "20300102-030405-mine----craft-ü.png"
    np.testing.assert_array_equal(iio.imread(path), picture())
    assert read_place(path) == vars(PLACE)


def test_screenshots_of_one_second_do_not_overwrite_each_other(tmp_path: Path) -> None:
    paths = [write_screenshot(tmp_path, picture(k), PLACE, NOW) for k in range(3)]
    assert len({*paths}) == 3
    for k, path in enumerate(paths):
        np.testing.assert_array_equal(iio.imread(path), picture(k))


@pytest.mark.parametrize("text", [None, "{", "[1]", "[" * 100_000])
def test_other_pictures_have_no_place(tmp_path: Path, text: str | None) -> None:
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    if text is not None:
        about.add_text("arvd", text)
    Image.fromarray(picture()).save(tmp_path / "x.png", pnginfo=about)
    assert read_place(tmp_path / "x.png") is None


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_screenshot(tmp_path, picture(), PLACE, NOW)
    assert not list(tmp_path.iterdir())


def test_a_clip_comes_as_mp4_and_gif(tmp_path: Path) -> None:
    said: list[str] = []
    writer = ClipWriter(tmp_path, Small(), said.append)
    assert writer.write(moments(20), "world", NOW)
    writer.wait()
    assert said == ["1 seconds saved as 20300102-030405-world.mp4 and 20300102-030405-world.gif"]
    with av.open(str(tmp_path / "20300102-030405-world.mp4")) as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(frames) == 20 and abs(int(frames[10].mean()) - 50) < 4
    assert len(iio.imread(tmp_path / "20300102-030405-world.gif")) == 20


def test_clips_are_written_one_at_a_time_and_never_empty(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path, Small(), lambda sentence: None)
    assert not writer.write([], "world", NOW)
    assert writer.write(moments(50), "world", NOW)
    if writer.busy:
        assert not writer.write(moments(3), "world", NOW)
    writer.wait()
    assert writer.write(moments(3), "world", NOW)
    writer.wait()


def test_a_clip_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    writer = ClipWriter(tmp_path / "file", Small(), said.append)
    assert writer.write(moments(3), "world", NOW)
    writer.wait()
    assert len(said) == 1 and "could not be written" in said[0]


def test_the_folder_is_the_platforms() -> None:
    assert keepsakes_folder().name == "arvd"
