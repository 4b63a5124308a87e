"""Reader of LeRobot datasets: v3, whose files hold many episodes each, and v2, with files for every episode.

A LeRobot action is what was done on seeing the frame of its row (pre-action), so our row k is their row k-1 and our
row 0 is neutral. What their last row holds led to no frame and is left. Frames are found by their times in the video.
"""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from model.errors import DataError
from model.footage.clip import Actions, Dataset, Details, Frames, Known, Prompt
from model.footage.untrusted import inside
from model.footage.video import read_head

from .extras import needed
from .isolated import IsolatedReader
from .lerobot_actions import MAX_NUMBERS, OURS, CameraUnit, action_names
from .lerobot_meta import Episode, read_episodes, read_info, read_tasks
from .parquet import ParquetRows, readable
from .spans import Span

with needed("pyarrow"):
    import pyarrow as pa
    import pyarrow.compute as pc

_COLUMNS = ("action", "episode_index", "frame_index", "timestamp", "task_index")


class _Rows(NamedTuple):
    """What the data files hold of one episode."""

    actions: npt.NDArray[np.floating[Any]]
    """(t, n), as they stand there."""
    tasks: npt.NDArray[np.int64]
    """(t,), numbers of tasks; empty where there are none."""


class LeRobot(Dataset):
    """A folder in the layout of LeRobotDataset v3, v2.1 or v2.0."""

    def __init__(self, root: Path, *, camera: str | None = None, camera_unit: CameraUnit = "degrees") -> None:
        """Read what `meta/` says of the dataset under `root`; no video is decoded.

        Args:
            root: folder that holds meta/, data/ and videos/.
            camera: feature with the pictures, where there are several.
            camera_unit: of camera motion whose name tells no unit.

        Raises:
            DataError: naming the first fault, or the names of an action when none of them is known.
        """
        if not root.is_dir():
            raise DataError(f"{root}: no such folder; give the folder that holds meta/, data/ and videos/")
        self.root = root
        self._info = read_info(root, camera)
        self._reader = IsolatedReader("parquet")
        self._names = action_names(self._info.features.get("action"), camera_unit, str(root / "meta" / "info.json"))
        self._episodes = read_episodes(self._info, self._reader)
        self._rows: ParquetRows | None = None  # of the file that was read last
        for episode in self._episodes:
            if not inside(root, episode.video).is_file():
                raise DataError(f"{episode.video}: the video is missing; restore it or export the dataset again")
        self._check_places()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips, in the order of the episodes: our own ones, or made of the episodes' numbers."""
        return tuple(episode.name for episode in self._episodes)

    @property
    def fps(self) -> float:
        """Frames per second of every clip."""
        return self._info.fps

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each clip."""
        return tuple(episode.frames for episode in self._episodes)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame: those of the first, which all others are held against."""
        head = read_head(self._episodes[0].video)
        return head.height, head.width

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip, moved to the frames that they led to."""
        episode = self._episodes[index]
        where = f"{episode.data}: episode {episode.index}"
        theirs = self._names.vectors(self._read(episode).actions, where)
        actions = np.zeros_like(theirs)
        actions[1:] = theirs[:-1]
        if episode.first_action is not None:
            actions[0] = OURS.vectors(episode.first_action[None], where)[0]
        return actions

    def chunks(self, index: int) -> Iterator[Frames]:
        """Decode one clip a few frames at a time; raises DataError when a frame is missing or at another time."""
        for frames in self._span(index).chunks():
            if frames.shape[1:3] != self.size:
                height, width = self.size
                raise DataError(
                    f"{self._episodes[index].video}: is {frames.shape[2]}x{frames.shape[1]}, other clips are "
                    f"{width}x{height}; keep one size"
                )
            yield frames

    def digest(self, index: int) -> str:
        """SHA-256 over the clip's coded pictures and actions; other clips in the same files do not change it."""
        known = self.known(index).tobytes()
        parts = (
            bytes.fromhex(self._span(index).digest()),
            str(self.fps).encode(),
            known,
            self.actions(index).tobytes(),
        )
        return hashlib.sha256(b"".join(parts)).hexdigest()

    def known(self, index: int) -> Known:
        """Which entries of one clip's action vectors were recorded: as we noted, or those that are named."""
        noted = self._episodes[index].known
        return self._names.known() if noted is None else noted & self._names.known()

    def pitch(self, index: int) -> float:
        """Pitch of the camera as one clip begins, in degrees, as we noted it; others have no word for it."""
        return self._episodes[index].pitch

    def details(self, index: int) -> Details:
        """As we noted them; of others' datasets the tasks as prompts, each over the frames that it was set for."""
        episode = self._episodes[index]
        if episode.details is not None:
            return episode.details
        tasks = self._read(episode).tasks
        changes = np.flatnonzero(np.diff(tasks)) + 1
        prompts = [
            Prompt(int(start), int(end), self._tasks.get(int(tasks[start]), ""))
            for start, end in zip((0, *changes), (*changes, len(tasks)), strict=True)
            if len(tasks)
        ]
        return Details(prompts=tuple(prompt for prompt in prompts if prompt.text))

    def video(self, index: int) -> Path | None:
        """The clip's own video, in v2."""
        return self._episodes[index].video if self._info.version == 2 else None

    @cached_property
    def _tasks(self) -> dict[int, str]:
        return read_tasks(self._info, self._reader)

    def _span(self, index: int) -> Span:
        episode = self._episodes[index]
        return Span(episode.video, episode.start, episode.frames, self.fps)

    def _check_places(self) -> None:
        """Hold what episodes state of their rows and frames against the files and against each other."""
        rows: dict[Path, int] = {}
        frames: dict[Path, float] = {}
        for episode in self._episodes:
            begin = episode.start * self.fps
            if episode.first_row != rows.get(episode.data, 0) or begin < frames.get(episode.video, 0) - 0.5:
                raise DataError(
                    f"{self.root}: episode {episode.index} does not begin where the one before it ends; export the "
                    "dataset again"
                )
            rows[episode.data] = episode.first_row + episode.frames
            frames[episode.video] = begin + episode.frames
        for path, count in rows.items():
            if (found := self._file(path).rows) != count:
                raise DataError(f"{path}: has {found:,} rows, its episodes {count:,} frames; export the dataset again")

    def _file(self, path: Path) -> ParquetRows:
        rows = self._rows
        if rows is None or rows.path != path:
            self._rows = rows = ParquetRows(inside(self.root, path), _COLUMNS, self._reader)
        return rows

    def _read(self, episode: Episode) -> _Rows:
        rows = self._file(episode.data)
        where = f"{episode.data}: episode {episode.index}"
        if lacking := [name for name in _COLUMNS[:4] if name not in rows.columns]:
            raise DataError(f"{episode.data}: lacks the column {lacking[0]}; export the dataset again")
        table = rows.read(episode.first_row, episode.first_row + episode.frames)
        with readable(episode.data):
            actions = _matrix(table.column("action"))
            numbers = {name: _numbers(table.column(name)) for name in rows.columns if name != "action"}
        order = np.arange(episode.frames)
        if (numbers["episode_index"] != episode.index).any() or (numbers["frame_index"] != order).any():
            raise DataError(f"{where}: its rows are not where the episodes say; export the dataset again")
        if not (np.abs(numbers["timestamp"] * self.fps - order) < 0.5).all():
            raise DataError(f"{where}: its times are not those of {self.fps:g} frames/s; export it at a constant rate")
        if actions.shape[1] != self._names.count:
            raise DataError(f"{where}: has actions of {actions.shape[1]} numbers, {self._names.count} are named")
        return _Rows(actions, numbers.get("task_index", order[:0]))


def _numbers(column: Any) -> npt.NDArray[Any]:
    """A column of single numbers as an array (t,)."""
    values = column.to_numpy()
    if values.dtype.kind not in "iuf":
        raise ValueError("a column holds something else than numbers")
    return np.asarray(values)


def _matrix(column: Any) -> npt.NDArray[np.floating[Any]]:
    """A column of lists of one length as an array (t, n) of floats."""
    kind = column.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)):
        raise ValueError("actions are no lists")
    array = column.combine_chunks()
    values = array.flatten().to_numpy(zero_copy_only=False)
    width, rest = divmod(len(values), len(array))
    if rest or not 0 < width <= MAX_NUMBERS or array.null_count or values.dtype.kind not in "fiub":
        raise ValueError("actions are no lists of numbers of one length")
    if (pc.list_value_length(array).to_numpy(zero_copy_only=False) != width).any():
        raise ValueError("actions are lists of several lengths")
    return np.asarray(values.reshape(len(array), width), values.dtype if values.dtype.kind == "f" else np.float32)
