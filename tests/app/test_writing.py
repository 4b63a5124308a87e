import threading
import time

import pytest

from app.writing import Writer


def test_jobs_are_done_in_order_elsewhere_and_told_of() -> None:
    said: list[str] = []
    threads: set[str] = set()
    writer = Writer("pen", said.append)

    def job(number: int) -> str:
        time.sleep(0.002)
        threads.add(threading.current_thread().name)
        return f"{number} done"

    for number in range(10):
        writer.put("it", lambda number=number: job(number))
    writer.wait()
    assert said == [f"{number} done" for number in range(10)] and threads == {"pen"} and writer.left == 0
    writer.put("it", lambda: "another one")
    writer.wait()
    assert said[-1] == "another one", "later jobs find a thread too"


@pytest.mark.parametrize("error", [OSError(28, "No space left"), ValueError("odd"), RuntimeError("unheard of")])
def test_a_failed_job_is_said_and_the_next_is_done(error: Exception) -> None:
    said: list[str] = []
    writer = Writer("pen", said.append)

    def fail() -> str:
        raise error

    writer.put("the picture", fail)
    writer.put("it", lambda: "done")
    writer.wait()
    assert said == [f"the picture could not be written ({error})", "done"]


def test_a_disk_that_hangs_is_not_given_more_than_it_holds() -> None:
    said: list[str] = []
    writer, hangs = Writer("pen", said.append), threading.Event()

    def hang() -> str:
        hangs.wait()
        return "done"

    for _ in range(20):
        writer.put("it", hang)
    assert said == ["it was not written, since the disk is busy; try again"] * 4
    hangs.set()
    writer.wait()
    assert said[4:] == ["done"] * 16
