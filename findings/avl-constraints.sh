#!/usr/bin/env bash
# AVL (avl-core), a verification library for cocotb, randomises unsigned variables under constraints that it reads as signed. The same
# lambda applied to the randomised variable then says no. Seen on 2026-11-30 with avl-core 1.2.0 and z3-solver 5.4.1.0:
#
#   constraint                              AVL draws                          right, and what the variable says itself
#   Uint8    x > 200                        -56 < x as signed: 0 to 127 too    201 to 255
#   Uint8    x < 100                        128 to 255 too                     0 to 99
#   Uint32   x >= 0x8000_0000               all 32-bit values                  an address in the upper half
#   Uint32   x < 4096                       above 2**31 all but always         a page
#   Logic    two of 8 bits, a < b           a > b in about half of the draws
#   Uint8    x % 10 == 7                    -123, that is 133, too             7, 17 to 247
#   Uint8    And(x >= 100, x <= 150)        "Failed to randomize"              51 values
#   Uint8    x / 3 == 70; x >> 4 == 15      "Failed to randomize"              3 values; 16 values
#   Uint8    x == 300                       44: the constant is cut            none
#   Int8     x < -100; UGT(x, 200) of Uint8 right                              the same
#
# Its manual says that bit, int and logic are randomised as in SystemVerilog, and hands the variable to z3, whose operators are signed;
# upstream's issue 65 met the comparisons and was closed by writing ULT in the example. Two bounds below half the range hide it.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q avl-core==1.2.0 z3-solver==5.4.1.0
cd "$work"
venv/bin/python - <<'PYTHON'
import avl
import z3

DRAWS = 48
changed = False


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:32}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


def draws(kind: type, constraint) -> list[int] | str:
    values = []
    for _ in range(DRAWS):
        variable = kind(0)
        variable.add_constraint("c", constraint)
        try:
            variable.randomize()
        except Exception as error:
            return str(error).strip()
        values.append(int(variable))
    return values


def judged(kind: type, constraint, itself=None) -> tuple[bool, bool] | str:
    """Whether every value drawn satisfies the constraint by the variable's own operators, and as a signed number."""
    values, itself = draws(kind, constraint), itself or constraint
    if isinstance(values, str):
        return values
    half = 1 << (kind(0).width - 1)
    print(" " * 32, sorted(values)[:4], "to", max(values))
    return all(itself(kind(value)) for value in values), all(itself((value + half) % (2 * half) - half) for value in values)


class Pair(avl.Object):
    def __init__(self) -> None:
        super().__init__("pair", None)
        self.a, self.b = avl.Logic(0, width=8), avl.Logic(0, width=8)
        self.add_constraint("less", lambda a, b: a < b, self.a, self.b)


report("Uint8 x > 200", draws(avl.Uint8, lambda x: z3.And(x > 200, x == 3))[:2], [3, 3])
report("Uint8 x < 100", judged(avl.Uint8, lambda x: x < 100), (False, True))
report("Uint32 x < 4096", judged(avl.Uint32, lambda x: x < 4096), (False, True))
report("Uint32 x >= 0x8000_0000", draws(avl.Uint32, lambda x: z3.And(x >= 0x8000_0000, x == 5))[:2], [5, 5])
report("Uint8 x % 10 == 7", draws(avl.Uint8, lambda x: z3.And(x % 10 == 7, x == 133))[:2], [133, 133])
report("Uint8 100 to 150", draws(avl.Uint8, lambda x: z3.And(x >= 100, x <= 150)), "Failed to randomize")
report("Uint8 x / 3 == 70", draws(avl.Uint8, lambda x: x / 3 == 70), "Failed to randomize")
report("- its values", [x for x in range(256) if avl.Uint8(x) / 3 == 70], [210, 211, 212])
report("Uint8 x >> 4 == 15", draws(avl.Uint8, lambda x: x >> 4 == 15), "Failed to randomize")
report("- how many values", sum(avl.Uint8(x) >> 4 == 15 for x in range(256)), 16)
report("Uint8 x == 300", set(draws(avl.Uint8, lambda x: x == 300)), {44})
report("- of its values", [x for x in range(256) if avl.Uint8(x) == 300], [])
report("Int8 x < -100", judged(avl.Int8, lambda x: x < -100), (True, True))
report("Uint8 UGT(x, 200)", judged(avl.Uint8, lambda x: z3.UGT(x, 200), lambda x: x > 200)[0], True)
pair, against = Pair(), 0
for _ in range(DRAWS):
    pair.randomize()
    against += pair.a > pair.b
print(f"Logic a < b: a > b in {against} of {DRAWS}")
report("Logic a < b, never a > b", against == 0, False)
raise SystemExit(changed)
PYTHON
