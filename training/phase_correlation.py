"""How pictures move from one to the next, as phase-correlation surfaces: of the whole picture, then of its blocks.

The surface of a pair of pictures has its peak at the shift of the second against the first, and its shape around the
peak tells fractions of a pixel, on soft pictures too: spectra are whitened and only their low frequencies kept, so
neither brightness nor contrast nor lost detail matters (Foroosh et al. 2002). The turn of a camera is one shift of the
whole picture. What it leaves over tells of a walk: blocks are compared with the next picture moved back by the nearest
whole pixels of that shift, so that near and far, left and right show how they move apart even in a fast turn.

Nothing here is trained. `metrics.motion` measures forced turns in the same way, with numbers in the place of surfaces.

Letters: n pairs, h and w picture height and width, y and x places in a surface, k blocks.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
_LOW_PASS = 0.1  # cycles per pixel, deviation
_FLAT = 1e-4  # cross power below which a frequency says nothing


@dataclass(frozen=True, kw_only=True)
class PhaseCorrelationConfig:
    """Where surfaces are taken and how far they reach; all in pixels."""

    reach: tuple[int, int] = (5, 14)
    """Of the whole picture's surface, down and across: the fastest jump and turn."""
    block: int = 24
    """Side of a block."""
    blocks: tuple[int, int] = (3, 5)
    """Blocks down and across, evenly over the picture."""
    block_reach: int = 3
    """Of a block's surface, beyond the shift of the whole picture."""

    def __post_init__(self) -> None:
        """Refuse what leaves no surface."""
        if min(self.reach) < 1 or self.block_reach < 1 or min(self.blocks) < 2:
            raise ValueError("reaches must be at least 1, blocks at least 2 each way")
        if self.block <= 2 * self.block_reach:
            raise ValueError(f"block {self.block} must be larger than twice its reach {self.block_reach}")


class PhaseCorrelation(nn.Module):
    """Surfaces of neighbouring frames."""

    def __init__(self, size: tuple[int, int], config: PhaseCorrelationConfig) -> None:
        """Prepare for pictures of `size`; raises ValueError when the config's blocks and reaches do not fit it."""
        super().__init__()
        if min(size) < config.block or any(side <= 2 * reach for side, reach in zip(size, config.reach, strict=True)):
            raise ValueError(f"size {size} must hold a block of {config.block} and twice the reach {config.reach}")
        self.config = config
        self._strides = [(side - config.block) // (n - 1) for side, n in zip(size, config.blocks, strict=True)]
        self._whole = _Surface(size, config.reach)
        self._part = _Surface((config.block, config.block), (config.block_reach, config.block_reach))
        count = config.blocks[0] * config.blocks[1]
        self.channels = 2 + 9 + self._whole.places + count * (self._part.places + 1)
        """Numbers per pair of frames."""

    @torch.no_grad()
    def forward(self, frames: Tensor) -> Tensor:
        """Frames (b, t, 3, h, w) in [-1, 1] -> (b, t - 1, channels), each number within a few units of 0."""
        b, t = frames.shape[:2]
        grey = torch.einsum("btchw,c->bthw", frames.float(), frames.new_tensor(_LUMA, dtype=torch.float32))
        spectra = self._whole.spectrum(grey)
        whole = self._whole(spectra[:, :-1].flatten(0, 1), spectra[:, 1:].flatten(0, 1))
        before, after = grey[:, :-1].flatten(0, 1), grey[:, 1:].flatten(0, 1)
        down, across = self.config.reach
        best = whole.flatten(1).argmax(1)
        shift = torch.stack([best // (2 * across + 1) - down, best % (2 * across + 1) - across], 1)  # (n, 2)
        here, there = (self._blocks(picture) for picture in (before, _moved_back(after, shift)))
        parts = self._part(self._part.spectrum(here), self._part.spectrum(there)).flatten(1)
        contrast = here.flatten(2).std(-1).add(1e-3).log()
        # middles and spreads of real footage, so that all kinds of numbers weigh alike to begin with
        found = [
            shift / 2,
            (_peak(whole, shift + shift.new_tensor((down, across))) - 0.6) / 0.15,
            (whole.flatten(1) - 0.05) / 0.1,
            (parts - 0.15) / 0.15,
            (contrast + 1.8) / 0.7,
        ]
        return torch.cat(found, 1).view(b, t - 1, -1)

    def _blocks(self, pictures: Tensor) -> Tensor:
        """(n, h, w) -> (n, k, block, block)."""
        size = self.config.block
        down, across = self._strides
        cut = pictures.unfold(1, size, down).unfold(2, size, across)
        return cut[:, : self.config.blocks[0], : self.config.blocks[1]].flatten(1, 2)


class _Surface(nn.Module):
    """Phase correlation of pictures of one size, cut out around no shift."""

    def __init__(self, size: tuple[int, int], reach: tuple[int, int]) -> None:
        super().__init__()
        self._size = size
        self.places = (2 * reach[0] + 1) * (2 * reach[1] + 1)
        window = _hann(size[0])[:, None] * _hann(size[1])
        y, x = torch.fft.fftfreq(size[0])[:, None], torch.fft.rfftfreq(size[1])
        low_pass = torch.exp(-(y**2 + x**2) / (2 * _LOW_PASS**2)) / (
            2 * math.pi * _LOW_PASS**2
        )  # a full match peaks at 1
        rows, columns = (torch.arange(-far, far + 1) % side for far, side in zip(reach, size, strict=True))
        self.register_buffer("_window", window, persistent=False)
        self.register_buffer("_low_pass", low_pass, persistent=False)
        self.register_buffer("_places", rows[:, None] * size[1] + columns, persistent=False)

    def spectrum(self, pictures: Tensor) -> Tensor:
        """Windowed spectra (..., h, w / 2 + 1) of pictures (..., h, w), without their mean."""
        window = self.get_buffer("_window")
        mean = (pictures * window).sum((-2, -1), keepdim=True) / window.sum()
        spectra: Tensor = torch.fft.rfft2((pictures - mean) * window)
        return spectra

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """Spectra of pairs -> surfaces (..., y, x), peaks at the shift of `after`, down and right from the middle."""
        cross = before.conj() * after
        white = cross / (cross.abs() + _FLAT) * self.get_buffer("_low_pass")
        surface: Tensor = torch.fft.irfft2(white, s=self._size, norm="forward") / math.prod(self._size)
        return surface.flatten(-2)[..., self.get_buffer("_places")]


def _hann(side: int) -> Tensor:
    return torch.sin(math.pi * (torch.arange(side) + 0.5) / side) ** 2


def _moved_back(pictures: Tensor, shift: Tensor) -> Tensor:
    """Pictures (n, h, w) whose content is moved up and left by `shift` (n, 2) pixels, borders repeated."""
    n, h, w = pictures.shape
    rows = (torch.arange(h, device=shift.device) + shift[:, :1]).clamp(0, h - 1)
    columns = (torch.arange(w, device=shift.device) + shift[:, 1:]).clamp(0, w - 1)
    return pictures[torch.arange(n, device=shift.device)[:, None, None], rows[:, :, None], columns[:, None]]


def _peak(surfaces: Tensor, place: Tensor) -> Tensor:
    """The 3x3 values (n, 9) of surfaces (n, y, x) about a place (n, 2) each, borders repeated."""
    n, y, x = surfaces.shape
    around = torch.arange(-1, 2, device=place.device)
    rows, columns = (place[:, :1] + around).clamp(0, y - 1), (place[:, 1:] + around).clamp(0, x - 1)
    pick = torch.arange(n, device=place.device)[:, None, None]
    return surfaces[pick, rows[:, :, None], columns[:, None]].flatten(1)
