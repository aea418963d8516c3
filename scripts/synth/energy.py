#!/usr/bin/python3
"""What a selection of the k largest takes, from the netlist: gates in the library's cells, run on lists, every change counted.

  energy.py [--liberty FILE] [--unit quick_select|list_top_k] [--lanes 16] [--bits 12] [--rows 64]

64 lists of lanes · rows values run side by side through the unit's gates, of two kinds: distinct random ones, their median asked for;
and probabilities of the committed trace of MiniLM, as 12-bit integers one row behind another (with --bits above 12 the sums of eight
rows), of which 70 % are kept. Each answer is compared with a sort's. Energy is that of cells: of an output's change by its table and
the load that it charges, and of the clock at every flip-flop; no wires, no clock tree, no glitches, and no memories, whose accesses
cost what a memory's maker says. Exit 0: done; 1: an answer is wrong, or Yosys fails.
"""
from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "trace"))
from elaborate import SynthesisError, Unit  # noqa: E402
from gates import RUNS, Gates, Words, in_gates  # noqa: E402
from liberty import Library  # noqa: E402
from netlist import LIBERTY  # noqa: E402
import safetensors_file  # noqa: E402

TRACE = Path(__file__).resolve().parents[2] / "tests/data/minilm-l6.safetensors"
SLEW = 0.18  # ns at every input, of which tables depend little
MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15
MOST_CYCLES = 100_000


def word_of(seed: int, number: int) -> int:
    """splitmix64, its upper half."""
    z = (seed + (number + 1) * GOLDEN) & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return (z ^ z >> 31) >> 32


def rounds_of(values: list[int], kept: int, seed: int) -> list[int]:
    """Candidates of each round of quick-select (docs/units/select/quick_select.md)."""
    rounds: list[int] = []
    while True:
        pivot = values[word_of(seed, len(rounds)) * len(values) >> 32]
        rounds.append(len(values))
        above, below = [v for v in values if v > pivot], [v for v in values if v < pivot]
        if kept <= len(above):
            values = above
        elif kept > len(values) - len(below):
            values, kept = below, kept - (len(values) - len(below))
        else:
            return rounds


@dataclass(frozen=True)
class Ports:
    """A selection's ends: taken in at `start`, values asked for at `source`."""
    start: str
    items: str
    kept: str
    source: str
    done: str


PORTS = {"quick_select": Ports("start", "count", "wanted", "source", "done_valid_o"),
         "list_top_k": Ports("in", "items", "kept", "store", "out_valid_o")}


@dataclass(frozen=True)
class List:
    values: list[int]
    kept: int
    seed: int


def random_lists(count: int, bits: int) -> list[List]:
    random = np.random.default_rng(1)
    made = []
    for _ in range(RUNS):
        distinct: set[int] = set()
        while len(distinct) < count:
            distinct.update(random.integers(2**bits, size=count - len(distinct)).tolist())
        made.append(List(random.permutation(sorted(distinct)).tolist(), count // 2, int(random.integers(2**62))))
    return made


def trace_lists(count: int, bits: int) -> list[List]:
    """Probabilities of the committed trace."""
    tensors = safetensors_file.read(TRACE)
    rows: list[NDArray[np.int64]] = []
    for layer in range(sum(name.endswith(".q") for name in tensors)):
        q, k = (safetensors_file.from_bf16(tensors[f"layers.{layer}.{name}"]).astype(np.float64) for name in "qk")
        scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        rows.extend(np.rint(4095 * weights / weights.sum(axis=-1, keepdims=True)).astype(np.int64).reshape(-1, k.shape[-2]))
    if bits > 12:  # importances: sums of eight queries
        rows = [sum(rows[i:i + 8]) for i in range(0, len(rows) - 7, 8)]
    flat = np.concatenate(rows)
    random = np.random.default_rng(2)
    return [List(np.roll(flat, -(i * len(flat) // RUNS))[:count].tolist(), round(0.7 * count), int(random.integers(2**62)))
            for i in range(RUNS)]


class Run:
    """Lists through the gates of a unit, all at once; a run is active until its selection is made."""

    def __init__(self, gates: Gates, ports: Ports, lists: list[List], lanes: int, bits: int) -> None:
        self.gates, self.ports, self.lists, self.lanes, self.bits = gates, ports, lists, lanes, bits
        self.before: Words = gates.values.copy()
        self.answers: list[list[int]] = [[] for _ in lists]
        self.cycles = [0] * RUNS

    def reset(self) -> None:
        gates = self.gates
        for name in gates.ports.keys() - gates.outputs:
            gates.drive(name, [0] * RUNS)
        gates.settle()
        gates.tick(0, self.before)
        gates.drive("rst_ni", [1] * RUNS)
        start = self.ports.start
        for field, numbers in ((self.ports.items, [len(x.values) for x in self.lists]), (self.ports.kept, [x.kept for x in self.lists]),
                               ("seed", [x.seed for x in self.lists]), ("word", [word_of(x.seed, 0) for x in self.lists]),
                               ("valid", [1] * RUNS)):
            gates.drive(f"{start}_{field}_i", numbers)
        if "out_ready_i" in gates.ports:
            gates.drive("out_ready_i", [1] * RUNS)
        gates.settle()
        self.before = gates.values.copy()

    def __call__(self) -> None:
        self.reset()
        gates, ports, data, taken = self.gates, self.ports, [0] * RUNS, [False] * RUNS
        for cycle in range(MOST_CYCLES):
            gates.settle()
            active = sum((self.cycles[run] == 0) << run for run in range(RUNS))
            if active == 0:
                return
            done, ready, asked, row = (gates.read(name) for name in (ports.done, f"{ports.start}_ready_o", f"{ports.source}_valid_o",
                                                                     f"{ports.source}_row_o"))
            self.answer(done)
            for run, one in enumerate(self.lists):
                if taken[run] and done[run] and self.cycles[run] == 0:
                    self.cycles[run] = cycle
                taken[run] = taken[run] or bool(ready[run])
                if asked[run]:
                    first = row[run] * self.lanes
                    data[run] = sum(value << lane * self.bits for lane, value in enumerate(one.values[first:first + self.lanes]))
            self.before = gates.tick(active, self.before)
            gates.drive(f"{ports.start}_valid_i", [0 if seen else 1 for seen in taken])
            gates.drive(f"{ports.source}_data_i", data)
        raise SynthesisError("a selection does not end")

    def answer(self, done: list[int]) -> None:
        gates = self.gates
        if "kept_valid_o" in gates.ports:
            valid = gates.read("kept_valid_o")
            if any(valid):
                width = (len(self.lists[0].values) - 1).bit_length()
                for run, (count, index) in enumerate(zip(gates.read("kept_count_o"), gates.read("kept_index_o"))):
                    if valid[run]:
                        self.answers[run] += [index >> i * width & (1 << width) - 1 for i in range(count)]
        elif any(done):
            for run, (threshold, ties) in enumerate(zip(gates.read("threshold_o"), gates.read("ties_o"))):
                if done[run] and not self.answers[run]:
                    self.answers[run] = [threshold, ties]

    def check(self) -> None:
        """Against a sort, of which equal values stay in order."""
        for one, answer in zip(self.lists, self.answers):
            values = np.array(one.values)
            kept = np.sort(np.argsort(-values, kind="stable")[:one.kept])
            threshold = values[kept].min()
            expected = kept.tolist() if "kept_valid_o" in self.gates.ports else [threshold, int((values[kept] == threshold).sum())]
            if answer != expected:
                raise SynthesisError(f"the gates keep {answer[:8]}… where {expected[:8]}… are the {one.kept} largest")


def energies(gates: Gates) -> dict[str, float]:
    """pJ of all that was counted, by cause."""
    library = gates.library
    loads = np.zeros(len(gates.values))
    for kind, pins in gates.cells:
        for pin, farad in library.cells[kind].inputs.items():
            if pin in pins and isinstance(pins[pin][0], int):
                loads[pins[pin][0]] += farad
    sums = {"gates": 0.0, "flip-flops": 0.0, "loads": 0.0, "clock": 0.0}
    for kind, pins in gates.cells:
        cell = library.cells[kind]
        for pin, tables in cell.outputs.items():
            if pins.get(pin) and isinstance(pins[pin][0], int):
                count, load = gates.changes[pins[pin][0]], loads[pins[pin][0]]
                part = "flip-flops" if kind.startswith("DFF") else "gates"
                sums[part] += count * sum(table.at(load, SLEW) for table in tables) / len(tables)
                sums["loads"] += count * load * library.volts**2 / 2
        for pin, tables in cell.clocks.items():  # two edges a cycle
            edges = 2 * sum(table.at(0, SLEW) for table in tables) / len(tables)
            sums["clock"] += gates.cycles * (edges + cell.inputs[pin] * library.volts**2)
    return sums


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--liberty", type=Path, default=LIBERTY)
    parser.add_argument("--unit", choices=sorted(PORTS), default="quick_select")
    for name, default in (("lanes", 16), ("bits", 12), ("rows", 64)):
        parser.add_argument(f"--{name}", type=int, default=default)
    o = parser.parse_args()
    unit = Unit(f"weft_{o.unit}", {"LANES": str(o.lanes), "VALUE_BITS": str(o.bits), "ROWS": str(o.rows)})
    library = Library(o.liberty)
    with tempfile.TemporaryDirectory() as folder:
        netlist = in_gates(unit, o.liberty, Path(folder))
    print(f"{unit.name}, {o.liberty.stem}, {library.volts} V: per selection of {o.lanes * o.rows} values, mean of {RUNS}\n")
    print("| values | candidates | cycles | nJ | of that the clock | pJ a candidate |\n|---|---|---|---|---|---|")
    for name, lists in (("distinct, the median", random_lists(o.lanes * o.rows, o.bits)),
                        ("of the trace, 70 %", trace_lists(o.lanes * o.rows, o.bits))):
        gates = Gates(netlist, library)
        run = Run(gates, PORTS[o.unit], lists, o.lanes, o.bits)
        run()
        run.check()
        candidates = sum(sum(rounds_of(x.values, x.kept, x.seed)) for x in lists)
        sums = energies(gates)
        whole = sum(sums.values())
        print(f"| {name} | {candidates / RUNS:,.0f} | {gates.cycles / RUNS:.1f} | {whole / RUNS / 1000:.1f} | "
              f"{sums['clock'] / whole:.0%} | {whole / candidates:.2f} |")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SynthesisError as error:
        sys.exit(f"energy: {error}")
