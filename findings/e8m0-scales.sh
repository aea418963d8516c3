#!/usr/bin/env bash
# A block scale of the MX formats (E8M0: a power of two, no sign, one NaN) is another number by who casts it. Seen on 2026-11-29
# with onnx 1.23.2, onnxruntime 1.32.0, ml_dtypes 0.6.0 (JAX 0.10.2 casts as ml_dtypes does), each with its defaults.
#
#   value             8.5     2.5   -8.5        +inf     -inf
#   ONNX reference     16       4     16         NaN      NaN    rounds up; drops the sign
#   ONNX Runtime       16       4   2^-127     2^127   2^-127    rounds up; negative is the least scale, infinite the largest
#   ml_dtypes, JAX      8       2    NaN         NaN      NaN    nearest; a negative value has no scale
#
# The first column is the one that hurts: whoever makes scales with NumPy or JAX and checks them with ONNX is off by a factor of
# two on every block whose largest value lies between a power of two and 1.5 times it; no message is given anywhere.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0 ml_dtypes==0.6.0
"$work/venv/bin/python" - <<'PYTHON'
import warnings

import ml_dtypes
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

warnings.simplefilter("ignore")
x = np.array([8.5, 2.5, -8.5, np.inf, -np.inf], np.float32)
nodes = [helper.make_node("Cast", ["x"], ["s"], to=TensorProto.FLOAT8E8M0), helper.make_node("Cast", ["s"], ["y"], to=TensorProto.FLOAT)]
ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in "xy"]
model = helper.make_model(helper.make_graph(nodes, "cast", ends[:1], ends[1:]),
                          opset_imports=[helper.make_opsetid("", 24)], ir_version=10)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
nan = float("nan")
rows = {
    "ONNX reference": (ReferenceEvaluator(model).run(None, {"x": x})[0], [16, 4, 16, nan, nan]),
    "ONNX Runtime": (session.run(None, {"x": x})[0], [16, 4, 2.0**-127, 2.0**127, 2.0**-127]),
    "ml_dtypes": (x.astype(ml_dtypes.float8_e8m0fnu).astype(np.float32), [8, 2, nan, nan, nan]),
}
changed = False
for name, (found, expected) in rows.items():
    same = np.array_equal(np.asarray(found, np.float64), np.array(expected, np.float64), equal_nan=True)
    print(f"{name:16}", np.asarray(found, np.float64).tolist(), "" if same else f"CHANGED: it was {expected}")
    changed = changed or not same
raise SystemExit(changed)
PYTHON
