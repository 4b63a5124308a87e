"""The house keeps its shape: who imports whom, how long things are, what a command may load to say --help."""

import ast
import functools
import importlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("app", "model", "training")
ARROWS = {"app": {"model"}, "training": {"model"}, "model": set[str]()}
LONGEST_FILE, LONGEST_FUNCTION = 300, 60
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGES = importlib.metadata.packages_distributions()  # takes as long as hundreds of the tests below

FILES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
TESTS = [path for room in ROOMS for path in sorted((ROOT / "tests" / room).rglob("*.py"))]
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))


@functools.cache
def parsed(path: Path) -> ast.Module:
    """What stands in a file, which several tests look at."""
    return ast.parse(path.read_text())


def absolute_imports(path: Path) -> Iterator[tuple[str, int]]:
    """Top-level names that a file imports absolutely, with their lines."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0], node.lineno


@every_file
def test_arrows_point_inward(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    barred = {*ROOMS, "arvd", "tests"} - ARROWS[room]
    wrong = [f"line {line} imports {name}" for name, line in absolute_imports(path) if name in barred]
    assert not wrong, f"{room} may import {ARROWS[room] or 'neither'} across folders, and itself relatively"


@every_file
def test_third_party_imports_are_declared(path: Path) -> None:
    extras = PROJECT["optional-dependencies"]
    asked = [*PROJECT["dependencies"], *(name for extra in extras.values() for name in extra)]
    declared = {re.split(r"[^\w-]", name, maxsplit=1)[0].lower() for name in asked}
    own = {*ROOMS, "assets", *sys.stdlib_module_names}
    for name, line in absolute_imports(path):
        known_as = {name, *PACKAGES.get(name, ())}  # an extra that is not installed goes by its own name
        wanted = {re.sub(r"[_.]", "-", other).lower() for other in known_as}
        assert name in own or wanted & declared, f"line {line}: {name} is undeclared"


@every_file
def test_files_and_functions_stay_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} at line {node.lineno} has {length} lines"


@every_file
def test_every_file_says_what_it_owns(path: Path) -> None:
    assert ast.get_docstring(parsed(path))


@pytest.mark.parametrize("package", [*ROOMS, "assets"])
def test_packages_are_those_of_this_repository(package: str) -> None:
    assert [Path(entry).resolve() for entry in importlib.import_module(package).__path__] == [ROOT / package]


def test_tests_mirror_the_tree() -> None:
    for path in TESTS:
        place = path.relative_to(ROOT / "tests").parent
        assert (ROOT / place).is_dir(), f"{path} stands in no folder of the tree"
        if path.name.startswith("test_"):
            rooms = [
                *(ROOT / place).glob("*.py"),
                *(folder for folder in (ROOT / place).iterdir() if folder.is_dir()),
            ]
            subject = path.stem.removeprefix("test_")
            assert any(subject == room.stem or subject.startswith(f"{room.stem}_") for room in rooms), (
                f"{path} tests nothing that is called so"
            )


@pytest.mark.parametrize("command", sorted(PROJECT["scripts"]))
@pytest.mark.parametrize("arguments", [["--help"], ["--no-such-flag"]])
def test_help_and_usage_errors_load_no_torch_and_no_window(command: str, arguments: list[str]) -> None:
    module, _, function = PROJECT["scripts"][command].partition(":")
    code = (
        f"import sys; sys.argv = ['{command}', *{arguments!r}]\n"
        f"from {module} import {function}\n"
        f"try: left = {function}()\n"
        "except SystemExit as done: left = done.code\n"
        "loaded = {'torch', 'pygame', 'moderngl'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
        "sys.exit(left)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == (0 if arguments == ["--help"] else 2), done.stderr
    assert "usage: " in done.stdout if arguments == ["--help"] else "error: " in done.stderr
    assert "Traceback" not in done.stderr
