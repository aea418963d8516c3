#!/usr/bin/python3
"""What every unit of the engine takes, in the engine: cells, flip-flops and area, by Yosys.

  synthesis_table.py --side 4 --side 8 [--liberty FILE]

The engine is mapped module by module, as it stands (nothing is flattened), to the osu018 cells of qflow-tech-osu018. Memories (weft_ram)
are no cells. Of a unit that the engine has in several sizes the largest. Paths: synthesize.py --liberty FILE UNIT.
Exit 0: done; 1: a tool failed.
"""
from __future__ import annotations

import argparse
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from synthesize import SynthesisError, Unit, read, yosys

LIBERTY = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")
RAM = "weft_ram"


@dataclass
class Module:
    """One module of the netlist: its own cells by type, its own area, and the modules that it instantiates."""
    name: str
    cells: dict[str, int] = field(default_factory=dict)
    area: float = 0.0

    @property
    def unit(self) -> str:
        return re.findall(r"weft_\w+", self.name)[0]


@dataclass(frozen=True)
class Row:
    unit: str
    cells: int
    flops: int
    area: float


def modules_of(text: str) -> dict[str, Module]:
    """The sections of `stat -liberty`, but for the last, which is the sum over the hierarchy."""
    modules: dict[str, Module] = {}
    for section in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        name, _, body = section.partition(" ===\n")
        if name == "design hierarchy":
            continue
        module = modules[name.strip()] = Module(name.strip())
        listed = body[body.find("Number of cells:"):]
        for kind, count in re.findall(r"^\s{5,}(\S+)\s+(\d+)$", listed, flags=re.MULTILINE):
            module.cells[kind] = int(count)
        if area := re.search(r"Chip area for (?:top )?module .*: ([\d.]+)", body):
            module.area = float(area[1])
    if not modules:
        raise SynthesisError("`stat` of this Yosys prints no modules")
    return modules


def total(modules: dict[str, Module], name: str) -> tuple[int, int, float]:
    """Cells, flip-flops and area of a module with all below it."""
    module = modules[name]
    cells, flops, area = 0, 0, module.area
    for kind, count in module.cells.items():
        if kind in modules:
            below = total(modules, kind)
            cells, flops, area = cells + count * below[0], flops + count * below[1], area + count * below[2]
        elif RAM not in kind:
            cells += count
            flops += count if kind.startswith("DFF") else 0
    return cells, flops, area


def rows_of(side: int, liberty: Path) -> list[Row]:
    unit = Unit("weft_fusemax", {"SIDE": str(side)})
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        yosys(read(unit) + [f"blackbox *{RAM}*", "synth -top weft_fusemax", f"dfflibmap -liberty {liberty}",
                            f"abc -liberty {liberty}", "clean",
                            f"tee -o {folder}/stat.txt stat -liberty {liberty}"])
        modules = modules_of((folder / "stat.txt").read_text(encoding="utf-8"))
        largest: dict[str, str] = {}
        for name, module in modules.items():
            if module.unit != RAM and (module.unit not in largest or total(modules, name)[2] > total(modules, largest[module.unit])[2]):
                largest[module.unit] = name
        return [Row(unit_name, *total(modules, name))
                for unit_name, name in sorted(largest.items(), key=lambda item: total(modules, item[1])[2])]


def table(side: int, rows: list[Row]) -> str:
    lines = [f"## Side {side}", "| unit | cells | flip-flops | area, µm² |", "|---|---|---|---|"]
    for row in rows:
        lines.append(f"| `{row.unit}` | {row.cells:,} | {row.flops:,} | {row.area:,.0f} |")
    return "\n".join(lines) + "\n"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, action="append", required=True)
    parser.add_argument("--liberty", type=Path, default=LIBERTY)
    options = parser.parse_args(argv)
    try:
        for side in options.side:
            print(table(side, rows_of(side, options.liberty.resolve())), flush=True)
    except SynthesisError as error:
        print(f"synthesis_table: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
