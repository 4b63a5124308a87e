"""The measures as curves."""

from collections.abc import Mapping

from .curves import Band, Points, line_chart
from .drift import NUMBERS, SCRIPT, Drift
from .flow_error import FlowError
from .forge import Forge
from .growth import Growth
from .intervals import Estimate
from .memory import Memory
from .quality import Horizon, Quality

_SHOWN = {"generated": "generated", "repeat": "repeat last", "ceiling": "autoencoder"}


def quality_charts(result: Quality) -> list[str]:
    """PSNR and SSIM by frames ahead."""
    return [
        _horizons(result.horizons, "psnr", "PSNR by frames ahead", "PSNR, dB"),
        _horizons(result.horizons, "ssim", "SSIM by frames ahead", "SSIM"),
    ]


def drift_charts(result: Drift) -> list[str]:
    """Every number relative to its first window, and the sharpness of each scene."""
    windows = result.windows()
    relative = {
        name: [(_middle(k), window[name].value / first) for k, window in enumerate(windows)]
        for name in NUMBERS
        if (first := windows[0][name].value)
    }
    sharpness = {
        scene: [(_middle(k), window.sharpness) for k, window in enumerate(played)]
        for scene, played in result.scenes.items()
    }
    return [
        line_chart(relative, title="Long play, relative to the first 50 frames", x_label="frame", y_label="ratio"),
        line_chart(sharpness, title="Sharpness by scene", x_label="frame", y_label="levels per pixel"),
    ]


def flow_charts(result: FlowError) -> list[str]:
    """Dynamic degree by frame."""
    lines = {"generated": result.dynamic_by_frame}
    still = {"real": [(frame, 1.0) for frame in result.dynamic_by_frame]}
    return [_estimates(lines, "Dynamic degree over a rollout", "frame", "flow / real", still)]


def growth_charts(result: Growth) -> list[str]:
    """Ratio to the limit, and time of a token per million parameters, by parameters."""
    ratio: dict[str, list[tuple[float, float]]] = {}
    each: dict[str, list[tuple[float, float]]] = {}
    for point in result.points:
        name, millions = f"{point.tokens} tokens", point.parameters / 1e6
        ratio.setdefault(name, []).append((millions, point.ratio_to_limit))
        each.setdefault(name, []).append((millions, 1000 * point.ms / point.tokens / millions))
    x_label = "parameters, millions"
    return [
        line_chart(ratio, title="Frame time over its limit", x_label=x_label, y_label="ratio", log_x=True),
        line_chart(each, title="Time of a token per million parameters", x_label=x_label, y_label="µs", log_x=True),
    ]


def memory_charts(result: Memory) -> list[str]:
    """What is known again by age, and one turn and one walk between their marks."""
    gains = {path: {age: found.psnr.gain for age, found in ages.items()} for path, ages in result.by_age.items()}
    charts = [_estimates(gains, "Views seen again, gain over the opposite view", "frames since it was seen", "dB")]
    for path, title in (("turn 90", "Turning by 90 degrees and back"), ("walk 32", "Walking 32 frames and back")):
        ages = result.by_age.get(path, {})
        lines = {
            "seen again": {age: found.psnr.again for age, found in ages.items()},
            "opposite view": {age: found.psnr.unrelated for age, found in ages.items()},
            "autoencoder": {age: found.psnr.ceiling for age, found in ages.items()},
        }
        charts.append(_estimates(lines, title, "frames since it was seen", "PSNR, dB"))
    return charts


def forge_charts(result: Forge) -> list[str]:
    """Flow profile, and LPIPS where it was measured."""
    profiles = {"generated": result.profile_generated, "real": result.profile_real}
    charts = [_estimates(profiles, "Flow profile of 77 frames", "frame", "pixels per 4 frames")]
    if result.lpips_by_frame is not None:
        lines = {
            "generated": {frame: found.generated for frame, found in result.lpips_by_frame.items()},
            "repeat last": {frame: found.poor for frame, found in result.lpips_by_frame.items()},
            "autoencoder": {frame: found.ceiling for frame, found in result.lpips_by_frame.items()},
        }
        charts.append(_estimates(lines, "LPIPS by frames ahead", "frame", "LPIPS"))
    return charts


def _horizons(horizons: tuple[Horizon, ...], measure: str, title: str, y_label: str) -> str:
    lines: dict[str, Points] = {}
    bands: dict[str, Band] = {}
    for field, name in _SHOWN.items():
        key = f"{measure}_{field}"
        lines[name] = [(row.frames_ahead, getattr(row, key)) for row in horizons]
        bands[name] = [(row.frames_ahead, *row.intervals[key]) for row in horizons]
    return line_chart(lines, title=title, x_label="frames ahead", y_label=y_label, bands=bands, log_x=True)


def _estimates(
    lines: Mapping[str, Mapping[int, Estimate]],
    title: str,
    x_label: str,
    y_label: str,
    plain: Mapping[str, Points] | None = None,
) -> str:
    """Lines of estimates with their intervals, then plain lines."""
    series = {name: [(x, found.value) for x, found in line.items()] for name, line in lines.items()}
    bands = {name: [(x, *found.interval) for x, found in line.items()] for name, line in lines.items()}
    return line_chart({**series, **(plain or {})}, title=title, x_label=x_label, y_label=y_label, bands=bands)


def _middle(window: int) -> float:
    """Frame in the middle of a window."""
    return (window + 0.5) * len(SCRIPT)
