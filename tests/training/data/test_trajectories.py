"""Stored walks: made once, exactly what was walked, and vouched for."""

from pathlib import Path
from typing import Any

import pytest
import torch

from model.errors import ArvdError, DataError, RunError
from training.data.latents import ClipBatch
from training.data.trajectories import Trajectories, make_trajectories, read_trajectories, stored

RECIPE: dict[str, Any] = {"stage": "trajectories", "kept": (0, 1), "teacher": "ab"}


def walks(number: int) -> Trajectories:
    """Two clips of three frames with two kept states."""
    generator = torch.Generator().manual_seed(number)
    clip = ClipBatch(
        torch.randn((2, 3, 4, 2, 2), generator=generator).half().float(),
        torch.randn((2, 3, 11), generator=generator),
        torch.randn((2, 3, 2), generator=generator),
        torch.tensor([True, False]),
    )
    return Trajectories(clip, torch.randn((2, 3, 2, 4, 2, 2), generator=generator))


class Teacher:
    """Walks, and remembers which shards it was asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, number: int) -> Trajectories:
        self.asked.append(number)
        return walks(number)


def test_shards_are_made_once_and_read_back(tmp_path: Path) -> None:
    teacher = Teacher()
    assert make_trajectories(tmp_path, 3, RECIPE, teacher) and make_trajectories(tmp_path, 3, RECIPE, teacher)
    assert teacher.asked == [0, 1, 2]
    found = read_trajectories(tmp_path, 3)
    made = [walks(number) for number in range(3)]
    assert torch.equal(found.states, torch.cat([one.states for one in made]).half())
    picked = found.pick(torch.tensor([5, 0]))
    for name in ("latents", "actions", "turned", "contiguous"):
        both = [getattr(made[2].clip, name)[1], getattr(made[0].clip, name)[0]]
        assert torch.equal(getattr(picked.clip, name), torch.stack(both))
    assert picked.states.dtype == picked.clip.latents.dtype == torch.float32


def test_a_stopped_making_goes_on_where_it_stood(tmp_path: Path) -> None:
    first, second = Teacher(), Teacher()
    assert not make_trajectories(tmp_path, 3, RECIPE, first, lambda: len(first.asked) == 2)
    assert first.asked == [0, 1]
    assert make_trajectories(tmp_path, 3, RECIPE, second)
    assert second.asked == [2]


def test_walks_of_another_recipe_are_refused(tmp_path: Path) -> None:
    make_trajectories(tmp_path, 1, RECIPE, walks)
    with pytest.raises(RunError, match=rf"was made from another recipe or teacher; delete {tmp_path}"):
        make_trajectories(tmp_path, 1, RECIPE | {"teacher": "cd"}, walks)


@pytest.mark.parametrize("damage", [lambda data: data[:-10], lambda data: b"", lambda data: b"\x00" * len(data)])
def test_a_damaged_shard_is_refused_in_one_sentence(damage: Any, tmp_path: Path) -> None:
    make_trajectories(tmp_path, 2, RECIPE, walks)
    path = tmp_path / "000001.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    for use in (lambda: make_trajectories(tmp_path, 2, RECIPE, walks), lambda: read_trajectories(tmp_path, 2)):
        with pytest.raises(DataError, match=r"000001\.safetensors: not readable \(.+\); delete it") as error:
            use()
        assert "\n" not in str(error.value)
    path.unlink()
    teacher = Teacher()
    assert make_trajectories(tmp_path, 2, RECIPE, teacher) and teacher.asked == [1]


def test_a_missing_shard_is_refused(tmp_path: Path) -> None:
    make_trajectories(tmp_path, 1, RECIPE, walks)
    with pytest.raises(ArvdError, match=r"000001\.safetensors: not readable"):
        read_trajectories(tmp_path, 2)


def test_bytes_and_seconds_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stored(tmp_path / "none") == (0, 0.0)
    now = [100.0]

    def slow(number: int) -> Trajectories:
        now[0] += 7.5
        return walks(number)

    monkeypatch.setattr("training.data.trajectories.time.monotonic", lambda: now[0])
    make_trajectories(tmp_path, 2, RECIPE, slow)
    size, seconds = stored(tmp_path)
    assert seconds == 15.0
    assert size == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size > 2 * 2 * (2 * 3 * 4 * 4 + 2 * 3 * 2 * 4 * 4)  # float16 latents and states alone
