from training.data.digest import dataset_digest

from .test_frames import NumberedFootage


def test_digest_follows_names_and_contents() -> None:
    assert dataset_digest(NumberedFootage((3, 4))) == dataset_digest(NumberedFootage((3, 4)))
    assert dataset_digest(NumberedFootage((3, 4))) != dataset_digest(NumberedFootage((3, 4, 5)))
