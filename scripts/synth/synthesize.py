#!/usr/bin/python3
"""Synthesises the RTL with Yosys: that it can be, and what it takes.

  synthesize.py --check            the whole engine at side 4: read, elaborated, no latch, no tri-state, no undriven or
                                   twice driven wire
  synthesize.py [UNIT …]           generic cells, flip-flops and the longest path in cells of each unit, flattened
  synthesize.py --liberty FILE …   the same mapped to a cell library: area, and with OpenSTA (`sta`) the longest path in ns

UNIT is a module and its parameters: weft_pe, weft_fp32_macc:STAGES=3. Exit 0: done; 1: a check failed.
"""
from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from elaborate import SynthesisError, Unit, read, unit_of, yosys
from netlist import mapped, paths

UNITS = ["weft_fp32_macc:STAGES=0", "weft_fp32_macc:STAGES=1", "weft_fp32_macc:STAGES=2", "weft_fp32_macc:STAGES=3",
         "weft_fp32_divide:STAGES=13", "weft_pe:CONTEXTS=3"]


@dataclass(frozen=True)
class Counts:
    """What `stat -json` counts over a hierarchy."""
    cells: int
    flops: int


def counts_of(text: str) -> Counts:
    """Cells and flip-flops by the whole hierarchy's list of types, which Yosys 0.23 to 0.70 print alike.

    Its sums they don't: they count $scopeinfo (newer ones), which is no hardware, and instances of modules or not. Older ones
    write the tree of modules into the JSON, in lines that no JSON has.
    """
    try:
        stat = json.loads("\n".join(line for line in text.splitlines() if line.lstrip()[:1] in ("{", "}", '"')))
        modules = {name.lstrip("\\") for name in stat["modules"]}
        types = stat["design"]["num_cells_by_type"]
        kept = {str(name): int(count) for name, count in types.items() if name != "$scopeinfo" and str(name).lstrip("\\") not in modules}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SynthesisError(f"what `stat -json` of this Yosys prints is not understood: {error!r}") from error
    return Counts(sum(kept.values()), sum(count for name, count in kept.items() if re.fullmatch(r"\$_\w*DFF\w*_", name)))


def counted(commands: list[str]) -> tuple[Counts, str]:
    """What Yosys printed, and the counts of what the commands leave."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "stat.json")
        said = yosys(commands + [f"tee -q -o {file} stat -json"])
        return counts_of(file.read_text(encoding="utf-8")), said


def check(unit: Unit) -> None:
    """Raises where the unit is not plain synchronous logic."""
    counts, _ = counted(read(unit) + ["proc", "opt_clean", "check -assert",
                                      "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr t:$tribuf"])
    print(f"synthesize: {unit.name}: read, elaborated and checked, {counts.cells} cells before mapping in its top's hierarchy")


def generic(unit: Unit) -> str:
    counts, said = counted(read(unit) + [f"synth -flatten -top {unit.module}", "ltp -noff"])
    path = re.findall(r"Longest topological path in \S+ \(length=(\d+)\)", said)
    return f"| `{unit.name}` | {counts.cells:,} | {counts.flops:,} | {path[-1] if path else '–'} |"


def in_cells(unit: Unit, liberty: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        netlist = mapped(unit, liberty, Path(folder), flatten=True)
        size = netlist.size(unit.module)
        path = paths(netlist, [unit.module])[unit.module] if shutil.which("sta") else None
    return f"| `{unit.name}` | {size.cells:,} | {size.flops:,} | {size.area:,.0f} | {'–' if path is None else f'{path:.2f}'} |"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("units", nargs="*", type=unit_of, metavar="UNIT", help="module:NAME=VALUE,…")
    parser.add_argument("--check", action="store_true", help="only that the engine at side 4 can be synthesised")
    parser.add_argument("--liberty", type=Path, help="a cell library to map to")
    options = parser.parse_args(argv)
    units = options.units or [unit_of(text) for text in UNITS]
    try:
        if options.check:
            check(Unit("weft_fusemax", {"SIDE": "4"}))
            return 0
        if options.liberty is None:
            print("| unit | cells | flip-flops | longest path, cells |\n|---|---|---|---|")
        else:
            print("| unit | cells | flip-flops | area | longest path, ns |\n|---|---|---|---|---|")
        for unit in units:
            print(generic(unit) if options.liberty is None else in_cells(unit, options.liberty.resolve()), flush=True)
    except SynthesisError as error:
        print(f"synthesize: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
