from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pygame
import pytest

from app import theme
from app.handover import Frame
from app.hud import Facts, Hud

from .said import reading

FACTS = Facts(title="Tiny", engine="cpu fake", fps=20.0, shown=60.0, dropped=0, late=0, walk=None)
HEIGHT = 2000


@pytest.fixture
def said() -> Iterator[list[str]]:
    with reading() as said:
        yield said


def made(index: int, *, rate: float = 20.0, step_ms: float = 40.0, stages: Mapping[str, float] | None = None) -> Frame:
    stages = {"evaluate 1": 30.0, "decode": 10.0} if stages is None else stages
    return Frame(np.zeros((2, 2, 3), np.uint8), index, step_ms=step_ms, stage_ms=stages, rate=rate)


def panel(hud: Hud, facts: Facts = FACTS, now: float = 10.0) -> pygame.Surface:
    return hud.surface(lambda: facts, now, 1.0, HEIGHT)


def test_a_frame_that_was_not_made_just_now_changes_no_figure(said: list[str]) -> None:
    hud = Hud()
    for index in range(1, 20):
        hud.note_frame(made(index))
    panel(hud)
    before = said.copy()
    said.clear()
    hud.note_frame(Frame(np.zeros((2, 2, 3), np.uint8), 19))  # as a quick save shows it
    panel(hud, now=20.0)
    assert said == before and "20.0" in said and "40.0 / 40.0 ms" in said
    hud.note_frame(Frame(np.zeros((2, 2, 3), np.uint8), 0))  # begun anew
    said.clear()
    panel(hud, now=30.0)
    assert "20.0" in said and said[said.index("frame") + 1] == "0"


def test_slow_is_a_word_and_a_shape(said: list[str]) -> None:
    quick, slow = Hud(), Hud()
    quick.note_frame(made(1, step_ms=49.0))
    slow.note_frame(made(1, rate=10.0, step_ms=51.0))
    capped = []
    for hud in (quick, slow):
        surface = panel(hud)
        graph = {tuple(surface.get_at((x, y))) for x in range(200, 284) for y in range(66, 104)}
        capped.append(theme.INK in graph)
    words = " ".join(said)
    assert words.count("slow: the world runs at 20") == 1 and words.count("the world runs at 20") == 2
    assert capped == [False, True]


def test_each_stage_shows_its_course(said: list[str]) -> None:
    flat, jagged = Hud(), Hud()
    for index in range(1, 60):
        flat.note_frame(made(index, stages={"decode": 10.0}))
        jagged.note_frame(made(index, stages={"decode": 10.0 if index % 8 < 4 else 9.6}))
    jagged_panel, flat_panel = (pygame.surfarray.array3d(panel(hud)) for hud in (jagged, flat))
    assert "    decode" in said
    assert (jagged_panel != flat_panel).any()
    columns = slice(125, 170)  # between the name and the numbers
    differing = (jagged_panel != flat_panel)[columns].any(axis=(0, 2)).nonzero()[0]
    assert len(differing) and np.ptp(differing) < 21, "the line of the stage, and nothing else there"


def test_memory_of_the_gpu_stands_where_there_is_one(said: list[str]) -> None:
    panel(Hud())
    assert "video memory" not in said
    panel(Hud(), replace(FACTS, video_mb=2345.0))
    assert said[said.index("video memory") + 1] == "2,345 MB"


def test_facts_are_asked_for_only_when_the_panel_is_drawn(said: list[str]) -> None:
    hud, asked = Hud(), []

    def facts() -> Facts:
        asked.append(1)
        return FACTS

    for picture in range(60):
        hud.surface(facts, 5.0 + picture / 60, 1.0, HEIGHT)
    assert 3 <= len(asked) <= 5


def test_a_rate_that_is_not_known_yet_is_not_slow(said: list[str]) -> None:
    hud = Hud()
    panel(hud)
    assert "-" in said and "the world runs at 20" in said
    hud.note_frame(made(1, rate=19.5))
    hud.note_frame(made(2, rate=0.0))  # the first one after a pause
    said.clear()
    panel(hud, now=20.0)
    assert "19.5" in said and "the world runs at 20" in said


def test_stages_that_frames_no_longer_have_go_away(said: list[str]) -> None:
    def stages(steps: int) -> dict[str, float]:
        return {f"evaluate {step}": 10.0 for step in range(1, steps + 1)} | {"decode": 5.0}

    def shown(hud: Hud, now: float) -> list[str]:
        said.clear()
        panel(hud, now=now)
        return [words.strip() for words in said if words.strip() in stages(4)]

    hud = Hud()
    hud.note_frame(made(1, stages=stages(4)))
    assert shown(hud, 10.0) == [*stages(4)]
    for index in range(2, 12):
        hud.note_frame(made(index, stages=stages(2)))
    assert shown(hud, 20.0) == [*stages(2)], "the first frame took more steps than a frame takes"
    hud.note_frame(made(12, stages=stages(4)))
    assert shown(hud, 30.0) == [*stages(2)], "a walk that begins anew makes no rows come and go"
    for index in range(13, 20):
        hud.note_frame(made(index, stages=stages(4)))
    assert shown(hud, 40.0) == [*stages(4)], "in their order"


def test_what_hands_and_mouse_wait_for_stands_apart(said: list[str]) -> None:
    hud = Hud()
    for milliseconds in (90.0, 110.0):
        hud.note_latency(milliseconds)
    panel(hud)
    assert said[said.index("input to picture p50 / p95") + 1] == "100 / 109 ms"
    assert said[said.index("mouse to picture p50 / p95") + 1] == "-"
    hud.note_turn(16.0)
    said.clear()
    panel(hud, now=20.0)
    assert said[said.index("mouse to picture p50 / p95") + 1] == "16 / 16 ms"
