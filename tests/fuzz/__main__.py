"""`python -m tests.fuzz --count 10000 [--reader NAME]`: mutated datasets by the thousand, with what became of them."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from .readers import READERS
from .run import Fuzzer


def main() -> int:
    """Fuzz the readers asked for; returns 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="datasets for each reader (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first (%(default)s)")
    parser.add_argument("--reader", action="append", choices=sorted(READERS), help="only this one; may be repeated")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="where to put failures (%(default)s)")
    parser.add_argument("--reasons", action="store_true", help="list why datasets were refused")
    options = parser.parse_args()
    failed = False
    print(
        f"{'reader':16} {'read':>6} {'refused':>7} {'reasons':>7} {'failed':>6} {'worst ms':>9} {'peak MB':>8} {'s':>6}"
    )
    for name in options.reader or READERS:
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch, Fuzzer(Path(scratch), options.keep) as fuzzer:
            tally = fuzzer.run(name, range(options.first, options.first + options.count))
        read, refused = tally.outcomes["read"], tally.outcomes["refused"]
        print(
            f"{name:16} {read:6} {refused:7} {len(tally.reasons):7} {len(tally.failures):6} {tally.worst_ms:9.0f} "
            f"{tally.peak_mb:8.0f} {time.monotonic() - start:6.0f}",
            flush=True,
        )
        for line in tally.failures[:20]:
            print(f"  {line}")
        if options.reasons:
            for reason, count in tally.reasons.most_common():
                print(f"  {count:6} {reason}")
        failed = failed or bool(tally.failures)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
