"""One digest for a whole dataset."""

import hashlib
import json

from model.footage.clip import Dataset
from model.footage.pitch import digest_at


def dataset_digest(dataset: Dataset) -> str:
    """SHA-256 over names and contents of all clips, and over where the camera looks as each begins."""
    sha = hashlib.sha256()
    for i, name in enumerate(dataset.names):
        sha.update(json.dumps([name, digest_at(dataset.digest(i), dataset.pitch(i))]).encode())
    return sha.hexdigest()
