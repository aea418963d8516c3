#!/usr/bin/env bash
# Which keys survive a selection by score: equal scores, a NaN, and the two zeros. Seen on 2026-11-29 with onnx 1.23.2 (reference
# evaluator), onnxruntime 1.32.0, openvino 2026.4.1, jax 0.10.2 and mlx 0.32.4, each on the CPU.
#
#   scores                                onnx    onnxruntime  openvino            jax     mlx
#   64 rows of 64 scores out of 0, 1, 2: rows in which other keys are kept than those of the lowest places
#     top 1                               0       0            about 40            0       -
#     top 2                               0       0            0                   0       -
#     top 32                              0       0            about 60            0       -
#   1, NaN, 3, 2
#     the best of top-k, argmax           1, 1    1, 2         depends on place    1, 1    NaN, 1
#     max                                 NaN     3            3                   NaN     NaN
#   NaN, 1, 3, 2: max                     NaN     NaN          -                   NaN     NaN
#   -0, +0: the best of top-k, argmax     0, 0    0, 0         -                   1, 0    -
#   1, 3, 2: the values of top-k          3, 2    3, 2         3, 2                3, 2    2, 3: the best is last
#
# ONNX says of TopK that the lower place goes first among equals, and leaves NaN open. Quantised scores are full of equals: there a
# pruning engine cannot be checked by its keys against OpenVINO. In ONNX Runtime one NaN is the greatest to TopK, and is passed over
# by ArgMax and ReduceMax unless it comes first, so "subtract the maximum" and "keep the best" of one row look at other keys.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0 openvino==2026.4.1 jax==0.10.2 mlx==0.32.4 mlx-cpu==0.32.4
"$work/venv/bin/python" - <<'PYTHON'
import warnings

import jax
import mlx.core as mx
import numpy as np
import onnxruntime
import openvino
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

warnings.simplefilter("ignore")
onnxruntime.set_default_logger_severity(4)
core = openvino.Core()


def run(who: str, node: object, outputs: dict[str, int], x: np.ndarray, constant: int | None = None) -> list[np.ndarray]:
    ins = [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)]
    outs = [helper.make_tensor_value_info(name, to, None) for name, to in outputs.items()]
    constants = [] if constant is None else [helper.make_tensor("c", TensorProto.INT64, [1], [constant])]
    model = helper.make_model(helper.make_graph([node], "g", ins, outs, constants), opset_imports=[helper.make_opsetid("", 24)], ir_version=10)
    if who == "onnx":
        return ReferenceEvaluator(model).run(None, {"x": x})
    if who == "onnxruntime":
        return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})
    compiled = core.compile_model(core.read_model(model.SerializeToString()), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return list(compiled([x]).values())


def top(who: str, x: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    if who == "jax":
        values, places = jax.lax.top_k(x, k)
        return np.asarray(values), np.asarray(places)
    node = helper.make_node("TopK", ["x", "c"], ["v", "i"], axis=1)
    values, places = run(who, node, {"v": TensorProto.FLOAT, "i": TensorProto.INT64}, x, k)
    return values, places


def argmax(who: str, x: np.ndarray) -> list[int]:
    if who == "jax":
        return [int(v) for v in jax.numpy.argmax(x, axis=1)]
    return run(who, helper.make_node("ArgMax", ["x"], ["i"], axis=1, keepdims=0), {"i": TensorProto.INT64}, x)[0].tolist()


def greatest(who: str, x: np.ndarray) -> list[float]:
    if who == "jax":
        return [float(v) for v in jax.numpy.max(x, axis=1)]
    return run(who, helper.make_node("ReduceMax", ["x", "c"], ["m"], keepdims=0), {"m": TensorProto.FLOAT}, x, 1)[0].tolist()


checks: list[tuple[str, bool]] = []
equals = np.random.default_rng(3).integers(0, 3, (64, 64)).astype(np.float32)
for k in (1, 2, 32):
    kept = np.sort(np.argsort(-equals, axis=1, kind="stable")[:, :k], axis=1)
    other = {who: int((np.sort(top(who, equals, k)[1], axis=1) != kept).any(axis=1).sum()) for who in ("onnx", "onnxruntime", "jax", "openvino")}
    right = np.array_equal(top("openvino", equals, k)[0], -np.sort(-equals, axis=1)[:, :k])
    print(f"top {k}: rows with other keys", other)
    checks.append((f"top {k}: onnx, onnxruntime and jax keep the lowest places", not any(other[who] for who in ("onnx", "onnxruntime", "jax"))))
    checks.append((f"top {k}: openvino {'does' if k == 2 else 'does not'}", (other["openvino"] == 0) == (k == 2)))
    checks.append((f"top {k}: openvino's values are right", right))

second, first = np.array([[1, np.nan, 3, 2]], np.float32), np.array([[np.nan, 1, 3, 2]], np.float32)
zeros = np.array([[-0.0, 0.0]], np.float32)
places = {who: (int(top(who, second, 1)[1][0, 0]), argmax(who, second)[0]) for who in ("onnx", "onnxruntime", "jax")}
print("best of top-k and argmax of 1, NaN, 3, 2:", places)
checks.append(("onnxruntime alone has two answers", places == {"onnx": (1, 1), "onnxruntime": (1, 2), "jax": (1, 1)}))
maxima = {who: (*greatest(who, second), *greatest(who, first)) for who in ("onnx", "onnxruntime", "jax")}
print("max with NaN second, first:", maxima)
checks.append(("onnxruntime passes over a NaN that is not first", maxima["onnxruntime"][0] == 3 and np.isnan(maxima["onnxruntime"][1])))
checks.append(("onnx and jax do not", all(np.isnan(v) for who in ("onnx", "jax") for v in maxima[who])))
checks.append(("openvino passes over it", greatest("openvino", second) == [3.0]))
checks.append(("mlx does not", bool(np.isnan(mx.max(mx.array(second)).item())) and mx.argmax(mx.array(second)).item() == 1))
signs = {who: (int(top(who, zeros, 1)[1][0, 0]), argmax(who, zeros)[0]) for who in ("onnx", "onnxruntime", "jax")}
print("best of top-k and argmax of -0, +0:", signs)
checks.append(("jax alone sets +0 above -0, in top-k alone", signs == {"onnx": (0, 0), "onnxruntime": (0, 0), "jax": (1, 0)}))
ascending = np.array(mx.topk(mx.array([1.0, 3.0, 2.0]), 2)).tolist()
print("mlx, top 2 of 1, 3, 2:", ascending)
checks.append(("mlx gives the best last", ascending == [2.0, 3.0]))
for text, holds in checks:
    print("as seen:" if holds else "CHANGED:", text)
raise SystemExit(not all(holds for _, holds in checks))
PYTHON
