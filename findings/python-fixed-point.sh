#!/usr/bin/env bash
# One number in a signed fixed-point format of 4 bits without fraction (-8 to 7), by the defaults of three Python libraries. Seen on
# 2026-11-29 with fxpmath 0.4.10, apytypes 0.5.1 and qformatpy 1.0.2:
#
#                                        -0.5   -0.3    1.5    2.5    7.5    9.7   -8.5
#   fxpmath, "trunc": towards zero          0      0      1      2      7      7     -8
#   apytypes, from_float                   -1      0      2      3     -8     -6      7
#   apytypes, cast of the same number      -1     -1      1      2      7     -7      7
#   qformatpy, "TRUNC": down               -1     -1      1      2      7     -7      7
#
# So "trunc" has two meanings (fxpmath's "floor" is what dropping bits does), apytypes rounds ties away when it makes a number and down
# when it casts one, fxpmath saturates and the others wrap. qformatpy's qi is documented as bits "excluding sign bit if signed": qi=4
# gives -8 to 7, not -16 to 15. And a constant takes fxpmath's format before the operation: Fxp(3, 8 bits, 4 of fraction) * 0.3 is
# 0.75, not 0.9 (0.3 became 0.25), and Fxp(3, 4 bits, 0) + 0.5 is 3; -Fxp(-8) in 4 bits is 7, where apytypes has 8 in 5 bits.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numpy==2.4.6 fxpmath==0.4.10 apytypes==0.5.1 qformatpy==1.0.2
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import math

from apytypes import APyFixed
from fxpmath import Fxp
from qformatpy import qformat

VALUES = (-0.5, -0.3, 1.5, 2.5, 7.5, 9.7, -8.5)


def cast(value: float) -> float:
    return float(APyFixed.from_float(value, int_bits=20, frac_bits=20).cast(int_bits=4, frac_bits=0))


eighths, whole = Fxp(3.0, True, 8, 4), Fxp(3.0, True, 4, 0)
seen = {
    "fxpmath": ([float(Fxp(v, True, 4, 0)()) for v in VALUES], [0, 0, 1, 2, 7, 7, -8]),
    "fxpmath, floor": ([float(Fxp(v, True, 4, 0, rounding="floor")()) for v in VALUES[:4]], [math.floor(v) for v in VALUES[:4]]),
    "apytypes, from_float": ([float(APyFixed.from_float(v, int_bits=4, frac_bits=0)) for v in VALUES], [-1, 0, 2, 3, -8, -6, 7]),
    "apytypes, cast": ([cast(v) for v in VALUES], [-1, -1, 1, 2, 7, -7, 7]),
    "qformatpy": ([float(qformat(v, qi=4, qf=0)) for v in VALUES], [-1, -1, 1, 2, 7, -7, 7]),
    "fxpmath: times 0.3, plus 0.5, negated -8": ([float((eighths * 0.3)()), float((whole + 0.5)()), float((-Fxp(-8, True, 4, 0))())], [0.75, 3, 7]),
    "apytypes: negated -8": (float(-APyFixed.from_float(-8, int_bits=4, frac_bits=0)), 8),
}
changed = False
for name, (found, expected) in seen.items():
    print(f"{name:42}", found, "" if found == expected else f"CHANGED: it was {expected}")
    changed = changed or found != expected
raise SystemExit(changed)
PYTHON
