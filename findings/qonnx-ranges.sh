#!/usr/bin/env bash
# qonnx' range_analysis tells which values the tensors of a model take, from which accumulators and thresholds are sized for FINN. The
# bounds are not bounds. Seen on 2026-11-30 with qonnx 1.0.0, beside the values that its own execute_onnx makes of inputs within range:
#
#   model                                                 input      said                  a value
#   3 x 3 convolution of ones, padded with zeros          1 to 2     9 to 18               4, at a corner
#   MatMul by diag(1, 1, 100), then Relu, of 1 x 2 x 3    0 to 1     0 to 1                100: the third feature's bound is
#     (of 1 x 3 x 3, of 1 x 3 and the MatMul itself)                 (0 to 100)              lost, the first two's are the tokens'
#   1 x 1 convolution of ones in two groups, channels     0 to 1     2, 20, 200, 2000      11, 11, 1100, 1100
#     scaled by 1, 10, 100 and 1000: the upper bounds
#   x * x                                                 -2 to 4    4 to 16               0
#   1 / x                                                 -2 to 4    -0.5 to 0.25          2
#
# and of its data types, which the costs and FINN's memories are counted by:
#
#   FIXED<8,4>, 8 bits                      get_num_possible_values() is 16, not 256; INT8's is 256
#   FLOAT<4,3,0>, bias 0, largest 61440     read as bias 7, largest 480; with bias 1 it is 30720
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q qonnx==1.0.0 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cd "$work"
venv/bin/python -W ignore - <<'PYTHON'
import numpy as np
from onnx import helper, numpy_helper, parser
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes
from qonnx.util.range_analysis import range_analysis

F32 = np.float32
changed = False


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:36}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


def compared(name: str, text: str, low: float, high: float, at: np.ndarray, said: tuple, values: list, **initializers) -> None:
    """The bounds that are said of y for inputs of low to high, and the least and the largest of each channel at one such input."""
    graph = parser.parse_graph(f"g {text}")
    graph.initializer.extend(numpy_helper.from_array(np.asarray(value, F32), key) for key, value in initializers.items())
    made = ModelWrapper(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)).transform(InferShapes())
    assert low <= at.min() and at.max() <= high
    bounds = range_analysis(made, irange=(float(low), float(high)), report_mode="range")["y"]
    report(name, tuple(np.asarray(bound, float).tolist() for bound in bounds), said)
    y = execute_onnx(made, {"x": at.astype(F32)})["y"]
    report("- values", sorted(set(np.ravel(y).tolist())), values)


ones = np.ones
compared("convolution, padded", "(float[1,1,4,4] x) => (float[1,1,4,4] y) { y = Conv<kernel_shape=[3,3],pads=[1,1,1,1]>(x, w) }",
         1, 2, ones((1, 1, 4, 4)), (9, 18), [4, 6, 9], w=ones((1, 1, 3, 3)))
scaled = np.diag([1, 1, 100])
for shape, said in (((1, 1, 3), (0, 1)), ((1, 2, 3), (0, 1)), ((1, 3, 3), ([0, 0, 0], [1, 1, 100])), ((1, 3), ([0, 0, 0], [1, 1, 100]))):
    kind = f"float[{','.join(map(str, shape))}]"
    compared(f"MatMul, Relu, {kind}", f"({kind} x) => ({kind} y) {{ h = MatMul(x, w)  y = Relu(h) }}",
             0, 1, ones(shape), said, [1, 100], w=scaled)
compared("MatMul, 2 tokens", "(float[1,2,3] x) => (float[1,2,3] y) { y = MatMul(x, w) }",
         0, 1, ones((1, 2, 3)), ([0, 0, 0], [1, 1, 100]), [1, 100], w=scaled)
compared("convolution, two groups",
         "(float[1,4,1,1] x) => (float[1,4,1,1] y) { h = Mul(x, c)  y = Conv<kernel_shape=[1,1],pads=[0,0,0,0],group=2>(h, w) }",
         0, 1, ones((1, 4, 1, 1)), ([0, 0, 0, 0], [2, 20, 200, 2000]), [11, 1100], w=ones((4, 2, 1, 1)),
         c=np.array([1, 10, 100, 1000]).reshape(1, 4, 1, 1))
compared("x * x", "(float[1,3] x) => (float[1,3] y) { y = Mul(x, x) }", -2, 4, np.array([[0, -2, 4]]), (4, 16), [0, 4, 16])
compared("1 / x", "(float[1,3] x) => (float[1,3] y) { y = Div(one, x) }", -2, 4, np.array([[0.5, -2, 4]]), (-0.5, 0.25), [-0.5, 0.25, 2],
         one=1)
compared("x * 3", "(float[1,3] x) => (float[1,3] y) { y = Mul(x, c) }", -2, 4, np.array([[0, -2, 4]]), (-6, 12), [-6, 0, 12], c=3)

fixed = DataType["FIXED<8,4>"]
eighths = np.arange(-128, 128) / 16
report("FIXED<8,4>: values, allowed ones", (fixed.get_num_possible_values(), int(fixed.allowed(eighths).sum())), (16, 256))
report("INT8: values", DataType["INT8"].get_num_possible_values(), 256)
for bias, said in ((0, 480), (1, 30720), (7, 480)):
    report(f"FLOAT<4,3,{bias}>: largest", DataType[f"FLOAT<4,3,{bias}>"].max(), said)
    print(f"{'- by its fields':36}", 1.875 * 2.0 ** (15 - bias))
raise SystemExit(changed)
PYTHON
