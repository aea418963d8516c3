#!/usr/bin/env bash
# One block of 32 values, quantised to the MX formats by three libraries on the CPU. Seen on 2026-11-29 with mlx 0.32.4, gguf 0.19.0
# and breccia 0.1.3, beside the conversion that the OCP specification of MX 1.0 describes (6.3: the scale is the greatest power of
# two in the largest value over that of the element; elements round to nearest even and saturate). Values that come back, the
# rest of the block being zero:
#
#   format, block begins with     as specified      mlx                 gguf            breccia
#   mxfp4   13, 1                 12, 1             12, 0: scale 4      12, 1           -
#   mxfp4   4, 1.75, 0.75         4, 2, 1           4, 1.5, 0.5         4, 1.5, 0.5     -        ties go towards zero
#   mxfp4   6.5, 1.75             6, 2: scale 1     6, 2: scale 2       6, 1.5          -
#   mxfp8   300, 17               288, 16           288, 16             -               224, 16: scale 1/2, so 300 is clipped
#   mxfp8   479, 1                448, 1            480, 1              -               448, 1
#   mxfp4   NaN, 1, 2             -                 0, 0, 0             0, 0, 0         -
#   mxfp8   NaN, 1, 2             -                 896, 896, 896       -               NaN, 2.6e-36, 2.6e-36
#   mxfp8   inf, 1, 2             -                 896, 896, 896       -               2.6e-36 thrice
#   mxfp4   2^-126, 2^-127        2^-126, 2^-127    inf, inf            0, 0            -
#   nibbles of byte 0: elements   -                 0 and 1             0 and 16        -
#
# So a NaN, or a block of very small values, turns into ordinary numbers or infinities with no error, and a tensor that one of them
# packed cannot be unpacked by another. (On x86-64: what a NaN becomes as an integer is the processor's to decide.)
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numpy==2.4.6 ml_dtypes==0.6.0 mlx==0.32.4 mlx-cpu==0.32.4 gguf==0.19.0 breccia==0.1.3
"$work/venv/bin/python" - <<'PYTHON'
import warnings

import ml_dtypes
import mlx.core as mx
import numpy as np
from breccia.kernels.reference.cast import cast, dequantize
from breccia.recipes import MXFP8BlockScaling
from gguf import GGMLQuantizationType
from gguf import quants

warnings.simplefilter("ignore")
element = {"mxfp4": (ml_dtypes.float4_e2m1fn, 6.0, 2, 4), "mxfp8": (ml_dtypes.float8_e4m3fn, 448.0, 8, 8)}


def block(values: list[float]) -> np.ndarray:
    x = np.zeros((1, 32), np.float32)
    x[0, :len(values)] = values
    return x


def as_specified(form: str, x: np.ndarray) -> np.ndarray:
    kind, greatest, exponent, _ = element[form]
    scale = 2.0 ** max(np.floor(np.log2(np.abs(x).max())) - exponent, -127.0)
    return np.clip(x / scale, -greatest, greatest).astype(kind).astype(np.float64) * scale


def by_mlx(form: str, x: np.ndarray) -> np.ndarray:
    bits = element[form][3]
    packed, scales = mx.quantize(mx.array(x), group_size=32, bits=bits, mode=form)
    return np.array(mx.dequantize(packed, scales, group_size=32, bits=bits, mode=form).astype(mx.float32))


def by_gguf(_: str, x: np.ndarray) -> np.ndarray:
    return quants.dequantize(quants.quantize(x, GGMLQuantizationType.MXFP4), GGMLQuantizationType.MXFP4)


def by_breccia(_: str, x: np.ndarray) -> np.ndarray:
    return np.asarray(dequantize(cast(x, MXFP8BlockScaling())))


nan, inf, tiny = float("nan"), float("inf"), 2.0**-126
least = np.float64(np.float32(448 * 2.0**-127 / 2**6)) * 2**6  # breccia's greatest element at its least scale
rows = [  # format, values, then what comes back; None where there is no such format or no rule
    ("mxfp4", [13, 1], {"as specified": [12, 1], "mlx": [12, 0], "gguf": [12, 1]}),
    ("mxfp4", [4, 1.75, 0.75], {"as specified": [4, 2, 1], "mlx": [4, 1.5, 0.5], "gguf": [4, 1.5, 0.5]}),
    ("mxfp4", [6.5, 1.75], {"as specified": [6, 2], "mlx": [6, 2], "gguf": [6, 1.5]}),
    ("mxfp8", [300, 17], {"as specified": [288, 16], "mlx": [288, 16], "breccia": [224, 16]}),
    ("mxfp8", [479, 1], {"as specified": [448, 1], "mlx": [480, 1], "breccia": [448, 1]}),
    ("mxfp4", [nan, 1, 2], {"mlx": [0, 0, 0], "gguf": [0, 0, 0]}),
    ("mxfp8", [nan, 1, 2], {"mlx": [896, 896, 896], "breccia": [nan, least, least]}),
    ("mxfp8", [inf, 1, 2], {"mlx": [896, 896, 896], "breccia": [least, least, least]}),
    ("mxfp4", [tiny, tiny / 2], {"as specified": [tiny, tiny / 2], "mlx": [inf, inf], "gguf": [0, 0]}),
]
by = {"as specified": as_specified, "mlx": by_mlx, "gguf": by_gguf, "breccia": by_breccia}
changed = False
for form, values, expected in rows:
    print(form, values)
    for who, wanted in expected.items():
        found = by[who](form, block(values))[0, :len(values)]
        same = np.array_equal(found.astype(np.float64), np.array(wanted, np.float64), equal_nan=True)
        print(f"    {who:13}", found.tolist(), "" if same else f"CHANGED: it was {wanted}")
        changed = changed or not same

order = np.zeros((1, 32), np.float32)
order[0, [0, 1, 16]] = [4, 1, 2]  # codes 6, 2, 4 at scale 1
first_mlx = int(np.array(mx.quantize(mx.array(order), group_size=32, bits=4, mode="mxfp4")[0]).view(np.uint8)[0, 0])
first_gguf = int(quants.quantize(order, GGMLQuantizationType.MXFP4)[0, 1])
print(f"first byte: mlx {first_mlx:#04x}, gguf {first_gguf:#04x}")
raise SystemExit(changed or (first_mlx, first_gguf) != (0x26, 0x46))
PYTHON
