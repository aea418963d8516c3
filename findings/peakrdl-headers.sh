#!/usr/bin/env bash
# Addresses of one register map by two exporters of PeakRDL: raw-header, macros and linker symbols, and c-header, packed structs.
# Needs g++. Seen on 2026-11-30 with peakrdl 1.5.0, peakrdl-rawheader 0.2.9 and peakrdl-cheader 1.1.0 (which agrees with SystemRDL):
#
#   map                                          raw-header                        c-header
#   regfile {word[4]; done;} lane[3] at 0x100, += 0x20:
#     LANE_BASE_ADDR(i + 1), i = 1               0x121: 0x100 + (i + 1 * 0x20)     0x140
#     LANE_WORD_BASE_ADDR(i, 3 - i), i = 1       0x11f                             0x128    also as `define in --format svh
#     linker symbols of word                     4, those of lane 0                12 registers
#   reg grid[2][3] at 0x40                       NUM 3, 3 linker symbols           6 registers
#   regfile tile[2][2] at 0x200, += 0x10         NUM 2, STRIDE 0x10, 2 symbols     4 blocks: TOTAL_SIZE is 0x40
#   reg a_b at 0x10, regfile {b;} a at 0x14      A_B_BASE_ADDR twice, 0x10 and 0x14
#
# A plain name or number as an index is right, and a function of --format svpkg takes any; a loop over NUM leaves half the map out.
# raw-header gives no message. Of the two A_B, C takes the last and GNU ld the first.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q peakrdl==1.5.0 peakrdl-rawheader==0.2.9 peakrdl-cheader==1.1.0
cd "$work"
cat > map.rdl <<'RDL'
reg control { regwidth = 32; field { sw = rw; hw = r; } x[3:0] = 0; };
addrmap top {
  control a_b @ 0x10;
  regfile { control b; } a @ 0x14;
  control grid[2][3] @ 0x40;
  regfile { control word[4]; control done; } lane[3] @ 0x100 += 0x20;
  regfile { control c; } tile[2][2] @ 0x200 += 0x10;
};
RDL
venv/bin/peakrdl c-header map.rdl -o structs.h
for format in c svh svpkg ldh; do
  venv/bin/peakrdl raw-header map.rdl -o "raw.$format" --format "$format"
done
cat > main.cpp <<'CPP'
#include <cstdio>

#include "raw.c"
#include "structs.h"

static const top_t *const kTop = nullptr;
static unsigned long at(const volatile void *address) { return reinterpret_cast<unsigned long>(address); }

int main() {
  for (int i = 0; i < 2; ++i) {
    std::printf("lane %#x %#lx\n", TOP_LANE_BASE_ADDR(i + 1), at(&kTop->lane[i + 1]));
    std::printf("word %#x %#lx\n", TOP_LANE_WORD_BASE_ADDR(i, 3 - i), at(&kTop->lane[i].word[3 - i]));
    std::printf("plain %#x %#lx\n", TOP_LANE_BASE_ADDR(i), at(&kTop->lane[i]));
  }
  std::printf("grid %d %zu\n", TOP_GRID_NUM, sizeof(kTop->grid) / sizeof(kTop->grid[0][0]));
  std::printf("tile %d %zu\n", TOP_TILE_NUM, sizeof(kTop->tile) / sizeof(kTop->tile[0][0]));
  std::printf("bytes %#x %#x\n", TOP_TILE_NUM * TOP_TILE_STRIDE, TOP_TILE_TOTAL_SIZE);
  std::printf("a_b %#lx, b %#lx\n", at(&kTop->a_b), at(&kTop->a.b));
}
CPP
g++ -std=c++17 -w -o main main.cpp
./main > seen
symbols() { grep -c "PROVIDE(__top_$1_[0-9]*_base_addr__ " raw.ldh || true; }
{
  echo "symbols of word $(symbols lane_word), grid $(symbols grid), tile $(symbols tile)"
  grep "A_B_BASE_ADDR" raw.c
  grep "LANE_BASE_ADDR" raw.svh
} >> seen
cat > wanted <<'TEXT'
lane 0x120 0x120
word 0x103 0x10c
plain 0x100 0x100
lane 0x121 0x140
word 0x11f 0x128
plain 0x120 0x120
grid 3 6
tile 2 4
bytes 0x20 0x40
a_b 0x10, b 0x14
symbols of word 4, grid 3, tile 2
#define TOP_A_B_BASE_ADDR 0x00000010
#define TOP_A_B_BASE_ADDR 0x00000014
`define TOP_LANE_BASE_ADDR(lane_idx) (64'h100 + (lane_idx * 64'h20) )
TEXT
cat seen
diff wanted seen || { echo "CHANGED: < is what was seen"; exit 1; }
