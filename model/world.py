"""A world: weights, scenes and what they need to be played."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from .actions import Action
from .autoencoder import Autoencoder, AutoencoderConfig, to_pixels
from .config import ConfigError, build, plain
from .errors import WorldError
from .pictures import read_picture
from .runtime import Runtime, choose_runtime
from .sampler import SamplerConfig
from .session import Session
from .transformer import Transformer, TransformerConfig
from .world_spec import (
    AUTOENCODER,
    GENERATOR,
    Scene,
    WorldSpec,
    check_weights,
    find_world,
    read_scenes,
    read_spec,
    world_hash,
)

Frame = npt.NDArray[np.uint8]
"""(h, w, 3), RGB."""


class World:
    """A loaded world; `start` begins to play it."""

    def __init__(self, folder: Path, spec: WorldSpec, runtime: Runtime) -> None:
        """Load the weights of `folder`; use `load_world` instead."""
        self.folder, self.spec = folder, spec
        self.scenes: tuple[Scene, ...] = read_scenes(folder)
        self.hash = world_hash(folder)
        """Identifies the world."""
        try:
            self.sampler = build(SamplerConfig, plain(spec.sampler), "sampler")
            config = build(TransformerConfig, spec.transformer, "transformer")
        except ConfigError as error:
            raise WorldError(f"{folder / 'world.toml'}: {error}") from None
        self.autoencoder = read_autoencoder(folder, spec).to(runtime.device).eval()
        latent = (self.autoencoder.config.latent_channels, spec.height // 8, spec.width // 8)
        if (config.latent_channels, config.rows, config.columns) != latent:
            raise WorldError(
                f"{folder / 'world.toml'}: transformer and autoencoder disagree on the latent's shape {latent}"
            )
        self.latent_shape = latent
        self.transformer = Transformer(config)
        _load_weights(self.transformer, folder / GENERATOR)
        self.transformer.to(runtime.device, runtime.dtype).eval()
        computation = runtime.prepare(
            self.transformer, self.autoencoder, sink=spec.sink, window=spec.window, world=self.hash
        )
        self.evaluator = computation.evaluator
        """Computes the network for a single walk."""
        self._decode, self._runtime = computation.decode, runtime

    @property
    def device(self) -> str:
        """Where the world runs: `cpu` or `cuda`."""
        return self._runtime.device.type

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the generator."""
        return self._runtime.dtype

    @property
    def runtime(self) -> str:
        """Runtime and precision, such as `eager bfloat16`."""
        return self._runtime.title

    @property
    def default_steps(self) -> int:
        """Evaluations per frame unless somebody chooses."""
        return self.sampler.default_steps

    @property
    def allowed_steps(self) -> tuple[int, ...]:
        """Numbers of evaluations that the world was made for, fewest first."""
        return tuple(sorted({*map(int, self.sampler.steps), self.sampler.default_steps}))

    @property
    def context_frames(self) -> int:
        """Frames that the generator sees of the past."""
        return self.spec.sink + self.spec.window

    def start(
        self,
        scene: str | None = None,
        *,
        seed: int = 0,
        steps: int | None = None,
        clip: tuple[Frame, Sequence[Action]] | None = None,
        pitch: float = 0.0,
    ) -> Session:
        """Begin a session.

        Args:
            scene: name of a scene of this world or path of a picture; the first scene if left out.
            seed: of all noise in the session.
            steps: denoising evaluations per frame; the world's own number if left out.
            clip: start from real footage instead: frames (t, h, w, 3) and t actions.
            pitch: of the camera before the first action, in degrees, + = down; a scene starts level.

        Raises:
            WorldError: unknown scene, unreadable picture, wrong frame size or number of steps.
        """
        steps = self.sampler.default_steps if steps is None else steps
        if not self.sampler.allows(steps):
            known = ", ".join(sorted(self.sampler.steps, key=int))
            raise WorldError(f"world {self.spec.name!r} cannot draw a frame in {steps} steps; use one of {known}")
        if clip is not None:
            frames, actions = clip
            if frames.shape != (len(actions), self.spec.height, self.spec.width, 3) or not len(actions):
                raise WorldError(
                    f"a clip needs frames (t, {self.spec.height}, {self.spec.width}, 3) and t actions, "
                    f"got {frames.shape} and {len(actions)}"
                )
            return Session(self, frames, list(actions), seed=seed, steps=steps, pitch=pitch)
        return Session(self, self.picture(scene)[None], [Action()], seed=seed, steps=steps, pitch=pitch)

    def picture(self, scene: str | None) -> Frame:
        """Start picture (h, w, 3) of a scene's name or of an image file, cropped and scaled to the world's frame."""
        known = {entry.name: entry.picture for entry in self.scenes}
        path = self.scenes[0].picture if scene is None else known.get(scene, Path(scene))
        if not path.is_file():
            raise WorldError(
                f"unknown scene {scene!r}; scenes of {self.spec.name!r}: {', '.join(known)}; or give a picture file"
            )
        size = self.spec.height, self.spec.width
        return fit_picture(read_picture(path, *size), *size)

    @torch.inference_mode()
    def encode(self, frames: Frame) -> Tensor:
        """Frames (t, h, w, 3) -> normalised latents (t, c, h/8, w/8), fp32 (bf16 encoding hurts rollouts)."""
        return self.autoencoder.encode(to_pixels(torch.tensor(frames).to(self._runtime.device)))

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> Frame:
        """Normalised latents (t, c, h/8, w/8) -> frames (t, h, w, 3)."""
        return self._decode(latents).cpu().numpy()

    def reconstruct(self, frames: Frame) -> Frame:
        """Frames through encoder and decoder: the best that the generator could show."""
        return np.concatenate(
            [self.decode(self.encode(part)) for part in np.array_split(frames, max(1, len(frames) // 16))]
        )


def load_world(name: str, *, device: str = "auto", runtime: str = "auto") -> World:
    """Load a world by bundled name or folder.

    Raises:
        WorldError: unknown world, damaged weights, unknown device or runtime.
    """
    folder = find_world(name)
    spec = read_spec(folder)
    check_weights(folder, spec)
    return World(folder, spec, choose_runtime(device, runtime, world=world_hash(folder)))


def load_autoencoder(folder: Path) -> tuple[Autoencoder, str]:
    """Autoencoder of a world folder and the SHA-256 of its weights."""
    spec = read_spec(folder)
    return read_autoencoder(folder, spec).eval(), spec.files[AUTOENCODER]


def read_autoencoder(folder: Path, spec: WorldSpec) -> Autoencoder:
    """Build a world's autoencoder and load its weights."""
    try:
        model = Autoencoder(build(AutoencoderConfig, spec.autoencoder, "autoencoder"))
    except ConfigError as error:
        raise WorldError(f"{folder / 'world.toml'}: {error}") from None
    _load_weights(model, folder / AUTOENCODER)
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return] # missing in stubs


def fit_picture(picture: Frame, height: int, width: int) -> Frame:
    """Crop a picture (h, w, 3) to the aspect of (height, width) about its centre and scale it with area filtering."""
    h, w = picture.shape[:2]
    if (h, w) == (height, width):
        return picture
    scale = min(h / height, w / width)
    crop_h, crop_w = max(1, round(height * scale)), max(1, round(width * scale))
    top, left = (h - crop_h) // 2, (w - crop_w) // 2
    pixels = torch.tensor(picture[top : top + crop_h, left : left + crop_w]).permute(2, 0, 1)[None].float()
    scaled = nn.functional.interpolate(pixels, size=(height, width), mode="bilinear", antialias=True)
    return scaled[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).contiguous().numpy()


def _load_weights(model: nn.Module, path: Path) -> None:
    try:
        weights: dict[str, Any] = load_file(path)
        model.load_state_dict(weights, strict=True)
    except (SafetensorError, RuntimeError, OSError) as error:
        first = str(error).splitlines()[0]
        raise WorldError(f"{path}: does not fit world.toml ({first}); install the world again") from None
