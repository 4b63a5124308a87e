"""A world compiled for this machine: its functions as native code, made once and kept in the person's cache.

Made by torch's ahead-of-time compiler (AOTInductor) with the weights laid out for the processor's matrix units, which
takes a C++ compiler and a minute; opened in a second or two. The decoder is made for each number of threads apart:
that is what the weights of convolutions are laid out by, and with another number they would be laid out anew for every
frame, which takes ten times as long as the frame. Code is only ever loaded that this machine made itself: what is kept
stands under a name that every ingredient goes into, beside a digest of each file.
"""

import functools
import hashlib
import json
import os
import platform
import shlex
import shutil
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import torch
from torch import Tensor, nn

from ..actions import ACTION_SIZE
from ..autoencoder import Autoencoder
from ..errors import WorldError
from ..machine import computing_with, most_threads, numbers_of_threads, processor_model, this_machine
from ..transformer import Transformer
from .evaluation import Evaluation
from .native import NativeFunction
from .static import Decoding, Encoding, Evaluate

_NAMES = ("two", "one")
_ABOUT = "about.json"
_SOURCES = (
    "autoencoder.py",
    "positions.py",
    "transformer.py",
    "runtimes/evaluation.py",
    "runtimes/static.py",
    "runtimes/packages.py",
)
_Module = tuple[nn.Module, tuple[Tensor, ...], int]
"""What is compiled, arguments of the shapes that it will be given, and for how many threads."""
_LEAST_CACHE = 200 * 10**6  # bytes that must be free to compile


@dataclass(frozen=True)
class Packages:
    """The compiled functions."""

    two: Evaluate
    """`Evaluation.forward` of the newest frame and the next: velocity, keys and values."""
    one: Evaluate
    """`Evaluation.forward` of the next frame alone: the velocity."""
    decode: Callable[[Tensor], Tensor]
    """`Decoding.forward` of one latent."""
    encode: Callable[[Tensor], Tensor]
    """`Encoding.forward` of one picture; only there for a world that `looks` at its own."""


def packages_folder(world: str, dtype: torch.dtype) -> Path:
    """Return where the packages of the world with this hash are kept, there or not."""
    here = this_machine("cpu")
    sources = b"".join((Path(__file__).parents[1] / name).read_bytes() for name in _SOURCES)
    machine = here.processor, processor_model(), here.torch, sys.platform, platform.machine()
    parts = (world, str(dtype), *machine, str(numbers_of_threads()), sources.hex())
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return platformdirs.user_cache_path("arvd", appauthor=False) / "compiled" / digest[:32]


def has_compiler() -> bool:
    """Whether the C++ compiler that torch would call is there."""
    command = shlex.split(os.environ.get("CXX", "")) or ["clang++" if sys.platform == "darwin" else "g++"]
    return shutil.which(command[0]) is not None


def are_made(folder: Path) -> bool:
    """Whether packages are there, and whole."""
    try:
        about = json.loads((folder / _ABOUT).read_bytes())
        wanted = {*_NAMES, *(_for("decode", threads) for threads in numbers_of_threads())}
        return wanted <= set(about) and all(about[name] == _digest(folder / f"{name}.so") for name in about)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def make_packages(
    folder: Path,
    model: Transformer,
    autoencoder: Autoencoder,
    *,
    sink: int,
    window: int,
    looks: bool = False,
    progress: Callable[[str], None] = lambda what: None,
) -> None:
    """Compile; `folder` is there whole at the end, or not at all.

    `autoencoder` has the precision of `model`; its encoder is compiled where a world `looks` at its own pictures.
    `progress` hears what is being compiled.

    Raises:
        WorldError: no C++ compiler, no room, or a compiler that fails.
    """
    if not has_compiler():
        raise WorldError("compiling a world needs a C++ compiler; install g++ (or set CXX), or use --runtime eager")
    try:
        _make(folder, model, autoencoder, sink=sink, window=window, looks=looks, progress=progress)
    except OSError as error:
        raise WorldError(f"{folder}: cannot be written ({error.strerror}); make room, or use --runtime eager") from None


def _make(
    folder: Path,
    model: Transformer,
    autoencoder: Autoencoder,
    *,
    sink: int,
    window: int,
    looks: bool,
    progress: Callable[[str], None],
) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder.parent).free < _LEAST_CACHE:
        raise WorldError(f"{folder.parent}: too full to compile a world; make room, or use --runtime eager")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".making-") as unfinished:
        place = Path(unfinished)
        about = {}
        modules = _modules(model, autoencoder, sink=sink, window=window)
        if looks:
            modules |= _encoders(model, autoencoder)
        for name, (module, examples, threads) in modules.items():
            progress(name)
            with computing_with(threads):
                _compile(module, examples, place / f"{name}.so")
            about[name] = _digest(place / f"{name}.so")
        (place / _ABOUT).write_text(json.dumps(about))
        _put(place, folder)
        place.mkdir(exist_ok=True)  # for the end of the block, which removes it


def _put(place: Path, folder: Path) -> None:
    """Move what was made to where it belongs, unless somebody else made the same meanwhile."""
    if are_made(folder):
        return
    shutil.rmtree(folder, ignore_errors=True)
    try:
        place.rename(folder)
    except OSError:
        if not are_made(folder):
            raise


def load_packages(folder: Path) -> Packages:
    """Open what `make_packages` made; the digests are taken to have been looked at.

    Raises:
        WorldError: what is there cannot be run, as on a disk from which nothing may.
    """
    try:
        two, one = (NativeFunction(folder / f"{name}.so") for name in _NAMES)
    except OSError as error:
        raise WorldError(
            f"{folder}: a compiled world cannot be run from there ({error}); use --runtime eager"
        ) from None

    @functools.cache
    def made_for(name: str, threads: int) -> NativeFunction:  # opened when it is wanted: a walk mostly needs one
        return NativeFunction(folder / f"{_for(name, threads)}.so")

    def by_threads(name: str, given: Tensor) -> Tensor:
        nearest = min(numbers_of_threads(), key=lambda threads: abs(threads - torch.get_num_threads()))
        with computing_with(nearest):
            return made_for(name, nearest)(given)[0]

    return Packages(two, one, functools.partial(by_threads, "decode"), functools.partial(by_threads, "encode"))


def _for(name: str, threads: int) -> str:
    return f"{name}-{threads}"


class _First(nn.Module):
    """An evaluation of which only the first parts are wanted: what else it gives is not even computed."""

    def __init__(self, evaluation: Evaluation, parts: int) -> None:
        super().__init__()
        self._evaluation, self._parts = evaluation, parts

    def forward(self, *arguments: Tensor) -> tuple[Tensor, ...]:
        """As `Evaluation.forward`."""
        return self._evaluation(*arguments)[: self._parts]  # type: ignore[no-any-return] # modules are called untyped


def _modules(model: Transformer, autoencoder: Autoencoder, *, sink: int, window: int) -> dict[str, _Module]:
    """What is compiled of every world."""
    evaluation = Evaluation(model, slots=sink + window)
    shape = model.config.latent_channels, model.config.rows, model.config.columns
    decoding = Decoding(autoencoder, model.patch_embedding.weight.dtype)
    examples = functools.partial(_examples, model, sink=sink, window=window)
    evaluations = {
        "two": (_First(evaluation, 3), examples(2), most_threads()),
        "one": (_First(evaluation, 1), examples(1), most_threads()),
    }
    latent = torch.randn(1, *shape)
    return evaluations | {_for("decode", threads): (decoding, (latent,), threads) for threads in numbers_of_threads()}


def _encoders(model: Transformer, autoencoder: Autoencoder) -> dict[str, _Module]:
    """What of a world is compiled besides that looks at its own pictures."""
    encoding = Encoding(autoencoder, model.patch_embedding.weight.dtype)
    frame = torch.zeros(1, 8 * model.config.rows, 8 * model.config.columns, 3, dtype=torch.uint8)
    return {_for("encode", threads): (encoding, (frame,), threads) for threads in numbers_of_threads()}


def _examples(model: Transformer, frames: int, *, sink: int, window: int) -> tuple[Tensor, ...]:
    """Arguments of `Evaluation.forward` for so many frames."""
    config, dtype = model.config, model.patch_embedding.weight.dtype
    tokens = config.tokens
    turned = torch.ones(frames * tokens, 1, config.head_dim, dtype=dtype)
    context = torch.randn(config.depth, config.heads, (2 * sink + window + 1) * tokens, config.head_dim, dtype=dtype)
    return (
        torch.randn(frames, config.latent_channels, config.rows, config.columns),
        torch.randn(frames, config.width, dtype=dtype),
        torch.randn(frames, ACTION_SIZE, dtype=dtype),
        turned,
        turned.clone(),
        context,
        context.clone(),
        torch.zeros(frames * tokens, (2 * sink + window + frames) * tokens, dtype=dtype),
    )


def _compile(module: nn.Module, examples: tuple[Tensor, ...], path: Path) -> None:
    options = {"freezing": True, "cpp.dynamic_threads": True}  # weights laid out beforehand; threads as in play
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exported = torch.export.export(module, examples)
            package = path.with_suffix(".pt2")
            torch._inductor.aoti_compile_and_package(exported, package_path=str(package), inductor_configs=options)
        with zipfile.ZipFile(package) as archive:
            library = next(name for name in archive.namelist() if name.endswith(".so"))
            path.write_bytes(archive.read(library))
        package.unlink()
    except Exception as error:  # a compiler fails in any way it likes
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WorldError(f"compiling the world failed ({first[:200]}); use --runtime eager") from error


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
