#!/usr/bin/python3
"""Takes the kernels of hls/ through g++ and through every HLS tool that is found, and prints one table.

  synthesize.py [--build build/release] [--unit select/top_k] [--out FOLDER] [--no-tools]

For each kernel the tests write vectors of the committed trace; g++ runs its top on them in each type set whose headers are there
(csim), then Vitis HLS, Catapult and Bambu, where they are on the PATH, synthesise and simulate it. Target and clock of each are in
the table. A tool that is not there is named, and nothing stands in its place. Ends with 1 where a word differs or a tool fails.
"""
from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
TYPES = ROOT / ".venv/hls-types"
TESTBENCH = ROOT / "hls/common/testbench.cpp"
VECTORS = {  # the test whose calls are written
    "select/zero_eliminator": "ZeroEliminator.KeysOfTheTrace", "select/top_k": "TopK.ProbabilitiesOfTheTrace",
    "quant/bit_split": "BitSplit.RowsOfTheTrace", "prune/survivors": "Survivors.TokensOfTheTrace",
    "softmax/online_softmax": "OnlineSoftmax.ScoresOfTheTrace", "softmax/fusemax_bits": "FuseMaxAttention.QueriesOfTheTrace",
    "softmax/streaming_int8": "StreamingInt8.ScoresOfTheTrace", "softmax/linear_state": "LinearState.TokensOfTheTrace"}


sys.path.insert(0, str(ROOT / "scripts/rtl"))
from rtl_unit import check_build  # noqa: E402


class Failed(Exception):
    """A step did not do what it should; the text says which and where its output is."""


@dataclass(frozen=True)
class Job:
    unit: str
    folder: Path  # what is made of it
    vectors: Path

    @property
    def top(self) -> str:
        return "weft_" + self.unit.split("/")[1]

    @property
    def source(self) -> Path:
        return ROOT / f"hls/{self.unit}_top.cpp"

    @property
    def defines(self) -> list[str]:
        return [f"-DWEFT_HLS_TOP={self.top}", f'-DWEFT_HLS_VECTORS="{self.vectors}"']


@dataclass(frozen=True)
class Figure:
    tool: str
    latency: str = ""
    interval: str = ""
    resources: str = ""


def run(command: list[str], log: Path, **environment: str) -> str:
    """The output, which stands in `log` too; Failed where the command fails."""
    done = subprocess.run(command, cwd=log.parent, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    log.write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        raise Failed(f"{command[0]} ended with {done.returncode}: {log}")
    return done.stdout + done.stderr


def write_vectors(job: Job, build: Path) -> None:
    tests = build / "bin/weft_hls_portable_tests"
    if not tests.is_file():
        raise Failed(f"{tests} is not built: scripts/build.sh release weft_hls_portable_tests")
    run([str(tests), f"--gtest_filter={VECTORS[job.unit]}"], job.folder / "vectors.log", WEFT_HLS_VECTORS=str(job.vectors))
    if not job.vectors.is_file():
        raise Failed(f"{VECTORS[job.unit]} wrote no vectors")


def type_sets() -> dict[str, list[str]]:
    """Compiler flags by type set, of those that are here."""
    sets: dict[str, list[str]] = {"portable": []}
    for name in ("ap", "ac"):
        if (TYPES / f"{name}_types/{name}_int.h").is_file():
            sets[name] = [f"-DWEFT_HLS_{name.upper()}", "-isystem", str(TYPES / f"{name}_types")]
    if "ap" in sets:
        sets["ap"].append("-fno-sanitize=shift")  # ap_private.h moves negative numbers to the left
    return sets


def compare_with_gcc(job: Job) -> str:
    """Words that were equal, by type set."""
    said = []
    for name, flags in type_sets().items():
        program = job.folder / f"csim_{name}"
        run(["g++", "-std=c++17", "-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all", f"-I{ROOT}", *flags, *job.defines,
             str(job.source), str(TESTBENCH), "-o", str(program)], job.folder / f"compile_{name}.log")
        output = run([str(program)], job.folder / f"csim_{name}.log")
        equal = re.search(r"(\d+) words equal", output)
        if not equal:
            raise Failed(f"csim in {name} types compared nothing: {job.folder}/csim_{name}.log")
        said.append(f"{name} {equal.group(1)}")
    return ", ".join(said)


VITIS_PART, VITIS_NS = "xc7z020clg484-1", "5"


def vitis(job: Job) -> Figure:
    flags = f"-std=c++17 -I{ROOT} -DWEFT_HLS_AP"
    bench = " ".join([flags, f"-DWEFT_HLS_TOP={job.top}", f'-DWEFT_HLS_VECTORS=\\\\\\"{job.vectors}\\\\\\"'])
    script = job.folder / "vitis.tcl"
    script.write_text(f"""open_project -reset vitis
set_top {job.top}
add_files {job.source} -cflags "{flags}"
add_files -tb {TESTBENCH} -cflags "{bench}"
open_solution -reset solution -flow_target vivado
set_part {VITIS_PART}
create_clock -period {VITIS_NS}
csynth_design
cosim_design
exit
""")
    command = ["vitis_hls", "-f", str(script)] if shutil.which("vitis_hls") else ["vitis-run", "--mode", "hls", "--tcl", str(script)]
    run(command, job.folder / "vitis.log")
    report = ElementTree.parse(job.folder / "vitis/solution/syn/report/csynth.xml").getroot()

    def of(path: str) -> str:
        return report.findtext(path) or "?"

    overall = "PerformanceEstimates/SummaryOfOverallLatency/"
    used = ", ".join(f"{name} {of('AreaEstimates/Resources/' + name)}" for name in ("LUT", "FF", "DSP", "BRAM_18K"))
    return Figure(f"Vitis HLS, {VITIS_PART}, {VITIS_NS} ns", f"{of(overall + 'Best-caseLatency')} to {of(overall + 'Worst-caseLatency')}",
                  f"{of(overall + 'Interval-min')} to {of(overall + 'Interval-max')}", used)


CATAPULT_LIBRARY, CATAPULT_NS = "nangate-45nm_beh", "2"


def catapult(job: Job) -> Figure:
    script = job.folder / "catapult.tcl"
    script.write_text(f"""project new -name {job.folder}/catapult
options set Input/CppStandard c++17
options set Input/CompilerFlags {{-I{ROOT} -DWEFT_HLS_AC}}
solution file add {job.source}
directive set -DESIGN_HIERARCHY {job.top}
go compile
solution library add {CATAPULT_LIBRARY}
go libraries
directive set -CLOCKS {{clk {{-CLOCK_PERIOD {CATAPULT_NS}}}}}
go extract
project save
""")
    run(["catapult", "-shell", "-file", str(script)], job.folder / "catapult.log")
    reports = list((job.folder / "catapult").rglob("rtl.rpt"))
    total = re.search(r"Design Total:\s+(\d+)\s+(\d+)\s+(\d+)", reports[0].read_text()) if reports else None
    area = re.search(r"TOTAL AREA \(After Assignment\):\s+([\d.]+)", reports[0].read_text()) if reports else None
    if not total:
        raise Failed(f"Catapult made no report: {job.folder}/catapult.log")
    used = f"area {area.group(1)}" if area else ""
    return Figure(f"Catapult, {CATAPULT_LIBRARY}, {CATAPULT_NS} ns", total.group(2), total.group(3), used)


BAMBU_DEVICE, BAMBU_NS = "nangate45", "2"


def bambu(job: Job) -> Figure:
    output = run(["bambu", str(job.source), "--std=c++17", "--compiler=I386_CLANG13", "--generate-interface=INFER",
                  f"--top-fname={job.top}", f"--device-name={BAMBU_DEVICE}", f"--clock-period={BAMBU_NS}", f"-I{ROOT}",
                  "-DWEFT_HLS_AC", "-D__BAMBU__", "--simulate", "--simulator=VERILATOR", f"--generate-tb={TESTBENCH}", *job.defines],
                 job.folder / "bambu.log")
    return bambu_figure(output, job.folder / "bambu.log")


def bambu_figure(output: str, log: Path) -> Figure:
    """Bambu ends with 0 where its co-simulation differs, so its words decide."""
    cycles = re.search(r"Average execution\s*:?\s*(\d+)\s*cycles", output) or re.search(r"Total cycles\s*:\s*(\d+)", output)
    if not cycles or re.search(r"mismatch|not correct|simulation failed|\b[1-9]\d* mismatches", output, re.IGNORECASE):
        raise Failed(f"Bambu's co-simulation did not end well: {log}")
    area = re.search(r"(?:Total estimated area|Estimated resources area[^:]*):\s*([\d.]+)", output)
    registers = re.search(r"Total number of flip-flops in function \S+:\s*(\d+)", output)
    used = ", ".join([f"area {area.group(1)}"] * bool(area) + [f"flip-flops {registers.group(1)}"] * bool(registers))
    return Figure(f"Bambu, {BAMBU_DEVICE}, {BAMBU_NS} ns", cycles.group(1), "", used)


TOOLS: dict[str, tuple[tuple[str, ...], Callable[[Job], Figure]]] = {  # by name: programs, any of them, and how it is run
    "Vitis HLS": (("vitis_hls", "vitis-run"), vitis), "Catapult": (("catapult",), catapult), "Bambu": (("bambu",), bambu)}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", help="where the tests are built")
    parser.add_argument("--unit", action="append", choices=sorted(VECTORS), help="this kernel alone; may be given again")
    parser.add_argument("--out", type=Path, help="what is made (default: hls in the build)")
    parser.add_argument("--no-tools", action="store_true", help="g++ alone")
    options = parser.parse_args(argv)
    out = (options.out or options.build / "hls").resolve()
    try:
        check_build(options.build.resolve(), ROOT, Failed)  # whose vectors are those of this repository's models
    except Failed as error:
        print(f"synthesize: {error}", file=sys.stderr)
        return 2
    found = {} if options.no_tools else {name: call for name, (programs, call) in TOOLS.items() if any(map(shutil.which, programs))}
    rows, failures = [], []
    for unit in options.unit or VECTORS:
        folder = out / unit
        folder.mkdir(parents=True, exist_ok=True)
        job = Job(unit, folder, folder / "vectors.inc")
        try:
            write_vectors(job, options.build.resolve())
            rows.append(f"| {unit} | g++, words equal: {compare_with_gcc(job)} | | | |")
        except (Failed, OSError) as error:
            failures.append(f"{unit}: {error}")
            continue
        for name, call in found.items():
            try:
                figure = call(job)
                rows.append(f"| {unit} | {figure.tool} | {figure.latency} | {figure.interval} | {figure.resources} |")
            except (Failed, OSError, ElementTree.ParseError) as error:
                failures.append(f"{unit}: {name}: {error}")
    table = "\n".join(["| kernel | what ran it, target, clock | latency | interval | resources |", "|---|---|---|---|---|", *rows]) + "\n"
    (out / "table.md").write_text(table)
    print(table, end="")
    for name, (programs, _) in TOOLS.items():
        if name not in found and not options.no_tools:
            print(f"{name}: not found ({' or '.join(programs)} is not on the PATH): not run")
    for failure in failures:
        print(f"synthesize: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
