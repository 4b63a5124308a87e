"""Measures that need networks which others have trained: LPIPS and FVD, when their weights lie in a folder.

Nothing is ever downloaded. The files are those of the original publications:

- LPIPS (Zhang et al. 2018, arXiv:1801.03924, AlexNet, version 0.1): the AlexNet of torchvision and the linear heads
  `alex.pth` of https://github.com/richzhang/PerceptualSimilarity (folder `lpips/weights/v0.1`);
- FVD (Unterthiner et al. 2018, arXiv:1812.01717): the I3D network in TorchScript that StyleGAN-V made common. A
  TorchScript file is a program: take it from a place you trust.

Letters: n pictures or clips, t frames, h and w height and width.
"""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from model.autoencoder import to_pixels
from model.errors import RunError

from .frechet import frechet_distance
from .intervals import Estimate
from .pictures import Bytes, Floats

SOURCES = {
    "alexnet-owt-7be5be79.pth": "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    "alex.pth": "lpips/weights/v0.1 of https://github.com/richzhang/PerceptualSimilarity",
    "i3d_torchscript.pt": "https://github.com/universome/stylegan-v (metrics)",
}
"""Files that are looked for, and where each is to be had."""

_ALEXNET, _HEADS, _I3D = SOURCES
VIDEO_FRAMES = 16
"""Frames of a clip whose features FVD compares."""

# convolutions of AlexNet's feature extractor: name, stride, padding, whether a max-pool comes before
_LAYERS = (("0", 4, 2, False), ("3", 1, 2, True), ("6", 1, 1, True), ("8", 1, 1, False), ("10", 1, 1, False))
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of pixels in -1..1, from the LPIPS release
_I3D_SIDE = 224


class Lpips:
    """Learned perceptual distance of two pictures; 0 = alike, real footage of other places is at about 0.6."""

    def __init__(self, alexnet: Mapping[str, Tensor], heads: Mapping[str, Tensor]) -> None:
        """Take the weights as they stand in the two files; KeyError when one is missing."""
        self._filters = [(alexnet[f"features.{name}.weight"], alexnet[f"features.{name}.bias"]) for name, *_ in _LAYERS]
        self._heads = [heads[f"lin{k}.model.1.weight"] for k in range(len(_LAYERS))]

    @torch.inference_mode()
    def __call__(self, pictures: Bytes, references: Bytes) -> Floats:
        """Distances of pictures (n, h, w, 3) to as many references: (n,)."""
        distance = torch.zeros(len(pictures))
        for one, other, head in zip(self._features(pictures), self._features(references), self._heads, strict=True):
            distance += F.conv2d((_unit(one) - _unit(other)) ** 2, head).mean((1, 2, 3))
        return distance.double().numpy()

    def _features(self, pictures: Bytes) -> list[Tensor]:
        shift, scale = (torch.tensor(values)[:, None, None] for values in (_SHIFT, _SCALE))
        x, found = (to_pixels(torch.from_numpy(np.ascontiguousarray(pictures))) - shift) / scale, []
        for (weight, bias), (_, stride, padding, pool) in zip(self._filters, _LAYERS, strict=True):
            x = F.max_pool2d(x, 3, 2) if pool else x
            x = F.relu(F.conv2d(x, weight, bias, stride, padding))
            found.append(x)
        return found


class VideoFeatures:
    """What the I3D network sees in short clips."""

    def __init__(self, network: torch.jit.ScriptModule) -> None:
        """Take the network as it was loaded."""
        self._network = network

    @torch.inference_mode()
    def __call__(self, clips: Bytes) -> npt.NDArray[np.float32]:
        """Features of clips (n, t, h, w, 3), at least 10 frames each: (n, 400)."""
        found = []
        for clip in clips:
            frames = to_pixels(torch.from_numpy(np.ascontiguousarray(clip)))
            frames = F.interpolate(frames, (_I3D_SIDE, _I3D_SIDE), mode="bilinear", align_corners=False)
            video = frames.transpose(0, 1)[None]
            found.append(self._network(video, rescale=False, resize=False, return_features=True)[0].float().numpy())
        return np.stack(found)


@dataclass(frozen=True)
class Perceptual:
    """The measures whose weights were found."""

    lpips: Lpips | None
    video: VideoFeatures | None
    missing: tuple[str, ...]
    """One sentence for each measure that has to be left out."""


def open_perceptual(folder: Path | None) -> Perceptual:
    """Load what `folder` holds.

    Raises:
        RunError: when the folder does not exist or a file in it is damaged.
    """
    if folder is not None and not folder.is_dir():
        raise RunError(f"{folder}: no such folder; name the one that holds {', '.join(SOURCES)}")
    missing = tuple(
        sentence
        for name, files in (("LPIPS", (_ALEXNET, _HEADS)), ("FVD", (_I3D,)))
        if (sentence := _absence(name, files, folder))
    )
    lpips = video = None
    if folder is not None and not _absence("LPIPS", (_ALEXNET, _HEADS), folder):
        try:
            lpips = Lpips(_weights(folder / _ALEXNET), _weights(folder / _HEADS))
        except KeyError as error:
            raise RunError(f"{folder}: {_ALEXNET} or {_HEADS} lacks {error}; fetch both files again") from None
    if folder is not None and not _absence("FVD", (_I3D,), folder):
        try:
            network = torch.jit.load(str(folder / _I3D), map_location="cpu")  # type: ignore[no-untyped-call] # torch's
            video = VideoFeatures(network.eval())
        except (RuntimeError, ValueError) as error:
            raise RunError(f"{folder / _I3D}: {str(error).splitlines()[0]}; fetch the file again") from None
    return Perceptual(lpips, video, missing)


def video_distance(real: npt.NDArray[np.float32], generated: npt.NDArray[np.float32]) -> Estimate:
    """FVD between features (n, d) of paired clips, with the interval of a jackknife over clips.

    It falls with n, so only distances over the same number of clips compare; below some hundreds it is rough.
    """
    count = len(real)
    value = frechet_distance(real, generated)
    if count < 3:
        return Estimate(value, (float("nan"), float("nan")), count)
    kept = [np.delete(np.arange(count), k) for k in range(count)]
    without = np.array([frechet_distance(real[rows], generated[rows]) for rows in kept])
    error = 1.96 * np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())
    return Estimate(value, (max(0.0, float(value - error)), float(value + error)), count)


def _absence(name: str, files: Sequence[str], folder: Path | None) -> str | None:
    """Sentence on what a measure lacks, None when all is there."""
    lacking = [file for file in files if folder is None or not (folder / file).is_file()]
    if not lacking:
        return None
    sources = ", ".join(f"{file} ({SOURCES[file]})" for file in lacking)
    return f"{name} left out: put {sources} into a folder and give it as --weights FOLDER"


def _weights(path: Path) -> dict[str, Tensor]:
    """Tensors of a PyTorch file; nothing in it is executed."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise RunError(f"{path}: no readable weights ({type(error).__name__}); fetch the file again") from None
    if not isinstance(found, dict):
        raise RunError(f"{path}: holds no weights by name; fetch the file again")
    return {str(name): tensor.float() for name, tensor in found.items()}


def _unit(features: Tensor) -> Tensor:
    """Each pixel's features (n, c, h, w) at length 1."""
    return features / (features.square().sum(1, keepdim=True).sqrt() + 1e-10)
