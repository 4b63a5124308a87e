import itertools
import json
import shutil
from pathlib import Path

import pytest

from model.onnx import export
from model.onnx.files import ABOUT, WEIGHTS_OF


@pytest.fixture(scope="session")
def exported(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the tiny world with its graphs; do not write into it."""
    folder = Path(shutil.copytree(tiny_world, tmp_path_factory.mktemp("exported") / "tiny"))
    export.export_world(folder, folder / "onnx")
    return folder


@pytest.fixture
def traced_before(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports of the tiny world take the graphs that are there, where it is not they that matter: tracing is slow."""
    sources = json.loads((exported / "onnx" / ABOUT).read_bytes())["sources"]
    graphs = [((exported / "onnx" / f"{name}.onnx").read_bytes(), list(sources[name])) for name in WEIGHTS_OF]
    made = itertools.cycle(graphs)
    monkeypatch.setattr(export, "_graph", lambda traced: next(made))
