"""`python -m tests.benchmarks.install [EXTRA]`: what an install takes in a fresh environment, in seconds and megabytes.

Packages come from wherever pip is set up to take them, so the seconds are those of this network and its caches.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Install into an environment of its own, play one frame there, print one line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.install")
    parser.add_argument("extra", nargs="?", default="play", help="of pyproject.toml (default: %(default)s)")
    extra = parser.parse_args().extra
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "venv"
        venv.create(place, with_pip=True)
        before, python = _megabytes(place), place / "bin" / "python"
        began = time.perf_counter()
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"{ROOT}[{extra}]"], check=True)
        seconds, size = time.perf_counter() - began, _megabytes(place) - before
        words = ["--world", "minecraft", "--headless", "--frames", "1"]
        began = time.perf_counter()
        subprocess.run([place / "bin" / "arvd-play", *words], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        print(f"arvd[{extra}]: {seconds:.0f} s, {size:.0f} MB; first frame after {time.perf_counter() - began:.1f} s")
    return 0


def _megabytes(folder: Path) -> float:
    """What the files of a folder take, in MB (10**6 bytes)."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


if __name__ == "__main__":
    sys.exit(main())
