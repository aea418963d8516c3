#!/usr/bin/python3
"""What every unit of the RTL takes, as it stands in its engine: cells, flip-flops, area and longest path, by Yosys and OpenSTA.

  table.py --side 4 --side 8     every unit of the FuseMax engine at that side
  table.py --others              every unit that this engine does not have, by itself and with all below it
  table.py weft_zero_eliminator:PLACES=32 …   these, with their parameters

Units are mapped module by module (nothing is flattened) to the osu018 cells of qflow-tech-osu018; of a unit that an engine has in
several sizes the largest is told (netlist.py says what is measured). Exit 0: done; 1: a tool failed, or a unit has no row.
"""
from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from elaborate import RTL, SynthesisError, Unit, files, unit_of, yosys
from netlist import GATE, LIBERTY, RAM, Size, mapped, paths

ENGINE = "weft_fusemax"
Row = tuple[str, Size, float | None]
# Of units outside the engine: as the paper has them, beside the sizes that their files have by default.
SIZES = {"weft_zero_eliminator": "PLACES=32"}


def rows_of(unit: Unit, liberty: Path, only: set[str] | None = None) -> list[Row]:
    """The units below and the unit itself, smallest first."""
    with tempfile.TemporaryDirectory() as folder:
        netlist = mapped(unit, liberty, Path(folder))
        largest = {name: module for name, module in netlist.largest().items() if only is None or name in only}
        found = paths(netlist, list(largest.values()))
        rows = [(name, netlist.size(module), found[module]) for name, module in largest.items()]
    return sorted(rows, key=lambda row: row[1].area)


def below(top: str) -> set[str]:
    """The units that `top` has, itself among them, as the files name them."""
    texts = {Path(name).stem: re.sub(r"//.*", "", (RTL / name).read_text(encoding="utf-8")) for name in files(RTL)}
    found, wanted = set(), [top]
    while wanted:
        name = wanted.pop()
        if name in texts and name not in found:
            found.add(name)
            wanted += re.findall(r"\bweft_\w+", texts[name])
    return {name for name in found if not name.endswith("_pkg")}


def others() -> list[Unit]:
    """Units outside the engine that no other unit outside it has, and those of which a size is asked for."""
    outside = {Path(name).stem for name in files(RTL) if not name.endswith("_pkg.sv")} - below(ENGINE)
    within = {part for name in outside for part in below(name) - {name}}
    return [Unit(name, {}) for name in sorted(outside - within)] + [unit_of(f"{name}:{size}") for name, size in SIZES.items()]


def table(title: str, rows: list[Row]) -> str:
    lines = [f"## {title}", "", "| unit | cells | flip-flops | area, µm² | longest path, ns |", "|---|---|---|---|---|"]
    for name, size, path in rows:
        lines.append(f"| `{name}` | {size.cells:,} | {size.flops:,} | {size.area:,.0f} | {'–' if path is None else f'{path:.2f}'} |")
    return "\n".join(lines) + "\n"


def alone(units: list[Unit], liberty: Path) -> list[Row]:
    """Each unit by itself, and what is below it once, the largest."""
    engine, rows = below(ENGINE), dict[str, Row]()
    for unit in units:
        outside = below(unit.module) - engine
        for name, size, path in rows_of(unit, liberty, outside | {unit.module}):
            title = unit.name if name == unit.module else name
            if title not in rows or size.area > rows[title][1].area:
                rows[title] = (title, size, path)
    return sorted(rows.values(), key=lambda row: row[1].area)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("units", nargs="*", type=unit_of, metavar="UNIT", help="module:NAME=VALUE,…")
    parser.add_argument("--side", type=int, action="append", default=[])
    parser.add_argument("--others", action="store_true", help="the units that the engine does not have")
    parser.add_argument("--liberty", type=Path, default=LIBERTY)
    options = parser.parse_args(argv)
    liberty = options.liberty.resolve()
    if not (options.side or options.others or options.units):
        parser.error("a side, --others or units")
    try:
        version = re.search(r"Yosys (\d\S*)", yosys([""]))
        print(f"Yosys {version[1] if version else '?'}, {liberty.stem}\n")
        for side in options.side:
            rows = rows_of(Unit(ENGINE, {"SIDE": str(side)}), liberty)
            if missing := below(ENGINE) - {RAM, GATE} - {name for name, _, _ in rows}:
                raise SynthesisError(f"no row for {', '.join(sorted(missing))}")
            print(table(f"Side {side}", rows), flush=True)
        if options.others:
            print(table("Other units", alone(others(), liberty)), flush=True)
        if options.units:
            print(table("Units", alone(options.units, liberty)), flush=True)
    except SynthesisError as error:
        print(f"table: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
