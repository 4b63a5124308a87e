"""Plain videos as a dataset: what the hands did is read from the pictures by an inverse-dynamics model.

The actions are as good as the model: `arvd-train idm` prints how well it reads footage like its own, and another game
with another field of view turns by other degrees for the same motion. Frames keep the videos' size; for the model they
are cut around the middle to the shape of its pictures and averaged down. The dataset has the rate of the footage that
the model learned from, since a walk at another rate is another walk to it: of faster videos frames are left out, slower
ones are refused (`shown_frames`).
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from model.actions import ACTION_SIZE
from model.errors import DataError
from model.files import write_atomically
from model.footage.chunked import chunked
from model.footage.clip import Actions, Dataset, Frames, Known
from model.footage.found import named_files
from model.footage.seek import Picture, SeekableVideo
from model.footage.video import read_head

from ..inverse_dynamics import InverseDynamicsModel
from .inferred_actions import infer_actions, inferred_known, model_digest
from .shown_frames import Numbers, shown_frames

ENDINGS = (".mp4", ".mkv", ".webm", ".avi", ".mov")
"""What the names of videos end in, in any case."""


class VideoFolder(Dataset):
    """The videos of a folder and its sub-folders; a clip's actions are read when they are first asked for."""

    def __init__(self, root: Path, model: InverseDynamicsModel, cache: Path | None = None) -> None:
        """Look at the heads of all videos; nothing is decoded yet.

        Args:
            root: Holds the videos; nothing is written into it.
            model: Reads the actions, on the device where it is; it says what it was trained on.
            cache: Folder in which actions stay once they are read, one file per video and model; None keeps them in
                memory only.

        Raises:
            DataError: naming the first video that cannot be used; all have one size, at least the model's.
        """
        assert model.trained_on is not None
        self._model, self._fps, self._cache = model, model.trained_on.fps, cache
        self._model_digest = model_digest(model)
        self._files = tuple(named_files(root, *ENDINGS).items())
        if not self._files:
            raise DataError(f"{root}: holds no videos; expected files that end in {', '.join(ENDINGS)}")
        heads = [read_head(path) for _, path in self._files]
        self._size = heads[0].height, heads[0].width
        for (_, path), head in zip(self._files, heads, strict=True):
            if (head.height, head.width) != self._size:
                raise DataError(
                    f"{path}: is {head.width}x{head.height}, other videos are {self._size[1]}x{self._size[0]}; "
                    "give videos of one size at a time"
                )
        rows, columns = model.config.size
        if self._size[0] < rows or self._size[1] < columns:
            raise DataError(
                f"{self._files[0][1]}: is {self._size[1]}x{self._size[0]}, smaller than the {columns}x{rows} "
                "from which actions are read; give larger videos"
            )
        self._shown: dict[int, Numbers] = {}
        self._actions: dict[int, Actions] = {}
        self._digests: dict[int, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips, sorted; a video in a sub-folder is called after it too."""
        return tuple(name for name, _ in self._files)

    @property
    def fps(self) -> float:
        """Frames per second of every clip: what the model was trained on."""
        return self._fps

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""
        return self._size

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each clip; the first time this reads through all videos, without decoding them."""
        return tuple(len(self._numbers(index)) for index in range(len(self._files)))

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip; the first time this decodes it."""
        if index not in self._actions:
            self._actions[index] = self._infer(index) if self._cache is None else self._cached(index, self._cache)
        return self._actions[index]

    def known(self, index: int) -> Known:
        """Which entries of the action vectors were read: the model's keys and the camera."""
        del index
        return inferred_known(self._model)

    def chunks(self, index: int) -> Iterator[Frames]:
        """Decode one clip a few frames at a time; raises DataError when a frame does not decode."""
        yield from chunked(self._pictures(index))

    def video(self, index: int) -> Path | None:
        """The video, if each of its frames is one of the clip."""
        path, numbers = self._files[index][1], self._numbers(index)
        with SeekableVideo(path) as video:
            return path if np.array_equal(numbers, np.arange(len(video))) else None

    def files(self, index: int) -> tuple[Path, ...]:
        """The video alone."""
        return (self._files[index][1],)

    def digest(self, index: int) -> str:
        """SHA-256 over the video and the model that reads it."""
        if index not in self._digests:
            with self._files[index][1].open("rb") as file:
                video = hashlib.file_digest(file, "sha256").hexdigest()
            whole = f"{video} {self._model_digest} {self._fps}"
            self._digests[index] = hashlib.sha256(whole.encode()).hexdigest()
        return self._digests[index]

    def _numbers(self, index: int) -> Numbers:
        if index not in self._shown:
            path = self._files[index][1]
            with SeekableVideo(path) as video:
                self._shown[index] = shown_frames(video.seconds, self._fps, path)
        return self._shown[index]

    def _pictures(self, index: int) -> Iterator[Picture]:
        path, numbers = self._files[index][1], self._numbers(index)
        with SeekableVideo(path) as video:
            decoded = video.frames_from(0)
            number = -1
            for wanted in numbers.tolist():
                while number < wanted:
                    if (found := next(decoded, None)) is None:
                        break
                    number, picture = found
                if number != wanted:
                    raise DataError(f"{path}: frame {wanted} does not decode; encode the video again or remove it")
                yield picture

    def _infer(self, index: int) -> Actions:
        return infer_actions(self._model, self.chunks(index))

    def _cached(self, index: int, cache: Path) -> Actions:
        path = cache / f"{self.digest(index)}.actions.safetensors"
        actions = _read_actions(path, len(self._numbers(index)))
        if actions is None:  # not read yet, or torn
            actions = self._infer(index)
            write_atomically(path, save({"actions": actions}))
        return actions


def _read_actions(path: Path, count: int) -> Actions | None:
    try:
        with safe_open(path, framework="numpy") as file:
            head = file.get_slice("actions")
            if (head.get_shape(), head.get_dtype()) != ([count, ACTION_SIZE], "F32"):
                return None
            actions: Actions = file.get_tensor("actions")
    except (OSError, SafetensorError):
        return None
    return actions if np.isfinite(actions).all() else None
