import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from model.config import plain
from model.errors import RunError, WorldError
from training.inverse_dynamics import (
    InverseDynamicsConfig,
    InverseDynamicsModel,
    TrainedOn,
    load_inverse_dynamics,
    save_inverse_dynamics,
    shrink,
)

from .metrics.readers import SMALL

TRAINED_ON = TrainedOn(dataset="0" * 64, clips=3, frames=75, steps=7)


def make_model() -> InverseDynamicsModel:
    torch.manual_seed(0)
    return InverseDynamicsModel(SMALL, TRAINED_ON).eval()


def make_frames(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_reads_one_transition_less_than_frames() -> None:
    model, frames = make_model(), make_frames(2, 5, 3, 32, 48)
    reading = model(frames)
    assert reading.keys.shape == (2, 4, 2) and reading.camera.shape == (2, 4, 2)
    features = model.features(frames)
    assert features.shape == (2, 4, SMALL.features)
    torch.testing.assert_close(model.read(features).camera, reading.camera)


def test_default_model_is_small() -> None:
    model = InverseDynamicsModel(InverseDynamicsConfig())
    assert sum(parameter.numel() for parameter in model.parameters()) < 1_500_000


def test_what_comes_later_tells_of_what_was_before() -> None:
    model, frames = make_model(), make_frames(1, 6, 3, 32, 48)
    changed = frames.clone()
    changed[:, 4] = make_frames(1, 3, 32, 48) * -1
    before, after = model(frames).camera, model(changed).camera
    assert (before[:, 1] - after[:, 1]).abs().max() > 1e-6


def test_larger_pictures_are_averaged_and_others_refused() -> None:
    model, frames = make_model(), make_frames(1, 3, 3, 32, 48)
    double = frames.repeat_interleave(2, -1).repeat_interleave(2, -2)
    torch.testing.assert_close(shrink(double, SMALL.size), frames)
    torch.testing.assert_close(model(double).keys, model(frames).keys)
    for height, width in ((16, 24), (32, 47), (48, 72), (64, 48)):
        with pytest.raises(WorldError, match=f"pictures of {width}x{height} cannot be read .* of 48x32; give"):
            model(make_frames(1, 3, 3, height, width))


def test_a_saved_model_reads_the_same(tmp_path: Path) -> None:
    model, path = make_model(), tmp_path / "idm.safetensors"
    save_inverse_dynamics(path, model)
    loaded = load_inverse_dynamics(path)
    assert loaded.config == SMALL and loaded.trained_on == TRAINED_ON and not loaded.training
    frames = make_frames(1, 4, 3, 32, 48)
    assert torch.equal(loaded(frames).keys, model(frames).keys)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "idm.safetensors"

    def complaint() -> str:
        with pytest.raises(RunError, match="not a readable inverse-dynamics model") as caught:
            load_inverse_dynamics(path)
        text = str(caught.value)
        assert text.startswith(str(path)) and "\n" not in text and text.endswith("make one with arvd-train idm")
        return text

    assert "No such file" in complaint()
    path.write_bytes(b"not a model")
    complaint()
    save_file({"weight": torch.zeros(1)}, path)
    assert "lacks 'config'" in complaint()
    metadata = {"config": json.dumps(plain(SMALL) | {"depth": 3}), "trained_on": json.dumps(plain(TRAINED_ON))}
    save_file({"weight": torch.zeros(1)}, path, metadata)
    assert "unknown key 'depth'" in complaint()
    metadata["config"] = "[1]"
    save_file({"weight": torch.zeros(1)}, path, metadata)
    complaint()
    metadata["config"] = json.dumps(plain(SMALL))
    save_file({"weight": torch.zeros(1)}, path, metadata)
    assert "Missing key" in complaint() or "state_dict" in complaint()
    save_inverse_dynamics(path, make_model())
    path.write_bytes(path.read_bytes()[:-100])
    complaint()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"keys": ("forward", "fly")}, "unknown key 'fly'"),
        ({"keys": ()}, "at least one key"),
        ({"keys": ("jump", "jump")}, "each once"),
        ({"hidden": 0}, "at least 1"),
    ],
)
def test_configs_that_make_no_model_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(SMALL, **change)  # type: ignore[arg-type]
