#!/usr/bin/python3
"""What a run with values costs: CPU seconds and the most memory that it had, by design, on a random trace.

Memory may be four times the trace and its outputs, beside 64 MB of the process's own. The CPU time is told, and judged where
--baseline names a `weft` to compare with: at most a third of that one's, in the same run.
Exit 0: within the bounds; 1: not.
"""
from __future__ import annotations

import argparse
import array
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OWN_BYTES = 64 << 20
DESIGNS = "fusemax-16x16,fusemax,flat-16x16,unfused-16x16"


@dataclass(frozen=True)
class Cost:
    seconds: float
    peak_bytes: int


def write_trace(path: Path, heads: int, tokens: int, width: int) -> None:
    """Q, K and V in F32, uniform in [-2, 2), always the same."""
    source = random.Random(1)
    count = heads * tokens * width
    header = {f"layers.0.{name}": {"dtype": "F32", "shape": [heads, tokens, width], "data_offsets": [4 * count * i, 4 * count * (i + 1)]}
              for i, name in enumerate("qkv")}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    # A table of random numbers, walked from random places: a million draws a second would take minutes.
    table = array.array("f", (source.uniform(-2, 2) for _ in range(1 << 16)))
    with path.open("wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for _ in range(3 * heads * tokens):
            begin = source.randrange(len(table) - width)
            out.write(table[begin:begin + width].tobytes())


def cost_of(command: list[str]) -> Cost:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"exit code {process.returncode}: {' '.join(command)}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weft", type=Path, default=ROOT / "build" / "release" / "bin" / "weft")
    parser.add_argument("--baseline", type=Path, help="another weft, whose CPU time is three times as long or longer")
    parser.add_argument("--designs", default=DESIGNS)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--tokens", type=int, default=4096)
    parser.add_argument("--width", type=int, default=64)
    options = parser.parse_args(argv)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.safetensors"
        write_trace(trace, options.heads, options.tokens, options.width)
        allowed = OWN_BYTES + 4 * (trace.stat().st_size + 4 * options.heads * options.tokens * options.width)
        print(f"{'design':24} {'CPU s':>8} {'MB':>8} {'allowed':>8} {'baseline CPU s':>15} {'MB':>8}")
        for design in options.designs.split(","):
            arguments = ["run", "--design", design, "--values", str(trace), "--json", os.devnull, "--write-values",
                         str(Path(folder) / "out.safetensors")]
            own = cost_of([str(options.weft), *arguments])
            line = f"{design:24} {own.seconds:8.2f} {own.peak_bytes / 1e6:8.0f} {allowed / 1e6:8.0f}"
            bad = own.peak_bytes > allowed
            if options.baseline:
                before = cost_of([str(options.baseline), *arguments])
                line += f" {before.seconds:15.2f} {before.peak_bytes / 1e6:8.0f}"
                bad = bad or 3 * own.seconds > before.seconds
            print(line + ("  exceeded" if bad else ""), flush=True)
            failed = failed or bad
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
