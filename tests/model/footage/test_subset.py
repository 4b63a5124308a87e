from pathlib import Path

import numpy as np

from model.footage.gf_minecraft import GFMinecraft
from model.footage.subset import Subset


def test_a_subset_shows_its_clips_in_its_order(shared_footage: Path) -> None:
    whole = GFMinecraft(shared_footage)
    part = Subset(whole, (2, 0))
    assert part.names == ("c", "a") and part.frame_counts == (20, 24)
    assert (part.fps, part.size) == (whole.fps, whole.size)
    for ours, theirs in ((0, 2), (1, 0)):
        assert part.digest(ours) == whole.digest(theirs) and part.video(ours) == whole.video(theirs)
        assert part.details(ours) == whole.details(theirs)
        np.testing.assert_array_equal(part.actions(ours), whole.actions(theirs))
        np.testing.assert_array_equal(part.known(ours), whole.known(theirs))
        np.testing.assert_array_equal(part.read(ours).frames, whole.read(theirs).frames)
