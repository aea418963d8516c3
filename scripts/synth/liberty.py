"""What a Liberty file says of cells' energy: capacitance of inputs, energy of a change at an output or of an edge at a clock."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator


@dataclass
class Group:
    """`name(argument) { … }` with its attributes and the groups in it."""
    name: str
    argument: str
    attributes: dict[str, str] = field(default_factory=dict)
    groups: list["Group"] = field(default_factory=list)

    def all(self, name: str) -> Iterator["Group"]:
        return (group for group in self.groups if group.name == name)


def parse(path: Path) -> Group:
    """The library. Attributes with arguments, as `values(…)`, are kept as text."""
    text = re.sub(r"/\*.*?\*/|\\\n", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    token = re.compile(r'\s*(?:(\w+)\s*\(((?:[^()"]|"[^"]*")*)\)\s*(\{|;)?|(\w+)\s*:\s*("[^"]*"|[^;}]*?)\s*;|(\})|;)')
    top = Group("", "")
    stack = [top]
    at = 0
    while found := token.match(text, at):
        at = found.end()
        if found[6]:
            stack.pop()
        elif found[3] == "{":
            group = Group(found[1], found[2].strip().strip('"'))
            stack[-1].groups.append(group)
            stack.append(group)
        elif found[1]:
            stack[-1].attributes[found[1]] = found[2]
        elif found[4]:
            stack[-1].attributes[found[4]] = found[5].strip('"')
    if len(stack) != 1 or text[at:].strip() or not top.groups:
        raise ValueError(f"{path}: at byte {at} not understood as Liberty")
    return top.groups[0]


def numbers(text: str) -> list[float]:
    return [float(word) for word in re.findall(r"-?\d[\d.eE+-]*", text)]


def between(points: list[float], x: float) -> tuple[int, float]:
    """The interval that x is in, or is beyond at either end, and how far along it."""
    i = max(0, min(len(points) - 2, sum(point <= x for point in points) - 1))
    return i, (x - points[i]) / (points[i + 1] - points[i])


class Table:
    """A look-up table of one or two variables, linear between its points and beyond them."""

    def __init__(self, group: Group, templates: dict[str, Group]) -> None:
        own, template = group.attributes, templates.get(group.argument, Group("", ""))
        self.axes = [numbers(own.get(key, template.attributes.get(key, ""))) for key in ("index_1", "index_2")]
        self.kinds = [template.attributes.get(key, "") for key in ("variable_1", "variable_2")]
        self.values = numbers(own["values"])

    def at(self, load: float, slew: float) -> float:
        if len(self.values) == 1:
            return self.values[0]
        axes = [(axis, load if "capacitance" in kind else slew) for axis, kind in zip(self.axes, self.kinds) if axis]
        (i, f) = between(*axes[0])
        if len(axes) == 1:
            return self.values[i] * (1 - f) + self.values[i + 1] * f
        j, g = between(*axes[1])
        width = len(axes[1][0])
        rows = [self.values[k * width + j] * (1 - g) + self.values[k * width + j + 1] * g for k in (i, i + 1)]
        return rows[0] * (1 - f) + rows[1] * f


@dataclass
class Cell:
    inputs: dict[str, float] = field(default_factory=dict)  # capacitance, pF
    outputs: dict[str, list[Table]] = field(default_factory=dict)  # energy of a change, by what caused it and direction
    clocks: dict[str, list[Table]] = field(default_factory=dict)  # of an edge
    leakage: float = 0.0  # nW


class Library:
    """Energies in pJ: osu018's unit of capacitance is 1 pF, its voltages are volts."""

    def __init__(self, path: Path) -> None:
        top = parse(path)
        if top.attributes.get("capacitive_load_unit", "").replace(" ", "") != "1,pf" or top.attributes.get("voltage_unit") != "1V":
            raise ValueError(f"{path}: units other than pF and V")
        self.volts = float(top.attributes["nom_voltage"])
        templates = {group.argument: group for group in top.groups if group.name.endswith("template")}
        self.functions = {cell.argument: {pin.argument: pin.attributes["function"].strip("\"") for pin in cell.all("pin")
                                          if "function" in pin.attributes} for cell in top.all("cell")}
        self.cells = {cell.argument: self._cell(cell, templates) for cell in top.all("cell")}

    @staticmethod
    def _cell(group: Group, templates: dict[str, Group]) -> Cell:
        cell = Cell(leakage=float(group.attributes.get("cell_leakage_power", 0)))
        for pin in group.all("pin"):
            tables = [Table(table, templates) for power in pin.all("internal_power") for table in power.groups]
            if pin.attributes["direction"] == "input":
                cell.inputs[pin.argument] = float(pin.attributes["capacitance"])
                if pin.attributes.get("clock") == "true":
                    cell.clocks[pin.argument] = tables
            else:
                cell.outputs[pin.argument] = tables
        return cell
