"""Encoding beside the game: while one frame is encoded, the next one is drawn."""

import queue
import threading
from types import TracebackType

from model.footage.video import VideoWriter

from .client import Frame

_QUEUE = 32  # frames that may wait for the encoder


class BackgroundEncoder:
    """Encodes frames in a thread of its own while the game draws the next ones; a context manager."""

    def __init__(self, video: VideoWriter) -> None:
        """Feed `video`."""
        self._video = video
        self._frames: queue.Queue[Frame | None] = queue.Queue(_QUEUE)
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._encode, name="encoder")

    def take(self, frame: Frame) -> None:
        """Hand on one frame; waits where the encoder is slower than the game, raises what the encoder raised."""
        if self._error:
            raise self._error
        self._frames.put(frame)

    def _encode(self) -> None:
        while (frame := self._frames.get()) is not None:
            if self._error:
                continue  # the other thread is told with its next frame; until then it must not wait
            try:
                self._video.write(frame[None])
            except Exception as error:
                self._error = error

    def __enter__(self) -> "BackgroundEncoder":
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Encode what still waits; raise what the encoder raised."""
        self._frames.put(None)
        self._thread.join()
        if self._error and kind is None:
            raise self._error
