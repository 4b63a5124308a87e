"""Evil made by hand, for each reader that it can meet: refused by name, within a small memory, and nothing hangs."""

import io
import json
import os
import shutil
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from model.actions import DEGREES_PER_UNIT
from model.footage.video import MAX_PIXELS, MAX_SIDE
from tests.footage import make_frames, make_records, write_video
from tests.replays import write_replay
from tests.training.data.archives import footage_files, zipped
from tests.training.data.lmdb_files import clips, write_lmdb

from .readers import READERS
from .run import Fuzzer
from .worker import MOST_MB, Case

PASSED_OVER = ("verified.json", "stats.json", "start.png", "tasks.parquet")
"""Files without which a dataset is read all the same."""
DEEP = 3_000_000
every_reader = pytest.mark.parametrize("reader", READERS)
by_folder = pytest.mark.parametrize("reader", [name for name in READERS if name != "gf-archive"])
"""Of archives it is files that are asked for, and those may be links."""


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def dataset(reader: str) -> Path:
        if reader not in made:
            made[reader] = tmp_path_factory.mktemp("good") / reader
            made[reader].mkdir()
            READERS[reader].make(made[reader])
        return made[reader]

    return dataset


def files(folder: Path, *endings: str) -> list[Path]:
    """Files of a dataset that a reader needs, those of some endings only, the paths relative."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in PASSED_OVER]
    return [path.relative_to(folder) for path in found if not endings or path.suffix in endings]


def refused(fuzzer: Fuzzer, reader: str, folder: Path, about: str = "", most_mb: float = 250) -> None:
    """A dataset is refused in one sentence that names what it is about."""
    result = fuzzer.ask(Case(reader, folder=str(folder)))
    assert result.outcome == "refused", result
    assert about in result.message and result.mb < most_mb, result


@every_reader
def test_names_with_blanks_and_letters_of_any_kind_are_read(
    reader: str, good: Callable[[str], Path], fuzzer: Fuzzer, tmp_path: Path
) -> None:
    folder = tmp_path / "wäld 1 'ü' ☃ # %41"
    shutil.copytree(good(reader), folder)
    result = fuzzer.ask(Case(reader, folder=str(folder)))
    assert result.outcome == "read", result


@by_folder
def test_links_that_lead_out_are_refused(
    reader: str, good: Callable[[str], Path], fuzzer: Fuzzer, tmp_path: Path
) -> None:
    for path in files(good(reader)):
        for target in (good(reader) / path, Path("/etc/passwd")):
            folder = tmp_path / "linked"
            shutil.copytree(good(reader), folder)
            (folder / path).unlink()
            (folder / path).symlink_to(target)
            refused(fuzzer, reader, folder, "leads out of")
            shutil.rmtree(folder)


@every_reader
@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir], ids=["pipe", "folder"])
def test_what_is_no_file_hangs_nobody(
    make: Callable[[Path], None], reader: str, good: Callable[[str], Path], fuzzer: Fuzzer, tmp_path: Path
) -> None:
    for path in files(good(reader)):
        folder = tmp_path / "odd"
        shutil.copytree(good(reader), folder)
        (folder / path).unlink()
        make(folder / path)
        result = fuzzer.ask(Case(reader, folder=str(folder)))
        assert result.outcome in ("read", "refused"), (path, result)
        shutil.rmtree(folder)


@every_reader
def test_text_of_a_gigabyte_is_refused_unread(
    reader: str, good: Callable[[str], Path], fuzzer: Fuzzer, tmp_path: Path
) -> None:
    for path in files(good(reader), ".json", ".jsonl", ".toml", ".csv"):
        folder = tmp_path / "large"
        shutil.copytree(good(reader), folder)
        os.truncate(folder / path, 1 << 30)
        refused(fuzzer, reader, folder, path.name, most_mb=100)
        shutil.rmtree(folder)


@every_reader
@pytest.mark.parametrize("text", ["[" * DEEP, '{"a":' * DEEP, "x = " + "[" * DEEP, f"a{'.a' * DEEP} = 1"])
def test_text_as_deep_as_the_sea_is_refused(
    text: str, reader: str, good: Callable[[str], Path], fuzzer: Fuzzer, tmp_path: Path
) -> None:
    for path in files(good(reader), ".json", ".jsonl", ".toml", ".csv"):
        folder = tmp_path / "deep"
        shutil.copytree(good(reader), folder)
        (folder / path).write_text(text)
        refused(fuzzer, reader, folder, path.name)
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2Jb", "a\udcffb", "a\u202eb"])
@pytest.mark.parametrize("reader", ["gf-minecraft", "vpt", "replays", "video-folder"])
def test_names_that_lie_to_the_eye_are_refused(
    reader: str, name: str, good: Callable[[str], Path], fuzzer: Fuzzer, tmp_path: Path
) -> None:
    folder = tmp_path / "named"
    shutil.copytree(good(reader), folder)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.stem in ("a", "a b", "20260102-030405-tiny"):
            path.rename(path.with_name(name + path.suffix))
    refused(fuzzer, reader, folder, "is no name")


EVIL = ["../../evil.mp4", "/tmp/evil.mp4", "video/../../../evil.mp4", "..\\evil.mp4", "video/a\x1b.mp4", "C:\\evil.mp4"]


@pytest.mark.parametrize("name", EVIL)
def test_archives_whose_names_lead_out_are_refused(name: str, fuzzer: Fuzzer, tmp_path: Path) -> None:
    folder = tmp_path / "zipped"
    made = footage_files(tmp_path, ("a",))
    (folder).mkdir()
    (folder / "sample.zip").write_bytes(zipped(made | {"PLACE": b"evil"}).replace(b"PLACE", name.encode()[:5]))
    with zipfile.ZipFile(folder / "sample.zip", "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"evil")
    refused(fuzzer, "gf-archive", folder, "sample.zip: entry")
    assert not list(tmp_path.rglob("*evil*")) and not Path("/tmp/evil.mp4").exists()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_archives_with_links_and_devices_are_refused(kind: int, fuzzer: Fuzzer, tmp_path: Path) -> None:
    info = zipfile.ZipInfo("video/b.mp4")
    info.create_system, info.external_attr = 3, (kind | 0o644) << 16
    folder = tmp_path / "zipped"
    folder.mkdir()
    (folder / "sample.zip").write_bytes(zipped(footage_files(tmp_path, ("a",))))
    with zipfile.ZipFile(folder / "sample.zip", "a") as archive:
        archive.writestr(info, "/etc/passwd")
    refused(fuzzer, "gf-archive", folder, "is a link or a device")


@pytest.mark.parametrize("ending", ["json", "mp4"])
def test_bombs_are_refused(ending: str, fuzzer: Fuzzer, tmp_path: Path) -> None:
    folder = tmp_path / "bomb"
    folder.mkdir()
    with (
        zipfile.ZipFile(folder / "sample.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(f"video/a.{ending}", "w") as file,
    ):
        for _ in range(600):
            file.write(bytes(1 << 20))
    refused(fuzzer, "gf-archive", folder, "sample.zip: ", most_mb=50)


def test_a_bomb_that_states_a_small_size_is_refused(fuzzer: Fuzzer, tmp_path: Path) -> None:
    folder = tmp_path / "bomb"
    folder.mkdir()
    data = zipped({"video/a.mp4": bytes(200 << 20), "metadata/a.json": b"{}"})
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"video/a.mp4"))
    stated = struct.pack("<I", 1000)
    (folder / "sample.zip").write_bytes(data[: at + 24] + stated + data[at + 28 :])
    refused(fuzzer, "gf-archive", folder, "sample.zip: ", most_mb=50)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../../a.mp4"},
        {"name": "/etc/a.mp4"},
        {"name": "a\nb.mp4"},
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
        {"type": tarfile.LNKTYPE, "linkname": "../../etc/passwd"},
        {"type": tarfile.CHRTYPE},
        {"type": tarfile.FIFOTYPE},
        {"size": 1 << 40},
    ],
    ids=str,
)
def test_shards_that_lead_out_or_lie_are_refused(changes: dict[str, Any], fuzzer: Fuzzer, tmp_path: Path) -> None:
    info = tarfile.TarInfo("a.mp4")
    for key, value in changes.items():
        setattr(info, key, value)
    folder = tmp_path / "shards"
    folder.mkdir()
    (folder / "shard-000000.tar").write_bytes(info.tobuf(tarfile.PAX_FORMAT) + bytes(10240))
    refused(fuzzer, "webdataset-bare", folder, "shard-000000.tar: ")


def _edit(path: Path, change: Callable[[Any], None]) -> None:
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document))


OUT = ["../evil", "/etc/passwd", "a/../../evil", "..\\evil", "\x00", ""]


@pytest.mark.parametrize("name", OUT)
@pytest.mark.parametrize(
    ("reader", "place", "change"),
    [
        ("webdataset", "index.json", lambda name: lambda index: index["clips"][0].update(shard=name)),
        ("webdataset", "index.json", lambda name: lambda index: index["clips"][0].update(name=name)),
        ("latents", "index.json", lambda name: lambda index: index["clips"][0].update(shard=name)),
        ("lerobot", "meta/info.json", lambda name: lambda info: info.update(data_path=name)),
        ("lerobot", "meta/info.json", lambda name: lambda info: info.update(video_path=f"{name}/{{file_index}}.mp4")),
    ],
    ids=["shard", "clip", "latents", "rows", "videos"],
)
def test_tables_that_point_elsewhere_are_refused(
    reader: str,
    place: str,
    change: Callable[[str], Callable[[Any], None]],
    name: str,
    good: Callable[[str], Path],
    fuzzer: Fuzzer,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "pointing"
    shutil.copytree(good(reader), folder)
    _edit(folder / place, change(name))
    refused(fuzzer, reader, folder)


def _still(path: Path, size: tuple[int, int], count: int) -> None:
    """A video of one grey picture (height, width), shown `count` times."""
    with av.open(str(path), "w", format="matroska" if path.suffix == ".mkv" else "mp4") as container:
        stream: Any = container.add_stream("mjpeg", rate=20)
        stream.height, stream.width, stream.pix_fmt = *size, "yuvj420p"
        frame = av.VideoFrame.from_ndarray(np.full((*size, 3), 128, np.uint8), format="rgb24")
        (packet,) = [*stream.encode(frame), *stream.encode(None)]
        data = bytes(packet)
        for number in range(count):
            again = av.Packet(data)
            again.stream, again.pts, again.dts, again.time_base = stream, number, number, packet.time_base
            again.is_keyframe = True
            container.mux(again)


def _replay(folder: Path, size: tuple[int, int]) -> Path:
    """A replay of 9 lines whose pictures are of this size; returns where its video belongs."""
    write_replay(folder / "one", 9)
    header = folder / "one" / "replay.toml"
    words = header.read_text().replace("width = 48", f"width = {size[1]}").replace("height = 32", f"height = {size[0]}")
    header.write_text(words)
    return folder / "one" / "video.mkv"


def _gf(folder: Path, size: tuple[int, int]) -> Path:
    del size
    READERS["gf-minecraft"].make(folder)
    (folder / "metadata" / "b ü.json").unlink()
    return folder / "video" / "a.mp4"


def _vpt(folder: Path, size: tuple[int, int]) -> Path:
    del size
    READERS["vpt"].make(folder)
    shutil.rmtree(folder / "more")
    return folder / "a.mp4"


def _videos(folder: Path, size: tuple[int, int]) -> Path:
    del size
    write_video(folder / "a.mp4", make_frames(make_records(3, 0), 0))
    return folder / "a.mp4"


with_video = pytest.mark.parametrize(
    ("reader", "place"), [("gf-minecraft", _gf), ("vpt", _vpt), ("replays", _replay), ("video-folder", _videos)]
)


LARGEST = MAX_PIXELS // MAX_SIDE, MAX_SIDE
FRAMES = {"gf-minecraft": 9, "vpt": 30, "replays": 9, "video-folder": 9}
"""That a video has to have so as not to be refused for their number."""


@with_video
def test_pictures_of_20000_by_20000_are_refused(
    reader: str, place: Callable[[Path, tuple[int, int]], Path], fuzzer: Fuzzer, tmp_path: Path
) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    video = place(folder, (48, 64))
    _still(video, (48, 64), FRAMES[reader])
    data = video.read_bytes()
    frame = data.index(b"\xff\xc0\x00\x11\x08") + 5  # where a JPEG states its height and width
    assert struct.unpack(">HH", data[frame : frame + 4]) == (48, 64)
    video.write_bytes(
        data.replace(data[frame - 5 : frame + 4], data[frame - 5 : frame] + struct.pack(">HH", 20_000, 20_000))
    )
    refused(fuzzer, reader, folder, video.name)


@pytest.mark.parametrize(
    ("reader", "place", "outcome"),
    [("gf-minecraft", _gf, "refused"), ("vpt", _vpt, "refused"), ("replays", _replay, "read")],
)
def test_a_video_that_hardly_ends_is_given_up(
    reader: str, place: Callable[[Path, tuple[int, int]], Path], outcome: str, fuzzer: Fuzzer, tmp_path: Path
) -> None:
    """Of a replay's video and lines the shorter counts; a plain video may be as long as it likes."""
    folder = tmp_path / "endless"
    folder.mkdir()
    _still(place(folder, (48, 64)), (48, 64), 100_000)
    result = fuzzer.ask(Case(reader, folder=str(folder)))
    assert result.outcome == outcome and result.mb < 150, result


@with_video
def test_pictures_as_large_as_they_may_be_take_little_memory(
    reader: str, place: Callable[[Path, tuple[int, int]], Path], fuzzer: Fuzzer, tmp_path: Path
) -> None:
    folder = tmp_path / "still"
    folder.mkdir()
    _still(place(folder, LARGEST), LARGEST, FRAMES[reader])
    result = fuzzer.ask(Case(reader, folder=str(folder)))
    assert result.outcome in ("read", "refused") and result.mb < MOST_MB, result


DEGREES = [1e9, 181.0, float("nan"), float("inf"), -float("inf")]


def _gf_turn(folder: Path, degrees: float) -> None:
    records: Callable[[Any], None] = lambda clip: clip["actions"]["3"].update(yaw_delta=degrees / DEGREES_PER_UNIT)  # noqa: E731
    _edit(folder / "metadata" / "a.json", records)


def _vpt_turn(folder: Path, degrees: float) -> None:
    lines = (folder / "a.jsonl").read_text().splitlines()
    line = json.loads(lines[4])
    line["mouse"]["dx"] = degrees / 0.15
    (folder / "a.jsonl").write_text("\n".join([*lines[:4], json.dumps(line), *lines[5:]]))


def _replay_turn(folder: Path, degrees: float) -> None:
    path = folder / "20260102-030405-tiny" / "actions.jsonl"
    lines = path.read_text().splitlines()
    line = json.loads(lines[4])
    line["action"]["yaw"] = degrees
    path.write_text("\n".join([*lines[:4], json.dumps(line), *lines[5:], ""]))


def _lerobot_turn(folder: Path, degrees: float) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = next((folder / "data").rglob("*.parquet"))
    table = pq.read_table(path)
    actions = np.stack(table.column("action").to_numpy())
    actions[3, -1] = degrees / DEGREES_PER_UNIT
    rows = pa.FixedSizeListArray.from_arrays(pa.array(actions.ravel()), actions.shape[1])
    pq.write_table(table.set_column(table.column_names.index("action"), "action", rows), path)


def _lmdb_turn(folder: Path, degrees: float) -> None:
    shutil.rmtree(folder)
    arrays = clips(2)
    arrays["mouse_conditions"][1, 4, 1] = degrees / DEGREES_PER_UNIT
    write_lmdb(folder / "theirs", arrays)


def _own_lmdb_turn(folder: Path, degrees: float) -> None:
    path = folder / "shard00" / "data.mdb"
    row = struct.pack("<11f", 1, *[0] * 9, 0.5)
    data = path.read_bytes()
    assert row in data
    far = degrees * (100 if degrees == 181.0 else 1)  # a step may hold several frames
    path.write_bytes(data.replace(row, struct.pack("<11f", 1, *[0] * 9, far / DEGREES_PER_UNIT)))


def _shards_turn(folder: Path, degrees: float) -> None:
    path = folder / "actions.f32"
    rows = np.fromfile(path, "<f4").reshape(-1, 11)
    rows[3, -1] = degrees / DEGREES_PER_UNIT
    path.write_bytes(rows.tobytes())
    READERS["webdataset"].mend(folder)


def _bare_turn(folder: Path, degrees: float) -> None:
    path, changed = folder / "shard-000000.tar", io.BytesIO()
    with tarfile.open(path) as source, tarfile.open(fileobj=changed, mode="w") as target:
        for member in source:
            file = source.extractfile(member)
            assert file
            data = file.read()
            if member.name.endswith(".npy"):
                rows = np.load(io.BytesIO(data))
                rows[3, -1] = degrees / DEGREES_PER_UNIT
                data = data[: -rows.nbytes] + rows.tobytes()
            target.addfile(member, io.BytesIO(data))
    path.write_bytes(changed.getvalue())


def _latents_turn(folder: Path, degrees: float) -> None:
    from safetensors.torch import load_file, save_file

    path = next(folder.glob("*.safetensors"))
    tensors = load_file(path)
    tensors["actions"][3, -1] = degrees * (100 if degrees == 181.0 else 1) / DEGREES_PER_UNIT
    save_file(tensors, path)
    READERS["latents"].mend(folder)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize(
    ("reader", "turn"),
    [
        ("gf-minecraft", _gf_turn),
        ("vpt", _vpt_turn),
        ("replays", _replay_turn),
        ("lerobot", _lerobot_turn),
        ("lmdb", _lmdb_turn),
        ("lmdb", _own_lmdb_turn),
        ("webdataset", _shards_turn),
        ("webdataset-bare", _bare_turn),
        ("latents", _latents_turn),
    ],
)
def test_turns_that_no_hand_makes_are_refused(
    reader: str,
    turn: Callable[[Path, float], None],
    degrees: float,
    good: Callable[[str], Path],
    fuzzer: Fuzzer,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "turned"
    shutil.copytree(good(reader), folder)
    turn(folder, degrees)
    refused(fuzzer, reader, folder)
