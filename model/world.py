"""A world: weights, scenes and what they need to be played."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .autoencoder import Autoencoder, AutoencoderConfig, to_pixels
from .errors import WorldError
from .machine import Machine, this_machine
from .room import check_room
from .runtime import Runtime, choose_runtime
from .session import Session
from .transfer import Download
from .transformer import Transformer, TransformerConfig
from .walk import Lap
from .weights import with_weights
from .world_folder import Clip, Frame, WorldFolder
from .world_spec import AUTOENCODER, GENERATOR, WorldSpec, build_part, check_weights, find_world, read_spec, world_hash

__all__ = ["Frame", "World", "load_autoencoder", "load_world", "read_autoencoder", "read_transformer"]


class World(WorldFolder):
    """A loaded world; `start` begins to play it."""

    def __init__(self, folder: Path, spec: WorldSpec, runtime: Runtime, window: int | None = None) -> None:
        """Load the weights of `folder`; use `load_world` instead."""
        super().__init__(folder, spec, window)
        self.transformer = read_transformer(folder, spec)
        config = self.transformer.config
        available = None if runtime.device.type == "cpu" else torch.cuda.mem_get_info(runtime.device)[1]
        number = runtime.dtype.itemsize
        check_room(self.spec, width=config.width, depth=config.depth, number=number, available=available)
        self.autoencoder = read_autoencoder(folder, spec).to(runtime.device).eval()
        self.latent_shape = config.latent_channels, config.rows, config.columns
        self.transformer.to(runtime.device, runtime.dtype).eval()
        computation = runtime.prepare(
            self.transformer,
            self.autoencoder,
            sink=spec.sink,
            window=self.spec.window,
            world=self.hash,
            looks=spec.looks,
        )
        self.evaluator = computation.evaluator
        """Computes the network for a single walk."""
        self._decode, self._encode, self._runtime = computation.decode, computation.encode, runtime
        self._beside: torch.cuda.Stream | None = None
        if runtime.device.type == "cuda":
            torch.backends.cudnn.allow_tf32 = False  # what is called single precision is that
            self._beside = torch.cuda.Stream(runtime.device)  # type: ignore[no-untyped-call] # torch leaves it untyped

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
    def machine(self) -> Machine:
        """Class of this machine as far as it decides about this world's frames."""
        return this_machine(self.device)

    def start(
        self,
        scene: str | None = None,
        *,
        seed: int = 0,
        steps: int | None = None,
        clip: Clip | None = None,
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
        frames, actions = self.beginning(scene, clip)
        return Session(self, frames, actions, seed=seed, steps=self.checked_steps(steps), pitch=pitch)

    @torch.inference_mode()
    def encode(self, frames: Frame) -> Tensor:
        """Frames (t, h, w, 3) -> normalised latents (t, c, h/8, w/8), in fp32: all that follows begins with them."""
        return self.autoencoder.encode(to_pixels(torch.tensor(frames).to(self._runtime.device)))

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> Frame:
        """Normalised latents (t, c, h/8, w/8) -> frames (t, h, w, 3)."""
        return self.decode_later(latents).wait()

    @torch.inference_mode()
    def decode_later(self, latents: Tensor) -> Download:
        """Begin to decode; a GPU does it beside what it is given next. Frames come in the order they were begun in."""
        if self._beside is None:
            return Download(self._decode(latents))
        self._beside.wait_stream(torch.cuda.current_stream(latents.device))
        with torch.cuda.stream(self._beside):
            latents.record_stream(self._beside)
            return Download(self._decode(latents))

    @torch.inference_mode()
    def show(self, latents: Tensor, lap: Lap = lambda name: None) -> tuple[Download, Tensor]:
        """Latents (t, c, h/8, w/8) as they were drawn -> their frames (t, h, w, 3), and latents to remember."""
        if not self.spec.looks:
            return self.decode_later(latents), latents
        shown = self._decode(latents)
        lap("decode")
        seen = self._encode(shown).contiguous()
        lap("encode")
        return Download(shown), seen

    def reconstruct(self, frames: Frame) -> Frame:
        """Frames through encoder and decoder: the best that the generator could show."""
        return np.concatenate(
            [self.decode(self.encode(part)) for part in np.array_split(frames, max(1, len(frames) // 16))]
        )


def load_world(name: str, *, device: str = "auto", runtime: str = "auto", window: int | None = None) -> World:
    """Load a world by bundled name or folder, to be played with a memory of `window` frames, or all it was made for.

    Raises:
        WorldError: unknown world, damaged weights, unknown device or runtime, a window outside of 1 to the world's own.
    """
    folder = find_world(name)
    spec = read_spec(folder)
    check_weights(folder, spec)
    known_as = world_hash(folder, None if window == spec.window else window)
    return World(folder, spec, choose_runtime(device, runtime, world=known_as), window)


def load_autoencoder(folder: Path) -> tuple[Autoencoder, str]:
    """Autoencoder of a world folder and the SHA-256 of its weights."""
    spec = read_spec(folder)
    return read_autoencoder(folder, spec).eval(), spec.files[AUTOENCODER]


def read_autoencoder(folder: Path, spec: WorldSpec) -> Autoencoder:
    """Build a world's autoencoder with its weights."""
    config = build_part(AutoencoderConfig, spec.autoencoder, folder, "autoencoder")
    model = with_weights(lambda: Autoencoder(config), folder / AUTOENCODER)
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return] # missing in stubs


def read_transformer(folder: Path, spec: WorldSpec) -> Transformer:
    """Build a world's generator with its weights, in fp32; its latents have to be those of the autoencoder."""
    config = build_part(TransformerConfig, spec.transformer, folder, "transformer")
    autoencoder = build_part(AutoencoderConfig, spec.autoencoder, folder, "autoencoder")
    latent = autoencoder.latent_channels, spec.height // 8, spec.width // 8
    if (config.latent_channels, config.rows, config.columns) != latent:
        raise WorldError(
            f"{folder / 'world.toml'}: transformer and autoencoder disagree on the latent's shape {latent}"
        )
    return with_weights(lambda: Transformer(config), folder / GENERATOR)
