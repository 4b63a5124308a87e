"""The exit code is the one that was decided, whatever threads are at."""

import subprocess
import sys
import textwrap

import pytest

_IN_TORCH = """
    import threading, torch
    from app.leaving import leave

    inside = threading.Event()

    def work() -> None:
        torch.set_num_threads(1)
        numbers = torch.ones(32, 32)
        while True:
            numbers @ numbers
            inside.set()

    threading.Thread(target=work, daemon=True).start()
    inside.wait()
"""


def _run(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(program)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_thread_inside_torch_does_not_abort_the_end(code: int) -> None:
    done = _run(f"{_IN_TORCH}\n    print('written')\n    leave({code})\n")
    assert (done.returncode, done.stdout, done.stderr) == (code, "written\n", "")


def test_threads_that_are_no_daemons_come_to_their_end() -> None:
    done = _run(
        """
        import threading, time
        from app.leaving import leave

        def slowly() -> None:
            time.sleep(0.2)
            print("done")

        threading.Thread(target=slowly).start()
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
        leave(3)
        """
    )
    assert (done.returncode, done.stdout) == (3, "done\n")


def test_what_is_to_be_done_at_exit_is_done_where_no_thread_is_left() -> None:
    done = _run(
        """
        import atexit
        from app.leaving import leave

        atexit.register(print, "at exit")
        leave(0)
        """
    )
    assert (done.returncode, done.stdout) == (0, "at exit\n")
