"""A clip: frames and the actions between them, the one form in which footage is handed on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer

from model.errors import DataError

Frames = npt.NDArray[np.uint8]
"""(t, h, w, 3), RGB, 0..255."""
Actions = npt.NDArray[np.float32]
"""(t, 11), action vectors; row k turned frame k-1 into frame k, row 0 is neutral."""


@dataclass(frozen=True)
class Clip:
    """Frames with one action each; `actions[t]` is what turned frame t-1 into frame t."""

    name: str
    frames: Frames
    actions: Actions

    def __post_init__(self) -> None:
        """Refuse frames and actions that do not pair up."""
        if len(self.frames) != len(self.actions):
            raise DataError(
                f"{self.name}: {len(self.frames)} frames, {len(self.actions)} actions; export the clip again"
            )

    def __len__(self) -> int:
        """Count of frames."""
        return len(self.actions)


class Dataset(Protocol):
    """Footage that can be read clip by clip."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips, in a fixed order."""

    @property
    def fps(self) -> float:
        """Frames per second of every clip."""

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each clip."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip, without decoding it."""

    def read(self, index: int) -> Clip:
        """Decode one clip, whole."""

    def digest(self, index: int) -> str:
        """Content hash of one clip, to key caches by."""


def open_video(path: Path) -> InputContainer:
    """Open a video file that has at least one video stream.

    Only the file itself is ever read: a playlist in a video's clothes reaches no other file or host.

    Raises:
        DataError: when the file is missing or is no video.
    """
    try:
        # an absolute path cannot be mistaken for a URL, whatever the clip's name
        container = av.open(str(path.absolute()), metadata_errors="ignore", options={"protocol_whitelist": "file"})
    except FileNotFoundError:
        raise DataError(f"{path}: the video is missing; restore it or remove the clip") from None
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise unreadable_video(path, error) from None
    # a stream of unknown codec has no context, whatever PyAV's types say
    if not any(stream.codec_context for stream in container.streams.video[:1]):
        container.close()
        raise DataError(f"{path}: holds no video that can be decoded; record or export the clip again")
    return container


def unreadable_video(path: Path, error: Exception) -> DataError:
    """Return the error for a video that does not decode."""
    reason = getattr(error, "strerror", None) or error
    return DataError(f"{path}: not a readable video ({reason}); copy the file again or remove the clip")


def decode_video(path: Path) -> Frames:
    """Decode a whole video into (t, h, w, 3) bytes.

    Raises:
        DataError: when the file is missing or is no readable video.
    """
    try:
        with open_video(path) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise unreadable_video(path, error) from None
    if not frames:
        raise DataError(f"{path}: holds no frames; record the clip again")
    if len({frame.shape for frame in frames}) > 1:
        raise DataError(f"{path}: the picture changes its size within the clip; split the clip at the change")
    return np.stack(frames)
