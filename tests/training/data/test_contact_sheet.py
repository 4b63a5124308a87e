from pathlib import Path

import numpy as np

from model.footage.gf_minecraft import GFMinecraft
from tests.footage import write_clip
from training.data.contact_sheet import CLIPS, COLUMNS, contact_sheet, sheet_rows


def test_a_row_per_clip_that_shows_its_frames(shared_footage: Path) -> None:
    dataset = GFMinecraft(shared_footage)
    calls: list[None] = []
    sheet = contact_sheet(dataset, lambda: calls.append(None))
    assert sheet.dtype == np.uint8 and len(calls) == 3
    height, width = sheet.shape[:2]
    assert width > COLUMNS * 48 * 4 and height > 3 * 32 * 4  # small frames are shown larger
    frame = dataset.read(0).frames[3]  # of 24 frames at sixths: the first that is shown
    row, column = (sheet[:, :, 0] == frame[8, 24, 0]).nonzero()
    assert len(row) and len(column)


def test_many_clips_are_sampled_and_one_frame_is_enough(tmp_path: Path) -> None:
    for k in range(CLIPS + 2):
        write_clip(tmp_path, f"é {k} 中", 1 if k == 0 else 3, k)
    dataset = GFMinecraft(tmp_path)
    assert sheet_rows(dataset) == CLIPS
    assert contact_sheet(dataset).shape[0] > CLIPS * 32
