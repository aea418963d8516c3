#!/usr/bin/python3
"""Times whole runs of `weft` by length: the median of several, with the largest memory any of them took."""
from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Timing:
    seq: str
    runs: int
    median_s: float
    least_s: float
    most_s: float
    peak_mib: float


class RunError(Exception):
    """A run that failed; the text has the command and what it said."""


def once(command: list[str]) -> tuple[float, float]:
    """Seconds on the wall and peak memory in MiB of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.stderr.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RunError(f"{' '.join(command)}: exit {process.returncode}: {said.strip()}")
    return seconds, usage.ru_maxrss / 1024


def measure(weft: Path, design: str, seq: str, runs: int) -> Timing:
    command = [str(weft), "run", "--design", design, "--workload", "bert-base", "--batch", "64", "--seq", seq, "--fidelity", "systemc",
               "--json", "-"]
    taken = [once(command) for _ in range(runs)]
    seconds = [s for s, _ in taken]
    return Timing(seq, runs, statistics.median(seconds), min(seconds), max(seconds), max(memory for _, memory in taken))


def table(timings: list[Timing]) -> str:
    lines = [f"{'tokens':>8} {'median':>10} {'least':>10} {'most':>10} {'memory':>10}"]
    lines += [f"{t.seq:>8} {t.median_s:>8.3f} s {t.least_s:>8.3f} s {t.most_s:>8.3f} s {t.peak_mib:>6.0f} MiB" for t in timings]
    return "\n".join(lines)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: run_times.py --design fusemax --lengths 64K 1M --runs 3")
    parser.add_argument("--weft", type=Path, default=ROOT / "build/release/bin/weft", help="the command to time")
    parser.add_argument("--design", default="fusemax")
    parser.add_argument("--lengths", nargs="+", default=["64K", "256K", "1M"], metavar="N")
    parser.add_argument("--runs", type=int, default=5, help="runs a length (default %(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args(argv)
    if options.runs < 1:
        parser.error("--runs: at least 1")
    try:
        timings = [measure(options.weft, options.design, seq, options.runs) for seq in options.lengths]
    except (RunError, OSError) as error:
        print(f"run_times: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"weft run --design {options.design} --workload bert-base --batch 64, SystemC, {options.runs} runs a length, "
          f"{os.cpu_count()} cores ({platform.machine()})\n\n{table(timings)}")
    if options.json:
        options.json.write_text(json.dumps([asdict(t) for t in timings], indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
