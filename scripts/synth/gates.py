"""A unit's netlist in a library's cells, run cycle by cycle with every change of every net counted; 64 runs side by side, one a bit.

Memories (weft_ram) stay what the RTL says and are no cells. Within a cycle a net settles at once: what glitches would take is not in
the counts.
"""
from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elaborate import Unit, read
from liberty import Library
from netlist import RAM, design_of

RUNS = 64
ALL = np.uint64(2**RUNS - 1)
ONES = np.array([bin(byte).count("1") for byte in range(256)], dtype=np.uint8)
Words = NDArray[np.uint64]


def function_of(text: str, pins: list[str]) -> Callable[..., Words]:
    """Liberty's boolean function of words; a blank between two factors is a product."""
    tokens = re.findall(r"\w+|[()!+^*&|]", text)
    out: list[str] = []
    for token in tokens:
        if out and (out[-1] == ")" or out[-1].isidentifier()) and (token in "(!" or token.isidentifier()):
            out.append("&")
        out.append({"!": "~", "+": "|", "*": "&"}.get(token, token))
    return eval(f"lambda {', '.join(pins)}: {' '.join(out)}")  # pylint: disable=eval-used  # of names and operators alone


@dataclass
class Group:
    """Cells of one kind whose inputs are all there: their output pin's function, nets of inputs, net of the output."""
    function: Callable[..., Words]
    inputs: list[NDArray[np.intp]]
    output: NDArray[np.intp]


@dataclass
class Memory:
    write: dict[str, NDArray[np.intp]]
    data: NDArray[np.intp]
    words: NDArray[np.uint8]  # by run, address and bit


def in_gates(unit: Unit, liberty: Path, folder: Path) -> dict:
    """The unit as Yosys' JSON, flat but for its memories."""
    return design_of(read(unit) + [f"blackbox *{RAM}*"], unit.module, liberty, folder, flatten=True)["modules"][unit.module]


class Gates:
    """Values of all nets, a bit a run; `changes` of each net and the cycles of all runs that are `active`."""

    def __init__(self, module: dict, library: Library) -> None:
        self.library = library
        self.cells = [(cell["type"], cell["connections"]) for cell in module["cells"].values() if RAM not in cell["type"]]
        nets = 2 + max(bit for net in module["netnames"].values() for bit in net["bits"] if isinstance(bit, int))
        self.one = nets - 1  # nets 0 and 1 are no numbers of Yosys: 0 is the constant
        self.values: Words = np.zeros(nets, dtype=np.uint64)
        self.values[self.one] = ALL
        self.changes: NDArray[np.int64] = np.zeros(nets, dtype=np.int64)
        self.cycles = 0
        self.outputs = {name for name, port in module["ports"].items() if port["direction"] == "output"}
        self.ports = {name: self._nets(port["bits"]) for name, port in module["ports"].items()}
        flops = [(kind, pins) for kind, pins in self.cells if kind.startswith("DFF")]
        self.flop_d, self.flop_q = (np.array([self._net(pins[pin][0]) for _, pins in flops]) for pin in ("D", "Q"))
        self.flop_set, self.flop_clear = (np.array([self._net(pins[pin][0]) if pin in pins else self.one for _, pins in flops])
                                          for pin in ("S", "R"))
        self.memories = [self._memory(cell) for cell in module["cells"].values() if RAM in cell["type"]]
        self.groups = self._levels()

    def _net(self, bit: int | str) -> int:
        return bit if isinstance(bit, int) else self.one if bit == "1" else 0

    def _nets(self, bits: list[int | str]) -> NDArray[np.intp]:
        return np.array([self._net(bit) for bit in bits], dtype=np.intp)

    def _memory(self, cell: dict) -> Memory:
        pins = {name: self._nets(bits) for name, bits in cell["connections"].items()}
        if len(pins["write_lanes_i"]) != 1:
            raise ValueError("a memory written by lanes")
        data = pins["read_data_o"]
        return Memory(pins, data, np.zeros((RUNS, 2 ** len(pins["read_address_i"]), len(data)), dtype=np.uint8))

    def _levels(self) -> list[Group]:
        functions: dict[tuple[str, str], tuple[Callable[..., Words], list[str]]] = {}
        pending, level = [], {0: 0, self.one: 0}
        for net in [*self.flop_q, *(n for m in self.memories for n in m.data), *(n for nets in self.ports.values() for n in nets)]:
            level[int(net)] = 0
        for kind, pins in self.cells:
            if kind.startswith("DFF"):
                continue
            for output, text in self.library.functions[kind].items():
                names = sorted(pin for pin in pins if pin in self.library.cells[kind].inputs)
                if (kind, output) not in functions:
                    functions[kind, output] = (function_of(text, names), names)
                if output in pins and pins[output] and isinstance(pins[output][0], int):
                    level.pop(pins[output][0], None)  # an output port is no source
                    pending.append((kind, output, [self._net(pins[name][0]) for name in names], pins[output][0]))
        users = defaultdict(list)
        waiting = []
        for i, (_, _, inputs, _) in enumerate(pending):
            open_inputs = {net for net in inputs if net not in level}
            waiting.append(len(open_inputs))
            for net in open_inputs:
                users[net].append(i)
        groups: dict[tuple[int, str, str], list[int]] = defaultdict(list)
        ready = [i for i, count in enumerate(waiting) if count == 0]
        done = 0
        while ready:
            i = ready.pop()
            done += 1
            kind, output, inputs, net = pending[i]
            level[net] = 1 + max((level[n] for n in inputs), default=0)
            groups[level[net], kind, output].append(i)
            for user in users[net]:
                waiting[user] -= 1
                if waiting[user] == 0:
                    ready.append(user)
        if done != len(pending):
            raise ValueError("a loop of gates")
        made = []
        for (_, kind, output), which in sorted(groups.items()):
            inputs = [np.array([pending[i][2][p] for i in which]) for p in range(len(pending[which[0]][2]))]
            made.append(Group(functions[kind, output][0], inputs, np.array([pending[i][3] for i in which])))
        return made

    def drive(self, port: str, numbers: list[int]) -> None:
        """An input's value by run."""
        for bit, net in enumerate(self.ports[port]):
            self.values[net] = sum((number >> bit & 1) << run for run, number in enumerate(numbers))

    def read(self, port: str) -> list[int]:
        bits = [int(self.values[net]) for net in self.ports[port]]
        return [sum((word >> run & 1) << bit for bit, word in enumerate(bits)) for run in range(RUNS)]

    def settle(self) -> None:
        for group in self.groups:
            self.values[group.output] = group.function(*(self.values[nets] for nets in group.inputs))

    def tick(self, active: int, before: Words) -> Words:
        """A clock's edge, after `settle`; counts what has changed since the last, in runs that are active."""
        changed = ((self.values ^ before) & np.uint64(active)).view(np.uint8).reshape(-1, 8)
        self.changes += ONES[changed].sum(axis=1, dtype=np.int64)
        self.cycles += bin(active).count("1")
        before = self.values.copy()
        for memory in self.memories:
            self._tick_memory(memory, before)
        self.values[self.flop_q] = (before[self.flop_d] & before[self.flop_clear]) | ~before[self.flop_set]
        return before

    @staticmethod
    def _by_run(words: Words) -> NDArray[np.uint8]:
        """Bits of words by run and word."""
        return np.unpackbits(words.view(np.uint8).reshape(-1, 8), axis=1, bitorder="little").T

    def _tick_memory(self, memory: Memory, values: Words) -> None:
        pins = memory.write
        runs = np.arange(RUNS)
        weights = 1 << np.arange(len(pins["read_address_i"]))
        reads = self._by_run(values[pins["read_valid_i"]])[:, 0].astype(bool)
        word = memory.words[runs, self._by_run(values[pins["read_address_i"]]) @ weights]
        writes = (self._by_run(values[pins["write_valid_i"]])[:, 0] & self._by_run(values[pins["write_lanes_i"]])[:, 0]).astype(bool)
        to = self._by_run(values[pins["write_address_i"]]) @ weights
        memory.words[runs[writes], to[writes]] = self._by_run(values[pins["write_data_i"]])[writes]
        held = self._by_run(values[memory.data])
        held[reads] = word[reads]
        self.values[memory.data] = np.packbits(held.T, axis=1, bitorder="little").view(np.uint64)[:, 0]
