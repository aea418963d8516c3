#!/usr/bin/env bash
# hwtypes, the bit vectors under magma and PEak, is "based on the SMT-LIB2 semantics" and has three of one interface: values, terms of
# pysmt and terms of z3. Signed division is not the same in them. Seen on 2026-11-29 with hwtypes 1.4.7, pysmt 0.9.6 and z3-solver
# 5.4.0.0: every pair of 4 bits beside the theory's own definition, which truncates:
#
#                         SMT-LIB   BitVector   SMTBitVector   z3BitVector
#   bvsdiv( 1, -8)              0          -1              0             0
#   bvsdiv(-3,  0)              1          -1              1             1
#   bvsrem( 3, -2)              1          -1              1            -1    the sign of the divisor: bvsmod
#   bvsrem(-3,  2)             -1           1             -1             1
#   SIntVector: -3 // 2         -          -2              -             -    Python's floor, where hardware's / is -1
#   wrong of 256: bvsdiv        -          85              0             0
#   wrong of 256: bvsrem        -          77              0            77
#
# Fourteen other operations agree throughout. So a model that runs on values and is proved on terms is two models from the first
# negative quotient on: a requantiser that divides, an address that wraps by a remainder.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q hwtypes==1.4.7 pysmt==0.9.6 z3-solver==5.4.0.0
"$work/venv/bin/python" - <<'PYTHON'
import itertools
from collections import Counter

import pysmt.shortcuts
import z3
from hwtypes import BitVector, SIntVector, SMTBitVector, z3BitVector

LIBRARIES = {"BitVector": BitVector, "SMTBitVector": SMTBitVector, "z3BitVector": z3BitVector}


def signed(value: int) -> int:
    return value - 16 if value >= 8 else value


def quotient(a: int, b: int) -> int:
    if b == 0:
        return -1 if a >= 0 else 1
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def remainder(a: int, b: int) -> int:
    return a if b == 0 else abs(a) % abs(b) * (-1 if a < 0 else 1)


def over_unsigned(function):
    return lambda a, b: function(a % 16, b % 16)


SMT_LIB = {
    "bvsdiv": quotient, "bvsrem": remainder, "bvudiv": over_unsigned(lambda a, b: a // b if b else 15),
    "bvurem": over_unsigned(lambda a, b: a % b if b else a), "bvadd": lambda a, b: a + b, "bvsub": lambda a, b: a - b,
    "bvmul": lambda a, b: a * b, "bvshl": over_unsigned(lambda a, b: a << b), "bvlshr": over_unsigned(lambda a, b: a >> b),
    "bvashr": lambda a, b: a >> (b % 16), "bvslt": lambda a, b: a < b, "bvsle": lambda a, b: a <= b, "bvsgt": lambda a, b: a > b,
    "bvult": over_unsigned(lambda a, b: a < b), "bvule": over_unsigned(lambda a, b: a <= b), "bvuge": over_unsigned(lambda a, b: a >= b),
}


def number(result: object) -> int:
    """The value of what any of the three returned, as an unsigned of 4 bits (a comparison: 0 or 1)."""
    if type(result).__module__.startswith("hwtypes.bit_vector"):
        return int(result)
    if type(result).__module__.startswith("hwtypes.smt"):
        return int(pysmt.shortcuts.simplify(result.value).constant_value())
    term = z3.simplify(result.value)
    return term.as_long() if z3.is_bv_value(term) else int(z3.is_true(term))


changed = False
for name, kind in LIBRARIES.items():
    wrong: Counter[str] = Counter()
    for operation, right in SMT_LIB.items():
        for a, b in itertools.product(range(16), repeat=2):
            wrong[operation] += number(getattr(kind[4](a), operation)(kind[4](b))) != right(signed(a), signed(b)) % 16
    points = [signed(number(getattr(kind[4](a % 16), operation)(kind[4](b % 16))))
              for operation, a, b in (("bvsdiv", 1, -8), ("bvsdiv", -3, 0), ("bvsrem", 3, -2), ("bvsrem", -3, 2))]
    found = ({operation: count for operation, count in wrong.items() if count}, points)
    wanted = {"BitVector": ({"bvsdiv": 85, "bvsrem": 77}, [-1, -1, -1, 1]), "SMTBitVector": ({}, [0, 1, 1, -1]),
              "z3BitVector": ({"bvsrem": 77}, [0, 1, -1, 1])}[name]
    print(f"{name:13}", *found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted
floor = int(SIntVector[4](-3) // SIntVector[4](2))
print("SIntVector: -3 // 2 is", floor, "" if floor == -2 else "CHANGED: it was -2")
raise SystemExit(changed or floor != -2)
PYTHON
