"""Values of signals out of a VCD of Verilator's, one for every cycle: as they stand when the clock is about to rise."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]  # by bit, the lowest first, and cycle


@dataclass(frozen=True)
class Variable:
    code: str
    width: int


class Waves:
    """Signals by their whole names, `top.unit.signal`, not those of what Verilator puts around the top; elements of an array are
    signals, `top.unit.signal[3]`."""

    def __init__(self, file: Path, period: int) -> None:
        """`period` of the clock, in the file's unit of time; it rises at multiples."""
        self.file, self.period = file, period
        self.variables: dict[str, Variable] = {}
        scopes: list[str] = []
        with file.open(encoding="ascii") as lines:
            for number, line in enumerate(lines):
                if found := re.match(r"\s*\$scope \w+ (\S+)", line):
                    scopes.append(found[1])
                elif re.match(r"\s*\$upscope", line):
                    scopes.pop()
                elif found := re.match(r"\s*\$var \w+\s+(\d+) (\S+) (\S+)", line):
                    self.variables[".".join([*scopes[1:], found[3]])] = Variable(found[2], int(found[1]))
                elif "$enddefinitions" in line:
                    break
            self.head = number + 1
        self.elements: dict[str, dict[int, Variable]] = {}
        for name, variable in self.variables.items():
            if found := re.fullmatch(r"(.+)\[(\d+)\]", name):
                self.elements.setdefault(found[1], {})[int(found[2])] = variable

    def of(self, name: str, width: int) -> list[Variable]:
        """What a signal is made of, its lowest bits first, up to so many; empty where it is not there."""
        if name in self.variables and self.variables[name].width >= width:
            return [Variable(self.variables[name].code, width)]
        parts = [variable for _, variable in sorted(self.elements.get(name, {}).items())]
        return parts if sum(part.width for part in parts) == width else []

    def snapshots(self) -> Iterator[list[tuple[str, str]]]:
        """For each cycle what has changed in it, as codes and values; the first has everything."""
        changed: dict[str, str] = {}
        with self.file.open(encoding="ascii") as lines:
            begun = False
            for number, line in enumerate(lines):
                if number < self.head or line == "\n":
                    continue
                if line[0] == "#":
                    if begun and int(line[1:]) % self.period == 0:
                        yield list(changed.items())
                        changed.clear()
                    begun = True
                elif line[0] == "b":
                    value, code = line[1:].split()
                    changed[code] = value
                else:
                    changed[line[1:].rstrip()] = line[0]
        yield list(changed.items())

    def bits(self, wanted: list[Variable]) -> Bits:
        """Of these, one behind another."""
        places: dict[str, list[slice]] = {}
        width = 0
        for variable in wanted:
            places.setdefault(variable.code, []).append(slice(width, width + variable.width))
            width += variable.width
        now = np.zeros(width, dtype=np.uint8)
        rows = []
        for changed in self.snapshots():
            for code, value in changed:
                for place in places.get(code, ()):
                    bits = np.frombuffer(value.encode(), dtype=np.uint8)[::-1][:place.stop - place.start] & 1
                    now[place] = 0
                    now[place.start:place.start + len(bits)] = bits
            rows.append(now.copy())
        return np.ascontiguousarray(np.array(rows).T)
