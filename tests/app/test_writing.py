import errno
import threading
import time
from pathlib import Path

import pytest

from app.writing import Writer
from model.files import write_atomically


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
    writer.put("it", lambda: "")
    writer.wait()
    assert said[-1] == "another one", "one that has nothing to tell is no sentence"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(13, "Permission denied", "/a/file"), "Permission denied"),
        (OSError("no number"), "no number"),
        (ValueError("odd"), "odd"),
        (RuntimeError("unheard of"), "unheard of"),
    ],
)
def test_a_failed_job_is_said_and_the_next_is_done(error: Exception, why: str) -> None:
    said: list[str] = []
    writer = Writer("pen", said.append)

    def fail() -> str:
        raise error

    writer.put("the picture", fail)
    writer.put("it", lambda: "done")
    writer.wait()
    assert said == [f"the picture could not be written ({why})", "done"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_a_full_disk_is_said_without_the_name_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    said: list[str] = []

    def full(_: int) -> None:
        raise OSError(number, "No space left")

    def save() -> str:
        write_atomically(tmp_path / "quick.safetensors", b"state")
        return "saved"

    monkeypatch.setattr("os.fsync", full)
    writer = Writer("pen", said.append)
    writer.put("quick save", save)
    writer.wait()
    assert said == ["quick save could not be written (No space left); make room on the disk"]


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
