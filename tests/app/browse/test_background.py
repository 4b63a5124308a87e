from pathlib import Path

import numpy as np

from app.browse.background import Background
from model.footage.gf_minecraft import GFMinecraft
from model.footage.video import decode_video

from .test_decoder import until


def test_what_is_looked_at_is_read_and_what_is_not_stays_unread(shared_footage: Path) -> None:
    dataset = GFMinecraft(shared_footage)
    background = Background(dataset, lambda: None)
    background.start()
    background.want(1, [0, 1], digest=False)
    until(lambda: background.facts(1) is not None and background.small(1) is not None)
    facts, small = background.facts(1), background.small(1)
    assert facts is not None and small is not None
    np.testing.assert_array_equal(facts.actions, dataset.actions(1))
    assert any(np.array_equal(small, frame) for frame in decode_video(dataset.video(1) or Path()))
    assert background.facts(0) is None and background.small(2) is None and background.digest(1) == ""
    background.want(1, [0, 1], digest=True)
    until(lambda: background.digest(1) == dataset.digest(1))
    background.close()


def test_damaged_clips_have_no_picture_and_stop_nothing(footage: Path) -> None:
    dataset = GFMinecraft(footage)
    (footage / "video" / "a.mp4").write_bytes(b"no video")
    background = Background(dataset, lambda: None)
    background.start()
    background.want(None, [0, 1], digest=False)
    until(lambda: background.small(1) is not None)
    assert background.small(0) is None
    background.close()
    background.check()
