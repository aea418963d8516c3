"""A netlist's gates beside the waves of the RTL that it was made of: registers and memories have the waves' values in every cycle,
gates compute the rest, many cycles at once.

What a gate-level simulation would show, with a comparison by the way: what the gates give each register is what the waves say that
it has a cycle later. Units whose text has values that are unknown ('x: what an operand at rest becomes) may differ, since there gates
give something and Verilator 0. Within a cycle a net settles at once: what glitches would take is not in the counts.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elaborate import RTL, SynthesisError, files
from flat import COPY, Flat, Nets
from gates import ONES, function_of
from liberty import Library
from waves import Variable, Waves

Words = NDArray[np.uint64]  # by net, 64 cycles each
WORD = 64
TAKES_UNKNOWN = {"weft_exp5"}  # from weft_exp_reduce


@dataclass(frozen=True)
class Level:
    """Cells of one kind, one output of theirs, whose inputs are all there."""
    kind: str
    pin: str
    inputs: list[Nets]
    output: Nets


@dataclass(frozen=True)
class Counts:
    """Of cycles that have a next one."""
    cycles: int
    differing: int  # values of registers, in units that have unknown ones
    changes: NDArray[np.int64]  # of each net
    edges: dict[int, int]  # that came, of a clock's net


class Replay:
    def __init__(self, flat: Flat, library: Library) -> None:
        self.flat, self.library = flat, library
        self.flops = [cells for kind, cells in flat.cells.items() if kind.startswith("DFF")]
        self.q = self._pins("Q")
        self.d = self._pins("D")
        self.clear, self.set = self._pins("R"), self._pins("S")
        self.clock = self._pins("CLK")
        self.owner = np.concatenate([cells.owner for cells in self.flops])
        self.free = TAKES_UNKNOWN | {Path(name).stem for name in files(RTL)
                                     if "'x" in re.sub(r"//.*", "", (RTL / name).read_text(encoding="utf-8"))}
        self.functions = {(kind, pin): (function_of(text, self.inputs_of(kind)), self.inputs_of(kind))
                          for kind in flat.cells if kind != COPY and not kind.startswith("DFF")
                          for pin, text in library.functions[kind].items()}
        self.levels = self._levels()

    def inputs_of(self, kind: str) -> list[str]:
        return sorted(self.library.cells[kind].inputs)

    def _pins(self, pin: str) -> Nets:
        """Of all flip-flops; 1 where a kind has none."""
        return np.concatenate([cells.pins.get(pin, np.ones(len(cells.owner), dtype=np.int64)) for cells in self.flops])

    def _levels(self) -> list[Level]:
        there = np.zeros(self.flat.nets, dtype=bool)
        there[:2] = True
        there[self.q] = True
        for nets in self.flat.given.values():
            there[nets] = True
        for clock in self.flat.gates:
            there[clock] = True
        waiting = [(kind, pin, [cells.pins[name] for name in (["A"] if kind == COPY else self.inputs_of(kind))], cells.pins[pin])
                   for kind, cells in self.flat.cells.items() if not kind.startswith("DFF")
                   for pin in (["Y"] if kind == COPY else self.library.functions[kind]) if pin in cells.pins]
        result = []
        while waiting:
            ready, left = [], []
            for kind, pin, inputs, output in waiting:
                now = np.logical_and.reduce([there[nets] for nets in inputs]) if inputs else np.ones(len(output), dtype=bool)
                if now.any():
                    ready.append(Level(kind, pin, [nets[now] for nets in inputs], output[now]))
                if not now.all():
                    left.append((kind, pin, [nets[~now] for nets in inputs], output[~now]))
            if not ready:
                raise SynthesisError("gates in a loop, or without a source")
            for level in ready:
                there[level.output] = True
            result += ready
            waiting = left
        return result

    def sources(self, waves: Waves) -> tuple[Nets, list[Variable], Nets]:
        """Nets whose values the waves have, the variables that they are, in order, and registers that they do not have."""
        wanted = np.zeros(self.flat.nets, dtype=bool)
        wanted[self.q] = True
        nets, variables = list[Nets](), list[Variable]()
        for name, own in (self.flat.given | self.flat.names).items():
            if (name in self.flat.given or wanted[own].any()) and (found := waves.of(name, len(own))):
                nets.append(own)
                variables += found
                wanted[own] = False
            elif name in self.flat.given and name.count(".") > 1:
                raise SynthesisError(f"{name} is not in {waves.file}")
        return np.concatenate(nets), variables, np.flatnonzero(wanted)

    def run(self, waves: Waves) -> Counts:
        """Of the waves' cycles, whole words of them. Raises SynthesisError where gates and waves part."""
        nets, variables, unknown = self.sources(waves)
        bits = waves.bits(variables)
        cycles = bits.shape[1] // WORD * WORD
        values: Words = np.zeros((self.flat.nets, cycles // WORD), dtype=np.uint64)
        values[1] = ~np.uint64(0)
        values[nets] = np.packbits(bits[:, :cycles], axis=1, bitorder="little").view(np.uint64)
        self.settle(values)
        comes = self.clocks(values)
        edges = np.array([comes[int(clock)] for clock in self.clock])
        taken = (edges & values[self.d]) | (~edges & values[self.q])
        taken = (taken & values[self.clear]) | ~values[self.set]
        wrong = ones((taken ^ later(values[self.q])) & valid(values.shape[1]))
        units = {self.flat.owners[owner][-1] for owner in self.owner[wrong > 0]} - self.free
        if len(unknown) or units:
            raise SynthesisError(f"{waves.file}: {len(unknown)} registers are not there; those of {sorted(units)} have other values")
        changed = (values ^ later(values)) & valid(values.shape[1])
        came = ones(np.array(list(comes.values())) & valid(values.shape[1]))
        return Counts(cycles - 1, int(wrong.sum()), ones(changed), dict(zip(comes, came.tolist())))

    def settle(self, values: Words) -> None:
        for level in self.levels:
            inputs = [values[nets] for nets in level.inputs]
            values[level.output] = inputs[0] if level.kind == COPY else self.functions[level.kind, level.pin][0](*inputs)

    def clocks(self, values: Words) -> dict[int, Words]:
        """By the clock's net, in which cycles the edge at their end comes."""
        comes = {self.flat.clock: np.full(values.shape[1], ~np.uint64(0))}

        def of(clock: int) -> Words:
            if clock not in comes:
                gate = self.flat.gates[clock]
                comes[clock] = of(gate.clock) & values[gate.enable]
            return comes[clock]

        for clock in np.unique(self.clock):
            of(int(clock))
        return comes


def ones(values: Words) -> NDArray[np.int64]:
    """In each row."""
    return ONES[np.ascontiguousarray(values).view(np.uint8)].sum(axis=1, dtype=np.int64)


def later(values: Words) -> Words:
    """Each cycle's next one in its place; the last has none."""
    result = values >> np.uint64(1)
    result[:, :-1] |= values[:, 1:] << np.uint64(WORD - 1)
    return result


def valid(words: int) -> Words:
    """Cycles that have a next one."""
    result = np.full(words, ~np.uint64(0))
    result[-1] >>= np.uint64(1)
    return result
