import shutil
from pathlib import Path

import pytest

from model.onnx.export import export_world


@pytest.fixture(scope="session")
def exported(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the tiny world with its graphs; do not write into it."""
    folder = Path(shutil.copytree(tiny_world, tmp_path_factory.mktemp("exported") / "tiny"))
    export_world(folder, folder / "onnx")
    return folder
