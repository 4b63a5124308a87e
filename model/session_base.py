"""What a session is, whatever computes it: counters, noise, camera and newest frame, kept and gone back to whole."""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from .camera import Camera
from .noise import Noise
from .refit import refit
from .snapshot import Form, Snapshot


class SessionBase(ABC):
    """The part of a session that is the same in torch and in ONNX Runtime."""

    def __init__(self, camera: Camera, frame: npt.NDArray[np.uint8], *, seed: int, steps: int) -> None:
        """Begin where `camera` looks, at the last given frame (h, w, 3)."""
        self.seed, self.steps = seed, steps
        self.index = 0
        """Frames generated so far."""
        self.frame: npt.NDArray[np.uint8] = frame.copy()
        """Newest frame (h, w, 3); the last given one before the first step."""
        self.timings: dict[str, float] = {}
        """Milliseconds per stage of the newest frame, in order."""
        self._noise, self._camera = Noise(seed), camera

    @property
    def pitch(self) -> float:
        """Of the camera at the newest frame, in degrees, + = down."""
        return float(self._camera.pose[0])

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """Return the whole state, to go back to later."""

    def restore(self, snapshot: Snapshot, *, exact: bool = True) -> bool:
        """Go on from a snapshot; returns whether it is of this precision and length of memory, so this very state.

        Unless it has to be `exact`, it may be of others, and the walk goes on near to what it would have been there.

        Raises:
            StateError: one that does not fit; nothing has changed.
        """
        form = self._form
        fits = snapshot.fits(form)
        snapshot = snapshot if exact else refit(snapshot, form)
        snapshot.check(form)
        noise = Noise.at(snapshot.arrays["noise"])  # may refuse, so before anything is changed
        self._take_over(snapshot)
        self._noise = noise
        self.seed, self.steps, self.index = snapshot.seed, snapshot.steps, snapshot.index
        self.frame, self.timings = snapshot.arrays["frame"].copy(), {}
        return fits

    def save(self) -> bytes:
        """Return the whole state; `load` of any session of the same world continues from it to the byte."""
        return self.snapshot().to_bytes()

    def load(self, state: bytes, *, exact: bool = True) -> bool:
        """Continue from a saved state, as `restore` does from a snapshot."""
        return self.restore(Snapshot.from_bytes(state), exact=exact)

    @property
    @abstractmethod
    def _form(self) -> Form:
        """The form in which the state is kept."""

    @abstractmethod
    def _take_over(self, snapshot: Snapshot) -> None:
        """Put what a checked snapshot remembers, and its camera's pose, in the place of one's own."""
