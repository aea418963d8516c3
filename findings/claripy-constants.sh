#!/usr/bin/env bash
# claripy folds operations on constants by itself and leaves those on symbols to Z3, but a solver that has a model of the symbols puts
# its values in. So one float32 expression has two values, by what was asked before. Seen on 2026-11-30 with claripy 9.2.213 and
# z3-solver 4.13.0.0, which is asked directly too:
#
#   expression                                    constants; or symbols held equal   symbols, the first question
#                                                 to them, the second question       to a solver; and Z3 itself
#   fpDiv(0, 0), any mode                         infinity                           NaN
#   fpDiv(1, 3), towards zero                     0x3eaaaaab, nearest                0x3eaaaaaa
#   fpAdd(2**24, 1), towards +infinity            0x4b800000, nearest                0x4b800001
#   fpAdd(2**24, 1), ties away                    0x4b800000, ties even              0x4b800001
#   fpSub(1, 2**-30), towards zero                1                                  0x3f7fffff
#   fpMul(3e38, 2), towards zero                  infinity                           0x7f7fffff, the largest
#   fpSqrt(2), towards +infinity                  0x3fb504f3, nearest                0x3fb504f4
#   float32 of the double 0.1, towards zero       0x3dcccccd, nearest                0x3dcccccc
#   float32 of the integer 16777219, towards 0    0x4b800002, nearest                the same; Z3 itself has 0x4b800001
#
# Folding knows no mode but nearest, ties to even (casts to integers do follow theirs), and takes x / 0 for an infinity whatever x is.
# Evaluating an operand, to print it, changes what a later question about the result is told.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q claripy==9.2.213 z3-solver==4.13.0.0
cd "$work"
venv/bin/python -W ignore - <<'PYTHON' 2> errors.log
import struct
from collections.abc import Callable

import claripy
import z3

FLOAT, DOUBLE, MODE = claripy.FSORT_FLOAT, claripy.FSORT_DOUBLE, claripy.fp.RM
EVEN, AWAY, ZERO, UP = MODE.RM_NearestTiesEven, MODE.RM_NearestTiesAwayFromZero, MODE.RM_TowardsZero, MODE.RM_TowardsPositiveInf
DIRECT = {EVEN: z3.RNE(), AWAY: z3.RNA(), ZERO: z3.RTZ(), UP: z3.RTP()}
changed = False


def single(value: float) -> int:
    return struct.unpack("<I", struct.pack("<f", value))[0]


def symbols(operands: list, solver: claripy.Solver) -> list:
    """One symbol an operand, which the solver holds equal to it."""
    made = []
    for i, operand in enumerate(operands):
        if isinstance(operand, claripy.ast.FP):
            symbol = claripy.FPS(f"s{i}", operand.sort, explicit_name=True)
            solver.add(claripy.fpToIEEEBV(symbol) == claripy.fpToIEEEBV(operand))
        else:
            symbol = claripy.BVS(f"s{i}", operand.size(), explicit_name=True)
            solver.add(symbol == operand)
        made.append(symbol)
    return made


def bits(expression: claripy.ast.FP, solver: claripy.Solver) -> str:
    return hex(solver.eval(claripy.fpToIEEEBV(expression), 1)[0])


def compared(name: str, mode: MODE, operation: Callable, operands: list, own: z3.FPRef, seen: tuple[str, str, str, str]) -> None:
    """The bits of an expression of constants, of symbols in a new solver, in one that was asked before, and as Z3 itself has it."""
    global changed
    new, used = claripy.Solver(), claripy.Solver()
    first = bits(operation(mode, *symbols(operands, new)), new)
    made = symbols(operands, used)
    used.eval(claripy.fpToIEEEBV(made[0]) if isinstance(made[0], claripy.ast.FP) else made[0], 1)
    direct = hex(z3.simplify(z3.fpToIEEEBV(z3.simplify(own))).as_long())
    found = bits(operation(mode, *operands), claripy.Solver()), first, bits(operation(mode, *made), used), direct
    print(f"{name:18} {mode.name:28}", *found, "" if found == seen else f"CHANGED: it was {seen}")
    changed = changed or found != seen


def floats(*values: float) -> tuple[list, list]:
    return [claripy.FPV(value, FLOAT) for value in values], [z3.FPVal(value, z3.Float32()) for value in values]


for name, own_name, values, mode, seen, right in (
        ("fpDiv", z3.fpDiv, (0.0, 0.0), EVEN, "0x7f800000", "0x7f800001"), ("fpDiv", z3.fpDiv, (1.0, 0.0), EVEN, "0x7f800000", "0x7f800000"),
        ("fpDiv", z3.fpDiv, (1.0, 3.0), EVEN, "0x3eaaaaab", "0x3eaaaaab"), ("fpDiv", z3.fpDiv, (1.0, 3.0), ZERO, "0x3eaaaaab", "0x3eaaaaaa"),
        ("fpAdd", z3.fpAdd, (2.0**24, 1.0), EVEN, "0x4b800000", "0x4b800000"),
        ("fpAdd", z3.fpAdd, (2.0**24, 1.0), UP, "0x4b800000", "0x4b800001"), ("fpAdd", z3.fpAdd, (2.0**24, 1.0), AWAY, "0x4b800000", "0x4b800001"),
        ("fpSub", z3.fpSub, (1.0, 2.0**-30), ZERO, "0x3f800000", "0x3f7fffff"),
        ("fpMul", z3.fpMul, (3e38, 2.0), ZERO, "0x7f800000", "0x7f7fffff"), ("fpSqrt", z3.fpSqrt, (2.0,), UP, "0x3fb504f3", "0x3fb504f4")):
    operands, own = floats(*values)
    compared(f"{name[2:]} {' '.join(f'{value:.3g}' for value in values)}", mode, getattr(claripy, name), operands, own_name(DIRECT[mode], *own),
             (seen, right, seen, right))
for mode, seen, right in ((EVEN, "0x3dcccccd", "0x3dcccccd"), (ZERO, "0x3dcccccd", "0x3dcccccc")):
    compared("double 0.1", mode, lambda m, x: claripy.fpToFP(m, x, FLOAT), [claripy.FPV(0.1, DOUBLE)],
             z3.fpToFP(DIRECT[mode], z3.FPVal(0.1, z3.Float64()), z3.Float32()), (seen, right, seen, right))
for mode, right in ((EVEN, "0x4b800002"), (ZERO, "0x4b800001")):
    compared("integer 16777219", mode, lambda m, x: claripy.fpToFP(m, x, FLOAT), [claripy.BVV(16777219, 32)],
             z3.fpSignedToFP(DIRECT[mode], z3.BitVecVal(16777219, 32), z3.Float32()), ("0x4b800002", "0x4b800002", "0x4b800002", right))
print("16777219 exactly is", hex(single(16777218.0)), "+ half a step; 0x4b800002 is above it:", single(16777220.0) == 0x4B800002)
print("to integer", [claripy.Solver().eval(claripy.fpToSBV(mode, claripy.FPV(2.5, FLOAT), 32), 1)[0] for mode in (EVEN, AWAY, ZERO, UP)], "right: 2 3 2 3")
raise SystemExit(changed)
PYTHON
