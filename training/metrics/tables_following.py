"""Action following and Frechet distance as tables for a terminal."""

from math import isnan

from rich.console import Console

from .following import AXES, TURNING, CameraScore, Following, KeyScore, Scores
from .frechet import Frechet
from .intervals import Estimate
from .tables import build_table


def print_following(console: Console, result: Following) -> None:
    """Every key and both axes of the camera, generated beside real frames."""
    table = build_table(
        f"Keys read from {result.rollouts} rollouts of {result.frames} frames (chance: 50 % balanced)",
        ("key", "held", "balanced", "95 %", "real", "95 %", "accuracy", "real", "F1", "real"),
    )
    for key, real in result.real.keys.items():
        generated = result.generated.keys[key]
        table.add_row(
            key, f"{result.shares[key]:.0%}", *_share(generated.balanced), *_share(real.balanced),
            *(_share(score.accuracy)[0] for score in (generated, real)),
            *(_number(score.f1) for score in (generated, real)),
        )  # fmt: skip
    table.add_section()
    table.add_row("mean", "", *_share(result.generated.balanced), *_share(result.real.balanced), "", "", "", "")
    console.print(table)
    table = build_table(
        f"Camera read from the same rollouts; sign: of turns by more than {TURNING:g} degree a frame",
        ("axis", "error, degrees", "95 %", "real", "95 %", "if none were read", "sign", "95 %", "real"),
    )
    for axis in AXES:
        generated_camera, real_camera = result.generated.camera[axis], result.real.camera[axis]
        table.add_row(
            axis, *_degrees(generated_camera.error), *_degrees(real_camera.error), f"{result.turning[axis]:.2f}",
            *_share(generated_camera.sign), _share(real_camera.sign)[0],
        )  # fmt: skip
    console.print(table)


def print_scores(console: Console, title: str, scores: Scores) -> None:
    """What was read from one set of frames alone."""
    table = build_table(title, ("", "balanced", "95 %", "accuracy", "95 %", "F1"))
    for key, score in scores.keys.items():
        table.add_row(key, *_key_row(score))
    console.print(table)
    table = build_table("Camera", ("axis", "error, degrees", "95 %", f"sign above {TURNING:g} degree", "95 %"))
    for axis, camera in scores.camera.items():
        table.add_row(axis, *_camera_row(camera))
    console.print(table)


def print_frechet(console: Console, result: Frechet) -> None:
    """Distances by length of rollout."""
    table = build_table(
        f"Frechet distance of motion features, {result.rollouts} rollouts",
        ("frames", "same starts", "other clips", "real, other clips", "ratio"),
    )
    for row in result.horizons:
        table.add_row(
            str(row.frames), f"{row.distance:.2f}", f"{row.across:.2f}", f"{row.reference:.2f}",
            f"{row.across / row.reference:.2f}" if row.reference > 0 else "-",
        )  # fmt: skip
    console.print(table)
    console.print(
        "same starts: against what really followed, 0 = the same; ratio: 1 = as near to other clips as real ones",
        style="dim",
    )


def _key_row(score: KeyScore) -> tuple[str, ...]:
    return (*_share(score.balanced), *_share(score.accuracy), _number(score.f1))


def _camera_row(score: CameraScore) -> tuple[str, ...]:
    return (*_degrees(score.error), *_share(score.sign))


def _share(estimate: Estimate) -> tuple[str, str]:
    if isnan(estimate.value):
        return "none", "-"
    low, high = estimate.interval
    return f"{estimate.value:.1%}", "-" if isnan(low) else f"{low:.0%}-{high:.0%}"


def _degrees(estimate: Estimate) -> tuple[str, str]:
    low, high = estimate.interval
    return f"{estimate.value:.2f}", "-" if isnan(low) else f"{low:.2f}-{high:.2f}"


def _number(estimate: Estimate) -> str:
    return "-" if isnan(estimate.value) else f"{estimate.value:.2f}"
