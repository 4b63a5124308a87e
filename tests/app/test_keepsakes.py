import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import av
import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from app.keepsakes import Keeper, Place, keepsakes_folder, read_place, write_screenshot
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


def test_a_screenshot_is_written_elsewhere_and_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr("os.fsync", lambda _: synced.append(threading.current_thread().name))
    said: list[str] = []
    keeper = Keeper(tmp_path, Small(), said.append)
    keeper.screenshot(picture(), PLACE)
    keeper.wait()
    (path,) = tmp_path.iterdir()
    np.testing.assert_array_equal(iio.imread(path), picture())
    assert said == [f"picture saved as {path}"] and synced == ["keeper"]


def test_a_clip_comes_as_mp4_and_gif_in_a_size_that_can_be_looked_at(tmp_path: Path) -> None:
    said: list[str] = []
    keeper = Keeper(tmp_path, Small(), said.append)
    keeper.clip(moments(20), "world")
    keeper.wait()
    gif, mp4 = sorted(tmp_path.iterdir(), key=lambda path: path.suffix)
    assert said == ["saving the last seconds ...", f"1 seconds saved as {mp4.name} and {gif.name}"]
    with av.open(str(mp4)) as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(frames) == 20 and abs(int(frames[10].mean()) - 50) < 4
    assert frames[0].shape == (14 * 32, 14 * 48, 3), "a whole multiple, and no less than 640 wide"
    assert iio.imread(gif).shape == (20, 7 * 32, 7 * 48, 3)


def test_pixels_of_a_clip_stay_squares(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, Small(), lambda sentence: None)
    checks = (np.indices((32, 48)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    keeper.clip([Moment(1, Action(), 2, checks)], "world")
    keeper.wait()
    (path,) = tmp_path.glob("*.gif")
    np.testing.assert_array_equal(iio.imread(path)[0], checks.repeat(7, axis=0).repeat(7, axis=1))


def test_clips_are_written_one_at_a_time_and_never_empty(tmp_path: Path) -> None:
    said: list[str] = []
    keeper = Keeper(tmp_path, Small(), said.append)
    keeper.clip([], "world")
    keeper.clip(moments(50), "world")
    keeper.clip(moments(3), "world")
    keeper.wait()
    assert said[:3] == [
        "there is nothing to save yet",
        "saving the last seconds ...",
        "the clip before is still being written",
    ]
    keeper.clip(moments(3), "world")
    keeper.wait()
    assert len(list(tmp_path.glob("*.mp4"))) == 2


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    keeper = Keeper(tmp_path / "file", Small(), said.append)
    keeper.clip(moments(3), "world")
    keeper.screenshot(picture(), PLACE)
    keeper.wait()
    assert {sentence.partition(" (")[0] for sentence in said[1:]} == {
        "the clip could not be written",
        "the picture could not be written",
    }


def test_the_folder_is_the_platforms() -> None:
    assert keepsakes_folder().name == "arvd"
