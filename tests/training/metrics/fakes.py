"""Worlds whose right answers are known: one obeys, one ignores its actions, one knows the future, one repeats."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from model.actions import Action
from model.footage.clip import Clip
from training.metrics.pictures import Bytes
from training.metrics.playable import CONTEXT

HEIGHT, WIDTH, FPS = 64, 96, 16.0
PIXELS_PER_DEGREE = 1.0
GROWTH = 1.02
"""Zoom of one frame of walking."""


def texture(height: int, width: int, seed: int, cell: int = 4) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Smooth random luminance (height, width) in about 20..235, periodic at its borders."""
    noise = np.random.default_rng(seed).standard_normal((height, width))
    return 128 + 40 * blur(noise, cell / 2) / max(float(blur(noise, cell / 2).std()), 1e-9)


def blur(image: np.ndarray, deviation: float) -> np.ndarray:
    """Periodic Gaussian blur."""
    y, x = (np.fft.fftfreq(n) for n in image.shape)
    weight = np.exp(-2 * np.pi**2 * deviation**2 * (y[:, None] ** 2 + x[None] ** 2))
    return np.fft.ifft2(np.fft.fft2(image) * weight).real


def shifted(image: np.ndarray, dx: float, dy: float) -> np.ndarray:
    """Content moved right by `dx` and down by `dy`, exactly, around the borders."""
    y, x = (np.fft.fftfreq(n) for n in image.shape)
    return np.fft.ifft2(np.fft.fft2(image) * np.exp(-2j * np.pi * (x[None] * dx + y[:, None] * dy))).real


def zoomed(image: np.ndarray, scale: float) -> np.ndarray:
    """Content grown about the centre, bilinear."""
    h, w = image.shape
    y, x = np.meshgrid(np.arange(h), np.arange(w), indexing="ij")
    y, x = (y - h / 2) / scale + h / 2, (x - w / 2) / scale + w / 2
    y0, x0 = np.floor(y).astype(int), np.floor(x).astype(int)
    fy, fx = y - y0, x - x0
    top = image[y0 % h, x0 % w] * (1 - fx) + image[y0 % h, (x0 + 1) % w] * fx
    low = image[(y0 + 1) % h, x0 % w] * (1 - fx) + image[(y0 + 1) % h, (x0 + 1) % w] * fx
    mixed: np.ndarray = top * (1 - fy) + low * fy
    return mixed


def as_frame(grey: np.ndarray) -> Bytes:
    """Luminance (h, w) -> grey picture (h, w, 3)."""
    picture: Bytes = np.repeat(grey.round().clip(0, 255).astype(np.uint8)[..., None], 3, -1)
    return picture


@dataclass(frozen=True)
class Camera:
    """Looks at a wide textured wall."""

    seed: int = 0
    yaw: float = 0.0
    size: float = 1.0

    def moved(self, action: Action) -> "Camera":
        """After one action: turns slide the wall, walking grows it."""
        walk = action.forward - action.back
        return replace(self, yaw=self.yaw + action.yaw, size=self.size * GROWTH**walk)

    def picture(self) -> Bytes:
        """What it sees (h, w, 3)."""
        wall = shifted(_wall(self.seed), -self.yaw * PIXELS_PER_DEGREE, 0)
        middle = zoomed(wall, self.size)
        left = (middle.shape[1] - WIDTH) // 2
        return as_frame(middle[:, left : left + WIDTH])


_walls: dict[int, np.ndarray] = {}


def _wall(seed: int) -> np.ndarray:
    if seed not in _walls:
        _walls[seed] = texture(HEIGHT, 4 * WIDTH, seed)
    return _walls[seed]


@dataclass(frozen=True)
class WallFootage:
    """A dataset of walls; clip k holds the given play."""

    plays: tuple[tuple[Action, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"wall{k}" for k in range(len(self.plays)))

    @property
    def fps(self) -> float:
        return FPS

    @property
    def frame_counts(self) -> tuple[int, ...]:
        return tuple(len(play) for play in self.plays)

    @property
    def size(self) -> tuple[int, int]:
        return HEIGHT, WIDTH

    def read(self, index: int) -> Clip:
        return self._clips[index]

    def pitch(self, index: int) -> float:
        return 0.0

    def digest(self, index: int) -> str:
        return str(index)

    @cached_property
    def _clips(self) -> list[Clip]:
        clips = []
        for k, play in enumerate(self.plays):
            cameras = [Camera(seed=k)]
            for action in play[1:]:
                cameras.append(cameras[-1].moved(action))
            vectors = np.stack([Action().vector(), *(action.vector() for action in play[1:])])
            clips.append(Clip(f"wall{k}", np.stack([camera.picture() for camera in cameras]), vectors))
        return clips


Next = Callable[[Bytes, Camera, Action], tuple[Bytes, Camera]]


@dataclass
class FakeSession:
    frame: Bytes
    camera: Camera
    draw: Next

    def step(self, action: Action) -> Bytes:
        self.frame, self.camera = self.draw(self.frame, self.camera, action)
        return self.frame


@dataclass(frozen=True)
class FakeWorld:
    """Starts where `locate` says that a context ends and draws each frame with `draw`."""

    draw: Next
    locate: Callable[[Bytes, int], Camera] = lambda frame, seed: Camera(seed=seed)

    def start(
        self,
        scene: str | None = None,
        *,
        seed: int = 0,
        steps: int | None = None,
        clip: tuple[Bytes, Sequence[Action]] | None = None,
        pitch: float = 0.0,
    ) -> FakeSession:
        del scene, steps, pitch
        last = clip[0][-1] if clip else Camera().picture()
        camera = self.locate(last, seed)
        return FakeSession(last if clip else camera.picture(), camera, self.draw)

    def reconstruct(self, frames: Bytes) -> Bytes:
        return frames


@dataclass
class Replay:
    frames: list[Bytes]

    def step(self, action: Action) -> Bytes:
        del action
        return self.frames.pop(0)


@dataclass(frozen=True)
class Oracle:
    """Finds its context in the footage and knows what followed."""

    footage: WallFootage

    def start(
        self,
        scene: str | None = None,
        *,
        seed: int = 0,
        steps: int | None = None,
        clip: tuple[Bytes, Sequence[Action]] | None = None,
        pitch: float = 0.0,
    ) -> Replay:
        del scene, seed, steps, pitch
        assert clip is not None
        frames, actions = clip
        assert len(frames) == len(actions) == CONTEXT
        vectors = np.stack([action.vector() for action in actions])
        for index in range(len(self.footage.plays)):
            real = self.footage.read(index)
            for k in range(CONTEXT, len(real)):
                alike = np.array_equal(real.frames[k - CONTEXT : k], frames)
                if alike and np.allclose(real.actions[k - CONTEXT : k], vectors):
                    return Replay(list(real.frames[k:]))
        raise AssertionError("context and actions were not handed over as they stand in the footage")

    def reconstruct(self, frames: Bytes) -> Bytes:
        return frames


def obey(frame: Bytes, camera: Camera, action: Action) -> tuple[Bytes, Camera]:
    """Do what the hands ask."""
    del frame
    camera = camera.moved(action)
    return camera.picture(), camera


def ignore_actions(frame: Bytes, camera: Camera, action: Action) -> tuple[Bytes, Camera]:
    """Turn right and walk forward, whatever the hands do."""
    del action
    return obey(frame, camera, Action(forward=True, yaw=2.0))


def repeat(frame: Bytes, camera: Camera, action: Action) -> tuple[Bytes, Camera]:
    """Stand still."""
    del action
    return frame, camera
