"""What the stages that reconstruct single frames share: how near a picture came, and pictures of how far they are."""

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from model.autoencoder import Autoencoder, to_frames, to_pixels
from model.footage.clip import Dataset

_SAMPLES = 8  # frames shown in the pictures of a run


class Samples:
    """A few frames of the footage, to be looked at beside their reconstructions."""

    def __init__(self, dataset: Dataset, device: torch.device) -> None:
        """Take the middle frames of clips from all over the dataset."""
        chosen = range(0, len(dataset.names), max(1, len(dataset.names) // _SAMPLES))[:_SAMPLES]
        middles = [clip.frames[len(clip) // 2] for clip in map(dataset.read, chosen)]
        self.frames = torch.from_numpy(np.stack(middles))
        """(b, h, w, 3), bytes."""
        self._device = device

    @torch.no_grad()
    def reconstructed(self, autoencoder: Autoencoder) -> dict[str, npt.NDArray[np.uint8]]:
        """Originals above their reconstructions."""
        decoded = to_frames(autoencoder.decode(autoencoder.encode(to_pixels(self.frames.to(self._device))))).cpu()
        rows = [np.concatenate(list(frames.numpy()), axis=1) for frames in (self.frames, decoded)]
        return {"reconstruction": np.concatenate(rows)}


def pixel_losses(decoded: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """L1 of pixels (b, 3, h, w), and of the differences between neighbouring ones."""
    edges = [F.l1_loss(decoded.diff(dim=d), pixels.diff(dim=d)) for d in (-2, -1)]
    return F.l1_loss(decoded, pixels), edges[0] + edges[1]


def psnr(decoded: Tensor, pixels: Tensor) -> Tensor:
    """In dB, of pixels in [-1, 1]; what lies outside of it is clamped, as it is when it is shown."""
    return 10 * torch.log10(4 / F.mse_loss(decoded.detach().clamp(-1, 1), pixels))
