from dataclasses import fields

import numpy as np
import pytest

from model.footage.clip import Clip, Frames
from model.footage.gf_minecraft import GFMinecraft
from training.data.check.observation import Sight, observe, observe_clip

from .scene import PIXELS_PER_DEGREE, play, write


@pytest.fixture(scope="module")
def clip() -> Clip:
    return play(70, 1)


def test_a_clip_in_chunks_is_seen_as_a_whole_one(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("chunks")
    write(root, "a", clip.frames, clip.actions)
    dataset = GFMinecraft(root)
    streamed, whole = observe(dataset, 0), observe_clip(dataset.read(0))
    assert streamed.content == whole.content and streamed.width == 96
    for field in fields(Sight):
        one, other = getattr(streamed.sight, field.name), getattr(whole.sight, field.name)
        assert one.shape == (70,)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-3)
    start = observe(dataset, 0, 40)
    assert len(start.actions) == len(start.sight.right) == 40


def test_motion_is_that_of_the_camera(clip: Clip) -> None:
    sight = observe_clip(clip).sight
    degrees = clip.actions[:, -2:] * 15
    for seen, turned in ((sight.right, degrees[:, 1]), (sight.down, degrees[:, 0])):
        near = np.abs(turned) * PIXELS_PER_DEGREE < 16
        assert np.abs(seen[near] + turned[near] * PIXELS_PER_DEGREE).max() < 0.3


def test_large_pictures_are_looked_at_small(clip: Clip) -> None:
    large = Clip("large", clip.frames[:20].repeat(4, 1).repeat(4, 2)[:, :-3, :-1], clip.actions[:20])
    seen = observe_clip(large)
    assert 160 <= seen.width < 320
    scale = seen.width / 96
    np.testing.assert_allclose(seen.sight.right / scale, observe_clip(clip).sight.right[:20], atol=0.5)


def test_pinned_edges_and_levels_of_the_picture() -> None:
    stripes: Frames = np.zeros((3, 32, 48, 3), np.uint8)
    stripes[:, :, ::8] = 200
    stripes[2] = np.roll(stripes[2], 3, axis=1)
    sight = observe_clip(Clip("stripes", stripes, np.zeros((3, 11), np.float32))).sight
    assert sight.pinned.tolist() == [0, 1, 0]
    assert sight.change[0] == sight.change[1] == 0 < sight.change[2]
    assert sight.darkest[0] == 0 and sight.brightest[0] == pytest.approx(200, abs=1)
