"""A world as ONNX Runtime plays it: what `model.world` is to torch."""

import importlib.util
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import WorldError
from ..machine import Machine, count_threads, machine_of_onnx
from ..room import check_room
from ..runtimes.names import ONNX_RUNTIMES
from ..world_folder import Clip, Frame, WorldFolder
from ..world_spec import AUTOENCODER, GENERATOR, WorldSpec, check_weights, find_world, read_spec, world_hash
from .context import Context, Put
from .device import best_device
from .files import WEIGHTS_OF, Export, cache_folder, find_export
from .forms import Sizes, expected, sizes_of
from .graph import Graph
from .memory import Memory
from .positions import Positions
from .quantise import quantise_world
from .session import OnnxSession
from .weights import joined, read_weights

FLOAT, INT8 = ONNX_RUNTIMES


class OnnxWorld(WorldFolder):
    """A loaded world; `start` begins to play it."""

    def __init__(
        self, folder: Path, spec: WorldSpec, export: Export, *, runtime: str, device: str, threads: int
    ) -> None:
        """Open the graphs of `export`; use `load_onnx_world` instead."""
        super().__init__(folder, spec)
        self.dtype = "int8" if runtime == INT8 else "float32"
        """Precision of the generator."""
        self.device = device
        """Where the world runs: `cpu` or `cuda`."""
        self._threads = threads
        weights = {name: read_weights(folder / name) for name in (GENERATOR, AUTOENCODER)}
        self.graphs: dict[str, Graph] = {}
        """By their names in `files.WEIGHTS_OF`."""
        for name, file in WEIGHTS_OF.items():
            try:
                own = {label: joined(weights[file], parts) for label, parts in export.sources[name].items()}
            except (KeyError, TypeError, ValueError) as error:
                raise WorldError(f"{export.graph(name)}: does not fit {file} ({error}); export it again") from None
            self.graphs[name] = Graph(export.graph(name), own, device=device, threads=threads)
        self._put = None if device == "cpu" else Put(device)
        sizes = self._sizes(export)
        self.latent_shape = sizes.channels, spec.height // 8, spec.width // 8
        check_room(spec, width=sizes.heads * sizes.head_dim, depth=sizes.layers, number=4)
        tokens = spec.height * spec.width // 256
        self._memory = sizes.layers, tokens, sizes.heads, sizes.head_dim
        self._positions = Positions(export.positions, tokens=self._memory[1], head_dim=self._memory[3])

    @property
    def runtime(self) -> str:
        """Runtime and precision."""
        return f"onnx {self.dtype}"

    @property
    def machine(self) -> Machine:
        """Class of this machine as far as it decides about this world's frames."""
        return machine_of_onnx(self.device, threads=self._threads)

    def start(
        self,
        scene: str | None = None,
        *,
        seed: int = 0,
        steps: int | None = None,
        clip: Clip | None = None,
        pitch: float = 0.0,
    ) -> OnnxSession:
        """Begin a session; arguments and errors are those of `model.world.World.start`."""
        frames, actions = self.beginning(scene, clip)
        return OnnxSession(self, frames, actions, seed=seed, steps=self.checked_steps(steps), pitch=pitch)

    def encode(self, frames: Frame) -> npt.NDArray[np.float32]:
        """Frames (t, h, w, 3) -> normalised latents (t, c, h/8, w/8)."""
        encoder, latents = self.graphs["encode"].bind(), np.zeros((len(frames), *self.latent_shape), np.float32)
        for latent, frame in zip(latents, frames, strict=True):
            encoder.inputs["frames"][0] = frame
            encoder.run()
            latent[:] = encoder.outputs["latents"][0]
        return latents

    def reconstruct(self, frames: Frame) -> Frame:
        """Frames (t, h, w, 3) through encoder and decoder: the best that the generator could show."""
        decoder, shown = self.graphs["decode"].bind(), np.empty_like(frames)
        for frame, latent in zip(shown, self.encode(frames), strict=True):
            decoder.inputs["latents"][0] = latent
            decoder.run()
            frame[:] = decoder.outputs["frames"][0]
        return shown

    def memory(self) -> Memory:
        """Return an empty memory for a session."""
        return Memory(self._positions, self._memory, sink=self.spec.sink, window=self.spec.window)

    def context(self, memory: Memory) -> Context:
        """Return what of a session's memory its graphs read."""
        return Context(memory, self._put)

    def _sizes(self, export: Export) -> Sizes:
        """Check that the graphs are those of `world.toml`, and return what it does not say."""
        sizes = sizes_of(self.graphs["two"].inputs)
        found = {name: (graph.inputs, graph.outputs) for name, graph in self.graphs.items()}
        if sizes is None or found != expected(self.spec, sizes):
            raise WorldError(f"{export.folder}: the graphs do not fit {self.folder / 'world.toml'}; export it again")
        return sizes


def load_onnx_world(name: str, *, runtime: str = FLOAT, device: str = "auto", threads: int | None = None) -> OnnxWorld:
    """Load a world by bundled name or folder, without torch where it was exported before.

    Without an export it is made now, into the person's cache, which takes torch. `runtime` is one of ONNX_RUNTIMES;
    `threads` counts as `model.machine.count_threads` does.

    Raises:
        WorldError: unknown world, damaged files, no export and no torch, or a device that is not there.
    """
    folder = find_world(name)
    spec = read_spec(folder)
    check_weights(folder, spec)
    if runtime == INT8 and device == "cuda":
        raise WorldError(f"runtime {INT8} is for the processor; leave --device out, or use --runtime cuda-int8")
    device, count = best_device("cpu" if runtime == INT8 else device), count_threads(threads)

    def opened(export: Export, runtime: str) -> OnnxWorld:
        return OnnxWorld(folder, spec, export, runtime=runtime, device=device, threads=count)

    if runtime != INT8:
        return opened(_export_of(folder), FLOAT)
    world = world_hash(folder)
    if (export := find_export(folder, world, INT8)) is None:
        whole = _export_of(folder)
        quantise_world(opened(whole, FLOAT), whole, cache_folder(world, INT8))
        export = find_export(folder, world, INT8)
        assert export is not None
    return opened(export, INT8)


def _export_of(folder: Path) -> Export:
    """Find the export of a world in float32, or make it."""
    world = world_hash(folder)
    if (export := find_export(folder, world, FLOAT)) is not None:
        return export
    if importlib.util.find_spec("torch") is None:
        raise WorldError(
            f"{folder} holds no ONNX graphs of this world, which are made with torch; install torch, or let somebody "
            "who has it run arvd-train export-onnx on the world"
        )
    from .export import export_world

    export_world(folder, cache_folder(world, FLOAT))
    export = find_export(folder, world, FLOAT)
    assert export is not None
    return export
