"""The pages of the settings: what is changed there counts at once, and is kept."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, get_args

from ..bindings import PRESETS, Sticks
from ..commands import FILTER_WORDS
from ..engine import runtimes_here
from ..key_names import key_of
from ..picture import Filter
from ..preferences import Preferences
from ..timeline import BUDGET_BYTES
from .keys_page import keys_page
from .menu import Menu
from .page import Choice, Entry, Page, Slider, Switch, Width

T = TypeVar("T")

_TOGGLES = ("forward", "sneak", "sprint", "attack", "use")
_FPS = (0, 30, 60, 75, 120, 144, 240)
_NEXT_START, _NEXT_WORLD = "from the next start", "from the next world"
QUALITIES = ("world", "auto", "1", "2", "4")
WINDOWS = ("all", "two thirds", "a third")


def settings_page(preferences: Preferences, menu: Menu) -> Page:
    """Return the kinds of settings."""
    kinds = (
        ("Hands", "mouse, sticks, presets", hands_page),
        ("Keys", "what each key and button does", lambda preferences: keys_page(preferences, menu)),
        ("Picture", "sharpness, window, text", picture_page),
        ("Play", "quality, rewind, recordings", play_page),
    )

    def entry(label: str, note: str, page: Callable[[Preferences], Page]) -> Entry:
        return Entry(label=label, note=note, do=lambda: menu.push(lambda: page(preferences)))

    return Page(title="Settings", note="kept for the next time", items=tuple(entry(*kind) for kind in kinds))


def hands_page(preferences: Preferences) -> Page:
    """Return how mouse, sticks and keys are taken."""
    hands = preferences.settings.hands

    def change(**values: Any) -> None:
        preferences.change(hands=replace(preferences.settings.hands, **values))

    def toggle(command: str) -> Entry:
        def set_(lasting: bool) -> None:
            others = tuple(other for other in preferences.settings.hands.toggle if other != command)
            change(toggle=(*others, command) if lasting else others)

        note = "press once to begin and once to end, instead of holding"
        return _switch(f"{command.capitalize()} stays on", note, command in hands.toggle, set_)

    items = (
        _choice("Preset", "keys for both hands, or for one; your own keys stay", hands.preset, tuple(PRESETS),
                lambda preset: change(preset=preset)),
        _slider("Mouse", "degrees that the camera turns for each count of the mouse", hands.mouse_degrees,
                (0.02, 0.6, 0.01), f"{hands.mouse_degrees:.2f}", lambda value: change(mouse_degrees=value)),
        _switch("Invert", "mouse and stick forward look down", hands.invert, lambda on: change(invert=on)),
        _slider("Stick", "degrees that the camera turns in a frame with the stick at its end", hands.stick_degrees,
                (1.0, 15.0, 0.5), f"{hands.stick_degrees:.1f}", lambda value: change(stick_degrees=value)),
        _choice("Sticks", "one that does both walks ahead and back, and turns to the sides", hands.sticks,
                get_args(Sticks), lambda sticks: change(sticks=sticks)),
        _slider("Dead zone", "share of a stick's way that counts as rest", hands.dead_zone,
                (0.0, 0.5, 0.01), f"{hands.dead_zone:.0%}", lambda value: change(dead_zone=value)),
        *map(toggle, _TOGGLES),
    )  # fmt: skip
    return Page(title="Hands", note="how mouse, sticks and keys are taken", items=items, width=Width.MEDIUM)


def picture_page(preferences: Preferences) -> Page:
    """Return how frames come to the screen."""
    picture = preferences.settings.picture

    def change(**values: Any) -> None:
        preferences.change(picture=replace(preferences.settings.picture, **values))

    items = (
        _choice("Sharpness", "how frames are enlarged", picture.filter, get_args(Filter),
                lambda name: change(filter=name), FILTER_WORDS.__getitem__),
        _switch("Late warp", "turn the newest frame with the mouse until the next one comes", picture.late_warp,
                lambda on: change(late_warp=on)),
        _switch("Full screen", "or a window", picture.fullscreen, lambda on: change(fullscreen=on)),
        _switch("Wait for the screen", "no torn pictures (vsync)", picture.vsync,
                lambda on: change(vsync=on), tag=_NEXT_START if preferences.vsync_later else ""),
        _choice("Pictures a second", "at most; fewer leave more time to the world", picture.most_fps,
                tuple(sorted({*_FPS, picture.most_fps})), lambda fps: change(most_fps=fps),
                lambda fps: str(fps or "as the display")),
        _slider("Text", "size of words, on pages and over the picture", picture.text_scale,
                (0.5, 4.0, 0.1), f"{picture.text_scale:.0%}", lambda value: change(text_scale=value)),
        _switch("Reduced motion", "nothing on the screen moves of itself, no late warp", picture.reduced_motion,
                lambda on: change(reduced_motion=on)),
    )  # fmt: skip
    return Page(title="Picture", note="how frames come to the screen", items=items, width=Width.MEDIUM)


def play_page(preferences: Preferences) -> Page:
    """Return what happens while playing."""
    play = preferences.settings.play

    def change(**values: Any) -> None:
        preferences.change(play=replace(preferences.settings.play, **values))

    key = key_of(preferences.bindings(), "figures")
    figures = "show speed and delays" + (f" ({key})" if key else "")

    def words(quality: str) -> str:
        named = {"world": "as the world was made for", "auto": "by the machine's speed"}
        return named.get(quality) or f"{quality} step{'s' * (quality != '1')} a frame"

    quality = "more steps draw finer and slower; as far as the world was made for it"
    if play.quality == "auto":
        quality = "as many steps as keep the world's rate; while a recording runs they stay as they are"
    items = (
        _choice("Quality", quality, play.quality, QUALITIES, lambda quality: change(quality=quality), words),
        _choice("Runtime", "what computes the world; the walk goes on in it", play.runtime,
                tuple(dict.fromkeys(("auto", *runtimes_here(), play.runtime))), lambda name: change(runtime=name),
                lambda name: "the fastest known" if name == "auto" else name),
        _choice("Memory", "a shorter one is faster and forgets sooner", play.window, WINDOWS,
                lambda window: change(window=window), lambda window: f"{window} of it" if window != "all" else window),
        _slider("Rewind", f"seconds that can be gone back, as far as {BUDGET_BYTES >> 20} MB reach",
                play.rewind_seconds, (0.0, 300.0, 10.0), f"{play.rewind_seconds:.0f} s",
                lambda value: change(rewind_seconds=value), tag=_NEXT_WORLD),
        _switch("Figures", figures, play.figures, lambda on: change(figures=on)),
        _switch("Fit to machine", "compile a world, in the background, the first time it is played", play.fit,
                lambda on: change(fit=on), tag=_NEXT_WORLD),
        _slider("Recordings", "what they may take of the disk", play.record_budget_gb, (1.0, 100.0, 1.0),
                f"{play.record_budget_gb:.0f} GB", lambda value: change(record_budget_gb=value), tag=_NEXT_WORLD),
    )  # fmt: skip
    return Page(title="Play", note="quality, rewind, recordings", items=items, width=Width.MEDIUM)


def _switch(label: str, note: str, on: bool, set_: Callable[[bool], None], *, tag: str = "") -> Entry:
    def turn(by: int) -> None:
        set_(by > 0)

    return Entry(label=label, note=note, control=Switch(on), do=lambda: set_(not on), turn=turn, tag=tag)


def _choice(
    label: str,
    note: str,
    now: T,
    all_: Sequence[T],
    set_: Callable[[T], None],
    words: Callable[[T], str] = str,
) -> Entry:
    def turn(by: int) -> None:
        set_(all_[(all_.index(now) + by) % len(all_)])

    return Entry(label=label, note=note, control=Choice(words(now)), turn=turn)


def _slider(
    label: str,
    note: str,
    now: float,
    range_: tuple[float, float, float],
    words: str,
    set_: Callable[[float], None],
    *,
    tag: str = "",
) -> Entry:
    """A number from the first to the second of `range_` in steps of the third; one beyond stays until it is moved."""
    low, high, step = range_

    def put(value: float) -> None:
        set_(round(max(low, min(high, round(value / step) * step)), 6))

    share = max(0.0, min(1.0, (now - low) / (high - low)))
    control = Slider(words, share, lambda share: put(low + share * (high - low)))
    return Entry(label=label, note=note, control=control, turn=lambda by: put(now + by * step), tag=tag)
