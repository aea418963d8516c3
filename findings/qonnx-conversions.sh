#!/usr/bin/env bash
# qonnx turns quantised ONNX models into its own Quant nodes and back, for FINN and hls4ml. Seen on 2026-11-30 with qonnx 1.0.0, each
# model before and after a transformation in its own execute_onnx (ONNX Runtime 1.32.0), and by exact integers:
#
#   QCDQToQuant, QuantizeLinear, Clip, DequantizeLinear       before                  after
#   uint8 clipped to 0 to 10                                  0 to 10                 0 to 15: the bits for 11 values
#   int8 clipped to 0 to 15, an activation                    0 to 15                 -8 to 7: as many values, with a sign
#   int8 clipped to -5 to 5                                   -5 to 5                 -7 to 7
#   uint8 weights 5 and 200, zero point 128                   -123, 72                127, 72: 5 - 128 in 8 bits
#   int8 weights [[1, 2], [3, 4]], a scale a row: 1, 10       [[1, 2], [30, 40]]      [[1, 20], [0, 40]]
#   activations of 2 x 1 x 2, a scale a channel, axis left    channels of 14 and 10   columns of 14 and 10
#     to its default, 1; given as 1, right
#   QuantToQCDQ
#   Quant of 8 bits, unsigned, narrow (4 bits: right)         0 to 254                0 to 255
#   RemoveIdentityOps
#   a, b = Split(x), only b used, in b * 1                    b                       a
#   x + zeros of three rows                                   three rows              one
#
# No error, and no warning but ONNX Runtime's of the last shape. Ranges of a power of two about or from 0 are right.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q qonnx==1.0.0 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cd "$work"
venv/bin/python -W ignore - <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import helper, numpy_helper, parser
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes
from qonnx.transformation.qcdq_to_qonnx import QCDQToQuant
from qonnx.transformation.qonnx_to_qcdq import QuantToQCDQ
from qonnx.transformation.remove import RemoveIdentityOps

onnxruntime.set_default_logger_severity(3)
F32 = np.float32
changed = False


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:46}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


def model(text: str, **initializers: np.ndarray) -> ModelWrapper:
    graph = parser.parse_graph(f"g {text}")
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in initializers.items())
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("qonnx.custom_op.general", 1)]
    return ModelWrapper(helper.make_model(graph, opset_imports=opsets, ir_version=8)).transform(InferShapes())


def both(made: ModelWrapper, transformation, x: np.ndarray) -> tuple[list, list]:
    output = made.graph.output[0].name
    before = execute_onnx(made, {"x": x})[output].tolist()
    after = execute_onnx(made.transform(transformation).transform(InferShapes()), {"x": x})[output].tolist()
    return before, after


def clipped(kind: type, low: int, high: int, seen: tuple[int, int]) -> None:
    """A row of integers from -20 to 20; before it must be what a clip is, after what a clip to seen would be."""
    row = np.arange(-20, 21)
    made = model("(float[1,41] x) => (float[1,41] y) { q = QuantizeLinear(x, s, z)  c = Clip(q, l, h)  y = DequantizeLinear(c, s, z) }",
                 s=np.array(1, F32), z=np.array(0, kind), l=np.array(low, kind), h=np.array(high, kind))
    before, after = both(made, QCDQToQuant(), row.astype(F32)[None])
    assert before == [row.clip(low, high).tolist()]
    report(f"QCDQ {kind.__name__}, {low} to {high}", (min(after[0]), max(after[0])), seen)
    report("- as that clip", after == [row.clip(*seen).tolist()], True)


def weights(values: np.ndarray, scale: list, zero: list | int, axis: str, right: list, seen: list) -> None:
    made = model(f"(float[2,2] x) => (float[2,2] y) {{ d = DequantizeLinear{axis}(w, s, z)  y = MatMul(x, d) }}",
                 w=values, s=np.array(scale, F32), z=np.array(zero, values.dtype))
    report(f"weights {values.tolist()}", both(made, QCDQToQuant(), np.eye(2, dtype=F32)), (right, seen))


clipped(np.uint8, 0, 10, (0, 15))
clipped(np.int8, 0, 15, (-8, 7))
clipped(np.int8, -5, 5, (-7, 7))
clipped(np.int8, -8, 7, (-8, 7))
clipped(np.uint8, 0, 15, (0, 15))
weights(np.array([[5, 128], [130, 200]], np.uint8), 1, 128, "", [[-123, 0], [2, 72]], [[127, 0], [2, 72]])
weights(np.array([[1, 2], [3, 4]], np.int8), [1, 10], [0, 0], "<axis=0>", [[1, 2], [30, 40]], [[1, 20], [0, 40]])
weights(np.array([[1, 2], [3, 4]], np.int8), [1, 10], [0, 0], "<axis=1>", [[1, 20], [3, 40]], [[1, 20], [3, 40]])
for axis, seen in (("", [14, 10, 14, 10]), ("<axis=1>", [14, 14, 10, 10])):
    made = model(f"(float[1,2,1,2] x) => (float[1,2,1,2] y) {{ q = QuantizeLinear{axis}(x, s, z)  y = DequantizeLinear{axis}(q, s, z) }}",
                 s=np.array([1, 10], F32), z=np.zeros(2, np.int8))
    flat = [np.ravel(values).tolist() for values in both(made, QCDQToQuant(), np.full((1, 2, 1, 2), 14, F32))]
    report(f"a scale a channel {axis}", flat, [[14, 14, 10, 10], seen])

for bits, top, seen in ((8, 254, 255), (4, 14, 14)):
    made = model("(float[1,2] x) => (float[1,2] y) { y = qonnx.custom_op.general.Quant<signed=0,narrow=1>(x, s, z, b) }",
                 s=np.array(1, F32), z=np.array(0, F32), b=np.array(bits, F32))
    report(f"Quant of {bits} bits, unsigned, narrow", both(made, QuantToQCDQ(), np.array([[-300, 300]], F32)), ([[0, top]], [[0, seen]]))

made = model("(float[1,4] x) => (float[1,2] y) { a, b = Split<axis=1>(x, sizes)  c = Mul(b, one)  y = Relu(c) }",
             sizes=np.array([2, 2]), one=np.array(1, F32))
report("Split, b * 1", both(made, RemoveIdentityOps(), np.array([[1, 2, 3, 4]], F32)), ([[3, 4]], [[1, 2]]))
made = model("(float[1,2] x) => (float[3,2] y) { c = Add(x, zeros)  y = Relu(c) }", zeros=np.zeros((3, 2), F32))
report("x + zeros of three rows", both(made, RemoveIdentityOps(), np.array([[1, 2]], F32)), ([[1, 2]] * 3, [[1, 2]]))
raise SystemExit(changed)
PYTHON
