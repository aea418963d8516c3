#!/usr/bin/env bash
# Two optimizers of ONNX models, as they come, on models that the checker passes and that ONNX Runtime runs. Seen on 2026-11-30 with
# onnxscript 0.7.2, onnxoptimizer 0.4.2 (its fusions and eliminations), onnx 1.23.2 and onnxruntime 1.32.0 without its own:
#
#   model                                              before           after
#   onnxscript.optimizer.optimize
#   Relu(Clip(x, -3, -1))                              0                -1: a Relu gives a negative
#   Clip(Clip(x, 0, 1), 5, 6)                          5                1
#   ScatterND, reduction "add", of updates 10, 20      x + 10, x + 20   10, 20: x is lost where all rows are indexed
#   Pad by 0, ConvInteger of zero point 3 (2 x 2, 5s)  -7               8: the pads become those of the convolution, 3
#   MaxPool of a constant, pads 1, 1, 0, 0             4 x 4            5 x 3: folded by ONNX's reference evaluator
#   Hardmax of a constant 1 x 2 x 2, opset 11          1, 0, 0, 0       1, 1, 0, 0: the same
#   onnxoptimizer.optimize
#   MaxPool(Pad(x by 0)), x = -1                       0                -1: padding of a pool is -infinity
#   AveragePool with pads, of Pad(x by 0), ones        0.25             0.1111
#   Reshape(Reshape(x: 2 x 3 to 3 x 2) to 0, -1)       3 x 2            2 x 3: a 0 copies the other input's
#
# Neither says a word; ONNX Runtime's own optimisations keep every value here, and onnxsim 0.8.1 and onnxslim 0.1.98 do too.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q onnxscript==0.7.2 onnx-ir==1.1.0 onnxoptimizer==0.4.2 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6 \
  onnxsim==0.8.1 onnxslim==0.1.98
cd "$work"
venv/bin/python -W ignore - <<'PYTHON' 2> errors.log
import contextlib
import io

import numpy as np
import onnx
import onnxoptimizer
import onnxruntime
import onnxscript.optimizer
import onnxsim
import onnxslim
from onnx import helper, numpy_helper

changed = False


def result(model: onnx.ModelProto, value: np.ndarray, optimised: bool = False) -> tuple[list[int], list[float]]:
    options = onnxruntime.SessionOptions()
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimised else level.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    y = session.run(["y"], {"x": value})[0]
    return list(y.shape), [float(f"{v:.4g}") for v in y.ravel()[:6].tolist()]


def slimmed(model: onnx.ModelProto) -> onnx.ModelProto:
    with contextlib.redirect_stdout(io.StringIO()):
        return onnxslim.slim(model)


TOOLS = {"onnxscript": onnxscript.optimizer.optimize, "onnxsim": lambda model: onnxsim.simplify(model)[0], "onnxslim": slimmed,
         "onnxoptimizer": lambda model: onnxoptimizer.optimize(model, onnxoptimizer.get_fuse_and_elimination_passes())}


def compared(name: str, value: np.ndarray, nodes: list, constants: dict, tool: str, before: tuple, after: tuple, opset: int = 21) -> None:
    """What the model gives as it is, as the tool named leaves it, and that the other tools keep the values."""
    global changed
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)],
                              [helper.make_empty_tensor_value_info("y")], [numpy_helper.from_array(v, k) for k, v in constants.items()])
    model = onnx.shape_inference.infer_shapes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8))
    onnx.checker.check_model(model)
    found = {"": result(model, value), "ONNX Runtime's": result(model, value, optimised=True)}
    for key, optimise in TOOLS.items():
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        found[key] = result(optimise(copy), value)
    for key, seen in found.items():
        wanted = after if key == tool else before
        if key in ("", tool) or seen != wanted:
            print(f"{name if key == '' else '- by ' + key:44}", *seen, "" if seen == wanted else f"CHANGED: it was {wanted}")
        changed = changed or seen != wanted


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def scalar(value: float, kind: type = np.float32) -> np.ndarray:
    return np.array(value, kind)


def whole(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


node, line = helper.make_node, floats(-5, 2, 9)
compared("Relu(Clip(x, -3, -1))", line, [node("Clip", ["x", "low", "high"], ["a"]), node("Relu", ["a"], ["y"])],
         {"low": scalar(-3), "high": scalar(-1)}, "onnxscript", ([3], [0, 0, 0]), ([3], [-1, -1, -1]))
compared("Clip(Clip(x, 0, 1), 5, 6)", line, [node("Clip", ["x", "a", "b"], ["z"]), node("Clip", ["z", "c", "d"], ["y"])],
         {"a": scalar(0), "b": scalar(1), "c": scalar(5), "d": scalar(6)}, "onnxscript", ([3], [5, 5, 5]), ([3], [1, 1, 1]))
compared("ScatterND, add", floats(1, 2), [node("ScatterND", ["x", "at", "updates"], ["y"], reduction="add")],
         {"at": whole(0, 1).reshape(2, 1), "updates": floats(10, 20)}, "onnxscript", ([2], [11, 22]), ([2], [10, 20]))
around = whole(0, 0, 1, 1, 0, 0, 1, 1)
compared("ConvInteger(Pad(x)), zero point 3", np.full((1, 1, 2, 2), 5, np.uint8),
         [node("Pad", ["x", "around"], ["a"]), node("ConvInteger", ["a", "w", "zero"], ["y"])],
         {"around": around, "w": np.ones((1, 1, 3, 3), np.uint8), "zero": scalar(3, np.uint8)}, "onnxscript",
         ([1, 1, 2, 2], [4 * (5 - 3) + 5 * (0 - 3)] * 4), ([1, 1, 2, 2], [4 * (5 - 3)] * 4))
image = np.arange(1, 17, dtype=np.float32).reshape(1, 1, 4, 4)
compared("x + MaxPool(constant), pads 1, 1, 0, 0", floats(0),
         [node("MaxPool", ["c"], ["a"], kernel_shape=[2, 2], pads=[1, 1, 0, 0]), node("Add", ["x", "a"], ["y"])], {"c": image}, "onnxscript",
         ([1, 1, 4, 4], [1, 2, 3, 4, 5, 6]), ([1, 1, 5, 3], [2, 3, 4, 6, 7, 8]))
compared("x + Hardmax(constant), opset 11", floats(0), [node("Hardmax", ["c"], ["a"], axis=1), node("Add", ["x", "a"], ["y"])],
         {"c": floats(1, 1, 0, 0).reshape(1, 2, 2)}, "onnxscript", ([1, 2, 2], [1, 0, 0, 0]), ([1, 2, 2], [1, 1, 0, 0]), opset=11)
tile = np.ones((1, 1, 2, 2), np.float32)
compared("MaxPool(Pad(-1))", -tile, [node("Pad", ["x", "around"], ["a"]), node("MaxPool", ["a"], ["y"], kernel_shape=[3, 3])],
         {"around": around}, "onnxoptimizer", ([1, 1, 2, 2], [0] * 4), ([1, 1, 2, 2], [-1] * 4))
compared("AveragePool(Pad(1)), pads 1", tile,
         [node("Pad", ["x", "around"], ["a"]), node("AveragePool", ["a"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])], {"around": around},
         "onnxoptimizer", ([1, 1, 4, 4], [0.25, 0.3333, 0.3333, 0.25, 0.3333, 0.4444]), ([1, 1, 4, 4], [0.1111, 0.2222, 0.2222, 0.1111, 0.2222, 0.4444]))
compared("Reshape(Reshape(2 x 3 to 3 x 2) to 0, -1)", np.arange(6, dtype=np.float32).reshape(2, 3),
         [node("Reshape", ["x", "one"], ["a"]), node("Reshape", ["a", "other"], ["y"])], {"one": whole(3, 2), "other": whole(0, -1)},
         "onnxoptimizer", ([3, 2], [0, 1, 2, 3, 4, 5]), ([2, 3], [0, 1, 2, 3, 4, 5]))
raise SystemExit(changed)
PYTHON
