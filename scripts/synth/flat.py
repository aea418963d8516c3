"""A netlist of modules as arrays: every cell of every instance, its nets by number, and the units that it is in."""
from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from netlist import GATE, RAM

Nets = NDArray[np.int64]
Bit = int | str
ONE = 1  # the net that is always 1; 0 is the one that is always 0. Yosys' numbers begin at 2
COPY = "="  # a cell of nothing, that takes a net to another: a module's input that is an output too


@dataclass
class Cells:
    """Of one kind: nets by pin, one for each cell, and its place in `Flat.owners`."""
    pins: dict[str, Nets]
    owner: Nets


@dataclass
class Gate:
    """Of a clock; `clock` is the net of the one that it lets through."""
    clock: int
    enable: int


@dataclass
class Flat:
    cells: dict[str, Cells] = field(default_factory=dict)
    owners: list[tuple[str, ...]] = field(default_factory=list)  # units, from the top downwards
    names: dict[str, Nets] = field(default_factory=dict)  # of signals, with their instances
    given: dict[str, Nets] = field(default_factory=dict)  # by the top's inputs and by memories
    gates: dict[int, Gate] = field(default_factory=dict)  # by the net of the clock that they give
    clock: int = 0
    nets: int = 2


class Flattening:
    def __init__(self, modules: dict, top: str) -> None:
        self.modules, self.made = modules, Flat()
        self.pins: dict[str, dict[str, list[Nets]]] = defaultdict(lambda: defaultdict(list))
        self.owner: dict[str, list[Nets]] = defaultdict(list)
        module = modules[top]
        ports = {name: self._new(len(port["bits"])) for name, port in module["ports"].items()}
        self.made.given = {f"{top}.{name}": ports[name] for name, port in module["ports"].items() if port["direction"] == "input"}
        self.made.clock = int(ports["clk_i"][0])
        self._add(top, (), top, ports)
        for kind, pins in self.pins.items():
            self.made.cells[kind] = Cells({pin: np.concatenate(nets) for pin, nets in pins.items()}, np.concatenate(self.owner[kind]))

    def _new(self, count: int) -> Nets:
        self.made.nets += count
        return np.arange(self.made.nets - count, self.made.nets)

    def _add(self, kind: str, above: tuple[str, ...], path: str, ports: dict[str, Nets]) -> None:
        module = self.modules[kind]
        units = (*above, re.findall(r"weft_\w+", kind)[0])
        owner = len(self.made.owners)
        self.made.owners.append(units)
        nets = np.full(2 + max((bit for net in module["netnames"].values() for bit in net["bits"] if isinstance(bit, int)), default=1), -1)
        nets[0], nets[ONE] = 0, ONE
        for direction in ("input", "output"):
            for name, port in module["ports"].items():
                if port["direction"] == direction:
                    self._bind(nets, port["bits"], ports[name], direction, owner)
        free = np.flatnonzero(nets < 0)
        nets[free] = self._new(len(free))
        for name, net in module["netnames"].items():
            if not net["hide_name"]:
                self.made.names[f"{path}.{name}"] = nets[local(net["bits"])]
        own: dict[str, dict[str, list[Bit]]] = defaultdict(lambda: defaultdict(list))
        for name, cell in module["cells"].items():
            if cell["type"] not in self.modules or not re.search(r"weft_\w+", cell["type"]):
                for pin, bits in cell["connections"].items():
                    own[cell["type"]][pin].append(bits[0] if bits else "x")
            else:
                bound = {pin: nets[local(bits)] for pin, bits in cell["connections"].items()}
                self._instance(cell["type"], units, f"{path}.{name}", bound)
        for cell_kind, pins in own.items():
            for pin, connected in pins.items():
                self.pins[cell_kind][pin].append(nets[local(connected)])
            self.owner[cell_kind].append(np.full(len(next(iter(pins.values()))), owner))

    def _bind(self, nets: Nets, inner: list[Bit], outer: Nets, direction: str, owner: int) -> None:
        """A port's bits become the nets outside; an output that is an input, or a constant, is copied there."""
        for bit, net in zip(local(inner), outer):
            if nets[bit] < 0:
                nets[bit] = net
            elif direction == "output":
                for pin, end in (("A", nets[bit]), ("Y", net)):
                    self.pins[COPY][pin].append(np.array([end]))
                self.owner[COPY].append(np.array([owner]))

    def _instance(self, kind: str, units: tuple[str, ...], path: str, bound: dict[str, Nets]) -> None:
        if GATE in kind:
            self.made.gates[int(bound["clk_o"][0])] = Gate(int(bound["clk_i"][0]), int(bound["enable_i"][0]))
        elif RAM in kind:
            self.made.given[f"{path}.read_data_o"] = bound["read_data_o"]
        else:
            for name, port in self.modules[kind]["ports"].items():
                if name not in bound:
                    bound[name] = self._new(len(port["bits"]))
            self._add(kind, units, path, bound)


def local(bits: list[Bit]) -> Nets:
    """Numbers within a module; what is undefined is 0."""
    return np.array([bit if isinstance(bit, int) else int(bit == "1") for bit in bits], dtype=np.int64)
