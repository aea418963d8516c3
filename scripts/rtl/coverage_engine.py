#!/usr/bin/python3
"""Coverage: which lines of an engine's parts that have no bench of their own do the tests of the whole engine reach?

A library of the engine is built with counters in those parts, and the tests run with it; what each instance has met is added up.
Lines and branches are as scripts/rtl/coverage.py counts them.
Build the tests first. Exit 0: all lines of each part; 1: fewer, or a test that fails; 2: the library does not build.
"""
from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from coverage import Coverage, rest, share
from mutate import MutateError, run_tests
from mutate_engine import ROOT, SUITES, TESTS, add_options, build_library, compiler_options

PARTS = ("spatten", "spatten_control", "spatten_fetch", "spatten_lists", "spatten_queries", "spatten_registers")


def by_part(folder: Path) -> dict[str, Coverage]:
    """What all instances have met, of each module of the engine."""
    found: dict[str, Coverage] = defaultdict(Coverage)
    for file in sorted(folder.glob("*.dat")):
        lines: dict[str, list[str]] = defaultdict(list)
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            if match := re.search("\x01f\x02[^\x01]*?weft_(\\w+)\\.sv\x01", line):
                lines[match[1]].append(line)
        for part, points in lines.items():
            found[part].add("\n".join(points))
    return found


def counters() -> str:
    """Verilator's configuration: none but in the parts."""
    others = [path.name for path in sorted((ROOT / "rtl").glob("*/*.sv")) if path.stem.removeprefix("weft_") not in PARTS]
    return "`verilator_config\n" + "".join(f'coverage_off -file "*/{name}"\n' for name in others)


def row(part: str, coverage: Coverage) -> str:
    lines, branches = coverage.lines.values(), coverage.branches.values()
    return f"| engine/{part} | {share(sum(lines), len(lines))} | {share(sum(branches), len(branches))} | {rest(coverage) or '–'} |"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--timeout", type=float, default=1800, help="seconds that the tests may take (default: 1800)")
    options = parser.parse_args(argv)
    short: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="weft-coverage-") as name:
            place, met = Path(name), Path(name) / "met"
            library = build_library(place, ROOT / "rtl", counters(), ["--coverage", *compiler_options(options)])
            met.mkdir()
            variables = {"WEFT_RTL_PATH": str(library), "WEFT_COVERAGE": str(met)}
            outcome = run_tests(options.build.resolve() / "bin" / TESTS, SUITES, variables, options.timeout)
            if not outcome.passed:
                print(f"coverage_engine: the tests fail: {outcome.how}", file=sys.stderr)
                return 1
            found = by_part(met)
        print("| part | lines | branches | not met |\n|---|---|---|---|")
        for part in PARTS:
            print(row(part, found[part]))
            lines = found[part].lines.values()
            short += [] if lines and all(lines) else [part]
    except (MutateError, OSError) as error:
        print(f"coverage_engine: {error}", file=sys.stderr)
        return 2
    print(f"coverage_engine: {len(PARTS)} parts, {len(short)} with lines that no test reaches{': ' if short else ''}{', '.join(short)}")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
