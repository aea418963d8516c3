#!/usr/bin/python3
"""What share of SpAtten's engine each unit takes of its power, from the netlist and a real trace.

  power.py --weft BINARY [--values TRACE] [--windows 16] [--cycles 256] [--keep DIR]

The engine at its smallest scale is mapped to the osu018 cells, its clocks gated, and replayed beside waves of the RTL (replay.py) in
windows that lie evenly over the run of the trace: MiniLM's of the tests if none is named. What the gates give every register is
compared with the RTL in every cycle. Energy is that of cells: of an output's change by its table and the load that it charges, and of
the clock at every flip-flop that it reaches; no wires, no clock tree, no glitches, and no memories.
--keep has the netlist and the library, which take half an hour, for the next time. Exit 0: done; 1: gates and waves differ, or a tool
fails.
"""
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elaborate import RTL, SynthesisError, Unit, read
from energy import SLEW, TRACE
from flat import COPY, Flat, Flattening
from liberty import Library
from netlist import GATE, LIBERTY, RAM, design_of
from replay import Counts, Replay
from waves import Waves

TOP, DESIGN, LIBRARY = "weft_spatten", "spatten-rtl-smallest", "weft_spatten_16"
PERIOD = 1_000_000  # fs
SCRIPTS = Path(__file__).resolve().parents[1]
# Rows of the table: units that are counted with all below them but for what a row above has.
ROWS = {
    "top-k of probabilities: `weft_row_top_k`": {"weft_row_top_k"},
    "top-k of tokens and heads: `weft_pruner`": {"weft_pruner"},
    "softmax: `weft_softmax_pipeline`": {"weft_softmax_pipeline"},
    "scores: `weft_dot_array`": {"weft_dot_array"},
    "probabilities times values: `weft_value_array`": {"weft_value_array"},
    "memory: `weft_spatten_fetch`": {"weft_spatten_fetch"},
    "outputs, importance of heads: `weft_spatten_outputs`": {"weft_spatten_outputs"},
    "where kept values stand: `weft_kept_positions`": {"weft_kept_positions"},
    "lists of tokens and heads: `weft_spatten_lists`": {"weft_spatten_lists"},
    "configuration: `weft_spatten_registers`": {"weft_spatten_registers"},
}


def netlist(keep: Path) -> dict:
    made = keep / "mapped.json"
    if made.is_file():
        return json.loads(made.read_text(encoding="utf-8"))["modules"]
    return design_of(read(Unit(TOP, {})) + [f"blackbox *{RAM}* *{GATE}*"], TOP, LIBERTY, keep, states=False)["modules"]


def library_of(keep: Path) -> None:
    if (keep / f"lib{LIBRARY}.so").is_file():
        return
    shown = subprocess.run([SCRIPTS / "rtl/build_library.sh", "--design", DESIGN, "--out", keep, "--show"], capture_output=True, text=True,
                           check=True).stdout.split()
    subprocess.run([SCRIPTS / "rtl/verilate_library.sh", "--top", RTL / f"engine/{TOP}.sv", "--rtl", RTL, "--name", LIBRARY, "--out", keep,
                    "--config", SCRIPTS.parent / "sim/rtl/library/spatten.vlt", "--all-waves",
                    *(word for parameter in shown for word in ("--parameter", parameter))], check=True)


class Trace:
    """Runs of the RTL."""

    def __init__(self, weft: Path, values: Path, keep: Path) -> None:
        self.file = keep / "run.json"
        self.command = [str(weft), "run", "--design", DESIGN, "--values", str(values), "--fidelity", "rtl", "--json", str(self.file)]
        self.keep = keep
        self.cycles = int(self._run([])["cycles"])

    def _run(self, more: list[str]) -> dict:
        done = subprocess.run(self.command + more, capture_output=True, text=True, env=os.environ | {"WEFT_RTL_PATH": str(self.keep)})
        if done.returncode != 0:
            raise SynthesisError(done.stderr.strip())
        return dict(json.loads(self.file.read_text(encoding="utf-8")))

    def window(self, first: int, cycles: int) -> Waves:
        file = self.keep / "window.vcd"
        self._run(["--wave", str(file), "--wave-cycles", f"{first}:{first + cycles}"])
        return Waves(file, PERIOD)


def energies(flat: Flat, library: Library, counts: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """pJ of each instance's own cells: of changes, and of the clock."""
    loads = np.zeros(flat.nets)
    for kind, cells in flat.cells.items():
        for pin, farad in library.cells[kind].inputs.items() if kind != COPY else ():
            np.add.at(loads, cells.pins[pin], farad)
    for cells in (flat.cells[COPY],) if COPY in flat.cells else ():  # one net of two names
        np.add.at(loads, cells.pins["A"], loads[cells.pins["Y"]])
    changes, clocks = (np.zeros(len(flat.owners)) for _ in range(2))
    for kind, cells in flat.cells.items():
        if kind == COPY:
            continue
        for pin, tables in library.cells[kind].outputs.items():
            if pin in cells.pins:
                count, load = counts.changes[cells.pins[pin]], loads[cells.pins[pin]]
                different, which = np.unique(np.round(load, 6), return_inverse=True)
                each = np.array([sum(table.at(one, SLEW) for table in tables) / len(tables) for one in different])
                np.add.at(changes, cells.owner, count * (each[which] + load * library.volts**2 / 2))
        for pin, tables in library.cells[kind].clocks.items():  # two edges a cycle
            each_clock = 2 * sum(table.at(0, SLEW) for table in tables) / len(tables) + library.cells[kind].inputs[pin] * library.volts**2
            came = np.array([counts.edges[int(clock)] for clock in cells.pins[pin]])
            np.add.at(clocks, cells.owner, came * each_clock)
    return changes, clocks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weft", type=Path, required=True)
    parser.add_argument("--values", type=Path, default=TRACE)
    parser.add_argument("--windows", type=int, default=16)
    parser.add_argument("--cycles", type=int, default=256, help="of a window; a multiple of 64")
    parser.add_argument("--keep", type=Path)
    o = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keep = o.keep or Path(folder)
        keep.mkdir(parents=True, exist_ok=True)
        flat = Flattening(netlist(keep), TOP).made
        library = Library(LIBERTY)
        replay = Replay(flat, library)
        library_of(keep)
        trace = Trace(o.weft, o.values, keep)
        changes, clocks, cycles, differing = np.zeros(len(flat.owners)), np.zeros(len(flat.owners)), 0, 0
        for window in range(o.windows):
            counts = replay.run(trace.window(trace.cycles * (2 * window + 1) // (2 * o.windows), o.cycles))
            for total, part in zip((changes, clocks), energies(flat, library, counts)):
                total += part
            cycles, differing = cycles + counts.cycles, differing + counts.differing
    whole = float((changes + clocks).sum())
    print(f"{TOP}, {LIBERTY.stem}, {library.volts} V: {cycles:,} of {trace.cycles:,} cycles; {len(replay.q):,} registers have the RTL's "
          f"values but for {differing / cycles / len(replay.q):.2%}, of operands at rest;\n"
          f"{whole / cycles:.1f} pJ a cycle, {clocks.sum() / whole:.0%} of it the clock\n")
    print("| part | pJ a cycle | share | of it the clock |\n|---|---|---|---|")
    rest = np.ones(len(flat.owners), dtype=bool)
    for name, units in ROWS.items():
        own = rest & np.array([bool(units & set(path)) for path in flat.owners])
        rest &= ~own
        print(row(name, changes[own].sum(), clocks[own].sum(), cycles, whole))
    print(row("the rest", changes[rest].sum(), clocks[rest].sum(), cycles, whole))
    return 0


def row(name: str, changes: float, clock: float, cycles: int, whole: float) -> str:
    return f"| {name} | {(changes + clock) / cycles:.1f} | {(changes + clock) / whole:.1%} | {clock / max(changes + clock, 1e-9):.0%} |"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SynthesisError as error:
        sys.exit(f"power: {error}")
