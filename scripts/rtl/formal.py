#!/usr/bin/python3
"""Formal proofs about RTL units: yosys makes SMT-LIB of a harness in tests/formal, yosys-smtbmc and z3 decide.

`induction` proves for ever: all assertions hold in the first K steps, and in a step that follows K in which they did.
`bounded` covers every sequence of that many cycles from the reset on. `exhaustive` is all inputs of a unit without state.
With --refute, each fault of tests/formal/refutations.txt (PROOF | RTL FILE | EXACT OLD TEXT | NEW TEXT; the old text once
in the file) is put into a copy, and the proof has to fail by a sequence from the reset on.
Exit 0: all as it should be; 1: a proof failed, or a fault was not refuted; 2: it could not be decided.
"""
from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REFUTATIONS = Path("tests/formal/refutations.txt")
FIFO = "rtl/common/weft_fifo.sv"
FETCHER = ("rtl/engine/weft_engine_pkg.sv", "rtl/memory/weft_axi_pkg.sv", FIFO, "rtl/memory/weft_drain.sv", "rtl/memory/weft_fetcher.sv")
PREFIX = "rtl/common/weft_prefix_count.sv"
TOOLS = ("yosys", "yosys-smtbmc", "z3")


class FormalError(Exception):
    """What keeps the script from deciding; the text says what."""


@dataclass(frozen=True)
class Proof:
    name: str
    harness: str  # tests/formal/HARNESS.sv, module formal_HARNESS
    rtl: tuple[str, ...]
    claim: str
    method: str  # induction, bounded or exhaustive
    depth: int   # K, or cycles
    variants: tuple[dict[str, int], ...] = field(default=({},))
    refute_depth: int = 8


PROOFS = (
    Proof("fifo", "fifo", (FIFO,), "order, no loss, count within its bounds, no over- or underflow, stable output", "induction", 1,
          tuple({"DEPTH": depth} for depth in (1, 2, 3, 5, 8)), 12),
    Proof("priority_arbiter", "priority_arbiter", ("rtl/common/weft_priority_arbiter.sv",), "one-hot, the lowest request", "exhaustive",
          1, tuple({"REQUESTS": requests} for requests in (1, 2, 5, 8, 40))),
    Proof("prefix_count", "prefix_count", (PREFIX,), "the bits set before each lane, and in all", "exhaustive", 1,
          tuple({"LANES": lanes} for lanes in (1, 2, 5, 8, 16))),
    Proof("zero_eliminator", "zero_eliminator", (PREFIX, "rtl/select/weft_shift_layer.sv", "rtl/select/weft_zero_eliminator.sv"),
          "each beat once, in order, what was valid in it in its order, stable output", "bounded", 9,
          tuple({"PLACES": places} for places in (2, 3, 4, 5)), 9),
    Proof("comparator_array", "comparator_array", ("rtl/select/weft_select_pkg.sv", PREFIX, "rtl/select/weft_comparator_array.sv"),
          "what is above stays, of equal ones the first so many; k stay", "bounded", 7, ({"LANES": 2}, {"LANES": 3}), 8),
    Proof("value_pruner", "value_pruner", ("rtl/prune/weft_value_pruner.sv",),
          "rows in order, each after its order; the store never over-full; stable outputs", "bounded", 8),
    Proof("confidence", "confidence", ("rtl/quant/weft_confidence.sv",),
          "each end once; dropped rows go back, their lower bits ordered once", "bounded", 12, ({"TAG_BITS": 2},)),
    Proof("spatten_queries", "spatten_queries", (FIFO, "rtl/engine/weft_spatten_queries.sv"),
          "each query once, in order, into its slot; its words one behind another", "bounded", 12, ({},), 12),
    Proof("spatten_control", "spatten_control", (FIFO, "rtl/engine/weft_spatten_control.sv"),
          "queries once, in order, in free slots, keys asked for; orders stay; room; it goes on", "bounded", 8, ({},), 8),
    Proof("gather_crossbar", "gather_crossbar", ("rtl/memory/weft_gather_crossbar.sv",),
          "each address to its channel, once, in order; back to its owner; stable; none waits beside a place", "bounded", 7,
          ({"CHANNELS": 1}, {"CHANNELS": 2}), 7),
    Proof("fetcher", "fetcher", FETCHER, "AR, AW, W stable until taken; limits of requests and transfers; boundaries; W after AW",
          "induction", 1),
    Proof("fetcher.w_ends", "fetcher", FETCHER, "W's bursts end where their AW says", "bounded", 12, ({"W_ENDS": 1},), 12),
)


@dataclass(frozen=True)
class Verdict:
    passed: bool
    failed: tuple[str, ...]  # assertions
    seconds: float


@dataclass(frozen=True)
class Fault:
    proof: Proof
    file: str
    old: str
    new: str


def run(command: list[str], folder: Path, seconds: float) -> subprocess.CompletedProcess[str]:
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            said, complained = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            # The solver that it has started would go on without it.
            for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
            process.kill()
            raise FormalError(f"{command[0]}: no end within {seconds:.0f} s") from None
    return subprocess.CompletedProcess(command, process.returncode, said, complained)


def write_smt2(proof: Proof, variant: dict[str, int], root: Path, rtl: list[Path], place: Path) -> Path:
    """The harness with its unit as SMT-LIB. Memories become registers, so that the harness can look into them."""
    out = place / "proof.smt2"
    files = " ".join(str(path) for path in (*rtl, root / f"tests/formal/{proof.harness}.sv"))
    parameters = " ".join(f"-chparam {name} {value}" for name, value in variant.items())
    script = (f"read_verilog -formal -sv -DSYNTHESIS {files}; hierarchy -check -top formal_{proof.harness} {parameters}; proc; "
              f"memory_collect; memory_map -formal; flatten; async2sync; opt -full; dffunmap; opt_clean -purge; write_smt2 {out}")
    done = run(["yosys", "-q", "-p", script], place, 120)
    if done.returncode != 0 or not out.is_file():
        raise FormalError(f"{proof.name}: yosys: {(done.stderr or done.stdout).strip()}")
    return out


def solve(smt2: Path, options: list[str], seconds: float) -> Verdict:
    started = time.monotonic()
    command = ["yosys-smtbmc", "-s", "z3", "--unroll", "--noincr", "--noprogress", *options, str(smt2)]
    said = run(command, smt2.parent, seconds).stdout
    status = re.search(r"Status: (PASSED|FAILED)", said)
    if status is None:
        raise FormalError(f"yosys-smtbmc: {said.strip()}")
    failed = tuple(re.findall(r"Assert failed in \S+ (\S+)", said))
    return Verdict(status[1] == "PASSED", failed, time.monotonic() - started)


def prove(proof: Proof, variant: dict[str, int], seconds: float) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="weft-formal-") as name:
        smt2 = write_smt2(proof, variant, ROOT, [ROOT / path for path in proof.rtl], Path(name))
        if proof.method != "induction":
            return solve(smt2, ["-t", f"0:{proof.depth}:{proof.depth}"], seconds)
        # Step 0 is the reset, about which nothing is asserted: the first steps are those after it.
        base = solve(smt2, ["-t", str(proof.depth + 1)], seconds)
        if not base.passed:
            return base
        step = solve(smt2, ["-i", "-t", str(proof.depth)], seconds)
        return Verdict(step.passed, step.failed, base.seconds + step.seconds)


def refute(fault: Fault, seconds: float) -> Verdict:
    """The proof with a fault in its unit, by sequences from the reset on."""
    with tempfile.TemporaryDirectory(prefix="weft-formal-") as name:
        place, rtl = Path(name), []
        for path in fault.proof.rtl:
            copy = place / Path(path).name
            text = (ROOT / path).read_text(encoding="utf-8")
            copy.write_text(text.replace(fault.old, fault.new) if path == fault.file else text, encoding="utf-8")
            rtl.append(copy)
        smt2 = write_smt2(fault.proof, fault.proof.variants[-1], ROOT, rtl, place)
        return solve(smt2, ["-t", str(fault.proof.refute_depth)], seconds)


def read_faults(wanted: list[Proof]) -> list[Fault]:
    by_name = {proof.name: proof for proof in PROOFS}
    faults = []
    for number, line in enumerate((ROOT / REFUTATIONS).read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split(" | ")]
        where = f"{REFUTATIONS}:{number}"
        if len(parts) != 4 or parts[0] not in by_name:
            raise FormalError(f"{where}: not PROOF | RTL FILE | OLD TEXT | NEW TEXT, with PROOF one of {', '.join(by_name)}")
        proof, file = by_name[parts[0]], parts[1]
        if file not in proof.rtl:
            raise FormalError(f"{where}: {file} is not in the proof {proof.name}")
        if (count := (ROOT / file).read_text(encoding="utf-8").count(parts[2])) != 1:
            raise FormalError(f"{where}: the old text occurs {count} times")
        faults.append(Fault(proof, file, parts[2], parts[3]))
    if missing := [proof.name for proof in PROOFS if not any(fault.proof is proof for fault in faults)]:
        raise FormalError(f"{REFUTATIONS}: no fault for {', '.join(missing)}")
    return [fault for fault in faults if fault.proof in wanted]


def variant_text(variant: dict[str, int]) -> str:
    return " ".join(f"{name}={value}" for name, value in variant.items() if name != "W_ENDS")


def show_proofs(proofs: list[Proof], jobs: int, seconds: float) -> int:
    tasks = [(proof, variant) for proof in proofs for variant in proof.variants]
    failed = 0
    print(f"{'proof':17} {'of':12} {'claim':86} {'method':11} {'depth':>5}  result", flush=True)
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        for (proof, variant), verdict in zip(tasks, pool.map(lambda task: prove(*task, seconds), tasks)):
            result = "proven" if verdict.passed else f"FAILED: {', '.join(verdict.failed)}"
            print(f"{proof.name:17} {variant_text(variant):12} {proof.claim:86} {proof.method:11} {proof.depth:5}  "
                  f"{result} ({verdict.seconds:.1f} s)", flush=True)
            failed += not verdict.passed
    print(f"formal: {len(tasks)} proofs, {failed} failed")
    return 1 if failed else 0


def show_refutations(faults: list[Fault], jobs: int, seconds: float) -> int:
    survived = 0
    print(f"{'proof':17} {'fault':100} result", flush=True)
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        for fault, verdict in zip(faults, pool.map(lambda fault: refute(fault, seconds), faults)):
            result = "NOT REFUTED" if verdict.passed else f"refuted: {', '.join(verdict.failed)}"
            change = f"{fault.old} -> {fault.new}"
            print(f"{fault.proof.name:17} {change[:100]:100} {result} ({verdict.seconds:.1f} s)", flush=True)
            survived += verdict.passed
    print(f"formal: {len(faults)} faults, {survived} not refuted")
    return 1 if survived or not faults else 0


def main(argv: list[str]) -> int:
    names = [proof.name for proof in PROOFS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proof", nargs="+", choices=names, default=names, metavar="PROOF", help=f"these only: {', '.join(names)}")
    parser.add_argument("--refute", action="store_true", help="show that each proof can fail")
    parser.add_argument("--jobs", type=int, default=2, help="proofs at a time (default: 2)")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for one run of the solver (default: 600)")
    options = parser.parse_args(argv)
    proofs = [proof for proof in PROOFS if proof.name in options.proof]
    try:
        if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
            raise FormalError(f"not installed: {', '.join(missing)} (scripts/setup.sh installs what is missing)")
        if options.refute:
            return show_refutations(read_faults(proofs), max(1, options.jobs), options.timeout)
        return show_proofs(proofs, max(1, options.jobs), options.timeout)
    except (FormalError, OSError) as error:
        print(f"formal: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
