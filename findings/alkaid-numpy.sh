#!/usr/bin/env bash
# alkaid (by the author of da4ml) traces functions of NumPy into fixed-point logic for FPGAs. What it does not know raises, mostly;
# the rest becomes other logic. Seen on 2026-11-30 with alkaid 0.8.2 and NumPy 2.4.6: its own predict() of what it traced, beside the
# same function of the numbers, at all 512 inputs x = (a, b, c) of 3 bits each, from -2 to 1.5 in halves:
#
#   function                                 wrong   what is made
#   np.max(x) - np.min(x), np.sort(x)[1]         0   right, and so are all comparisons, where, clip, argmax, round
#   np.ptp(x)                                  504   0
#   np.median(x), np.quantile(x, 0.5)          280   b: the middle one as they stand
#   np.partition(x, 1)[1]                      280   b
#   np.nanmax(x), np.nanmin(x)                 308   a
#   np.fmax(a, b); max(a, b)                   224   a; b
#   a if a > b else b                          224   a
#   (a > 0) and (b > 0); or                    120   b > 0; a > 0
#   np.any(x > 0, where=[1, 0, 1])              75   any of all three
#   np.maximum(x, 0, where=[1, 0, 1])          256   of all three (the second is to stay as it was)
#   np.digitize(x, [-1, 0, 1])                 504   3, 3, 3
#   np.isin(x, [0, 1])                         296   0, 0, 0
#   np.array_equal(a, b)                        64   0
#   np.sum(x, where=...), np.rint(x), x % 2      -   raises
#
# A traced value is an object and true, and so is what its comparison gives: whatever asks Python for an order gets the first answer.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q alkaid==0.8.2 quantizers==1.2.2 numpy==2.4.6
cd "$work"
venv/bin/python -W ignore - <<'PYTHON'
from itertools import product

import numpy as np
from alkaid.trace import FVArray, FVArrayInput, trace
from alkaid.trace.ops import quantize

INPUTS = np.array(list(product(np.arange(-4, 4) / 2, repeat=3)))
FIRST_AND_LAST = np.array([True, False, True])
changed = False


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:34}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


def made(function) -> np.ndarray:
    """What the logic traced from the function gives at all inputs."""
    x = FVArrayInput((3,))
    y = np.atleast_1d(function(quantize(x, 1, 1, 1)))  # a sign, an integer bit and a fraction bit
    logic = trace(x, (y if isinstance(y, FVArray) else FVArray(y, None)).ravel())
    return np.asarray(logic.predict(INPUTS, n_threads=1)).reshape(len(INPUTS), -1)


def right(function) -> np.ndarray:
    return np.array([np.ravel(np.asarray(function(row), float)) for row in INPUTS])


def kept(x):
    """NumPy's maximum where the mask is set; what is not is as out was."""
    return np.maximum(x, 0, where=FIRST_AND_LAST) if isinstance(x, FVArray) else np.maximum(x, 0, where=FIRST_AND_LAST, out=np.array(x))


def middle(x):
    return x[1:2]


def first(x):
    return x[:1]


def always(*values: float):
    return lambda x: np.array(values)


CASES = {  # the function, how often it is wrong, and the function that is made in its place
    "max - min": (lambda x: np.max(x) - np.min(x), 0, None), "sort(x)[1]": (lambda x: np.sort(x)[1], 0, None),
    "comparisons": (lambda x: np.stack([x > 0.3, x >= 0.5, x < 0, x <= -1, x == 1, x != 0.5]), 0, None),
    "where, clip": (lambda x: np.clip(np.where(x > 0, x, 0.5), -1, 1), 0, None), "argmax": (np.argmax, 0, None),
    "round": (np.round, 0, None),
    "ptp": (np.ptp, 504, always(0)), "median": (np.median, 280, middle), "quantile 0.5": (lambda x: np.quantile(x, 0.5), 280, middle),
    "partition(x, 1)[1]": (lambda x: np.partition(x, 1)[1], 280, middle),
    "nanmax": (np.nanmax, 308, first), "nanmin": (np.nanmin, 308, first),
    "fmax(a, b)": (lambda x: np.fmax(x[0], x[1]), 224, first), "max(a, b)": (lambda x: max(x[0], x[1]), 224, middle),
    "a if a > b else b": (lambda x: x[0] if x[0] > x[1] else x[1], 224, first),
    "a > 0 and b > 0": (lambda x: x[0] > 0 and x[1] > 0, 120, lambda x: x[1] > 0),
    "a > 0 or b > 0": (lambda x: x[0] > 0 or x[1] > 0, 120, lambda x: x[0] > 0),
    "any(x > 0, where)": (lambda x: np.any(x > 0, where=FIRST_AND_LAST), 75, lambda x: np.any(x > 0)),
    "maximum(x, 0, where)": (kept, 256, lambda x: np.maximum(x, 0)),
    "digitize": (lambda x: np.digitize(x, [-1, 0, 1]), 504, always(3, 3, 3)),
    "isin(x, [0, 1])": (lambda x: np.isin(x, [0, 1]) * 1.0, 296, always(0, 0, 0)),
    "array_equal(a, b)": (lambda x: np.array_equal(x[:1], x[1:2]), 64, always(0)),
}
for name, (function, seen, instead) in CASES.items():
    logic = made(function)
    report(name, int((logic != right(function)).any(axis=1).sum()), seen)
    if instead is not None:
        report("- is what it is read as", bool((logic == right(instead)).all()), True)
for name, function in {"sum(x, where)": lambda x: np.sum(x, where=FIRST_AND_LAST), "rint": np.rint, "x % 2": lambda x: x % 2}.items():
    try:
        made(function)
        report(name, "made", "raises")
    except (TypeError, NotImplementedError):
        report(name, "raises", "raises")
raise SystemExit(changed)
PYTHON
