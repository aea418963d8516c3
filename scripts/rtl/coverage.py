#!/usr/bin/python3
"""Coverage: what of each RTL unit does its bench reach?

Each unit with a bench (tests/FOLDER/UNIT) is verilated again, with the commands of the build folder and counters in
rtl/FOLDER/weft_UNIT.sv and its parts that have no bench, not in other submodules or packages. Its bench runs with few
random vectors (WEFT_BENCH_SCALE), and what every class of the unit has counted is added up:
lines       of procedural code, each covered if every block with it ran; Verilator counts no continuous assignment
branches    of if and case, an else without a statement too
toggles     bits that changed at least once, of signals of up to 256 bits
assertions  whose condition before |-> or |=> was met; those without one count once they are looked at. And cover statements
The build folder has to be configured, with the libraries of the benches built (docs/units/rtl-coverage.md).
Exit 0: at least 95 % of the lines of each unit; 1: less, or a bench that fails; 2: no such unit, one does
not build, or the build is another repository's than --root.
"""
from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable

from rtl_unit import SHORT_SUITES, Unit, check_build, chosen, units_with

ROOT = Path(__file__).resolve().parents[2]
LEAST = 95  # percent of a unit's lines
# Parts without a bench of their own, counted in that of the unit that they belong to.
PARTS = {
    "engine/registers": ("common/axil_slave",),
    "engine/spatten_pipeline": ("engine/spatten_values",),
    "memory/gather_fetcher": ("memory/gather_stream",),
    "select/full_sorter": ("select/compare_exchange",),
    "select/zero_eliminator": ("select/shift_layer",),
    "softmax/softmax_pipeline": ("softmax/score_buffer",),
}
SIGNALS = 6  # named of those with bits that never change
# A block that Verilator splits counts falsely what stands behind a variable that it assigns twice (5.006).
FLAGS = "--coverage-line --coverage-toggle --coverage-user -fno-split"
OPTIMIZED = re.compile(r" -O[23]\b")
# Counters live as long as the process, not as long as an object. One object of each class tells about them at the end;
# the others, of which a bench makes many, need not.
# Verilator 5.006 hands the macro a counter, 5.032 the module's name before it.
HEADER = """\
#pragma once
#include <cstdint>
#include <utility>
#include <verilated_cov.h>
inline bool weft_covering = false;
template <class Context, class... Texts>
void weft_insert(Context* context, const char* file, int line, const char* name, std::uint32_t* counter, Texts&&... texts) {
  if (!weft_covering) return;
  const auto counted = *counter;
  context->_inserti(counter);  // which sets it to 0
  context->_insertf(file, line);
  context->_insertp("hier", name, std::forward<Texts>(texts)...);
  *counter = counted;
}
template <class Context, class... Texts>
void weft_insert(Context* context, const char* file, int line, const char*, const char* name, std::uint32_t* counter, Texts&&... texts) {
  weft_insert(context, file, line, name, counter, std::forward<Texts>(texts)...);
}
#undef VL_COVER_INSERT
#define VL_COVER_INSERT(context, ...) weft_insert(context, __FILE__, __LINE__, VerilatedModule::name(), __VA_ARGS__)
"""
WRITER = """\
#include <gtest/gtest.h>
{includes}
#include "{bench}"
namespace {{
template <class Unit>
void write(const char* file) {{
  VerilatedContext context;
  const Unit unit{{&context}};
  context.coveragep()->write(file);
}}
class Written : public testing::Environment {{
  void TearDown() override {{
    weft_covering = true;
    {writes}
  }}
}};
const auto* const written = testing::AddGlobalTestEnvironment(new Written);
}}  // namespace
"""


class CoverageError(Exception):
    """What keeps the script from measuring a unit; the text says what and where."""


@dataclass
class Coverage:
    """Points of one file and how often each was met, whatever the class."""
    blocks: Counter[tuple[int, int, str, str]] = field(default_factory=Counter)  # line, column, kind, its lines
    toggles: Counter[tuple[int, str]] = field(default_factory=Counter)  # line, bit
    covers: Counter[tuple[int, int]] = field(default_factory=Counter)  # line, column
    failure: str = ""

    def add(self, keys: dict[str, str], count: int) -> None:
        """A point by Verilator's keys."""
        line, column, kind = int(keys["l"]), int(keys["n"]), keys["page"].split("/")[0]
        if kind == "v_toggle":
            self.toggles[line, keys["o"]] += count
        elif kind == "v_user":
            self.covers[line, column] += count
        else:
            self.blocks[line, column, f"{kind[2:]} {keys['o']}", keys.get("S", "")] += count

    @property
    def lines(self) -> dict[int, bool]:
        found: dict[int, bool] = {}
        for (_, _, _, spans), count in self.blocks.items():
            for span in filter(None, spans.split(",")):
                first, _, last = span.partition("-")
                for line in range(int(first), int(last or first) + 1):
                    found[line] = found.get(line, True) and count > 0
        return found

    @property
    def branches(self) -> dict[tuple[int, int, str], bool]:
        found: dict[tuple[int, int, str], bool] = {}
        for (line, column, kind, _), count in self.blocks.items():
            if kind.startswith("branch ") or kind in ("line else", "line elsif", "line case"):
                found[line, column, kind.split()[1]] = found.get((line, column, kind.split()[1]), False) or count > 0
        return found


def by_module(files: Iterable[Path]) -> dict[str, Coverage]:
    """The points of files as VerilatedCovContext::write makes them, by the module in whose source they stand."""
    found: dict[str, Coverage] = defaultdict(Coverage)
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        for points, count in re.findall(r"^C '(.*)' (\d+)$", text, re.MULTILINE):
            keys = dict(re.findall("\x01([^\x02]*)\x02([^\x01]*)", points))
            found[Path(keys["f"]).stem].add(keys, int(count))
    return found


def closing(text: str, start: int) -> int:
    """The index of the parenthesis that closes the one at `start`."""
    depth = 0
    for match in re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|[()]').finditer(text, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    raise CoverageError(f"an assertion without an end: {text[start:start + 60]}")


def covered_assertions(text: str) -> str:
    """The text with a cover statement behind every assertion, in the same line: that it was not true for nothing."""
    made, done = [], 0
    for match in re.finditer(r"\bassert (property )?(?=\()", text):
        if "//" in text[text.rfind("\n", 0, match.start()) + 1:match.start()]:
            continue
        end = closing(text, match.end())
        stop = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^";])*;').match(text, end)
        if stop is None:
            raise CoverageError(f"an assertion without an end: {text[match.start():end]}")
        inside = text[match.end() + 1:end]
        implied = re.match(r"(.*?)\s*\|[-=]>", inside, re.DOTALL)
        clocked = re.match(r"\s*@\([^()]*\)\s*(?:disable iff \([^()]*\))?", inside)
        condition = implied[1] if implied else f"{clocked[0] if clocked else ''} 1'b1"
        made += [text[done:stop.end()], f" cover {match[1] or ''}({' '.join(condition.split())});"]
        done = stop.end()
    return "".join([*made, text[done:]])


def parts_of(unit: Unit) -> list[Unit]:
    return [Unit(*part.split("/"), unit.root) for part in PARTS.get(str(unit), ())]


def find_units(root: Path, wanted: list[str]) -> list[Unit]:
    found = units_with(root, "CMakeLists.txt")
    units = [unit for unit in found if unit.rtl.is_file() and "weft_rtl_bench(" in (unit.bench_folder / "CMakeLists.txt").read_text()]
    return chosen(units, wanted, CoverageError)


class CoveredBench:
    """A unit's bench, made by the commands of a build folder in another folder and with counters."""

    def __init__(self, unit: Unit, build: Path, place: Path) -> None:
        self.unit, self.build, self.place = unit, build, place
        listed = subprocess.run(["ninja", "-C", str(build), "-t", "commands", unit.bench], capture_output=True, text=True)
        if listed.returncode != 0:
            raise CoverageError(f"{unit}: {build} has no {unit.bench}: {(listed.stderr or listed.stdout).strip()}")
        steps = [step for line in listed.stdout.splitlines() for step in line.split(" && ")]
        self.verilate = [step for step in steps if " --Mdir " in step]
        self.compile = [step for step in steps if f" -c {unit.root}/tests/{unit.folder}/{unit.name}/" in step]
        self.runtime = next((step for step in steps if step.endswith("/verilated.cpp")), "")
        self.link = next((step for step in reversed(steps) if f" -o bin/{unit.bench} " in step), "")
        if not (self.verilate and self.compile and self.runtime and self.link):
            raise CoverageError(f"{unit}: no commands for {unit.bench} in {build}")

    def make(self) -> list[str]:
        """Builds `bench`. The names of its Verilated classes."""
        (self.place / "rtl").mkdir()
        copy = f"rtl/{self.unit.rtl.name}"
        for counted in (self.unit, *parts_of(self.unit)):
            text = covered_assertions(counted.rtl.read_text(encoding="utf-8"))
            (self.place / "rtl" / counted.rtl.name).write_text(text, encoding="utf-8")
        (self.place / "weft_cover.hpp").write_text(HEADER, encoding="utf-8")
        others = f'`verilator_config\ncoverage_off -file "{self.unit.root}/rtl/*"\n'
        (self.place / "others.vlt").write_text(others, encoding="utf-8")
        folders = {match[1]: Path(match[1]).name for command in self.verilate if (match := re.search(r" --Mdir (\S+)", command))}
        for command in self.verilate:
            self._verilate(command, copy, folders)
        includes = "\n".join(f"#include <{name}.h>" for name in folders.values())
        writes = "\n    ".join(f'write<{name}>("{name}.dat");' for name in folders.values())
        writer = WRITER.format(includes=includes, bench=self.compile[0].split()[-1], writes=writes)
        (self.place / "writer.cpp").write_text(writer, encoding="utf-8")
        first = re.sub(r"(?<= -c )\S+$", "writer.cpp", self.compile[0])
        objects = [self._compile(command, folders) for command in (first, *self.compile[1:])]
        objects.append(self._compile(re.sub(r"verilated\.cpp$", "verilated_cov.cpp", self.runtime), folders))
        # Objects of others, the main program of SystemC's, stay.
        of_bench = rf" tests/{self.unit.folder}/{self.unit.name}/\S+\.cpp\.o(?= )"
        link = re.sub(of_bench, "", self.link).replace(f" -o bin/{self.unit.bench} ", f" {' '.join(objects)} -o {self.place}/bench ", 1)
        for made, name in folders.items():
            link = link.replace(os.path.relpath(made, self.build), f"{self.place}/{name}").replace(made, f"{self.place}/{name}")
        self._run(link, self.build)
        return list(folders.values())

    def _verilate(self, command: str, copy: str, folders: dict[str, str]) -> None:
        made = next(folder for folder in folders if f" --Mdir {folder} " in command)
        name = folders[made]
        # All paths are relative, for ccache. The copy comes before every folder of modules.
        command = re.sub(r" > \S+$", "", command.replace(made, name).replace(str(self.unit.rtl), copy))
        command = command.replace(" --build -j 1 ", " ").replace(" --cc ", " --cc others.vlt -y rtl ", 1)
        command = command.replace(" --Mdir ", f" {FLAGS} --Mdir ", 1)  # behind -O3, which sets every -f anew
        command = command.replace(" -Wall ", " -Wno-fatal ", 1).replace(' -CFLAGS "', ' -CFLAGS "-O1 -include ../weft_cover.hpp ', 1)
        self._run(command, self.place)
        symbols = self.place / name / f"{name}__Syms.h"
        counters = r"^( *)((?:std::atomic<uint32_t>|uint32_t) __Vcoverage\[)"
        text, count = re.subn(counters, r"\1static inline \2", symbols.read_text(), flags=re.M)
        symbols.write_text(text)
        if count != 1:
            raise CoverageError(f"{self.unit}: {name} has no counters")
        for file in (self.place / name).glob("*.cpp"):
            text = file.read_text()
            if "*count32p = 0;" in text:
                file.write_text(text.replace("*count32p = 0;", ""))
        launcher = match[0] if (match := re.search(r"\bOBJCACHE=\S+", command)) else ""
        self._run(f"make -s -C {name} -f {name}.mk {name}__ALL.a VM_PARALLEL_BUILDS=0 {launcher}", self.place)

    def _compile(self, command: str, folders: dict[str, str]) -> str:
        """The object that the command makes, with the classes of this bench."""
        for made, name in folders.items():
            command = command.replace(f"-isystem {made} ", f"-isystem {name} ")
        target = f"{self.place}/{Path(command.split()[-1]).name}.o"
        command = re.sub(r" -MD -MT \S+ -MF \S+ -o \S+", f" -o {Path(target).name}", OPTIMIZED.sub(" -O1", command))
        command = command.replace(" -DVM_COVERAGE=0 ", " -DVM_COVERAGE=1 -include weft_cover.hpp ", 1)
        self._run(command, self.place)
        return target

    def _run(self, command: str, folder: Path) -> None:
        environment = {**os.environ, "CCACHE_BASEDIR": str(self.place)}
        done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise CoverageError(f"{self.unit}: does not build: {command}\n{done.stdout}{done.stderr}")


def measure(unit: Unit, build: Path, scale: float, seconds: float) -> dict[Unit, Coverage]:
    """Of the unit and its parts; where its bench fails of the unit alone."""
    with tempfile.TemporaryDirectory(prefix="weft-coverage-") as folder:
        place = Path(folder)
        classes = CoveredBench(unit, build, place).make()
        try:
            done = subprocess.run(["./bench", f"--gtest_filter={SHORT_SUITES}"], cwd=place, capture_output=True, text=True,
                                  errors="replace", env={**os.environ, "WEFT_BENCH_SCALE": str(scale)}, timeout=seconds)
        except subprocess.TimeoutExpired:
            return {unit: Coverage(failure=f"no end within {seconds:.0f} s")}
        if done.returncode != 0:
            failed = re.findall(r"^\[  FAILED  \] ([^\s,]+)", done.stdout, re.MULTILINE)
            return {unit: Coverage(failure=failed[0] if failed else f"exit {done.returncode}: {done.stderr.strip()[-200:]}")}
        found = by_module(place / f"{name}.dat" for name in classes)
    return {counted: found[counted.rtl.stem] for counted in (unit, *parts_of(unit))}


def share(hit: int, of: int) -> str:
    return f"{hit}/{of} {100 * hit / of:.1f} %" if of else "none"


def spans(numbers: list[int]) -> str:
    """3, 4, 5, 9 as 3-5 9."""
    groups: list[list[int]] = []
    for number in sorted(numbers):
        if groups and groups[-1][-1] == number - 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return " ".join(f"{group[0]}-{group[-1]}" if len(group) > 1 else str(group[0]) for group in groups)


def rest(coverage: Coverage) -> str:
    """What was not met."""
    parts = []
    if lines := [line for line, hit in coverage.lines.items() if not hit]:
        parts.append(f"lines {spans(lines)}")
    if branches := [f"{line} {kind}" for (line, _, kind), hit in sorted(coverage.branches.items()) if not hit]:
        parts.append(f"branches {', '.join(branches)}")
    still = Counter(re.sub(r"[\[.].*", "", bit) for (_, bit), count in coverage.toggles.items() if not count)
    if still:
        named = ", ".join(f"`{signal}` ({count})" for signal, count in still.most_common(SIGNALS))
        parts.append(f"toggles {named}" + (f" and of {len(still) - SIGNALS} more" if len(still) > SIGNALS else ""))
    if covers := [line for (line, _), count in coverage.covers.items() if not count]:
        parts.append(f"assertions {spans(covers)}")
    return "; ".join(parts)


def row(unit: Unit, coverage: Coverage) -> str:
    if coverage.failure:
        return f"| {str(unit):24} | FAILS: {coverage.failure} | | | | |"
    counts = [list(group.values()) for group in (coverage.lines, coverage.branches, coverage.toggles, coverage.covers)]
    cells = [share(sum(1 for hit in group if hit), len(group)) for group in counts]
    return f"| {str(unit):24} | {cells[0]:15} | {cells[1]:15} | {cells[2]:17} | {cells[3]:13} | {rest(coverage)} |"


def enough(coverage: Coverage) -> bool:
    lines = coverage.lines.values()
    return not coverage.failure and 100 * sum(lines) >= LEAST * len(lines)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unit", nargs="+", default=[], metavar="FOLDER/UNIT", help="these units only (default: all with a bench)")
    parser.add_argument("--jobs", type=int, default=2, help="benches at a time (default: 2)")
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", help="configured build folder (default: build/release)")
    parser.add_argument("--scale", type=float, default=0.02, help="WEFT_BENCH_SCALE of every run (default: 0.02)")
    parser.add_argument("--timeout", type=float, default=900, help="seconds after which a run counts as failed (default: 900)")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository (default: this one)")
    options = parser.parse_args(argv)
    short: list[str] = []
    count = 0
    try:
        check_build(options.build.resolve(), options.root, CoverageError)
        units = find_units(options.root.resolve(), options.unit)
        print(f"| {'unit':24} | {'lines':15} | {'branches':15} | {'toggles':17} | {'assertions':13} | not met |\n"
              f"|{'-' * 26}|{'-' * 17}|{'-' * 17}|{'-' * 19}|{'-' * 15}|---------|", flush=True)
        with ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
            try:
                measured = pool.map(lambda unit: measure(unit, options.build.resolve(), options.scale, options.timeout), units)
                for unit, coverage in (pair for found in measured for pair in found.items()):
                    print(row(unit, coverage), flush=True)
                    count += 1
                    short += [] if enough(coverage) else [str(unit)]
            except CoverageError:
                pool.shutdown(cancel_futures=True)
                raise
    except (CoverageError, OSError) as error:
        print(f"coverage: {error}", file=sys.stderr)
        return 2
    print(f"coverage: {count} units, {len(short)} with less than {LEAST} % of their lines{': ' if short else ''}{', '.join(short)}")
    return 1 if short or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
