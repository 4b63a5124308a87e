"""Motion, memory and the 77-frame protocol as tables for a terminal."""

from rich.console import Console

from .constant import FRAMES, GROUPS, PAIRS, Constant
from .flow_error import DYNAMIC_GAP, SMALL_DEGREES, STILL_DEGREES, FlowError
from .forge import Forge, Triple
from .idle import NUMBERS, WINDOW, Idle
from .intervals import Estimate
from .memory import Memory
from .tables import build_table, share_cells


def print_flow(console: Console, result: FlowError) -> None:
    """Dynamic degree, then flow error by group."""
    table = build_table(
        f"Dynamic degree of {result.rollouts} rollouts: length of the flow over {DYNAMIC_GAP} frames / real (95 %)",
        ("frames", "generated", "autoencoder"),
    )
    for frame, found in result.dynamic_by_frame.items():
        table.add_row(f"{frame - DYNAMIC_GAP} - {frame}", found.text(), "")
    table.add_section()
    table.add_row("all", result.dynamic_degree.text(), result.dynamic_autoencoder.text())
    console.print(table)
    table = build_table(
        "Flow error under the same actions, pixels² (95 %)",
        ("mouse of the frame", "pairs", "generated", "still picture", "autoencoder", "generated / still"),
    )
    limits = (f"up to {STILL_DEGREES:g}°", f"up to {SMALL_DEGREES:g}°", f"over {SMALL_DEGREES:g}°")
    for (name, error), limit in zip(result.groups.items(), limits, strict=True):
        numbers = (error.generated, error.still, error.autoencoder, error.relative)
        table.add_row(f"{name} ({limit})", str(error.generated.count), *(number.text() for number in numbers))
    console.print(table)


def print_idle(console: Console, result: Idle) -> None:
    """A row per look, mean over scenes, then the worst scene."""
    looks = result.looks()
    table = build_table(
        f"A view of which one stops, mean of {len(result.scenes)} scenes (95 %)",
        ("frames later", "PSNR to then, dB", "to the frame before, dB", "sharpness", "brightness"),
    )
    for k, look in enumerate(looks):
        cells = (look[name].text(decimals) for name, decimals in zip(NUMBERS, (1, 1, 2, 2), strict=True))
        table.add_row(f"{(k + 1) * WINDOW:,}", *cells)
    table.add_section()
    scene, worst = result.worst()
    table.add_row(
        f"worst: {scene}", f"{worst.psnr:.1f}", f"{worst.flicker:.1f}", f"{worst.sharpness:.2f}",
        f"{worst.brightness:.2f}",
    )  # fmt: skip
    console.print(table)


def print_memory(console: Console, result: Memory) -> None:
    """PSNR, then SSIM, a row per path."""
    shown = (
        ("PSNR, dB", 1, {path: found.psnr for path, found in result.paths.items()}),
        ("SSIM", 3, {path: found.ssim for path, found in result.paths.items()}),
    )
    for name, decimals, paths in shown:
        table = build_table(
            f"Views seen again from {result.starts} start{'s' * (result.starts > 1)}: {name} (95 %)",
            ("path", "seen again", "opposite view", "gain", "autoencoder"),
        )
        for path, found in paths.items():
            numbers = (found.again, found.unrelated, found.gain, found.ceiling)
            table.add_row(path, *(number.text(decimals) for number in numbers))
        console.print(table)
    console.print(
        "gain: over the opposite view of the same scene, as the world draws it; 0 = no memory; "
        "the first view of a path is the real frame",
        style="dim",
    )


def print_forge(console: Console, result: Forge) -> None:
    """Flow profile, and LPIPS and FVD where they were measured."""
    table = build_table(
        f"{result.rollouts} rollouts of 77 frames with the real actions (95 %)",
        ("", "generated", "chance or repeat last", "autoencoder"),
    )
    rows: dict[str, Triple | None] = {
        "flow profile, cosine with real": result.flow_cosine,
        "LPIPS (AlexNet), 16 frames": result.lpips,
        "FVD (I3D), first 16 frames": result.fvd,
    }
    for name, found in rows.items():
        if found:
            table.add_row(name, *(_cell(entry) for entry in (found.generated, found.poor, found.ceiling)))
    console.print(table)
    for sentence in result.missing:
        console.print(sentence, style="dim", soft_wrap=True)


def print_constant(console: Console, result: Constant) -> None:
    """Each constant action, then pairs of which both were obeyed."""
    table = build_table(
        f"Constant actions over {FRAMES} frames: starts whose picture moves the right way",
        ("action", "generated", "95 %", "real footage", "95 %"),
    )
    for name, share in result.generated.items():
        table.add_row(name, *share_cells(share), *share_cells(result.real[name]))
    console.print(table)
    table = build_table("Both of an opposite pair (chance: 25 %)", ("pair", "generated", "95 %"))
    for pair in PAIRS:
        table.add_row(pair, *share_cells(result.pairs[pair]))
    table.add_section()
    for group, title in zip(GROUPS, ("KCtrl, keys", "mouse"), strict=True):
        table.add_row(title, *share_cells(result.group(group)))
    console.print(table)


def _cell(found: Estimate) -> str:
    return found.text(1 if found.value >= 10 else 3)
