import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.autoencoder import Autoencoder, AutoencoderConfig, to_pixels
from model.errors import DataError
from model.footage.clip import Frames
from model.footage.gf_minecraft import GFMinecraft
from model.footage.view import DatasetView
from tests.footage import write_clip
from training.data import latents as latents_module
from training.data.latents import EncodingStopped, LatentCache, encode_dataset, sample_clips
from training.data.shards import INDEX

HASH, OTHER_HASH = "a" * 64, "b" * 64


@pytest.fixture(scope="module")
def autoencoder() -> Autoencoder:
    torch.manual_seed(0)
    shape = AutoencoderConfig(latent_channels=4, outer_width=8, inner_width=8, encoder_blocks=(1, 1))
    return Autoencoder(shape)


@pytest.fixture(scope="module")
def cache_folder(shared_footage: Path, autoencoder: Autoencoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    encode_dataset(GFMinecraft(shared_footage), autoencoder, HASH, folder)
    return folder


@pytest.fixture(scope="module")
def cache(cache_folder: Path) -> LatentCache:
    return LatentCache.open(cache_folder, HASH)


class CountingDataset(GFMinecraft):
    """Notes which clips were decoded."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.decoded: list[str] = []

    def chunks(self, index: int) -> Iterator[Frames]:
        self.decoded.append(self.names[index])
        yield from super().chunks(index)


@dataclass(frozen=True)
class Lowered(DatasetView):
    """Clips as they are, the camera of the first of which looks down."""

    def pitch(self, index: int) -> float:
        return 25.0 if index == 0 else 0.0


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def test_cache_holds_the_clips_latents_and_actions(
    shared_footage: Path, autoencoder: Autoencoder, cache: LatentCache
) -> None:
    dataset = GFMinecraft(shared_footage)
    assert (cache.autoencoder_hash, cache.fps, cache.size) == (HASH, 16.0, (32, 48))
    assert cache.names == dataset.names and cache.frame_counts == dataset.frame_counts
    for i, clip in enumerate(cache.clips):
        with torch.no_grad():
            expected = autoencoder.encode(to_pixels(torch.from_numpy(dataset.read(i).frames)))
        assert clip.latents.dtype == torch.float16 and clip.latents.shape == expected.shape
        torch.testing.assert_close(clip.latents.float(), expected, atol=2e-3, rtol=2e-3)
        torch.testing.assert_close(clip.actions, torch.from_numpy(dataset.actions(i)))


def test_a_second_run_decodes_nothing(footage: Path, autoencoder: Autoencoder, tmp_path: Path) -> None:
    encode_dataset(GFMinecraft(footage), autoencoder, HASH, tmp_path / "cache")
    dataset = CountingDataset(footage)
    encode_dataset(dataset, autoencoder, HASH, tmp_path / "cache")
    assert dataset.decoded == []


def test_frames_are_encoded_a_few_at_a_time_with_the_same_result(
    footage: Path, autoencoder: Autoencoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = encode_dataset(GFMinecraft(footage), autoencoder, HASH, tmp_path / "whole")
    seen: list[int] = []
    encode = autoencoder.encode
    monkeypatch.setattr(autoencoder, "encode", lambda pixels: seen.append(len(pixels)) or encode(pixels))
    monkeypatch.setattr(latents_module, "_BATCH_PIXELS", 5 * 32 * 48)
    parts = encode_dataset(GFMinecraft(footage), autoencoder, HASH, tmp_path / "parts")
    assert seen == [5, 5, 2] * 2
    for one, other in zip(whole.clips, parts.clips, strict=True):
        torch.testing.assert_close(one.latents, other.latents, atol=2e-3, rtol=2e-3)
        assert torch.equal(one.actions, other.actions)


def test_a_new_or_changed_clip_is_encoded_alone(footage: Path, autoencoder: Autoencoder, tmp_path: Path) -> None:
    encode_dataset(GFMinecraft(footage), autoencoder, HASH, tmp_path / "cache")
    write_clip(footage, "b", 14, seed=7)
    write_clip(footage, "c", 12, seed=8)
    dataset = CountingDataset(footage)
    cache = encode_dataset(dataset, autoencoder, HASH, tmp_path / "cache")
    assert dataset.decoded == ["b", "c"]
    assert cache.frame_counts == (12, 14, 12)


def test_equal_clips_share_a_shard(footage: Path, autoencoder: Autoencoder, tmp_path: Path) -> None:
    for folder, ending in (("metadata", "json"), ("video", "mp4")):
        data = (footage / folder / f"a.{ending}").read_bytes()
        (footage / folder / f"copy.{ending}").write_bytes(data)
    cache = encode_dataset(GFMinecraft(footage), autoencoder, HASH, tmp_path / "cache")
    assert cache.names == ("a", "b", "copy") and len(shards(tmp_path / "cache")) == 2
    assert torch.equal(cache.clips[0].latents, cache.clips[2].latents)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [truncate, flip_a_bit, Path.unlink])
def test_a_damaged_shard_is_refused_then_remade(
    damage: object, footage: Path, autoencoder: Autoencoder, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    before = encode_dataset(GFMinecraft(footage), autoencoder, HASH, folder)
    assert callable(damage)
    damage(shards(folder)[0])
    with pytest.raises(DataError, match=r"damaged .*arvd-data encode"):
        LatentCache.open(folder, HASH)
    dataset = CountingDataset(footage)
    after = encode_dataset(dataset, autoencoder, HASH, folder)
    assert len(dataset.decoded) == 1
    for one, other in zip(before.clips, after.clips, strict=True):
        assert torch.equal(one.latents, other.latents)


def test_another_autoencoder_is_refused_then_all_is_remade(
    footage: Path, autoencoder: Autoencoder, tmp_path: Path
) -> None:
    encode_dataset(GFMinecraft(footage), autoencoder, HASH, tmp_path / "cache")
    with pytest.raises(DataError, match="was made by autoencoder aaaaaaaaaaaa, not bbbbbbbbbbbb"):
        LatentCache.open(tmp_path / "cache", OTHER_HASH)
    dataset = CountingDataset(footage)
    encode_dataset(dataset, autoencoder, OTHER_HASH, tmp_path / "cache")
    assert dataset.decoded == ["a", "b"]
    assert len(shards(tmp_path / "cache")) == 2


def test_a_killed_encoding_is_refused_then_resumed(
    footage: Path, autoencoder: Autoencoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(CountingDataset):
        def chunks(self, index: int) -> Iterator[Frames]:
            if index == 1:
                raise KeyboardInterrupt
            yield from super().chunks(index)

    monkeypatch.setattr(latents_module, "_INDEX_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        encode_dataset(Killed(footage), autoencoder, HASH, tmp_path / "cache")
    with pytest.raises(DataError, match="did not finish"):
        LatentCache.open(tmp_path / "cache", HASH)
    dataset = CountingDataset(footage)
    assert encode_dataset(dataset, autoencoder, HASH, tmp_path / "cache").names == ("a", "b")
    assert dataset.decoded == ["b"]
    assert not list((tmp_path / "cache").glob(".*"))


def test_a_stopped_encoding_goes_on_where_it_was(footage: Path, autoencoder: Autoencoder, tmp_path: Path) -> None:
    answers = [False, True]
    with pytest.raises(EncodingStopped):
        encode_dataset(GFMinecraft(footage), autoencoder, HASH, tmp_path / "cache", stop=lambda: answers.pop(0))
    dataset = CountingDataset(footage)
    encode_dataset(dataset, autoencoder, HASH, tmp_path / "cache")
    assert dataset.decoded == ["b"]


def test_latents_of_another_precision_are_another_cache(
    footage: Path, autoencoder: Autoencoder, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    half = encode_dataset(GFMinecraft(footage), autoencoder, HASH, folder, dtype=torch.bfloat16)
    assert half.autoencoder_hash == f"{HASH}-bfloat16"
    with pytest.raises(DataError, match="made by autoencoder aaaaaaaaaaaa-bfloat16, not aaaaaaaaaaaa;"):
        LatentCache.open(folder, HASH)
    dataset = CountingDataset(footage)
    assert encode_dataset(dataset, autoencoder, HASH, folder).autoencoder_hash == HASH
    assert dataset.decoded == ["a", "b"]


def test_no_cache_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no latent cache; make one with `arvd-data encode`"):
        LatentCache.open(tmp_path, HASH)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 99},
        {"clips": [{"name": "a"}]},
        {"size": "large"},
        {"clips": None},
        {"fps": None},
    ],
)
def test_a_garbled_index_is_a_data_error(
    change: dict[str, object], footage: Path, autoencoder: Autoencoder, tmp_path: Path
) -> None:
    encode_dataset(GFMinecraft(footage), autoencoder, HASH, tmp_path / "cache")
    path = tmp_path / "cache" / INDEX
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DataError, match=str(path)):
        LatentCache.open(tmp_path / "cache", HASH)
    encode_dataset(GFMinecraft(footage), autoencoder, HASH, tmp_path / "cache")


def test_the_index_cannot_point_outside_the_cache(cache_folder: Path, tmp_path: Path) -> None:
    document = json.loads((cache_folder / INDEX).read_text())
    document["clips"][0]["shard"] = f"../{cache_folder.name}/{document['clips'][0]['shard']}"
    (tmp_path / INDEX).write_text(json.dumps(document))
    with pytest.raises(DataError, match="is no shard name"):
        LatentCache.open(tmp_path, HASH)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_to_the_index_is_a_data_error_or_harmless(data: st.DataObject, cache_folder: Path) -> None:
    original = (cache_folder / INDEX).read_bytes()
    place = data.draw(st.integers(0, len(original) - 1))
    mutated = original[:place] + data.draw(st.binary(max_size=8)) + original[place + data.draw(st.integers(0, 8)) :]
    (cache_folder / INDEX).write_bytes(mutated)
    try:
        LatentCache.open(cache_folder, HASH)
    except DataError:
        pass
    finally:
        (cache_folder / INDEX).write_bytes(original)


def test_frames_that_do_not_fit_the_stride_are_refused(
    footage: Path, autoencoder: Autoencoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = GFMinecraft(footage)
    monkeypatch.setattr(GFMinecraft, "size", (30, 48))
    with pytest.raises(DataError, match="48x30"):
        encode_dataset(dataset, autoencoder, HASH, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_latents_that_are_not_finite_are_refused(footage: Path, autoencoder: Autoencoder, tmp_path: Path) -> None:
    broken = Autoencoder(autoencoder.config)
    broken.latent_std.zero_()
    with pytest.raises(DataError, match="not finite"):
        encode_dataset(GFMinecraft(footage), broken, HASH, tmp_path / "cache")


def test_a_cache_says_where_the_camera_looks_as_a_clip_begins(
    shared_footage: Path, autoencoder: Autoencoder, cache_folder: Path, tmp_path: Path
) -> None:
    """Also one that was made before it was noted: nothing has to be encoded again for it."""
    folder = tmp_path / "cache"
    shutil.copytree(cache_folder, folder)
    before = (folder / INDEX).read_bytes()
    dataset = CountingDataset(shared_footage)
    assert encode_dataset(Lowered(dataset), autoencoder, HASH, folder).clips[0].pitch == 25 and not dataset.decoded
    cache = LatentCache.open(folder, HASH)
    assert [clip.pitch for clip in cache.clips] == [25, 0, 0]
    batch = sample_clips(cache, 4, 64, torch.Generator().manual_seed(1))
    turned = batch.turned[:, 0, 0]
    assert ((turned > 12.5) == (turned == 25)).all() and 0 < (turned == 25).sum() < 64, "that footage only yaws"
    encode_dataset(dataset, autoencoder, HASH, folder)
    assert (folder / INDEX).read_bytes() == before
