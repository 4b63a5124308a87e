"""`python -m tests.app.record_forever FOLDER FPS [BYTES]`: record until killed; prints each frame handed over.

With BYTES no file may grow beyond them, as on a full disk: what the recorder says of it is printed, then it ends.
"""

import os
import resource
import sys
import time
from pathlib import Path

from app.recorder import Begin, Recorder, Taken
from tests.replays import make_action, make_header, make_pictures


def main(folder: Path, fps: float, most: int | None) -> int:
    """Record; returns the exit code."""
    if most is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    pictures = make_pictures(64)
    recorder = Recorder(folder, budget=10**9, say=lambda sentence: print(sentence, flush=True))
    recorder.begin(Begin(make_header(fps=fps), pictures[0]))
    began = time.monotonic()
    frame = 0
    while recorder.recording:
        frame += 1
        time.sleep(max(0.0, began + frame / fps - time.monotonic()))
        recorder.put(Taken(make_action(frame), pictures[frame % 64], frame / fps, 1.0, True, 0))
        os.write(1, b"%d\n" % frame)
    recorder.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None))
