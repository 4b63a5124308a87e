"""Which thread goes first."""

import os
import sys
import threading

import pytest

from app.priority import draw_first


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own elsewhere")
def test_a_thread_and_those_it_starts_yield_to_the_others() -> None:
    found: dict[str, int] = {}

    def look(name: str) -> None:
        found[name] = os.getpriority(os.PRIO_PROCESS, 0)

    def generate() -> None:
        draw_first()
        look("own")
        started = threading.Thread(target=look, args=("started",))
        started.start()
        started.join()

    generator = threading.Thread(target=generate)
    generator.start()
    generator.join()
    look("drawing")
    assert found["own"] == found["started"] > found["drawing"]
