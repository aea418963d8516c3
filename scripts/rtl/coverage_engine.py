#!/usr/bin/python3
"""Coverage: which lines of the engines' parts that have no bench of their own do the tests of the whole engines reach?

Libraries of each engine are built with counters in those parts, and the tests run with them; what each instance has met is added up.
Lines and branches are as scripts/rtl/coverage.py counts them.
Build the tests first. Exit 0: all lines of each part; 1: fewer; 2: a library does not build, a test fails, or the build
is another repository's.
"""
from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage, by_module, rest, share
from mutate import MutateError, run_tests
from mutate_engine import ROOT, SCALES, SUITES, TESTS, add_options, build_libraries, compiler_options
from rtl_unit import check_build


@dataclass(frozen=True)
class Engine:
    scales: list[list[str]]  # a library each
    tests: str
    suites: str  # those of these libraries with assertions
    parts: tuple[str, ...]


ENGINES = {
    "spatten": Engine(SCALES, TESTS, SUITES, ("spatten", "spatten_control", "spatten_fetch", "spatten_lists", "spatten_places",
                                              "spatten_queries", "spatten_registers")),
    "fusemax": Engine([["--side", "4"]], "weft_engine_fusemax_tests",
                      "FusemaxRtl.RandomPointsAtSide4:FusemaxRtl.BlocksOfQueries:FusemaxRtl.SpecialValues:FusemaxRtlErrors.*",
                      ("fusemax", "fusemax_sequencer", "slot_words")),
}


def by_part(folder: Path) -> dict[str, Coverage]:
    """What all instances have met, of each module of the engine."""
    found = by_module(sorted(folder.glob("*.dat")))
    return defaultdict(Coverage, {module.removeprefix("weft_"): coverage for module, coverage in found.items()})


def counters(parts: tuple[str, ...]) -> str:
    """Verilator's configuration: none but in the parts."""
    others = [path.name for path in sorted((ROOT / "rtl").glob("*/*.sv")) if path.stem.removeprefix("weft_") not in parts]
    return "`verilator_config\n" + "".join(f'coverage_off -file "*/{name}"\n' for name in others)


def row(part: str, coverage: Coverage) -> str:
    lines, branches = coverage.lines.values(), coverage.branches.values()
    return f"| engine/{part} | {share(sum(lines), len(lines))} | {share(sum(branches), len(branches))} | {rest(coverage) or '–'} |"


def unreached(text: str, coverage: Coverage) -> bool:
    """Of a part: whether a line was not met, or nothing was counted though it has lines that are. Assignments alone have none."""
    lines = coverage.lines.values()
    return not all(lines) if lines else "always" in text


def measure(engine: Engine, options: argparse.Namespace) -> dict[str, Coverage]:
    """MutateError where its library does not build or a test fails."""
    with tempfile.TemporaryDirectory(prefix="weft-coverage-") as name:
        place, met = Path(name), Path(name) / "met"
        flags = ["--coverage", *compiler_options(options)]
        library = build_libraries(place, ROOT / "rtl", engine.scales, counters(engine.parts), flags)
        met.mkdir()
        variables = {"WEFT_RTL_PATH": str(library), "WEFT_COVERAGE": str(met)}
        outcome = run_tests(options.build.resolve() / "bin" / engine.tests, engine.suites, variables, options.timeout)
        if not outcome.passed:
            raise MutateError(f"the tests fail: {outcome.how}")
        return by_part(met)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", nargs="+", default=list(ENGINES), choices=list(ENGINES), help="these only (default: all)")
    add_options(parser)
    parser.add_argument("--timeout", type=float, default=1800, help="seconds that an engine's tests may take (default: 1800)")
    options = parser.parse_args(argv)
    short: list[str] = []
    count = 0
    print("| part | lines | branches | not met |\n|---|---|---|---|", flush=True)
    try:
        check_build(options.build.resolve(), ROOT, MutateError)
        for engine in (ENGINES[name] for name in options.engine):
            found = measure(engine, options)
            for part in engine.parts:
                print(row(part, found[part]), flush=True)
                text = (ROOT / "rtl/engine" / f"weft_{part}.sv").read_text(encoding="utf-8")
                short += [part] if unreached(text, found[part]) else []
                count += 1
    except (MutateError, OSError) as error:
        print(f"coverage_engine: {error}", file=sys.stderr)
        return 2
    print(f"coverage_engine: {count} parts, {len(short)} with lines that no test reaches{': ' if short else ''}{', '.join(short)}")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
