#!/usr/bin/env bash
# The reference evaluator of ONNX is what other runtimes are compared with. What it says of models that the checker passes, seen on
# 2026-11-30 with onnx 1.23.2, beside onnxruntime 1.32.0 and the operator's definition by hand:
#
#   model                                              onnx.reference               onnxruntime, and right
#   MaxPool 2 x 2 of 4 x 4, pads 1, 1, 0, 0            5 x 3                        4 x 4: pads are begins, then ends
#   - 3 x 3, pads 1, 0, 1, 0                           3 x 3                        4 x 2
#   - 2 x 2 of 1 to 16: Indices of 6, 7, 8 ...         4, 5, 6 ... (5, 6, 7)        5, 6, 7 ...
#   LSTM, GRU, RNN of 3 steps, sequence_lens 2         3 steps, Y_h of the third    2, then zeros; Y_h of the second
#   RNN with clip 0.1, of an input of 5                tanh(5) = 0.9999             tanh(0.1) = 0.0997
#   LSTM with activations HardSigmoid, Relu, Softsign  those of Sigmoid, Tanh       as asked for
#   Softmax of opset 11, 1 x 2 x 2, axis 1: 0, 0 ...   0.5 each                     0.25 each: axes from 1 on are one
#   LRN of a batch of 1, 4 channels                    the last 3 as they came      all normalised
#   LpNormalization, p = 1, of 1, -3                   -0.5, 1.5                    0.25, -0.75
#   LpPool 2 x 2, stride 2, ceil_mode, of 3 x 3 ones   2 everywhere                 1 in the corner, where one is left
#   BatchNormalization of opset 9: x = 6, mean 1       4.29, by the batch's mean    5
#
# Nothing is said. As an oracle it fails a right pooling unit and passes one that ignores lengths; two sources find that.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cd "$work"
venv/bin/python -W ignore - <<'PYTHON' 2> errors.log
import math

import numpy as np
import onnx
import onnxruntime
from onnx import helper
from onnx.reference import ReferenceEvaluator

changed = False


def report(name: str, found: list, wanted: list) -> None:
    global changed
    same = np.shape(found) == np.shape(wanted) and np.allclose(found, wanted, rtol=1e-3, atol=1e-4)
    print(f"{name:46}", np.round(found, 4).tolist(), "" if same else f"CHANGED: it was {wanted}")
    changed = changed or not same


def both(name: str, inputs: list, seen: list, right: list, opset: int = 21, output: int = 0, shape: bool = False, **attributes: object) -> None:
    """One node: what the evaluator and ONNX Runtime give as one of its outputs, flat, or the shape of it."""
    given = {f"x{i}": value for i, value in enumerate(inputs) if value is not None}
    outputs = [f"y{i}" for i in range(output + 1)]
    node = helper.make_node(name, [f"x{i}" if value is not None else "" for i, value in enumerate(inputs)], outputs, **attributes)
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info(key, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
                                            for key, value in given.items()], [helper.make_empty_tensor_value_info(key) for key in outputs])
    model = onnx.shape_inference.infer_shapes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8))
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    label = f"{name} {' '.join(f'{key} {value}' for key, value in attributes.items() if key not in ('kernel_shape', 'hidden_size'))}"
    for who, results, wanted in ((label[:46], ReferenceEvaluator(model).run(None, given), seen), ("- ONNX Runtime", session.run(None, given), right)):
        report(who, list(results[output].shape)[2:] if shape else np.ravel(results[output]).tolist(), wanted)


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


image = np.arange(1, 17, dtype=np.float32).reshape(1, 1, 4, 4)
both("MaxPool", [image], [5, 3], [4, 4], opset=22, shape=True, kernel_shape=[2, 2], pads=[1, 1, 0, 0])
both("MaxPool", [image], [3, 5], [4, 4], opset=22, shape=True, kernel_shape=[2, 2], pads=[0, 0, 1, 1])
both("MaxPool", [image], [3, 3], [4, 2], opset=22, shape=True, kernel_shape=[3, 3], pads=[1, 0, 1, 0])
largest = [6, 7, 8, 10, 11, 12, 14, 15, 16]
both("MaxPool", [image], largest, largest, opset=22, kernel_shape=[2, 2])
at = [int(np.ravel(image).tolist().index(value)) for value in largest]
both("MaxPool", [image], [index - 1 for index in at], at, opset=22, output=1, kernel_shape=[2, 2])

one, steps = np.ones((1, 1, 1), np.float32), np.ones((3, 1, 1), np.float32)
short = np.array([2], np.int32)


def rnn(count: int) -> list[float]:
    """h = tanh(x + h), of ones."""
    states = [0.0]
    for _ in range(count):
        states.append(math.tanh(1 + states[-1]))
    return states[1:]


both("RNN", [steps, one, one, None, None], rnn(3), rnn(3), hidden_size=1)
both("RNN", [steps, one, one, None, short], rnn(3), rnn(2) + [0], hidden_size=1)
both("RNN", [steps, one, one, None, short], rnn(3)[-1:], rnn(2)[-1:], hidden_size=1, output=1)
both("RNN", [5 * steps[:1], one, one], [math.tanh(5)], [math.tanh(0.1)], hidden_size=1, clip=0.1)
gates = np.ones((1, 4, 1), np.float32)


def lstm(count: int, f: object, g: object, h: object) -> list[float]:
    """All weights 1, no biases: the four gates have one sum."""
    outputs, state, cell = [], 0.0, 0.0
    for _ in range(count):
        total = 1 + state
        cell = f(total) * cell + f(total) * g(total)
        state = f(total) * h(cell)
        outputs.append(state)
    return outputs


usual = (lambda x: 1 / (1 + math.exp(-x)), math.tanh, math.tanh)
asked = (lambda x: min(1, max(0, 0.2 * x + 0.5)), lambda x: max(0, x), lambda x: x / (1 + abs(x)))
both("LSTM", [steps, gates, gates, None, short], lstm(3, *usual), lstm(2, *usual) + [0], hidden_size=1)
both("LSTM", [steps, gates, gates], lstm(3, *usual), lstm(3, *asked), hidden_size=1, activations=["HardSigmoid", "Relu", "Softsign"])

square = np.zeros((1, 2, 2), np.float32)
both("Softmax", [square], [0.5] * 4, [0.25] * 4, opset=11, axis=1)
both("Hardmax", [square + np.array([[1, 0], [0, 0]], np.float32)], [1, 1, 0, 0], [1, 0, 0, 0], opset=11, axis=1)
channels = [2, 4, 4, -3]
norms = [sum(channels[k] ** 2 for k in range(max(0, c - 1), min(4, c + 2))) for c in range(4)]
normal = [value / (1 + norm / 3) for value, norm in zip(channels, norms)]
both("LRN", [floats(*channels).reshape(1, 4, 1, 1)], normal[:1] + channels[1:], normal, size=3, alpha=1.0, beta=1.0)
both("LpNormalization", [floats(1, -3).reshape(2, 1)], [-0.5, 1.5], [0.25, -0.75], axis=0, p=1)
both("LpPool", [np.ones((1, 1, 3, 3), np.float32)], [2] * 4, [2, 1.4142, 1.4142, 1], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1, p=2)
both("BatchNormalization", [floats(1, 2, 3, 6).reshape(4, 1, 1), floats(1), floats(0), floats(1), floats(1)], [-0.1789, 0.7155, 1.61, 4.2932], [0, 1, 2, 5], opset=9)
raise SystemExit(changed)
PYTHON
