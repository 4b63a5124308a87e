"""The test command itself has to run where bash is old, as on macOS (3.2)."""

import re
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "run"


def test_it_is_valid_bash() -> None:
    subprocess.run(["bash", "-n", str(SCRIPT)], check=True, timeout=60)


@pytest.mark.parametrize("newer", [r"\bmapfile\b", r"\breadarray\b", r"\b(declare|local) -[An]", r"\$\{\w+(,,|\^\^)"])
def test_it_uses_nothing_that_bash_3_2_lacks(newer: str) -> None:
    assert not re.search(newer, SCRIPT.read_text())
