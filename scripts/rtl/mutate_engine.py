#!/usr/bin/python3
"""Fault injection into an engine's parts that have no bench of their own: do the tests of the whole engine notice?

tests/engine/spatten_rtl/faults/PART.txt lists faults of rtl/engine/weft_PART.sv, one a line: KIND | TEXT | OLD | NEW. TEXT occurs
once in the file and has OLD in it once; OLD and NEW are expressions. A library of an engine takes minutes to build, so one a scale
is built in which every fault stands beside what is right, and WEFT_FAULT says which of them counts: with 0, none, the tests have to
pass, with every other one they have to fail. Registers of a library start at 0: a reset that is missing is none of these faults.
Build the tests first. Exit 0: every fault caught; 1: one survived, or the tests fail without any; 2: a list that cannot be
read, a library that does not build, or a build that is another repository's.
"""
from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mutate import KINDS, Fault, MutateError, Outcome, Tally, faults_in, row, run_tests
from rtl_unit import check_build

ROOT = Path(__file__).resolve().parents[2]
SCALES = [["--design", "spatten-rtl-smallest"], ["--design", "spatten-rtl-double"]]
TESTS = "weft_engine_spatten_rtl_tests"
# Those of the libraries with assertions.
SUITES = "Engine/SpattenRtl.*:TwoChannels/SpattenRtl.*:SpattenRtlRandom.*:SpattenRtlErrors.*:SpattenRtlRows.*:SpattenRtlRegisters.*"
FAULTS = Path("tests/engine/spatten_rtl/faults")
# Which fault counts, in each module that has some.
CHOSEN = """
  int unsigned weft_fault;
  initial weft_fault = $c32("(std::getenv(\\"WEFT_FAULT\\") ? std::atoi(std::getenv(\\"WEFT_FAULT\\")) : 0)");
"""
# Either expression may be of another width than what it is given to.
WAIVED = "`verilator_config\nlint_off -rule WIDTH\nlint_off -rule UNOPTFLAT\n"


@dataclass(frozen=True)
class EngineFault(Fault):
    part: str
    text: str

    def put_into(self, source: str, number: int) -> str:
        for what, where, name in ((self.text, source, f"weft_{self.part}.sv"), (self.old, self.text, f"'{self.text}'")):
            if where.count(what) != 1:
                raise MutateError(f"'{what}' has to occur exactly once in {name}: {where.count(what)} times")
        either = f"((weft_fault == 32'd{number}) ? ({self.new}) : ({self.old}))"
        return source.replace(self.text, self.text.replace(self.old, either))


def read_fault(part: str, line: str) -> EngineFault:
    parts = line.split(" | ")
    if len(parts) != 4:
        raise MutateError("must be KIND | TEXT | OLD | NEW")
    kind, text, old, new = parts
    if kind not in KINDS:
        raise MutateError(f"'{kind}' is none of {', '.join(KINDS)}")
    return EngineFault(kind=kind, old=old, new=new, part=part, text=text)


def read_faults(root: Path, wanted: list[str]) -> list[EngineFault]:
    lists = {path.stem: path for path in sorted((root / FAULTS).glob("*.txt"))}
    if unknown := set(wanted) - set(lists):
        raise MutateError(f"no list of faults of {', '.join(sorted(unknown))}; there are {', '.join(lists) or 'none'}")
    return [fault for part, path in lists.items() if not wanted or part in wanted
            for fault in faults_in(path, root, lambda line, part=part: read_fault(part, line))]


def put_faults(faults: list[EngineFault], rtl: Path) -> None:
    """All of them, into a copy of the RTL; the first is number 1."""
    for part in sorted({fault.part for fault in faults}):
        file = rtl / "engine" / f"weft_{part}.sv"
        source = file.read_text(encoding="utf-8")
        for number, fault in enumerate(faults, start=1):
            if fault.part == part:
                source = fault.put_into(source, number)
        head, end, body = source.partition("\n);\n")
        file.write_text(f"{head}{end}{CHOSEN}{body}", encoding="utf-8")


def build_libraries(place: Path, rtl: Path, scales: list[list[str]], configuration: str, options: list[str]) -> Path:
    """The folder of an engine's libraries of `rtl`, one a scale, with that configuration of Verilator; to the program they are
    of the RTL as it is."""
    config = place / "configuration.vlt"
    config.write_text(configuration, encoding="utf-8")
    for number, scale in enumerate(scales):
        command = [str(ROOT / "scripts/rtl/build_library.sh"), *scale, "--rtl", str(rtl), "--hash-of", str(ROOT / "rtl"),
                   "--out", str(place / "lib"), "--work", str(place / f"work{number}"), "--config", str(config), *options]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise MutateError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return place / "lib"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=int, default=2, help="compilers, then tests, at a time (default: 2)")
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", help="build folder with the tests (default: build/release)")
    parser.add_argument("--launcher", default="", help="runs the compiler, such as ccache")


def compiler_options(options: argparse.Namespace) -> list[str]:
    return ["--jobs", str(options.jobs), *(["--launcher", options.launcher] if options.launcher else [])]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", nargs="+", default=[], help="these parts only (default: all with a list)")
    add_options(parser)
    parser.add_argument("--timeout", type=float, default=120, help="seconds after which a run counts as failed (default: 120)")
    options = parser.parse_args(argv)
    tally = Tally()
    try:
        check_build(options.build.resolve(), ROOT, MutateError)
        faults = read_faults(ROOT, options.part)
        with tempfile.TemporaryDirectory(prefix="weft-mutate-") as name:
            place = Path(name)
            shutil.copytree(ROOT / "rtl", place / "rtl")
            put_faults(faults, place / "rtl")
            library = build_libraries(place, place / "rtl", SCALES, WAIVED, compiler_options(options))
            tests = options.build.resolve() / "bin" / TESTS

            def judge(number: int) -> tuple[EngineFault | None, Outcome]:
                variables = {"WEFT_RTL_PATH": str(library), "WEFT_FAULT": str(number)}
                return faults[number - 1] if number else None, run_tests(tests, SUITES, variables, options.timeout)

            with ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
                for fault, outcome in pool.map(judge, range(len(faults) + 1)):
                    print(row(fault.part if fault else "spatten-rtl", fault, outcome), flush=True)
                    tally.add(fault, outcome)
    except (MutateError, OSError) as error:
        print(f"mutate_engine: {error}", file=sys.stderr)
        return 2
    print(f"mutate_engine: {tally.caught} faults caught, {tally.survived} survived" +
          (", the tests fail without any" if tally.failing else ""))
    return tally.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
