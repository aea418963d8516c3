#!/usr/bin/python3
"""Fault injection: does the bench of each RTL unit notice when the unit is wrong?

tests/FOLDER/UNIT/mutations.txt lists faults of rtl/FOLDER/weft_UNIT.sv, one a line: KIND | EXACT OLD TEXT | NEW TEXT. The
old text occurs once in the file; where it could end at several separators, it is the longest that does. Each fault is put
into a copy; the unit's bench is linked with that copy, by the commands of the build folder, and run with few random vectors
(WEFT_BENCH_SCALE). It has to fail with every fault and to pass without.
Build the benches first. Exit 0: every fault caught; 1: one survived, or a bench fails without any; 2: no such unit, a line
that cannot be read, a fault that does not compile, or a build that is another repository's than --root.
"""
from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, TypeVar

from rtl_unit import SHORT_SUITES, Unit, check_build, chosen, units_with

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("inverted-condition", "off-by-one", "dropped-reset", "swapped-operand", "lost-stall")
FAULTS = "mutations.txt"  # in a bench folder
LEAST = 5  # faults for each unit
FIRST_FAILURE = re.compile(r"^\[  FAILED  \] (\S+?),? ", re.MULTILINE)
RUNNING = re.compile(r"^\[ RUN      \] (\S+)", re.MULTILINE)


class MutateError(Exception):
    """What keeps the script from judging a bench; the text says what and where."""


@dataclass(frozen=True)
class Fault:
    kind: str
    old: str
    new: str


@dataclass(frozen=True)
class Outcome:
    passed: bool
    how: str  # the first test that failed


@dataclass
class Tally:
    caught: int = 0
    survived: int = 0
    failing: int = 0  # without a fault

    def add(self, fault: Fault | None, outcome: Outcome) -> None:
        self.caught += fault is not None and not outcome.passed
        self.survived += fault is not None and outcome.passed
        self.failing += fault is None and not outcome.passed

    @property
    def exit_code(self) -> int:
        return 1 if self.survived or self.failing or not self.caught else 0


Read = TypeVar("Read", bound=Fault)


def read_fault(line: str, text: str) -> Fault:
    """One line of mutations.txt. Either text may have the separator in it: the old one is the longest that occurs once."""
    kind, *parts = line.split(" | ")
    if kind not in KINDS:
        raise MutateError(f"'{kind}' is none of {', '.join(KINDS)}")
    splits = [(" | ".join(parts[:i]).strip(), " | ".join(parts[i:]).strip()) for i in range(1, len(parts))]
    fitting = [(old, new) for old, new in splits if old and text.count(old) == 1 and old != new]
    if not fitting:
        counts = ", ".join(f"'{old}' {text.count(old)} times" for old, _ in splits) or "no separator"
        raise MutateError(f"the old text has to occur exactly once: {counts}")
    return Fault(kind, *fitting[-1])


def faults_in(path: Path, root: Path, read: Callable[[str], Read]) -> list[Read]:
    """Those of a list, one a line, as `read` reads it."""
    name, faults = path.relative_to(root), []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            faults.append(read(line.strip()))
        except MutateError as error:
            raise MutateError(f"{name}:{number}: {error}") from None
    if len(faults) < LEAST:
        raise MutateError(f"{name}: {len(faults)} faults, at least {LEAST}")
    return faults


def read_faults(unit: Unit) -> list[Fault]:
    text = unit.rtl.read_text(encoding="utf-8")
    return faults_in(unit.bench_folder / FAULTS, unit.root, lambda line: read_fault(line, text))


def find_units(root: Path, wanted: list[str]) -> list[Unit]:
    return chosen(units_with(root, FAULTS), wanted, MutateError)


class BenchBuild:
    """The commands by which a build folder made a unit's bench, to be repeated elsewhere with another copy of its RTL."""

    def __init__(self, unit: Unit, build: Path) -> None:
        self.unit, self.build = unit, build
        listed = subprocess.run(["ninja", "-C", str(build), "-t", "commands", unit.bench], capture_output=True, text=True)
        if listed.returncode != 0:
            raise MutateError(f"{unit}: {build} has no {unit.bench}: {(listed.stderr or listed.stdout).strip()}")
        lines = [line for line in listed.stdout.splitlines() if line]
        self.verilate = [step for line in lines for step in line.split(" && ") if " --Mdir " in step]
        self.link = next((step for step in reversed(lines[-1].split(" && ")) if f" -o bin/{unit.bench} " in step), "")
        if not self.verilate or not self.link:
            raise MutateError(f"{unit}: no Verilator or link command for {unit.bench} in {build}")

    def make(self, rtl: str, place: Path) -> Path:
        """The bench with this text as the unit's RTL, built in `place`."""
        copy = place / "rtl" / self.unit.rtl.name
        copy.parent.mkdir()
        copy.write_text(rtl, encoding="utf-8")
        bench, link = place / "bench", self.link.replace(f" -o bin/{self.unit.bench} ", f" -o {shlex.quote(str(place))}/bench ")
        for command in self.verilate:
            match = re.search(r" --Mdir (\S+)", command)
            assert match is not None
            made, own = match[1], str(place / Path(match[1]).name)
            # The copy comes before every folder of modules. A fault may leave signals unused: warnings are no errors here.
            command = re.sub(r" > \S+$", "", command.replace(made, own).replace(str(self.unit.rtl), str(copy)))
            command = command.replace(" --cc ", f" --cc -y {copy.parent} ", 1).replace(" -Wall ", " -Wno-fatal ", 1)
            self._run(command, place)
            link = link.replace(os.path.relpath(made, self.build), own).replace(made, own)
        self._run(link, self.build)
        return bench

    def _run(self, command: str, folder: Path) -> None:
        done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise MutateError(f"{self.unit}: does not build: {command}\n{done.stdout}{done.stderr}")


def run_tests(tests: Path, suites: str, variables: dict[str, str], seconds: float) -> Outcome:
    """These suites until the first failure, with these variables in the environment."""
    command = [str(tests), f"--gtest_filter={suites}", "--gtest_fail_fast"]
    try:
        done = subprocess.run(command, cwd=tests.parent, env={**os.environ, **variables}, capture_output=True, text=True,
                              errors="replace", timeout=seconds)
    except subprocess.TimeoutExpired:
        return Outcome(False, f"no end within {seconds:.0f} s")
    if done.returncode == 0:
        ran = re.search(r"^\[  PASSED  \] (\d+) tests?\.", done.stdout, re.MULTILINE)
        if ran is None or int(ran[1]) == 0:
            raise MutateError(f"{tests}: ran no test")
        return Outcome(True, "")
    if match := FIRST_FAILURE.search(done.stdout):
        return Outcome(False, match[1])
    started = RUNNING.findall(done.stdout)
    return Outcome(False, f"{started[-1]}, by an assertion" if started else f"exit {done.returncode}")


def judge(build: BenchBuild, fault: Fault | None, scale: float, seconds: float) -> Outcome:
    """The bench with one fault, or with none."""
    text = build.unit.rtl.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="weft-mutate-") as place:
        bench = build.make(text.replace(fault.old, fault.new) if fault else text, Path(place))
        return run_tests(bench, SHORT_SUITES, {"WEFT_BENCH_SCALE": str(scale)}, seconds)


def shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[:width - 1] + "…"


def row(name: str, fault: Fault | None, outcome: Outcome) -> str:
    if fault is None:
        verdict = "passes" if outcome.passed else f"FAILS: {outcome.how}"
        return f"{name:26} {'none':19} {'':72} {verdict}"
    verdict = "SURVIVED" if outcome.passed else f"caught by {outcome.how}"
    return f"{name:26} {fault.kind:19} {shortened(f'{fault.old} -> {fault.new}', 72):72} {verdict}"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unit", nargs="+", default=[], metavar="FOLDER/UNIT", help="these units only (default: all with a list)")
    parser.add_argument("--jobs", type=int, default=2, help="benches at a time (default: 2)")
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", help="build folder with the benches (default: build/release)")
    parser.add_argument("--scale", type=float, default=0.02, help="WEFT_BENCH_SCALE of every run (default: 0.02)")
    parser.add_argument("--timeout", type=float, default=600, help="seconds after which a run counts as failed (default: 600)")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository (default: this one)")
    options = parser.parse_args(argv)
    tally = Tally()
    try:
        check_build(options.build.resolve(), options.root, MutateError)
        units = find_units(options.root.resolve(), options.unit)
        faults = {unit: read_faults(unit) for unit in units}
        builds = {unit: BenchBuild(unit, options.build.resolve()) for unit in units}
        tasks: list[tuple[Unit, Fault | None]] = [(unit, fault) for unit in units for fault in (None, *faults[unit])]
        print(f"{'unit':26} {'fault':19} {'change':72} bench", flush=True)
        with ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
            outcomes = pool.map(lambda task: judge(builds[task[0]], task[1], options.scale, options.timeout), tasks)
            try:
                for (unit, fault), outcome in zip(tasks, outcomes):
                    print(row(str(unit), fault, outcome), flush=True)
                    tally.add(fault, outcome)
            except MutateError:
                pool.shutdown(cancel_futures=True)
                raise
    except (MutateError, OSError) as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 2
    print(f"mutate: {len(units)} units, {tally.caught} faults caught, {tally.survived} survived, "
          f"{tally.failing} benches fail without any")
    return tally.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
