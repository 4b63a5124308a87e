"""The exit code is the one that was decided, whatever threads are at."""

import subprocess
import sys
import textwrap
from pathlib import Path

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


def test_a_thread_inside_torch_does_not_abort_the_end() -> None:
    done = _run(f"{_IN_TORCH}\n    print('written')\n    leave(2)\n")
    assert (done.returncode, done.stdout, done.stderr) == (2, "written\n", "")


def test_a_signal_before_the_window_is_open_is_no_error(tiny_world: Path) -> None:
    done = _run(
        f"""
        import os, signal, sys
        import app.in_window
        from app.play import command

        app.in_window.run_window = lambda options: os.kill(os.getpid(), signal.SIGTERM)
        sys.argv = ["arvd-play", "--world", {str(tiny_world)!r}]
        command()
        """
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_signals_after_the_first_do_not_break_off_what_is_being_closed(tmp_path: Path) -> None:
    done = _run(
        f"""
        import os, signal, time
        from pathlib import Path
        from app.play import _interrupt
        from app.leaving import heed, leave

        heed(_interrupt)
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except KeyboardInterrupt:
            for again in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                os.kill(os.getpid(), again)
            Path({str(tmp_path / "closed")!r}).touch()
        leave(0)
        """
    )
    assert (done.returncode, done.stderr) == (0, "") and (tmp_path / "closed").exists()


def test_threads_that_are_no_daemons_come_to_their_end() -> None:
    done = _run(
        """
        import threading, time
        from app.leaving import leave

        def slowly() -> None:
            time.sleep(0.2)
            print("done")

        threading.Thread(target=slowly).start()
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
