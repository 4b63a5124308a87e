import hashlib
import json

import pytest

from training.data.digest import dataset_digest

from .test_frames import NumberedFootage


def test_digest_follows_names_and_contents() -> None:
    assert dataset_digest(NumberedFootage((3, 4))) == dataset_digest(NumberedFootage((3, 4)))
    assert dataset_digest(NumberedFootage((3, 4))) != dataset_digest(NumberedFootage((3, 4, 5)))


def test_digest_follows_where_the_camera_looks_and_of_level_clips_is_what_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    footage = NumberedFootage((3, 4))
    sha = hashlib.sha256()
    for index, name in enumerate(footage.names):
        sha.update(json.dumps([name, footage.digest(index)]).encode())
    level = dataset_digest(footage)
    assert level == sha.hexdigest()
    monkeypatch.setattr(footage, "pitch", lambda index: 5.0 * index)
    assert dataset_digest(footage) != level
