#!/usr/bin/env bash
# svling is a SystemVerilog simulator from a wheel: a compiler on slang's front end, and a run time of its own. What it gets wrong
# it gets wrong in silence, with exit code 0. Seen on 2026-11-30 with svling 0.13.0, beside what slang itself (pyslang-dev
# 10.0.0.dev20260218, which svling brings along) makes of the same text as constants, by IEEE 1800-2017:
#
#   a is logic signed [7:0] at -125, n logic signed [7:0] at -8       right   svling
#   wire [3:0] w = a % 4, a / 4, (a + 8'sd0) >>> 4               15, 1, 8    3, 0, 0    operands cut to the target's 4 bits first (11.6)
#   logic [3:0] v; v = a % 4 in a process; wire [7:0] w = a % 4   15, 255   15, 255
#   a >>> n, the amount is unsigned, 248 (11.4.10)                    -1        0
#   int m[4] = '{1, 2, 3, 4}: their sum                               10        x
#   int k[2] = m[1:2], or a copy of a whole array                      5        x
#   int m[3:0]: the order of foreach (m[j])                         3210      123    from the left bound to the right (12.7.3)
#   logic [3:0][7:0] p = 32'h01020304; foreach (p[j])               1234     4321
#   $clog2(s) of a variable at 9; $clog2(9)                         4, 4     0, 4
#   $countbits(200, 1'b0)                                              5        3    it counts the ones
#   function … (input int v, output int o); what o is after            18        0
#   function … (ref int v); v += 1; what v is, 7 before               8        7
#   x = (i = 3) + 1                                                    4        1
#
# So a table of golden values, an output of a task or a signed remainder on a narrow bus is wrong without a word.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q svling==0.13.0 pyslang-dev==10.0.0.dev20260218
cd "$work"
PATH="$work/venv/bin:$PATH" venv/bin/python - <<'PYTHON'
import subprocess

from pyslang.ast import Compilation
from pyslang.syntax import SyntaxTree

# Nets of some width, by an expression of a and n.
NETS = {"a % 4": (4, "15", "3"), "a / 4": (4, "1", "0"), "(a + 8'sd0) >>> 4": (4, "8", "0"), "a % 8'sd4": (8, "255", "255")}
# Bodies of functions of int s, which is 9 and not known to the compiler.
BODIES = {
    "blocking": ("logic signed [7:0] a = s - 134; logic [3:0] v; v = a % 4; return v;", "15", "15"),
    "shift": ("logic signed [7:0] a = s - 134; logic signed [7:0] n = s - 17; return a >>> n;", "-1", "0"),
    "pattern": ("int m[4] = '{1, 2, 3, 4}; return m[0] + m[1] + m[2] + m[3];", "10", "x"),
    "slice": ("int m[4], k[2]; m[1] = s - 7; m[2] = s - 6; k = m[1:2]; return k[0] + k[1];", "5", "x"),
    "copy": ("int m[2], k[2]; m[0] = s - 7; m[1] = s - 6; k = m; return k[0] + k[1];", "5", "x"),
    "down": ("int m[3:0], t = 0; foreach (m[j]) t = 10 * t + j; return t;", "3210", "123"),
    "of_packed": ("logic [3:0][7:0] p = 32'h01020304; int t = 0; foreach (p[j]) t = 10 * t + p[j]; return t;", "1234", "4321"),
    "clog2": ("return $clog2(s);", "4", "0"),
    "clog2_9": ("return $clog2(9);", "4", "4"),
    "countbits": ("logic [7:0] b = s + 191; return $countbits(b, 1'b0);", "5", "3"),
    "assigned": ("int i, x; x = (i = 3) + 1; return x;", "4", "1"),
}
# By 13.5; slang has no constant functions with outputs.
CALLERS = {
    "outputs": ("int o = 7; int z; z = twice(s, o); return o;", "18", "0"),
    "ref_of_v": ("int v = 7; int z; z = more(v); return v;", "8", "7"),
}
HELPERS = """  function automatic int twice(input int v, output int o); o = 2 * v; return 0; endfunction
  function automatic int more(ref int v); v += 1; return 0; endfunction
"""


def functions(bodies: dict[str, tuple[str, str, str]]) -> str:
    return "".join(f"  function automatic int {name}(int s); {body} endfunction\n" for name, (body, _, _) in bodies.items())


def by_slang() -> dict[str, str]:
    """Every value as slang's constant."""
    text = "module t;\n  localparam logic signed [7:0] a = -125;\n" + functions(BODIES)
    text += "".join(f"  localparam logic [{width - 1}:0] p{i} = {e};\n  localparam int net{i} = p{i};\n" for i, (e, (width, _, _)) in enumerate(NETS.items()))
    text += "".join(f"  localparam int of_{name} = {name}(9);\n" for name in BODIES) + "endmodule\n"
    compilation = Compilation()
    compilation.addSyntaxTree(SyntaxTree.fromText(text))
    assert not [d for d in compilation.getAllDiagnostics() if d.isError()]
    body = compilation.getRoot().topInstances[0].body
    return {e: str(body.find(f"net{i}").value) for i, e in enumerate(NETS)} | {n: str(body.find(f"of_{n}").value) for n in BODIES}


def by_svling() -> dict[str, str]:
    """Every value as the simulation shows it."""
    text = "module t;\n  logic signed [7:0] a;\n  int s;\n" + HELPERS + functions(BODIES | CALLERS)
    text += "".join(f"  wire [{width - 1}:0] net{i} = {e};\n" for i, (e, (width, _, _)) in enumerate(NETS.items()))
    text += "  initial begin\n    a = -125;\n    s = 9;\n    #1;\n"
    text += "".join(f'    $display("{e.replace("%", "%%")}=%0d", net{i});\n' for i, e in enumerate(NETS))
    text += "".join(f'    $display("{n}=%0d", {n}(s));\n' for n in BODIES | CALLERS) + "  end\nendmodule\n"
    with open("t.sv", "w") as file:
        file.write(text)
    ran = subprocess.run(["svling", "t.sv"], capture_output=True, text=True, timeout=300)
    print("svling: exit code", ran.returncode, "and messages:", repr(ran.stderr))
    assert ran.returncode == 0 and not ran.stderr
    return dict(line.rsplit("=", 1) for line in ran.stdout.splitlines())


slang, svling = by_slang(), by_svling()
changed = False
for name, (_, right, seen) in (NETS | BODIES | CALLERS).items():
    same = (slang.get(name, right), svling.get(name)) == (right, seen)
    print(f"{name:20}", right, svling.get(name), "" if same else f"CHANGED: it was {right} {seen}")
    changed = changed or not same
raise SystemExit(changed)
PYTHON
