#!/usr/bin/env bash
# A float cast to int4 has three meanings. Seen on 2026-11-29 with onnx 1.23.2, onnxruntime 1.32.0, jax 0.10.2 (CPU), ml_dtypes 0.6.0.
#
#   value                   2.5   7.5   9   -9   100
#   ONNX reference            2     7  -7    7     4    truncates, then keeps the low four bits
#   ml_dtypes                 2     7  -7    7     4    likewise
#   ONNX Runtime              3    -8  -7    7     4    rounds half away from zero, then keeps the low four bits
#   ONNX Runtime to int8      2     7   9   -9   100    truncates: so casting by way of int8 gives other values
#   JAX, plain and jitted     2     7   7   -8     7    truncates and saturates
#
# So 7.5, which every one of them takes, is 7 or -8; and 2.5, well inside the range, is 2 or 3. Whoever compares a quantised
# tensor across these must round and clip before the cast.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0 jax==0.10.2 ml_dtypes==0.6.0
"$work/venv/bin/python" - <<'PYTHON'
import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

x = np.array([2.5, 7.5, 9, -9, 100], np.float32)


def cast_model(to: int) -> object:
    nodes = [helper.make_node("Cast", ["x"], ["q"], to=to), helper.make_node("Cast", ["q"], ["y"], to=TensorProto.FLOAT)]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in "xy"]
    return helper.make_model(helper.make_graph(nodes, "cast", ends[:1], ends[1:]),
                             opset_imports=[helper.make_opsetid("", 24)], ir_version=10)


def runtime(to: int) -> np.ndarray:
    session = onnxruntime.InferenceSession(cast_model(to).SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def reference(to: int) -> np.ndarray:
    return ReferenceEvaluator(cast_model(to)).run(None, {"x": x})[0]


seen = {
    "ONNX reference": reference(TensorProto.INT4),
    "ml_dtypes": x.astype(ml_dtypes.int4),
    "ONNX Runtime": runtime(TensorProto.INT4),
    "ONNX Runtime to int8": runtime(TensorProto.INT8),
    "JAX": jnp.asarray(x).astype(jnp.int4),
    "JAX, jitted": jax.jit(lambda v: v.astype(jnp.int4).astype(jnp.float32))(x),
}
expected = {
    "ONNX reference": [2, 7, -7, 7, 4],
    "ml_dtypes": [2, 7, -7, 7, 4],
    "ONNX Runtime": [3, -8, -7, 7, 4],
    "ONNX Runtime to int8": [2, 7, 9, -9, 100],
    "JAX": [2, 7, 7, -8, 7],
    "JAX, jitted": [2, 7, 7, -8, 7],
}
changed = False
for name, values in seen.items():
    found = [int(v) for v in np.asarray(values).astype(np.float32)]
    print(f"{name:22}", found, "" if found == expected[name] else f"CHANGED: it was {expected[name]}")
    changed = changed or found != expected[name]
raise SystemExit(changed)
PYTHON
