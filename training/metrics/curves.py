"""Curves as SVG text, drawn here so that a report page carries them inside itself and needs no plotting package."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _BOTTOM = 64, 16, 48  # pixels of margin around the plot
_TITLE, _LEGEND_ROW = 30, 18  # heights above the plot
_LETTER = 7.4  # mean width of a letter of the legend in pixels; generous, so that entries never touch
_SWATCH = 26
_TICKS = 6  # wanted on an axis
_MARKED = 40  # points on one line up to which each gets a dot
# Okabe and Ito 2008: told apart by colour-blind eyes too
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555")
_DASHES = ("", "6 4", "2 3")  # after each round through the colours

Points = Sequence[tuple[float, float]]
"""(x, y) of a line, in the order they are joined; a y that is no number leaves a gap."""

Band = Sequence[tuple[float, float, float]]
"""(x, low, high) of an interval around a line."""


@dataclass(frozen=True)
class _Axis:
    """Maps values to pixels."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def pixel(self, value: float) -> float:
        """Place of a value, in pixels."""
        low, high = (math.log(end) if self.logarithmic else end for end in (self.low, self.high))
        place = math.log(value) if self.logarithmic else value
        return self.start + (place - low) / (high - low) * (self.end - self.start)


def line_chart(
    series: Mapping[str, Points],
    *,
    title: str,
    x_label: str,
    y_label: str,
    bands: Mapping[str, Band] | None = None,
    log_x: bool = False,
) -> str:
    """Lines by name, with a legend, as one `<svg>` element.

    Args:
        series: name -> (x, y) points.
        title: above the lines; also what a screen reader says.
        x_label: under the horizontal axis.
        y_label: beside the vertical axis.
        bands: intervals by the name of their line, drawn in its colour; values that are no numbers are left out.
        log_x: logarithmic horizontal axis with a tick at every x that occurs; all x must be above 0.

    Example:
        line_chart({"ours": [(1, 24.9), (8, 17.2)]}, title="PSNR", x_label="frames ahead", y_label="dB")
    """
    names, bands = list(series), bands or {}
    lines = {name: [point for point in series[name] if math.isfinite(point[0])] for name in names}
    shades = {name: [row for row in bands.get(name, ()) if all(map(math.isfinite, row))] for name in names}
    legend, top = _legend(names)
    xs = sorted({x for points in lines.values() for x, _ in points})
    ys = [y for points in lines.values() for _, y in points if math.isfinite(y)]
    ys += [end for rows in shades.values() for row in rows for end in row[1:]]
    parts = [_text(_LEFT, 20, title, size=15, weight="600"), *legend]
    if not ys:
        parts.append(_text(_WIDTH / 2, _HEIGHT / 2, "no data", anchor="middle"))
        return _svg(title, parts)
    y_ticks = _ticks(min(ys), max(ys))
    across = _Axis(*_span(xs[0], xs[-1]), _LEFT, _WIDTH - _RIGHT, log_x)
    up = _Axis(*_span(min(y_ticks[0], *ys), max(y_ticks[-1], *ys)), _HEIGHT - _BOTTOM, top)
    x_ticks = xs if log_x else [tick for tick in _ticks(xs[0], xs[-1]) if xs[0] <= tick <= xs[-1]]
    parts += _grid(across, up, x_ticks or xs, y_ticks, x_label, y_label)
    parts += [_shade(shades[name], across, up, _colour(k)) for k, name in enumerate(names) if shades[name]]
    for k, name in enumerate(names):
        parts += _line(lines[name], across, up, _colour(k), _dash(k))
    return _svg(title, parts)


def _svg(title: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#222">'
    )
    return "\n".join([head, f"<title>{escape(title)}</title>", *parts, "</svg>"])


def _legend(names: Sequence[str]) -> tuple[list[str], float]:
    """Entries in as many rows as they need, and the height at which the plot may begin."""
    parts, x, row = [], float(_LEFT), 0
    for k, name in enumerate(names):
        width = _SWATCH + _LETTER * len(name) + 12
        if x > _LEFT and x + width > _WIDTH - _RIGHT:
            x, row = float(_LEFT), row + 1
        y = _TITLE + _LEGEND_ROW * row + 6
        parts.append(_stroke(f"M{x:.1f} {y}h18", _colour(k), _dash(k)))
        parts.append(_text(x + _SWATCH - 2, y + 4, name))
        x += width
    return parts, _TITLE + _LEGEND_ROW * (row + 1) + 8


def _grid(
    across: _Axis, up: _Axis, x_ticks: Sequence[float], y_ticks: Sequence[float], x_label: str, y_label: str
) -> list[str]:
    parts = []
    for tick in y_ticks:
        y = up.pixel(tick)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#e3e3e3"/>')
        parts.append(_text(_LEFT - 8, y + 4, _number(tick, y_ticks), anchor="end"))
    for tick in x_ticks:
        x = across.pixel(tick)
        parts.append(f'<path d="M{x:.1f} {_HEIGHT - _BOTTOM}v5" stroke="#888"/>')
        parts.append(_text(x, _HEIGHT - _BOTTOM + 18, _number(tick, x_ticks), anchor="middle"))
    parts.append(f'<path d="M{_LEFT} {_HEIGHT - _BOTTOM}H{_WIDTH - _RIGHT}" stroke="#888"/>')
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, x_label, anchor="middle"))
    middle = (up.start + up.end) / 2
    parts.append(f'<g transform="rotate(-90 16 {middle:.1f})">{_text(16, middle, y_label, anchor="middle")}</g>')
    return parts


def _line(points: Points, across: _Axis, up: _Axis, colour: str, dash: str) -> list[str]:
    path, pen, dots = [], "M", []
    for x, y in points:
        if not math.isfinite(y):
            pen = "M"
            continue
        place = f"{across.pixel(x):.1f} {up.pixel(y):.1f}"
        path.append(pen + place)
        dots.append(place.split())
        pen = "L"
    if not path:
        return []
    parts = [_stroke("".join(path), colour, dash)]
    if len(dots) <= _MARKED:
        parts += [f'<circle cx="{x}" cy="{y}" r="2.6" fill="{colour}"/>' for x, y in dots]
    return parts


def _shade(rows: Band, across: _Axis, up: _Axis, colour: str) -> str:
    edge = [(x, high) for x, _, high in rows] + [(x, low) for x, low, _ in reversed(rows)]
    corners = " ".join(f"{across.pixel(x):.1f},{up.pixel(y):.1f}" for x, y in edge)
    return f'<polygon points="{corners}" fill="{colour}" fill-opacity="0.16"/>'


def _stroke(path: str, colour: str, dash: str) -> str:
    pattern = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"{pattern}/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, weight: str = "400") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )


def _colour(k: int) -> str:
    return _COLOURS[k % len(_COLOURS)]


def _dash(k: int) -> str:
    return _DASHES[k // len(_COLOURS) % len(_DASHES)]


def _span(low: float, high: float) -> tuple[float, float]:
    """The same ends, or a little room around a single value."""
    if high > low:
        return low, high
    room = abs(low) / 2 or 1.0
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) that enclose low..high."""
    low, high = _span(low, high)
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [k * step for k in range(first, last + 1)]


def _number(value: float, ticks: Sequence[float]) -> str:
    """A tick in no more decimals than tell it from the next."""
    gaps = [abs(b - a) for a, b in pairwise(ticks)]
    gap = min(gaps, default=abs(value) or 1.0)
    decimals = max(0, math.ceil(-math.log10(gap) - 1e-9)) if gap > 0 else 0
    return f"{value:,.{min(decimals, 6)}f}"
