#!/usr/bin/env bash
# PyRTL's rtllib has adders, multipliers and floats for circuits. Seen on 2026-11-30 with pyrtl 1.0.3 in its own simulator, at all operands
# of a few bits, beside integers and exact fractions; floats also as Float16 and BFloat16, subnormals left out, as it says it flushes them:
#
#   circuit                                         wrong          such as                      right
#   kogge_stone(a, b, cin), 4 bits                  128 of 512     1 + 0 + 1 is 0               2: the carry passes no bit
#   - ripple_add, cla_adder; without cin              0
#   signed_tree_multiplier(a, b), 4 bits             29 of 256     -8 * 1 and -8 * -8 are 0     -8, 64
#   - tree_multiplier; fused_multiply_adder           0
#   float.add, 3 bits of exponent, 2 of fraction     28 of 3136    2 + -1.75 is 2               0.25
#     (float.sub alike; rounded to zero: 20)                       4 + -0.25 is 3.5             4, a tie
#   - Float16                                                      2 - 1.9990234375 is 2        0.0009765625
#   - BFloat16                                                     1 - 0.99609375 is 1          0.00390625
#   float.mult                                        0
#
# A power of two less the float before it is that power of two, in each of the formats, where the exact difference is a normal number.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pyrtl==1.0.3
cd "$work"
cat > arithmetic.py <<'PYTHON'  # a file, for PyRTL reads the source of its users
import math
from fractions import Fraction
from itertools import product

import pyrtl
import pyrtl.rtllib.float as floats
from pyrtl.rtllib import adders, multipliers

changed = False


@pyrtl.wire_struct
class Small:
    sign: 1
    exponent: 3
    mantissa: 2


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:40}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


def wrong(widths: tuple[int, ...], circuit, value) -> dict[tuple[int, ...], int]:
    """The operands, as they stand in the wires, whose result is not the value, and the result."""
    pyrtl.reset_working_block()
    inputs = [pyrtl.Input(width, f"i{k}") for k, width in enumerate(widths)]
    output = pyrtl.Output(name="o")
    output <<= circuit(*inputs)
    simulation, found = pyrtl.FastSimulation(), {}
    for operands in product(*(range(2**width) for width in widths)):
        simulation.step({f"i{k}": operand for k, operand in enumerate(operands)})
        if simulation.inspect("o") != value(*operands) % 2 ** len(output):
            found[operands] = simulation.inspect("o")
    return found


def signed(value: int, width: int) -> int:
    return value - (value >> (width - 1) << width)


def of_floats(kind: type, exponent: int, fraction: int, operation: str, mode: str, pairs: list[tuple[int, int]]) -> list[int]:
    """The codes of the results of the pairs of codes."""
    pyrtl.reset_working_block()
    a, b = (kind(name=name, component_type=pyrtl.Input) for name in "ab")
    made = getattr(floats, operation)(a, b, getattr(floats.RoundingMode, mode))
    output = pyrtl.Output(1 + exponent + fraction, "o")
    output <<= pyrtl.concat(made.sign, made.exponent, made.mantissa)
    simulation, codes = pyrtl.FastSimulation(), []
    for pair in pairs:
        simulation.step({f"{name}.{field}": part for name, code in zip("ab", pair) for field, part in
                         (("sign", code >> (exponent + fraction)), ("exponent", code >> fraction & (2**exponent - 1)),
                          ("mantissa", code & (2**fraction - 1)))})
        codes.append(simulation.inspect("o"))
    return codes


def decoded(code: int, exponent: int, fraction: int) -> float:
    sign, power, bits = -1 if code >> (exponent + fraction) else 1, code >> fraction & (2**exponent - 1), code & (2**fraction - 1)
    if power == 2**exponent - 1:
        return math.nan if bits else sign * math.inf
    return sign * (math.ldexp(2**fraction + bits, power - (2 ** (exponent - 1) - 1) - fraction) if power else 0.0)


def rounded(x: Fraction, mode: str) -> float:
    """To 3 bits of exponent and 2 of fraction, what is below the least normal number to 0."""
    if x == 0:
        return 0.0
    power = math.frexp(abs(float(x)))[1] - 1  # all sums, differences and products of such floats are doubles
    scaled = abs(x) / Fraction(2) ** (power - 2)
    size = (round(scaled) if mode == "RNE" else math.floor(scaled)) * Fraction(2) ** (power - 2)
    size = 0.0 if size < Fraction(1, 4) else (math.inf if mode == "RNE" else 14.0) if size > 14 else float(size)
    return -size if x < 0 else size


for adder, seen in ((adders.kogge_stone, 128), (adders.ripple_add, 0), (adders.cla_adder, 0)):
    bad = wrong((4, 4, 1), adder, lambda a, b, c: a + b + c)
    report(f"{adder.__name__}, 4 bits, carry in", (len(bad), bad.get((1, 0, 1), 2)), (seen, 0 if seen else 2))
    report("- without", len(wrong((4, 4), adder, lambda a, b: a + b)), 0)
bad = wrong((4, 4), multipliers.signed_tree_multiplier, lambda a, b: signed(a, 4) * signed(b, 4))
report("signed_tree_multiplier, 4 bits", (len(bad), {pair[0] == 8 or pair[1] == 8 for pair in bad}), (29, {True}))
report("- of -8 and 1, of -8 and -8", (bad.get((8, 1)), bad.get((8, 8))), (0, 0))
report("tree_multiplier", len(wrong((4, 4), multipliers.tree_multiplier, lambda a, b: a * b)), 0)
report("fused_multiply_adder", len(wrong((4, 4, 3), multipliers.fused_multiply_adder, lambda a, b, c: a * b + c)), 0)

exact = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mult": lambda a, b: a * b}
finite = [code for code in range(64) if math.isfinite(decoded(code, 3, 2))]
pairs = list(product(finite, finite))
for operation, mode, seen in (("add", "RNE", 28), ("add", "RTZ", 20), ("sub", "RNE", 28), ("sub", "RTZ", 20), ("mult", "RNE", 0),
                              ("mult", "RTZ", 0)):
    values = [tuple(decoded(code, 3, 2) for code in pair) for pair in pairs]
    results = [decoded(code, 3, 2) for code in of_floats(Small, 3, 2, operation, mode, pairs)]
    bad = {pair: result for pair, result in zip(values, results)
           if result != rounded(exact[operation](*map(Fraction, pair)), mode)}
    report(f"float.{operation}, {mode}", len(bad), seen)
    if operation == "add" and mode == "RNE":
        report("- of 2 and -1.75, of 4 and -0.25", (bad.get((2.0, -1.75)), bad.get((4.0, -0.25))), (2, 3.5))
for kind, exponent, fraction in ((floats.Float16, 5, 10), (floats.BFloat16, 8, 7)):
    bias = 2 ** (exponent - 1) - 1
    powers = [(bias + k) << fraction for k in range(-2, 8)]
    results = of_floats(kind, exponent, fraction, "sub", "RNE", [(code, code - 1) for code in powers])
    report(f"{kind.__name__}: 2**k less the one before", results == powers, True)
    print(f"{'- for 1 and 2':40}", [decoded(results[i], exponent, fraction) for i in (2, 3)], "right:",
          [decoded(powers[i], exponent, fraction) - decoded(powers[i] - 1, exponent, fraction) for i in (2, 3)])
raise SystemExit(changed)
PYTHON
venv/bin/python arithmetic.py
