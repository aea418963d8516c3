#!/usr/bin/env bash
# A double cast to bf16, fp16 or fp8 is rounded twice by most libraries: to fp32, where a value just off the middle of two of the
# narrow format becomes that middle, and then to even. Right, by fractions and by gfloat, are 1 + one step. Seen on 2026-11-29 with
# ml_dtypes 0.6.0, numpy 2.4.6, jax 0.10.2, onnx 1.23.2 (reference evaluator), onnxruntime 1.32.0 and openvino 2026.4.1 (CPU, f32):
#
#   1 + half a step + 2**-40 in      bf16        fp16        fp8 e4m3fn   fp8 e5m2
#   right, gfloat 0.5.2              1.0078125   1.0009766   1.125        1.25
#   ml_dtypes, an array's astype     1           (numpy's)   1            1
#   ml_dtypes, the type called       1           (numpy's)   1.125        1.25
#   numpy, astype                    -           1.0009766   -            -
#   jax, astype under jit            1           1           1.125        1.25
#   onnx, Cast                       1           1.0009766   1            1
#   onnxruntime, Cast                1           1           1            1
#   openvino, Cast and back          1           1.0004883   1            1
#
# ml_dtypes gives a value and an array of the same value two fp8 numbers (its narrower formats too: 1.25 + 2**-40 in float4_e2m1fn is
# 1 in an array and 1.5 alone), jax's are right for fp8 and wrong for fp16, and openvino's 1.0004883 is no fp16: the cast is left out.
# Integers go the same way: 2**40 + 2**32 + 1 in bf16 is 1.0078125 * 2**40, and 2**40 to all that have the cast. A step to
# fp32 that rounds to odd, in place of to even, makes the second rounding right.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numpy==2.4.6 ml_dtypes==0.6.0 gfloat==0.5.2 jax==0.10.2 jaxlib==0.10.2 onnx==1.23.2 onnxruntime==1.32.0 \
  openvino==2026.4.1
JAX_ENABLE_X64=1 "$work/venv/bin/python" - <<'PYTHON'
from fractions import Fraction

import gfloat
import gfloat.formats as formats
import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import onnx
import onnxruntime
import openvino
from onnx import helper
from onnx.reference import ReferenceEvaluator

DOUBLE, INT64 = onnx.TensorProto.DOUBLE, onnx.TensorProto.INT64
KINDS = {  # ONNX's name, NumPy's type, gfloat's format, bits of the fraction
    "bf16": ("BFLOAT16", ml_dtypes.bfloat16, formats.format_info_bfloat16, 7),
    "fp16": ("FLOAT16", np.float16, formats.format_info_binary16, 10),
    "e4m3": ("FLOAT8E4M3FN", ml_dtypes.float8_e4m3fn, formats.format_info_ocp_e4m3, 3),
    "e5m2": ("FLOAT8E5M2", ml_dtypes.float8_e5m2, formats.format_info_ocp_e5m2, 2),
}


def rounded(value: Fraction, bits: int) -> float:
    """The nearest of 1 and its neighbours with that many bits of fraction, ties to even; value is in [1, 2)."""
    return float(Fraction(round(value * 2**bits), 2**bits))


def casts(name: str, source: int, value: np.ndarray) -> tuple[float, float, float]:
    """ONNX's Cast to the type and back, by its reference, ONNX Runtime and OpenVINO."""
    nodes = [helper.make_node("Cast", ["x"], ["m"], to=getattr(onnx.TensorProto, name)), helper.make_node("Cast", ["m"], ["y"], to=DOUBLE)]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", source, [1])], [helper.make_tensor_value_info("y", DOUBLE, [1])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    written = model.SerializeToString()
    compiled = openvino.compile_model(openvino.Core().read_model(written), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return (float(ReferenceEvaluator(model).run(None, {"x": value})[0][0]),
            float(onnxruntime.InferenceSession(written).run(None, {"x": value})[0][0]), float(compiled([value])[0][0]))


ONE = {"right": 1, "gfloat": 1, "array": 0, "alone": 0, "jax": 0, "onnx": 0, "ort": 0, "openvino": 0}  # steps above 1
expected = {"bf16": ONE, "fp16": ONE | {"array": 1, "alone": 1, "onnx": 1, "openvino": 0.5},
            "e4m3": ONE | {"alone": 1, "jax": 1}, "e5m2": ONE | {"alone": 1, "jax": 1}}
changed = False


def report(name: str, found: dict[str, float], wanted: dict[str, float]) -> None:
    global changed
    same = found == wanted
    print(f"{name:6}", found, "" if same else f"CHANGED: it was {wanted}")
    changed = changed or not same


for name, (onnx_name, dtype, info, bits) in KINDS.items():
    x = 1 + 2.0**-(bits + 1) + 2.0**-40
    reference, ort, ov = casts(onnx_name, DOUBLE, np.array([x]))
    values = {"right": rounded(Fraction(x), bits), "gfloat": gfloat.round_float(info, x), "array": float(np.array([x]).astype(dtype)[0]),
              "alone": float(dtype(x)), "jax": float(jax.jit(lambda v: v.astype(dtype))(jnp.asarray(x, jnp.float64))), "onnx": reference,
              "ort": ort, "openvino": ov}
    report(name, {who: round((value - 1) * 2**bits, 3) for who, value in values.items()}, expected[name])
x = 1.25 + 2.0**-40
fp4 = ml_dtypes.float4_e2m1fn
report("fp4", {"array": float(np.array([x]).astype(fp4)[0]), "alone": float(fp4(x))}, {"array": 1.0, "alone": 1.5})
whole = 2**40 + 2**32 + 1
reference, ort, ov = casts("BFLOAT16", INT64, np.array([whole]))
found = {"right": rounded(Fraction(whole, 2**40), 7), "array": float(np.array([whole]).astype(ml_dtypes.bfloat16)[0]) / 2**40,
         "jax": float(jnp.asarray(whole).astype(jnp.bfloat16)) / 2**40, "onnx": reference / 2**40, "ort": ort / 2**40, "openvino": ov / 2**40}
report("int64", found, {"right": 1.0078125, "array": 1.0, "jax": 1.0, "onnx": 1.0, "ort": 1.0, "openvino": 1.0})
raise SystemExit(changed)
PYTHON
