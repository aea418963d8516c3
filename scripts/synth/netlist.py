"""A unit as a netlist of a library's cells: what its modules take, and their longest paths by OpenSTA.

Yosys maps module by module, or with `flatten` the whole as one. High fan-outs are buffered, within logic by ABC, those of registers
and inputs by buffers.py; without that a net of a thousand loads is a path of 15 ns. Paths run from inputs and registers to registers and
outputs, without wires. The reset is no path, and a memory (weft_ram) is registers at its ports and counts as no cells.
"""
from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from buffers import BUFFER, buffer_all
from elaborate import RTL, SynthesisError, Unit, read, yosys

LIBERTY = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")
RAM = "weft_ram"
GATE = "weft_clock_gate"
# A clock gate is a wire here, through whose module OpenSTA would not follow the clock: it goes into whoever has it.
UNGATED = ["setattr -mod -set keep_hierarchy 1 *", f"setattr -mod -unset keep_hierarchy *{GATE}*", "flatten",
           "setattr -mod -unset keep_hierarchy *"]
ABC = "+strash;ifraig;scorr;dc2;strash;&get,-n;&dch,-f;&nf;&put;buffer;upsize;dnsize"
PERIOD = 10000.0  # ns, longer than any path


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
class Size:
    """Of a module with all below it."""
    cells: int
    flops: int
    area: float


@dataclass(frozen=True)
class Netlist:
    top: str
    modules: dict[str, Module]
    verilog: Path
    liberty: Path

    def size(self, name: str) -> Size:
        module = self.modules[name]
        cells, flops, area = 0, 0, module.area
        for kind, count in module.cells.items():
            if kind in self.modules:
                if self.modules[kind].unit != RAM:
                    below = self.size(kind)
                    cells, flops, area = cells + count * below.cells, flops + count * below.flops, area + count * below.area
            else:
                cells += count
                flops += count if kind.startswith("DFF") else 0
        return Size(cells, flops, area)

    def largest(self) -> dict[str, str]:
        """The largest module of each unit."""
        found: dict[str, str] = {}
        for name, module in self.modules.items():
            if module.unit != RAM and (module.unit not in found or self.size(name).area > self.size(found[module.unit]).area):
                found[module.unit] = name
        return found


def modules_of(text: str) -> dict[str, Module]:
    """The sections of `stat -liberty` as Yosys 0.23 to 0.70 print them, but for the last, the sum over the hierarchy.

    Older ones print a cell's type and count; newer ones its count, area and type, with `-` in place of an area that is unknown.
    """
    modules: dict[str, Module] = {}
    for section in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        name, _, body = section.partition(" ===\n")
        if name == "design hierarchy":
            continue
        module = modules[name.strip()] = Module(name.strip())
        start = re.search(r"^.*(?:Number of cells:.*| cells)$", body, re.MULTILINE)
        area = re.search(r"Chip area for (?:top )?module '.*': ([\d.]+(?:e[+-]?\d+)?)", body)
        if start is None:
            raise SynthesisError("what `stat` of this Yosys prints is not understood: no cells")
        for line in body[start.end() + 1:].splitlines():
            if old := re.fullmatch(r"\s{5,}(\S+)\s+(\d+)", line):
                module.cells[old[1]] = int(old[2])
            elif new := re.fullmatch(r"\s+(\d+)\s+\S+\s+(\S+)", line):
                module.cells[new[2]] = int(new[1])
            else:
                break
        module.cells.pop("$scopeinfo", None)
        module.area = float(area[1]) if area else 0.0
    if not modules or not any(module.area for module in modules.values()):
        raise SynthesisError("what `stat -liberty` of this Yosys prints is not understood: no chip area")
    return modules


def mapped(unit: Unit, liberty: Path, folder: Path, flatten: bool = False) -> Netlist:
    """The unit in the library's cells. Its Verilog, in `folder`, has modules of plain names: that of `plain()`."""
    stand_in = Path(__file__).resolve().parent / "ram.sv"
    # Flattened, a memory's registers would be the unit's: it stays a module.
    own = [f"setattr -mod -set keep_hierarchy 1 *{RAM}*"] if flatten else []
    return in_cells(read(unit, {f"memory/{RAM}.sv": str(stand_in)}) + UNGATED + own, unit.module, liberty, folder, flatten)


def design_of(elaborated: list[str], top: str, liberty: Path, folder: Path, flatten: bool = False, states: bool = True) -> dict:
    """What these commands of Yosys elaborate, in the library's cells, as Yosys' JSON; nothing is buffered yet but by ABC. Without
    `states`, those of state machines keep the codes and the names that the source gives them."""
    how = (" -flatten" if flatten else "") + ("" if states else " -nofsm")
    yosys(elaborated + [f"synth{how} -top {top}", f"dfflibmap -liberty {liberty}", f"abc -liberty {liberty} -script {ABC}", "clean",
                        f"read_liberty -lib -ignore_miss_func {liberty}", f"write_json {folder}/mapped.json"])
    return json.loads((folder / "mapped.json").read_text(encoding="utf-8"))


def in_cells(elaborated: list[str], top: str, liberty: Path, folder: Path, flatten: bool = False) -> Netlist:
    """The same with buffers, as a netlist."""
    verilog = folder / "netlist.v"
    design = design_of(elaborated, top, liberty, folder, flatten)
    if f"cell ({BUFFER})" in liberty.read_text(encoding="utf-8"):
        buffer_all(design)
    (folder / "buffered.json").write_text(json.dumps(design), encoding="utf-8")
    yosys([f"read_json {folder}/buffered.json", f"hierarchy -top {top}", f"tee -q -o {folder}/stat.txt stat -liberty {liberty}",
           # OpenSTA reads no assignment to a concatenation: one bit each.
           "insbuf", f"write_verilog -noattr {verilog}"])
    modules = modules_of((folder / "stat.txt").read_text(encoding="utf-8"))
    text = verilog.read_text(encoding="utf-8")
    names = {f"\\{name} ": f"{plain(name)} " for name in modules}
    verilog.write_text(re.sub(r"\\\$paramod\S+ ", lambda found: names.get(found[0], found[0]), text), encoding="utf-8")
    return Netlist(top, modules, verilog, liberty)


def plain(name: str) -> str:
    """A module's name in letters, digits and _, as Tcl takes it."""
    return re.sub(r"\W", "_", name)


SCRIPT = """
read_liberty {liberty}
foreach top {{ {tops} }} {{
  read_verilog {verilog}  ;# linking one module forgets the others
  link_design $top
  if {{[llength [get_ports -quiet clk_i]] > 0}} {{
    create_clock -name clk -period {period} [get_ports clk_i]
  }} else {{
    create_clock -name clk -period {period}
  }}
  set inputs {{}}
  foreach port [all_inputs] {{ if {{[get_name $port] ne "clk_i"}} {{ lappend inputs $port }} }}
  if {{[llength $inputs] > 0}} {{ set_input_delay 0 -clock clk $inputs }}
  if {{[llength [all_outputs]] > 0}} {{ set_output_delay 0 -clock clk [all_outputs] }}
  foreach port [get_ports -quiet rst_ni] {{ set_false_path -from $port }}
  foreach pin [get_pins -quiet u_reset/rst_no] {{ set_false_path -through $pin }}
  puts "path of $top"
  report_checks -path_delay max -path_group clk -format full -digits 4
}}
exit
"""


def paths(netlist: Netlist, names: list[str]) -> dict[str, float | None]:
    """The longest path of each module, ns, its setup included; none where nothing is computed."""
    script = netlist.verilog.parent / "sta.tcl"
    script.write_text(SCRIPT.format(liberty=netlist.liberty, verilog=netlist.verilog, period=PERIOD,
                                    tops=" ".join(plain(name) for name in names)), encoding="utf-8")
    done = subprocess.run(["sta", "-exit", str(script)], cwd=RTL, capture_output=True, text=True, check=False)
    found: dict[str, float | None] = {}
    for section in re.split(r"^path of ", done.stdout, flags=re.MULTILINE)[1:]:
        slack = re.search(r"(-?[\d.]+)\s+slack", section)
        found[section.split()[0]] = PERIOD - float(slack[1]) if slack else None
    wrong = re.search(r"^.*Error.*$", done.stdout + done.stderr, re.MULTILINE)
    if wrong or done.returncode != 0 or len(found) != len({plain(name) for name in names}):
        raise SynthesisError(f"OpenSTA on {netlist.top}: " + (wrong[0] if wrong else (done.stdout + done.stderr)[-300:]))
    return {name: found[plain(name)] for name in names}
