#!/usr/bin/env bash
# What becomes of narrow formats and of turned arrays in a .safetensors file that NumPy wrote. Seen on 2026-11-29 with safetensors
# 0.8.0 and 0.7.0, numpy 2.4.6, ml_dtypes 0.6.0 and mlx 0.32.4:
#
#   array                     safetensors.numpy writes      it reads back             mlx reads
#   bfloat16                  BF16                          itself                    bfloat16
#   float8_e4m3fn             F8_E4M3                       AttributeError            uint8: 1.0 is 56
#   float8_e5m2               F8_E5M2                       AttributeError            refused: unsupported dtype
#   float8_e8m0fnu (scales)   F8_E8M0                       AttributeError            uint8: 1.0 is 127
#   float4, int4              refused                       -                         -
#   [token][head] turned to   0.8.0: its memory as it lay,  other values, no message  the same other values
#   [head][token]             under the new shape
#                             0.7.0: its values             itself                    itself
#
# The format has had fp8 for years; the NumPy side looks for it in numpy, where ml_dtypes does not put it. The last is upstream's
# issue 825: every array goes through np.ascontiguousarray before it is saved.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
cd "$work"
cat > narrow.py <<'PYTHON'
import json
import sys

import ml_dtypes
import mlx.core as mx
import numpy as np
from safetensors.numpy import load_file, save_file


def outcome(array: np.ndarray) -> tuple[str, str, str]:
    """The type that was written, and what NumPy and mlx read back: a type where the values are right, or what is wrong."""
    try:
        save_file({"a": array}, "a.safetensors")
    except Exception as error:  # of the library's own
        return type(error).__name__, "-", "-"
    with open("a.safetensors", "rb") as file:
        written = json.loads(file.read(int.from_bytes(file.read(8), "little")))["a"]["dtype"]
    readings = []
    for read in (lambda: load_file("a.safetensors")["a"], lambda: mx.load("a.safetensors")["a"]):
        try:
            found = read()
            values = np.array(found.astype(mx.float32)) if isinstance(found, mx.array) else found.astype(np.float32)
            right = np.array_equal(values, array.astype(np.float32))
            readings.append(str(found.dtype).split(".")[-1] if right else f"{values.flat[0]:g} for {float(array.flat[0]):g}")
        except (AttributeError, RuntimeError) as error:
            readings.append(type(error).__name__)
    return written, readings[0], readings[1]


plain = np.array([[1, 2, 4, 0.5]], np.float32)
turned = np.arange(1, 7, dtype=np.float32).reshape(3, 2).T
kinds = ("bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e8m0fnu", "float4_e2m1fn", "int4")
seen = {kind: outcome(plain.astype(getattr(ml_dtypes, kind))) for kind in kinds}
expected = {
    "bfloat16": ("BF16", "bfloat16", "bfloat16"),
    "float8_e4m3fn": ("F8_E4M3", "AttributeError", "56 for 1"),
    "float8_e5m2": ("F8_E5M2", "AttributeError", "RuntimeError"),
    "float8_e8m0fnu": ("F8_E8M0", "AttributeError", "127 for 1"),
    "float4_e2m1fn": ("SafetensorError", "-", "-"),
    "int4": ("SafetensorError", "-", "-"),
}
save_file({"a": turned}, "a.safetensors")
seen["turned"] = (load_file("a.safetensors")["a"].tolist(), np.array(mx.load("a.safetensors")["a"]).tolist())
as_it_lay = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
expected["turned"] = (as_it_lay, as_it_lay) if sys.argv[1] == "0.8.0" else (turned.tolist(), turned.tolist())
changed = False
for name, found in seen.items():
    same = found == expected[name]
    print(f"{sys.argv[1]} {name:16}", *found, "" if same else f"CHANGED: it was {expected[name]}")
    changed = changed or not same
raise SystemExit(changed)
PYTHON
for release in 0.7.0 0.8.0; do
  venv/bin/pip install -q "safetensors==$release" numpy==2.4.6 ml_dtypes==0.6.0 mlx==0.32.4 mlx-cpu==0.32.4
  venv/bin/python narrow.py "$release"
done
