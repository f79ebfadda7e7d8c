"""The long form of the native tests: all cases, then the fuzzer for as long as is wanted.

    python -m tests.native --seconds 600            # with our own driver, on any compiler
    python -m tests.native --seconds 600 --libfuzzer  # with clang's libFuzzer, where it is there

Each run of our own driver has another seed, which it prints; `--seed` has one again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from tests import native


def libfuzzer(work: Path, seconds: int) -> int:
    """Compiles the fuzz target with libFuzzer's driver in place of ours, and runs it."""
    folder = native.build("clang", work)
    sources = [*native.GUEST]
    sources += [native.HERE / "harness.c", native.HERE / "fuzz.c"]
    engine = next(work.glob("engine-*/engine"))
    engine_objects = [str(path) for path in engine.parent.glob("*.o")]
    flags = ["-std=gnu2x", *native.FLAGS, "-O1", "-DLIBFUZZER", "-fsanitize=fuzzer"]
    paths = [f"-I{native.HERE}", f"-I{native.WASM / 'src'}", f"-I{folder}", f"-I{engine}"]
    program = str(folder / "libfuzzer")
    command = ["clang", *flags, *paths, *map(str, sources), *engine_objects, "-lm", "-o", program]
    subprocess.run(command, check=True)
    corpus = work / "corpus"
    corpus.mkdir(exist_ok=True)
    options = [f"-max_total_time={seconds}", "-max_len=8192", "-timeout=20"]
    return subprocess.run([program, str(corpus), *options], check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.native", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--libfuzzer", action="store_true")
    parser.add_argument("--work", type=Path, default=Path(".pytest_cache/d/native"))
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    if options.libfuzzer:
        return libfuzzer(work, options.seconds)
    cc = native.compiler()
    if cc is None:
        sys.exit("no C compiler with address and undefined-behaviour sanitizers here")
    programs = native.build(cc, work)
    for name, arguments in {
        "heap": ["2000000"],
        "cases": [],
        "fuzz": [str(options.seed), "0", "0", str(options.seconds)],
    }.items():
        print(f"{name} {' '.join(arguments)}", flush=True)
        done = native.run(programs / name, *arguments)
        print(done.stdout, done.stderr, sep="", flush=True)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
