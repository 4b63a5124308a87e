"""Colours that mean something differ for every kind of eye; nothing that is drawn is empty."""

import numpy as np
import numpy.typing as npt
import pytest

from app import theme

from .menu.hands import fonts

Matrix = npt.NDArray[np.float64]

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
EYES = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
OLD_PAIR = (140, 205, 96), (242, 178, 84)  # a green and an orange that a protanope cannot tell apart


def lab_of(colour: tuple[int, ...], eye: Matrix) -> Matrix:
    """CIE L*a*b* under D65 of an sRGB colour as an eye sees it."""
    encoded = np.array(colour[:3]) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    x, y, z = XYZ @ np.clip(eye @ linear, 0, 1) / (0.95047, 1.0, 1.08883)
    f = [np.cbrt(t) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(one: tuple[int, ...], other: tuple[int, ...], eye: str) -> float:
    """CIE76 difference."""
    return float(np.linalg.norm(lab_of(one, EYES[eye]) - lab_of(other, EYES[eye])))


def test_the_measure_knows_what_cannot_be_told_apart() -> None:
    assert lab_of((255, 255, 255), EYES["usual"]) == pytest.approx((100, 0, 0), abs=0.1)
    assert apart(*OLD_PAIR, "usual") > 50 and apart(*OLD_PAIR, "protanopia") < 5


@pytest.mark.parametrize("eye", EYES)
def test_good_and_bad_differ_for_every_eye(eye: str) -> None:
    assert apart(theme.ACCENT, theme.WARN, eye) >= 20


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("colour", [theme.ACCENT, theme.WARN])
def test_both_stand_out_from_plain_words_and_from_panels(eye: str, colour: theme.Colour) -> None:
    for other in (theme.INK, theme.SOFT, theme.PANEL):
        assert apart(colour, other, eye) >= 20


@pytest.mark.parametrize("size", [(0, 0), (-3, 5), (1, 1)])
def test_what_has_no_room_is_a_pixel(size: tuple[int, int]) -> None:
    for surface in (theme.blank(size), theme.panel(size, 0.1), theme.panel(size, 40.0)):
        assert min(surface.get_size()) >= 1


@pytest.mark.parametrize("words", ["", "a\0b", "caf\udce9.png", "\ud83d"])
def test_words_of_any_name_can_be_drawn(words: str) -> None:
    with fonts():
        assert min(theme.text(words, 20).get_size()) >= 1
