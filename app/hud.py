"""The HUD: how fast frames are made and shown, and what the hands of the shown frame do."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pygame

from . import theme
from .browse.words import shortened
from .handover import Frame, WalkFacts
from .stats import percentiles

_REFRESH_SECONDS = 0.25  # numbers that change faster cannot be read
_REMEMBERED = 90  # steps in the graph and latencies in the percentiles
_LATELY = 8  # frames of which most have a stage that is shown: a walk's first one may take more steps than the others
_WIDTH, _ROW, _PAD, _HEAD, _GRAPH = 300, 21, 16, 48, 40
_RULE = 0.5  # of a row, for a line between rows
_CAP = 3  # height of what tells a bar over the budget from the others
_IN_TIME = 0.95  # share of the world's rate that is not slow yet
_WIDEST = 0.45  # of the window
_STAGE = "    "
_NAME, _VALUE = 104, 112  # widths of a stage's name and of its numbers; its course stands between
_SPARED = (
    _STAGE, "engine", "world", "memory", "video memory", "scene, seed", "can go back", "steps a frame", "context",
    "clearness", "mouse",
)  # fmt: skip
"""What goes first where there is no room for all rows, by how their names begin."""


@dataclass(frozen=True)
class Row:
    """A line of the panel; without a name it is a rule."""

    name: str = ""
    value: str = ""
    course: Sequence[float] = ()
    """What the value was lately, oldest first; drawn as a line where it is given."""


@dataclass(frozen=True)
class Facts:
    """What the HUD shows that the frames' own figures do not carry."""

    title: str
    engine: str
    """Device and runtime in words."""
    fps: float
    """Rate of the world."""
    shown: float
    """Pictures shown per second."""
    dropped: int
    late: int
    walk: WalkFacts | None
    memory_mb: float | None = None
    """Resident memory of this process; None where the system does not tell."""
    video_mb: float | None = None
    """Memory of the GPU that the world takes; None where it does not run on one."""


class Hud:
    """Collects what frames tell and draws it when asked."""

    def __init__(self) -> None:
        """Start hidden."""
        self.visible = False
        self._steps: deque[float] = deque(maxlen=_REMEMBERED)
        self._latencies: deque[float] = deque(maxlen=_REMEMBERED)
        self._turns: deque[float] = deque(maxlen=_REMEMBERED)
        self._stages: deque[Mapping[str, float]] = deque(maxlen=_REMEMBERED)
        self._index, self._rate = 0, 0.0
        self._drawn: pygame.Surface | None = None
        self._drawn_at = 0.0
        self._drawn_for = (0.0, 0)

    def note_frame(self, frame: Frame) -> None:
        """Take a frame that is about to be shown."""
        self._index = frame.index
        if not frame.stage_ms:
            return  # shown, but not made just now: a scene, or where a request left the walk
        self._rate = frame.rate or self._rate  # the first frame after a pause has none yet
        self._steps.append(frame.step_ms)
        self._stages.append(frame.stage_ms)

    def note_latency(self, milliseconds: float) -> None:
        """Take the time from an input to the picture that shows it."""
        self._latencies.append(milliseconds)

    def note_turn(self, milliseconds: float) -> None:
        """Take the time from a motion of the mouse to the picture that is turned by it."""
        self._turns.append(milliseconds)

    def surface(self, facts: Callable[[], Facts], now: float, scale: float, height: int) -> pygame.Surface:
        """Return the panel of numbers, at most so high; drawn anew, and facts asked for, a few times a second."""
        due = now - self._drawn_at >= _REFRESH_SECONDS or (scale, height) != self._drawn_for
        if self._drawn is None or due:
            self._drawn, self._drawn_at, self._drawn_for = self._draw(facts(), scale, height), now, (scale, height)
        return self._drawn

    def _draw(self, facts: Facts, scale: float, most: int) -> pygame.Surface:
        rows = _fitting(self._rows(facts), scale, most)
        width, row, pad = round(_WIDTH * scale), _ROW * scale, round(_PAD * scale)
        head, graph = round(_HEAD * scale), round(_GRAPH * scale)
        surface = theme.panel((width, _height(rows, scale)), 12 * scale)
        self._draw_head(surface, facts, pad, scale)
        self._draw_graph(surface, facts, pygame.Rect(pad, pad + head, width - 2 * pad, graph), scale)
        top = pad + head + graph + 0.6 * row
        for line in rows:
            if line.name:
                surface.blit(_words(line.name, 19 * scale, theme.SOFT), (pad, round(top)))
                words = _words(line.value, 19 * scale, theme.INK)
                surface.blit(words, (width - pad - words.get_width(), round(top)))
                _draw_course(surface, line.course, pad, round(top), scale)
                top += row
            else:
                pygame.draw.line(surface, theme.LINE, (pad, round(top + 2)), (width - pad, round(top + 2)))
                top += row * _RULE
        return surface

    def _draw_head(self, surface: pygame.Surface, facts: Facts, pad: int, scale: float) -> None:
        slow = 0 < self._rate < _IN_TIME * facts.fps
        big = theme.text(f"{self._rate:.1f}" if self._rate else "-", 50 * scale, theme.WARN if slow else theme.ACCENT)
        surface.blit(big, (pad, pad - round(2 * scale)))
        left = pad + big.get_width() + round(10 * scale)
        surface.blit(theme.text("frames per second", 19 * scale), (left, pad + round(1 * scale)))
        words = f"slow: the world runs at {facts.fps:g}" if slow else f"the world runs at {facts.fps:g}"
        note = theme.text(words, 17 * scale, theme.WARN if slow else theme.SOFT)
        surface.blit(note, (left, pad + round(18 * scale)))

    def _draw_graph(self, surface: pygame.Surface, facts: Facts, place: pygame.Rect, scale: float) -> None:
        """Bars of the newest steps; the line is the time a frame may take, and what takes longer wears a light cap."""
        surface.blit(theme.rounded(place.size, (0, 0, 0, 70), 5 * scale), place)
        budget = 1000 / facts.fps
        most = max(1.6 * budget, 1.0)
        step = place.width / _REMEMBERED
        for index, milliseconds in enumerate(self._steps):
            height = round(min(1.0, milliseconds / most) * (place.height - 4))
            colour = theme.ACCENT if milliseconds <= budget else theme.WARN
            left = place.left + round((_REMEMBERED - len(self._steps) + index) * step)
            bar = pygame.Rect(left, place.bottom - 2 - height, max(1, round(step) - 1), height)
            surface.fill((*colour[:3], 190), bar)
            if milliseconds > budget:
                surface.fill(theme.INK, (bar.left, bar.top, bar.width, max(1, round(_CAP * scale))))
        line = place.bottom - 2 - round(budget / most * (place.height - 4))
        surface.fill((255, 255, 255, 90), (place.left, line, place.width, 1))

    def _rows(self, facts: Facts) -> list[Row]:
        step = percentiles(self._steps, 50, 95)
        return [
            Row("step p50 / p95", f"{step['p50']:.1f} / {step['p95']:.1f} ms"),
            *self._stage_rows(),
            Row(),
            Row("input to picture p50 / p95", _waited(self._latencies)),
            Row("mouse to picture p50 / p95", _waited(self._turns)),
            Row("shown", f"{facts.shown:.1f} per second"),
            Row("dropped, late", f"{facts.dropped}, {facts.late}"),
            *(walk_rows(facts.walk, facts.fps) if facts.walk is not None else ()),
            *((Row("memory", f"{facts.memory_mb:,.0f} MB"),) if facts.memory_mb is not None else ()),
            *((Row("video memory", f"{facts.video_mb:,.0f} MB"),) if facts.video_mb is not None else ()),
            Row(),
            Row("frame", f"{self._index:,}"),
            Row("world", facts.title),
            Row("engine", facts.engine),
        ]

    def _stage_rows(self) -> list[Row]:
        """What frames of now spend their time on; stages that they no longer have are left out."""
        lately = list(self._stages)[-_LATELY:]
        names = max(lately, key=len, default={})
        return [
            _stage_row(name, [stages[name] for stages in self._stages if name in stages])
            for name in names
            if 2 * sum(name in stages for stages in lately) > len(lately)
        ]


def hud_scale(window: tuple[int, int], scale: float) -> float:
    """Return the scale of the panel for text of that scale: it leaves half of the window to the picture."""
    return min(scale, _WIDEST * window[0] / _WIDTH)


@lru_cache(maxsize=128)
def _words(words: str, size: float, colour: theme.Colour) -> pygame.Surface:
    """Return words as a surface that is only read: most of them stay from one drawing to the next."""
    return theme.text(words, size, colour)


def _waited(milliseconds: Sequence[float]) -> str:
    found = percentiles(milliseconds, 50, 95)
    return f"{found['p50']:.0f} / {found['p95']:.0f} ms" if milliseconds else "-"


def _stage_row(name: str, spent: Sequence[float]) -> Row:
    found = percentiles(spent, 50, 95)
    return Row(f"{_STAGE}{name}", f"{found['p50']:.1f} / {found['p95']:.1f}", tuple(spent))


def _draw_course(surface: pygame.Surface, course: Sequence[float], left: int, top: int, scale: float) -> None:
    """Draw a row's numbers of lately as a line from 0 to their largest; `left` and `top` are the row's."""
    place = pygame.Rect(left + round(_NAME * scale), top, surface.get_width(), round(0.65 * _ROW * scale))
    place.width = surface.get_width() - left - round(_VALUE * scale) - place.left
    most = max(course, default=0.0)
    if len(course) < 2 or most <= 0 or min(place.size) < 4:
        return
    step = (place.width - 1) / (_REMEMBERED - 1)
    first = place.right - 1 - step * (len(course) - 1)
    down = (place.height - 1) / most
    points = [(first + step * index, place.bottom - 1 - down * spent) for index, spent in enumerate(course)]
    pygame.draw.aalines(surface, theme.SOFT, False, points)


def _height(rows: list[Row], scale: float) -> int:
    lines = sum(1.0 if row.name else _RULE for row in rows)
    return round((2 * _PAD + _HEAD + _GRAPH + (lines + 0.4) * _ROW) * scale)


def _fitting(rows: list[Row], scale: float, most: int) -> list[Row]:
    """Leave rows out until the panel is no higher than `most` pixels."""
    for spared in _SPARED:
        if _height(rows, scale) <= most:
            break
        kept = [row for row in rows if not row.name.startswith(spared)]
        rows = [row for k, row in enumerate(kept) if row.name or (k + 1 < len(kept) and kept[k + 1].name)]
    while len(rows) > 1 and _height(rows, scale) > most:
        rows = rows[:-1]
    return rows


def walk_rows(walk: WalkFacts, fps: float) -> list[Row]:
    """Return what there is to say of a walk."""
    place = Path(walk.scene).name if walk.scene else "first"
    return [
        Row(),
        Row("steps a frame", f"{walk.steps}, by the machine's speed" if walk.auto else f"{walk.steps}"),
        Row("context filled", f"{walk.context:.0%}"),
        Row("clearness", f"{walk.strength:.0%}" + (", fading" if walk.faded else "")),
        Row("can go back", f"{walk.reach / fps:.0f} s ({walk.past_bytes / 2**20:.0f} MB)"),
        Row("scene, seed", f"{shortened(place, 19, _WIDTH / 2)}, {walk.seed}"),
    ]
