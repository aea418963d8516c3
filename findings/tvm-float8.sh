#!/usr/bin/env bash
# TVM's astype between float32 and fp8 on a CPU, which has none, shifts the fields and adds the difference of the two biases to the
# exponent, whatever it is. Seen on 2026-11-30 with apache-tvm 0.27.0.post1, beside ml_dtypes 0.6.0 at all 256 codes and by hand:
#
#   to float32                              TVM                             right
#   float8_e4m3fn 0x00, 0x01, 0x7F          0.0078125, 0.0087890625, 480    0, 2**-9, NaN
#   float8_e5m2   0x00, 0x7C, 0x7D          3.0517578e-05, 65536, 81920     0, infinity, NaN
#   codes read wrongly, of 256              e4m3fn 18, e5m2 16, e4m3 32, e3m4 64, both fnuz formats all
#
#   from float32                            TVM, in e4m3fn                  right
#   500, 1000, 1e5                          -0.0 (0x80), -2**-6, -1.5       NaN, or 448 if saturated
#   infinity, NaN                           1, 1.5                          NaN, NaN
#   2**-9, 2**-7 (subnormals of e4m3fn)     0, 0                            2**-9, 2**-7
#   -0.0                                    0x00                            0x80
#   fnuz formats: 1.0                       0x38, as without nuz            0x40: their bias is one more
#
# So zero is no fixed point: four zeros go to fp8 and back as four times 0.0078125, and padding of a KV cache in fp8 has a sum. The
# normal numbers of e4m3fn and e5m2 are right, ties too, and so is bfloat16; relax.op.quantize saturates before it casts.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q apache-tvm==0.27.0.post1 numpy==2.4.6 ml_dtypes==0.6.0
cd "$work"
venv/bin/python -W ignore - <<'PYTHON' 2> errors.log
import math
from collections.abc import Callable

import ml_dtypes
import numpy as np
import tvm
from tvm import relax

changed = False


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:38}", found, "" if str(found) == str(wanted) else f"CHANGED: it was {wanted}")
    changed = changed or str(found) != str(wanted)


def computed(function: Callable, value: np.ndarray) -> np.ndarray:
    builder = relax.BlockBuilder()
    variable = relax.Var("x", relax.TensorType(value.shape, str(value.dtype)))
    with builder.function("main", [variable]):
        with builder.dataflow():
            output = builder.emit_output(builder.emit(function(variable)))
        builder.emit_func_output(output)
    return relax.VirtualMachine(tvm.compile(builder.get(), "llvm"), tvm.cpu())["main"](tvm.runtime.tensor(value)).numpy()


def cast(value: np.ndarray, kind: str) -> np.ndarray:
    return computed(lambda x: relax.op.astype(x, kind), value)


def same(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x == y) | (np.isnan(x) & np.isnan(y))


codes = np.arange(256, dtype=np.uint8)
normal = {}
for name, misread in (("float8_e4m3fn", 18), ("float8_e5m2", 16), ("float8_e4m3", 32), ("float8_e3m4", 64), ("float8_e4m3fnuz", 256),
                      ("float8_e5m2fnuz", 256)):
    held = codes.view(getattr(ml_dtypes, name))
    values, right = cast(held, "float32"), held.astype(np.float32)
    report(f"{name} codes read wrongly", int((~same(values, right)).sum()), misread)
    normal[name] = held, right
for name, shown in (("float8_e4m3fn", (0, 1, 0x7F)), ("float8_e5m2", (0, 0x7C, 0x7D))):
    held, right = normal[name]
    seen = {"float8_e4m3fn": [0.0078125, 0.0087890625, 480.0], "float8_e5m2": [3.0517578125e-05, 65536.0, 81920.0]}[name]
    report(f"{name} {[hex(code) for code in shown]}", cast(held, "float32")[list(shown)].tolist(), seen)
    print(f"{'- ml_dtypes':38}", right[list(shown)].tolist())
    smallest = float(ml_dtypes.finfo(getattr(ml_dtypes, name)).smallest_normal)
    inside = np.isfinite(right) & (np.abs(right) >= smallest)
    report("- normal values written wrongly", int((cast(right[inside], name).view(np.uint8) != codes[inside]).sum()), 0)
    middles = np.sort(right[inside & (right > 0)])
    middles = (middles[:-1] + middles[1:]) / 2
    report("- ties written wrongly", int((cast(middles, name).view(np.uint8) != middles.astype(getattr(ml_dtypes, name)).view(np.uint8)).sum()), 0)

inputs = np.array([500, 1000, 1e5, math.inf, math.nan, 2**-9, 2**-7, -0.0, 0, 1], np.float32)
for name, seen in (("float8_e4m3fn", ["0x80", "0x88", "0xbc", "0x38", "0x3c", "0x0", "0x0", "0x0", "0x0", "0x38"]),
                   ("float8_e4m3fnuz", ["0x80", "0x88", "0xbc", "0x38", "0x3c", "0x0", "0x0", "0x0", "0x0", "0x38"])):
    report(f"to {name}", [hex(code) for code in cast(inputs, name).view(np.uint8)], seen)
    print(f"{'- ml_dtypes':38}", [hex(code) for code in inputs.astype(getattr(ml_dtypes, name)).view(np.uint8)])
for name, seen in (("float8_e4m3fn", 4 * 0.0078125), ("float8_e5m2", 4 * 2.0**-15), ("bfloat16", 0.0)):
    zeros = computed(lambda x: relax.op.sum(relax.op.astype(relax.op.astype(x, name), "float32")), np.zeros(4, np.float32))
    report(f"sum of four zeros through {name}", float(zeros), seen)
raise SystemExit(changed)
PYTHON
