from pathlib import Path

import numpy as np

from model.footage.gf_minecraft import GFMinecraft
from training.data.remembered import RememberedDataset


def test_each_clip_is_decoded_once(shared_footage: Path) -> None:
    source = GFMinecraft(shared_footage)
    remembered = RememberedDataset(source)
    first = remembered.read(1)
    assert remembered.read(1) is first
    assert np.array_equal(first.frames, source.read(1).frames) and first.name == source.names[1]
    assert (remembered.names, remembered.fps, remembered.frame_counts, remembered.size) == (
        source.names, source.fps, source.frame_counts, source.size,
    )  # fmt: skip
    assert remembered.digest(0) == source.digest(0)
