#!/usr/bin/env bash
# pychop simulates narrow floats, fixed point and integers under a rounding mode by number. Seen on 2026-11-30 with pychop 0.6.2, its
# NumPy back end, beside exact fractions at every value, tie and quarter of the formats, and beside NumPy's own cast to float16:
#
#   Chop, subnormals on                                      pychop                       right
#   half, Chop(5, 10), of 65,536 to below 131,072            0, in modes 1 to 4, 7 to 9   infinite (65,504 where rounded inwards)
#   - of 65,520 to below 65,536                              65,536                       infinite
#   - of 131,072 and above, truncated (mode 4)               infinite                     65,504
#   5 and 6, stochastic, of 65,536                           infinite                     infinite
#   7, "ties to zero", of -1.125 on 2 fraction bits          -1.25 (1.125 gives 1)        -1
#   8, "ties to away", of -1.125                             -1 (1.125 gives 1.25)        -1.25
#   9, "round to odd", of 1.0, which the format has          1.25 (half: 1.0009765625)    1
#   Chopi of 0, 1, 5, 10 and back, 8 bits, symmetric         0, 1.02, 4.98, 4.98          0, 0.94, 5.04, 10: a scale of 10 / 127
#   - not symmetric, of 0 to 255                             128 codes, 0 to 127          256 codes
#   Chopf(4, 4) of -infinity, of -100                        -7.9375, -8                  -8, -8
#
# Scores of attention that overflow half become 0, not infinite, so a softmax gives the largest the least. In range, modes 1 to 4 are right.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pychop==0.6.2 numpy==2.4.6
cd "$work"
venv/bin/python -W ignore - <<'PYTHON'
import math
from bisect import bisect_right
from fractions import Fraction

import numpy as np
from pychop import Chop, Chopf, Chopi

changed = False


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:40}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


def magnitudes(exponent: int, fraction: int) -> list[Fraction]:
    """All finite values from 0 up of a format with a sign, a reserved last exponent and subnormals."""
    bias, steps = 2 ** (exponent - 1) - 1, 2**fraction
    return [(m + (steps if e else 0)) * Fraction(2) ** (max(e, 1) - bias - fraction) for e in range(2**exponent - 1) for m in range(steps)]


def right(x: Fraction, values: list[Fraction], mode: int) -> float:
    sign, size, gap = (-1 if x < 0 else 1), abs(x), values[-1] - values[-2]
    grid = values + [values[-1] + gap]
    if size >= grid[-1]:
        rounded, inwards = grid[-1], mode in (4, 9) or (mode == 2 and sign < 0) or (mode == 3 and sign > 0)
    else:
        i = bisect_right(grid, size) - 1
        low, high = grid[i], grid[i + 1]
        side = (size - low) - (high - size)
        up = {1: side > 0 or (side == 0 and i % 2 == 1), 2: sign > 0, 3: sign < 0, 4: False, 7: side > 0, 8: side >= 0, 9: i % 2 == 0}[mode]
        rounded, inwards = (high if up and size != low else low), mode == 9
    return sign * (float(rounded) if rounded <= values[-1] else float(values[-1]) if inwards else math.inf)


def wrong(values: list[Fraction], mode: int) -> set[float]:
    """Which of all values, ties and quarters in the range of Chop(3, 2) are rounded otherwise."""
    sizes = [low + (high - low) * Fraction(quarter, 4) for low, high in zip(values, values[1:]) for quarter in range(4)]
    inputs = sizes + [-size for size in sizes if size]
    found = Chop(3, 2, rmode=mode)(np.array([float(x) for x in inputs]))
    return {float(x) for x, y in zip(inputs, found) if float(y) != right(x, values, mode)}


def chopped(mode: int, *values: float) -> list[float]:
    return Chop(5, 10, rmode=mode)(np.array(values)).tolist()


values = magnitudes(3, 2)
negative_ties = {float(-(low + high) / 2) for low, high in zip(values, values[1:])}
even_ones = {sign * float(value) for value in values[2:-1:2] for sign in (1, -1)}
for mode, seen in ((1, set()), (2, set()), (3, set()), (4, set()), (7, negative_ties), (8, negative_ties), (9, even_ones)):
    bad = wrong(values, mode)
    report(f"Chop(3, 2), mode {mode}: {len(bad)} wrong", bad == seen, True)
small = np.array([-1.125, 1.125, 1.0])
for mode, seen in ((7, [-1.25, 1, 1]), (8, [-1, 1.25, 1]), (9, [-1.25, 1.25, 1.25])):
    report(f"Chop(3, 2), mode {mode}", Chop(3, 2, rmode=mode)(small).tolist(), seen)
    print(f"{'- right':40}", [right(Fraction(x), values, mode) for x in small.tolist()])
report("half of 1.0, mode 9", chopped(9, 1.0), [1.0009765625])

large = (65504.0, 65519.0, 65520.0, 65535.0, 65536.0, 100000.0, 131071.0, 131072.0, -65536.0)
report("half", chopped(1, *large), [65504, 65504, 65536, 65536, 0, 0, 0, math.inf, 0])
report("- NumPy's float16", np.array(large).astype(np.float16).tolist(), [65504, 65504] + [math.inf] * 6 + [-math.inf])
for mode in (2, 3, 4, 7, 8, 9):
    report(f"half of 65536 and -65536, mode {mode}", chopped(mode, 65536.0, -65536.0), [0, 0])
for mode in (5, 6):
    report(f"half of 65536, mode {mode}", chopped(mode, 65536.0), [math.inf])
report("half of 131072, mode 4", chopped(4, 131072.0), [math.inf])

data = np.array([0.0, 1.0, 5.0, 10.0])
symmetric = Chopi(bits=8, symmetric=True)
report("Chopi, symmetric", np.round(symmetric.dequantize(symmetric.quantize(data)), 2).tolist(), [0, 1.02, 4.98, 4.98])
codes = Chopi(bits=8, symmetric=False).quantize(np.arange(256.0))
report("Chopi, not symmetric, codes", (len(set(codes.tolist())), int(codes.min()), int(codes.max())), (128, 0, 127))
report("Chopf(4, 4)", Chopf(4, 4)(np.array([-math.inf, -100.0])).tolist(), [-7.9375, -8])
raise SystemExit(changed)
PYTHON
