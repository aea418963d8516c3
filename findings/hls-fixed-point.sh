#!/usr/bin/env bash
# The two open fixed-point libraries of HLS, as hls4ml bundles them for its back ends, part on the same text. Seen on 2026-11-29
# in hls4ml 1.3.0: AMD's ap_types (2019; Vitis, Vivado) and Siemens' ac_types 4.0 (Quartus, oneAPI) and 4.8 (Catapult), every
# value of each type tried. The two ac_types agree with each other throughout.
#
#   text                               points  ac_types      ap_types
#   narrow to each of 28 modes         28,672  7 roundings × 4 overflows: not one value differs
#   ufixed 4 bits % signed 4 bits         240  n − q·d       92 other: 1 % −1 = 1, though 1 / −1 = −1
#   fixed<4,2> a / b                      240  truncated     1 other: −2 / −0.25 = −8, for +8: the quotient is a bit too narrow
#   fixed<4,2> .to_int()                   16  floor         6 other: towards zero, as a cast to int in C
#   ~ of an unsigned 4 bits                16  −1 − x        16 other: 15 − x, the type stays unsigned
#
# A kernel that is to give one answer under both keeps divisors and dividends of one signedness, widens a dividend before a
# fixed-point quotient, and rounds by a declared mode in place of to_int().
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" download -q --no-deps -d "$work" hls4ml==1.3.0
(cd "$work" && python3 -m zipfile -e hls4ml-1.3.0-*.whl wheel)
cat > "$work/points.cpp" <<'CPP'
#include <cstdio>
#include <type_traits>
#ifdef AP
#include "ap_fixed.h"
#include "ap_int.h"
template <int W, bool S> using Int = typename std::conditional<S, ap_int<W>, ap_uint<W>>::type;
using Fixed = ap_fixed<4, 2>;
using Wide = ap_fixed<10, 6>;
#define MODE(Q, O) ap_fixed<5, 3, AP_##Q, AP_##O>
#else
#include "ac_fixed.h"
template <int W, bool S> using Int = ac_int<W, S>;
using Fixed = ac_fixed<4, 2, true>;
using Wide = ac_fixed<10, 6, true>;
#define MODE(Q, O) ac_fixed<5, 3, true, AC_##Q, AC_##O>
#endif

template <class To> void narrow(const char* mode) {
  for (int i = -512; i < 512; ++i) std::printf("narrow %s %d %g\n", mode, i, To(Wide(i / 16.0)).to_double());
}
#define ROUNDINGS(O) \
  narrow<MODE(TRN, O)>("TRN " #O); narrow<MODE(TRN_ZERO, O)>("TRN_ZERO " #O); narrow<MODE(RND, O)>("RND " #O); \
  narrow<MODE(RND_ZERO, O)>("RND_ZERO " #O); narrow<MODE(RND_INF, O)>("RND_INF " #O); \
  narrow<MODE(RND_MIN_INF, O)>("RND_MIN_INF " #O); narrow<MODE(RND_CONV, O)>("RND_CONV " #O);

int main() {
  ROUNDINGS(WRAP) ROUNDINGS(SAT) ROUNDINGS(SAT_ZERO) ROUNDINGS(SAT_SYM)
  for (int i = 0; i < 16; ++i) {
    Int<4, false> n(i);
    for (int j = -8; j < 8; ++j) {
      if (j == 0) continue;
      Int<4, true> d(j);
      std::printf("remainder %d %d %g\n", i, j, static_cast<double>((n % d).to_int()));
      Fixed a((i - 8) / 4.0), b(j / 4.0);
      std::printf("quotient %d %d %g\n", i - 8, j, (a / b).to_double());
    }
    std::printf("integer %d %g\n", i - 8, static_cast<double>(Fixed((i - 8) / 4.0).to_int()));
    std::printf("not %d %g\n", i, static_cast<double>((~n).to_int()));
  }
}
CPP
types="$work/wheel/hls4ml/templates"
g++ -std=c++17 -w -DAP "-I$types/vivado/ap_types" "$work/points.cpp" -o "$work/ap" && "$work/ap" > "$work/ap.txt"
g++ -std=c++17 -w "-I$types/quartus/ac_types" "$work/points.cpp" -o "$work/ac40" && "$work/ac40" > "$work/ac40.txt"
g++ -std=c++17 -w "-I$types/catapult/ac_types/include" "$work/points.cpp" -o "$work/ac48" && "$work/ac48" > "$work/ac48.txt"
python3 - "$work" <<'PYTHON'
import sys
from collections import Counter
from fractions import Fraction
from math import floor, trunc

work = sys.argv[1]
ap, ac40, ac48 = ([line.split() for line in open(f"{work}/{name}.txt")] for name in ("ap", "ac40", "ac48"))
assert ac40 == ac48, "the two ac_types part"
parts = Counter(one[0] for one, other in zip(ap, ac48, strict=True) if one != other)
points = Counter(one[0] for one in ap)
for kind in points:
    print(f"{kind:10} {points[kind]:6} points, {parts[kind]:3} differ")
exact = {"remainder": lambda n, d: n - d * trunc(Fraction(n, d)), "not": lambda n: -1 - n, "integer": lambda n: floor(Fraction(n, 4))}
wrong = [one for one in ac48 if one[0] in exact and float(one[-1]) != exact[one[0]](*map(int, one[1:-1]))]
print("ac_types other than exact:", wrong)
quotients = [(one[1:], other[-1]) for one, other in zip(ap, ac48, strict=True) if one[0] == "quotient" and one != other]
print("quotients in quarters, ap and ac:", quotients)
expected = {"remainder": 92, "quotient": 1, "integer": 6, "not": 16}
raise SystemExit(dict(parts) != expected or bool(wrong) or quotients != [(["-8", "-1", "-8"], "8")])
PYTHON
