#!/usr/bin/python3
"""That two builds of `weft` give the same results: JSON byte for byte, provenance apart, at random points of shipped designs.

Each point is a design at a random side and shape; some have values from a random trace, some memory that stalls, some a mask.
Where one build refuses a point, the other must refuse it with the same words.
Exit 0: all the same; 1: not, with the command that shows it.
"""
from __future__ import annotations

import argparse
import random
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from scripts.check.values_memory import write_trace  # noqa: E402

STALLS = ("source", "sink", "both", "bursty")
PROVENANCE = re.compile(r'"provenance": ?\{.*?\n? *\}(?=,|\s*\})', re.DOTALL)


def designs(weft: str) -> list[str]:
    """Names as `weft list designs` has them: the first word of each row of its table."""
    told = subprocess.run([weft, "list", "designs"], capture_output=True, text=True, check=True).stdout
    return [row.split()[0] for row in told.splitlines() if re.fullmatch(r"  \S+( +\S+){3} +\d+", row) and "architecture" not in row]


def point(source: random.Random, design: str, traces: Path) -> list[str]:
    side = source.choice([0, 4, 8, 16, 32])
    name = f"{design}-{side}x{side}" if side else design
    options = ["run", "--design", name, "--workload", "minilm-l6", "--seed", str(source.randrange(99))]
    if source.random() < 0.4 and design != "projection":
        heads, tokens, width = source.randint(1, 2), source.randint(1, 90), source.choice([1, 7, 16, 32])
        trace = traces / f"{heads}-{tokens}-{width}.safetensors"
        write_trace(trace, heads, tokens, width)
        options = [*options[:3], "--values", str(trace), *options[5:]]
    else:
        heads = source.randint(1, 3)
        options += ["--batch", str(source.randint(1, 2)), "--heads", str(heads), "--kv-heads", str(heads)]
        options += ["--width", str(source.choice([1, 7, 16, 64]))]
        options += ["--seq-q", str(source.randint(1, 700)), "--seq-kv", str(source.randint(1, 700))]
        if source.random() < 0.25:
            options += ["--fidelity", "analytic"]
    if source.random() < 0.3:
        options.append("--causal")
    if source.random() < 0.4 and "analytic" not in options:
        options += ["--stall-profile", source.choice(STALLS)]
    return options


def result(weft: str, options: list[str]) -> tuple[int, str]:
    told = subprocess.run([weft, *options, "--json", "-"], capture_output=True, text=True)
    text, cut = PROVENANCE.subn("", told.stdout)
    if told.returncode == 0 and cut != 1:
        raise RuntimeError(f"no provenance to leave out: {shlex.join([weft, *options])}")
    return told.returncode, text + re.sub(r"\S*/configs/", "configs/", told.stderr)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", required=True, metavar="WEFT", help="the command as it was, with its configurations")
    parser.add_argument("--build", required=True, metavar="WEFT", help="the command as it is")
    parser.add_argument("--points", type=int, default=60, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(argv)
    source = random.Random(given.seed)
    names = designs(given.base)
    succeeded = 0
    with tempfile.TemporaryDirectory() as traces:
        for i in range(given.points):
            options = point(source, names[i % len(names)], Path(traces))
            before, after = result(given.base, options), result(given.build, options)
            if before != after:
                print(f"differs (exit codes {before[0]} and {after[0]}): weft {shlex.join(options)}")
                return 1
            succeeded += before[0] == 0
    print(f"{given.points} points the same, {succeeded} of them with a result")
    return 0 if succeeded > given.points // 2 else 1


if __name__ == "__main__":
    raise SystemExit(main())
