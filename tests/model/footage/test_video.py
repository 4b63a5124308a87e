from pathlib import Path

import numpy as np

from model.footage.chunked import CHUNK_BYTES
from model.footage.video import decode_chunks
from tests.footage import write_video


def test_large_pictures_are_held_a_few_at_a_time(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", np.zeros((5, 2000, 2000, 3), np.uint8))
    chunks = [frames.nbytes for frames in decode_chunks(tmp_path / "a.mp4")]
    assert len(chunks) == 3 and max(chunks) <= CHUNK_BYTES
