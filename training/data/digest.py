"""One digest for a whole dataset."""

import hashlib
import json

from model.footage.clip import Dataset


def dataset_digest(dataset: Dataset) -> str:
    """SHA-256 over names and contents of all clips."""
    sha = hashlib.sha256()
    for i, name in enumerate(dataset.names):
        sha.update(json.dumps([name, dataset.digest(i)]).encode())
    return sha.hexdigest()
