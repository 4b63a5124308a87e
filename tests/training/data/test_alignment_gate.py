from pathlib import Path

from model.footage.gf_minecraft import GFMinecraft
from tests.footage import write_clip
from training.data.alignment_gate import aligned_clips
from training.data.shifted import ShiftedDataset


def test_clips_that_are_off_are_left_out_with_the_remedy(tmp_path: Path) -> None:
    for seed in range(2):
        write_clip(tmp_path, f"clip{seed}", 200, seed)
    dataset = GFMinecraft(tmp_path)
    asked: list[None] = []
    taken, refused = aligned_clips(dataset, lambda: asked.append(None))
    assert taken.names == ("clip0", "clip1") and refused == () and len(asked) == 2

    early = ShiftedDataset(dataset, -1)
    taken, refused = aligned_clips(early)
    assert taken.names == () and [clip.name for clip in refused] == ["clip0", "clip1"]
    assert "one frame early" in refused[0].why and "--shift 1" in refused[0].why
    assert aligned_clips(ShiftedDataset(early, 1))[1] == ()
