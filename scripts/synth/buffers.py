"""Buffers in a mapped netlist, as Yosys writes it in JSON: no net of a register, an input or a module drives many loads.

ABC buffers what its own gates drive and leaves these alone. Nets of clocks and resets are not looked at.
"""
from __future__ import annotations

from collections import defaultdict
from typing import Any

BUFFER, IN, OUT = "BUFX4", "A", "Y"
MOST = 12  # loads of one net
IDEAL = {"CLK", "R", "S", "clk_i", "rst_ni", "rst_no"}  # pins

Load = tuple[dict[str, Any], str, int]  # a cell, its pin, the pin's bit


def buffer_module(module: dict[str, Any]) -> int:
    """Puts buffers between the drivers of a module's nets and their loads, MOST to a net. How many."""
    loads: dict[int, list[Load]] = defaultdict(list)
    ideal: set[int] = set()
    largest = 1
    for cell in module["cells"].values():
        for pin, bits in cell["connections"].items():
            for at, bit in enumerate(bits):
                if not isinstance(bit, int):
                    continue
                largest = max(largest, bit)
                if pin in IDEAL:
                    ideal.add(bit)
                elif cell["port_directions"].get(pin) == "input":
                    loads[bit].append((cell, pin, at))
    for port in module["ports"].values():
        largest = max([largest, *(bit for bit in port["bits"] if isinstance(bit, int))])
    made = 0
    for bit, ends in loads.items():
        while bit not in ideal and len(ends) > MOST:
            level: list[Load] = []
            for first in range(0, len(ends), MOST):
                largest += 1
                made += 1
                for cell, pin, at in ends[first:first + MOST]:
                    cell["connections"][pin][at] = largest
                cell = {"hide_name": 1, "type": BUFFER, "parameters": {}, "attributes": {},
                        "port_directions": {IN: "input", OUT: "output"}, "connections": {IN: [bit], OUT: [largest]}}
                module["cells"][f"$buffer${largest}"] = cell
                level.append((cell, IN, 0))
            ends = level
    return made


def buffer_all(design: dict[str, Any]) -> int:
    return sum(buffer_module(module) for module in design["modules"].values() if module["cells"])
