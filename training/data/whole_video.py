"""Videos that hold one frame for each action of their clip: asked before one is copied, which looks at no frame."""

from collections.abc import Collection, Iterable
from pathlib import Path

from model.errors import DataError
from model.footage.clip import Dataset, Frames
from model.footage.seek import SeekableVideo
from model.footage.video import read_head


def whole_video(dataset: Dataset, index: int, endings: Collection[str]) -> Path | None:
    """File of one clip that may be copied as it is, its name ending so (".mp4"); None where frames are to be encoded.

    Frames are counted without decoding, where the file tells them apart.

    Raises:
        DataError: when the file has more or fewer frames than the clip has actions, or is no video.
    """
    path = dataset.video(index)
    if path is None or path.suffix.lower() not in endings:
        return None
    frames, actions = count_frames(path, dataset.chunks(index)), len(dataset.actions(index))
    if frames != actions:
        raise DataError(
            f"{dataset.names[index]}: the video has {frames} frames but there are {actions} actions; "
            "copy the clip again or remove it"
        )
    # a file from which frames were cut without encoding it anew still states them, and readers take it at its word
    return path if read_head(path).frames in (0, frames) else None


def count_frames(path: Path, chunks: Iterable[Frames]) -> int:
    """Frames of a video; `chunks` decode it, and are used only where its packets do not tell when they are shown."""
    try:
        with SeekableVideo(path) as video:
            return len(video)
    except DataError:  # decoding counts them, or says what is wrong
        return sum(map(len, chunks))
