"""Decodes clips in the background, a few frames ahead of whoever uses them."""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from model.footage.clip import Dataset, Frames


def decoded_clips(dataset: Dataset, indices: Sequence[int]) -> Generator[Iterator[Frames], None, None]:
    """Frames of each clip in turn, a chunk at a time: use one clip up before asking for the next.

    One chunk is decoded while another one is used. Each clip is begun a clip early, so that one that comes over the
    network is there when its turn has come. What goes wrong with a clip is raised where its frames are asked for.
    """
    with ThreadPoolExecutor(2, "decode") as pool:  # one for the clip in use, one for the next

        def begun(index: int) -> tuple[Iterator[Frames], Future[Frames | None]]:
            chunks = dataset.chunks(index)
            return chunks, pool.submit(next, chunks, None)

        following = [begun(index) for index in indices[:1]]
        for place in range(len(indices)):
            chunks, first = following.pop()
            following += [begun(index) for index in indices[place + 1 : place + 2]]
            yield _ahead(chunks, first, pool)


def _ahead(chunks: Iterator[Frames], coming: Future[Frames | None], pool: ThreadPoolExecutor) -> Iterator[Frames]:
    while (frames := coming.result()) is not None:
        coming = pool.submit(next, chunks, None)
        yield frames
