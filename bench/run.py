"""Measure, print a table, and write it down in results.md.

    make bench                                 all parts
    make bench ARGS="import ready"             only these; the others' figures stay
    make bench ARGS="--no-record commands"     print only

Each figure stands beside its floor, measured in the same run: what the machine takes for the
bare minimum of the same work. On a busy machine the ratio says more than the time. What is run
in this process runs as in a command's: Python looks for cycles as seldom there, floors included.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import results
from figures import table
from parts import PARTS

from beadwork.compose.entry import tune_garbage
from bench import Bench


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure Beadwork beside its floors.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)}")
    parser.add_argument("--no-record", action="store_true", help="leave results.md as it is")
    given = parser.parse_args()
    unknown = [each for each in given.parts if each not in PARTS]
    if unknown:
        parser.error(f"no part {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    is_all_reached = True
    tune_garbage()
    with tempfile.TemporaryDirectory(prefix="beadwork-bench-") as folder:
        bench = Bench(Path(folder), lambda text: print(f"  … {text}", flush=True))
        for name in given.parts or PARTS:
            title, measure = PARTS[name]
            print(f"{title} ({name})", flush=True)
            begun = time.monotonic()
            figures = list(measure(bench))
            print(f"{table(figures)}\n  {time.monotonic() - begun:.0f} s\n", flush=True)
            is_all_reached &= all(each.is_reached is not False for each in figures)
            if not given.no_record:
                results.record(name, title, figures)
    print("All targets are reached." if is_all_reached else "Not all targets are reached.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
