#!/usr/bin/env bash
# tract runs ONNX models on small machines. One node a model, all of which the checker passes. Seen on 2026-11-30 with tract 0.23.9, beside
# the definitions by hand and onnxruntime 1.32.0:
#
#   node, float32                                         tract               right
#   RNN, GRU with direction "reverse", inputs 1, 0        from the first on   from the last on
#   RNN with activations "Relu", input 3                  tanh(3) = 0.9951    3
#   RNN with clip 0.1, input 3                            0.9951              tanh(0.1) = 0.0997
#   Celu, alpha 2, of -1                                  -0.3935             2 * (exp(-0.5) - 1) = -0.7869
#   ConvTranspose, 2 x 2 kernel 1, 2, 3, 4 cut to 1 x 1   1                   4: the odd row and column go from the begin
#   LogSoftmax of 0, -1000                                0, -infinity        0, -1000
#   Softplus of 100                                       infinity            100
#   ReduceLogSumExp of 1000, 1000                         infinity            1000.6931
#   ReduceMax of -infinity                                -3.4028235e38       -infinity
#
# Nothing is said: RNN and GRU run another network, and a loss, a log-probability or the log-sum-exp that joins pieces of attention is
# infinite where its parts are far from it. Of the same nodes without these attributes, and of smaller inputs, both agree.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q tract==0.23.9 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cd "$work"
venv/bin/python -W ignore - <<'PYTHON' 2> errors.log
import math

import numpy as np
import onnx
import onnxruntime
import tract
from onnx import helper, numpy_helper

changed = False


def both(name: str, value: np.ndarray, seen: list[float], right: list[float], *weights: np.ndarray, **attributes: object) -> None:
    """What tract and ONNX Runtime give for one node of one input and constant weights, flat."""
    global changed
    constants = {f"w{i}": weight for i, weight in enumerate(weights)}
    node = helper.make_node(name, ["x", *constants], ["y"], **attributes)
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, value.shape)],
                              [helper.make_empty_tensor_value_info("y")], [numpy_helper.from_array(v, k) for k, v in constants.items()])
    model = onnx.shape_inference.infer_shapes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8))
    onnx.checker.check_model(model)
    onnx.save(model, "node.onnx")
    own = tract.onnx().load("node.onnx").into_model().into_runnable().run([value])[0].to_numpy()
    other = onnxruntime.InferenceSession("node.onnx", providers=["CPUExecutionProvider"]).run(None, {"x": value})[0]
    options = " ".join(f"{key} {option}" for key, option in attributes.items() if key != "hidden_size")
    for who, result, wanted in ((f"{name} {options}", own, seen), ("- ONNX Runtime", other, right)):
        found = np.ravel(result).astype(float).tolist()
        same = len(found) == len(wanted) and np.allclose(found, wanted, rtol=1e-4)
        print(f"{who:44}", [float(f"{v:.5g}") for v in found], "" if same else f"CHANGED: it was {wanted}")
        changed = changed or not same


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def gru(inputs: list[float]) -> list[float]:
    """All weights 1, no biases: the gates z, r and the candidate of each step, in the order of the inputs."""
    state, states = 0.0, []
    for x in inputs:
        gate = 1 / (1 + math.exp(-(x + state)))
        state = (1 - gate) * math.tanh(x + gate * state) + gate * state
        states.append(state)
    return states


def rnn(inputs: list[float]) -> list[float]:
    state, states = 0.0, []
    for x in inputs:
        state = math.tanh(x + state)
        states.append(state)
    return states


one, three = np.ones((1, 1, 1), np.float32), np.ones((1, 3, 1), np.float32)
steps, single = floats(1, 0).reshape(2, 1, 1), floats(3).reshape(1, 1, 1)
both("RNN", steps, rnn([1, 0]), rnn([1, 0]), one, one, hidden_size=1)
both("RNN", steps, rnn([1, 0]), rnn([0, 1])[::-1], one, one, hidden_size=1, direction="reverse")
both("GRU", steps, gru([1, 0]), gru([1, 0]), three, three, hidden_size=1)
both("GRU", steps, gru([1, 0]), gru([0, 1])[::-1], three, three, hidden_size=1, direction="reverse")
both("RNN", single, [math.tanh(3)], [3], one, one, hidden_size=1, activations=["Relu"])
both("RNN", single, [math.tanh(3)], [math.tanh(0.1)], one, one, hidden_size=1, clip=0.1)
both("Celu", floats(-1, -5), [math.exp(-0.5) - 1, math.exp(-2.5) - 1], [2 * (math.exp(-0.5) - 1), 2 * (math.exp(-2.5) - 1)], alpha=2.0)
kernel = floats(1, 2, 3, 4).reshape(1, 1, 2, 2)
both("ConvTranspose", np.ones((1, 1, 1, 1), np.float32), [1, 2, 3, 4], [1, 2, 3, 4], kernel)
both("ConvTranspose", np.ones((1, 1, 1, 1), np.float32), [1], [4], kernel, output_shape=[1, 1])
both("LogSoftmax", floats(0, -1000), [0, -math.inf], [0, -1000])
both("Softplus", floats(100, 1), [math.inf, math.log1p(math.e)], [100, math.log1p(math.e)])
both("ReduceLogSumExp", floats(1000, 1000), [math.inf], [1000 + math.log(2)], keepdims=0)
both("ReduceMax", floats(-math.inf, -math.inf), [float(np.finfo(np.float32).min)], [-math.inf], keepdims=0)
raise SystemExit(changed)
PYTHON
