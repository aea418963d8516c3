#!/usr/bin/python3
"""Synthesises the RTL with Yosys: that it can be, and what it takes.

  synthesize.py --check            the whole engine at side 4: read, elaborated, no latch, no tri-state, no undriven or
                                   twice driven wire
  synthesize.py [UNIT …]           generic cells, flip-flops and the longest path in cells of each unit
  synthesize.py --liberty FILE …   the same mapped to a cell library: area, and with OpenSTA (`sta`) the period

UNIT is a module and its parameters: weft_pe, weft_fp32_macc:STAGES=3. Exit 0: done; 1: a check failed.
"""
from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "check"))
from manifests import files  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
RTL = ROOT / "rtl"
UNITS = ["weft_fp32_macc:STAGES=0", "weft_fp32_macc:STAGES=1", "weft_fp32_macc:STAGES=2", "weft_fp32_macc:STAGES=3",
         "weft_fp32_divide:STAGES=13", "weft_pe:CONTEXTS=3"]


class SynthesisError(Exception):
    """What Yosys or OpenSTA said."""


@dataclass(frozen=True)
class Unit:
    module: str
    parameters: dict[str, str]

    @property
    def name(self) -> str:
        return " ".join([self.module] + [f"{name}={value}" for name, value in self.parameters.items()])


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


def area_of(text: str) -> float:
    """The area that `stat -liberty` prints last: that of the top."""
    areas = re.findall(r"Chip area for (?:top )?module '.*': ([\d.]+(?:e[+-]?\d+)?)", text)
    if not areas:
        raise SynthesisError("`stat -liberty` of this Yosys prints no chip area")
    return float(areas[-1])


def unit_of(text: str) -> Unit:
    module, _, rest = text.partition(":")
    parameters = dict(part.split("=", 1) for part in rest.split(",") if "=" in part)
    if not re.fullmatch(r"weft_\w+", module) or any(not re.fullmatch(r"\w+", value) for value in parameters.values()):
        raise argparse.ArgumentTypeError(f"'{text}' is no unit; weft_fp32_macc:STAGES=3 is one")
    return Unit(module, parameters)


def yosys(commands: list[str]) -> str:
    """Runs the commands and returns what it printed."""
    with tempfile.NamedTemporaryFile("w", suffix=".ys") as script:
        script.write("\n".join(commands) + "\n")
        script.flush()
        done = subprocess.run(["yosys", "-s", script.name], cwd=RTL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SynthesisError("\n".join((done.stdout + done.stderr).splitlines()[-4:]))
    return done.stdout


def counted(commands: list[str]) -> tuple[Counts, str]:
    """The same, and the counts of what the commands leave."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "stat.json")
        said = yosys(commands + [f"tee -q -o {file} stat -json"])
        return counts_of(file.read_text(encoding="utf-8")), said


def read(unit: Unit) -> list[str]:
    setting = "".join(f" -chparam {name} {value}" for name, value in unit.parameters.items())
    return [f"read_verilog -sv -DSYNTHESIS {' '.join(files(RTL))}", f"hierarchy -check -top {unit.module}{setting}"]


def check(unit: Unit) -> None:
    """Raises where the unit is not plain synchronous logic."""
    counts, _ = counted(read(unit) + ["proc", "opt_clean", "check -assert",
                                      "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr t:$tribuf"])
    print(f"synthesize: {unit.name}: read, elaborated and checked, {counts.cells} cells before mapping in its top's hierarchy")


def generic(unit: Unit) -> str:
    counts, said = counted(read(unit) + [f"synth -flatten -top {unit.module}", "ltp -noff"])
    path = re.findall(r"Longest topological path in \S+ \(length=(\d+)\)", said)
    return f"| `{unit.name}` | {counts.cells:,} | {counts.flops:,} | {path[-1] if path else '–'} |"


def mapped(unit: Unit, liberty: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        netlist = Path(folder, "netlist.v")
        said = yosys(read(unit) + [f"synth -flatten -top {unit.module}", f"dfflibmap -liberty {liberty}", f"abc -liberty {liberty}",
                                   "clean", f"write_verilog -noattr {netlist}", f"stat -liberty {liberty}"])
        area = area_of(said)
        period = timing(unit, liberty, netlist, Path(folder)) if shutil.which("sta") else None
    return f"| `{unit.name}` | {area:,.0f} | {'–' if period is None else f'{period:.2f}'} |"


def timing(unit: Unit, liberty: Path, netlist: Path, folder: Path) -> float:
    """The slowest path from any input or register to any output or register, ns."""
    top = re.findall(r"^module (\S+)\(", netlist.read_text(encoding="utf-8"), re.MULTILINE)[-1]
    script = folder / "sta.tcl"
    script.write_text(f"read_liberty {liberty}\nread_verilog {netlist}\nlink_design {top.strip(chr(92))}\n"
                      "create_clock -name clk -period 1000 [get_ports clk_i]\nset_input_delay 0 -clock clk [all_inputs]\n"
                      "set_output_delay 0 -clock clk [all_outputs]\nreport_checks -path_delay max -digits 4\nexit\n", encoding="utf-8")
    done = subprocess.run(["sta", "-exit", str(script)], capture_output=True, text=True, check=False)
    slack = re.findall(r"(-?[\d.]+)\s+slack", done.stdout)
    if not slack:
        raise SynthesisError(f"OpenSTA on {unit.name}: " + "\n".join((done.stdout + done.stderr).splitlines()[-4:]))
    return 1000.0 - float(slack[-1])


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
            print("| unit | area | slowest path, ns |\n|---|---|---|")
        for unit in units:
            print(generic(unit) if options.liberty is None else mapped(unit, options.liberty.resolve()), flush=True)
    except SynthesisError as error:
        print(f"synthesize: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
