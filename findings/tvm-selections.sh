#!/usr/bin/env bash
# TVM's Relax operators on a CPU, compiled as they are and from ONNX models that the checker passes. Seen on 2026-11-30 with apache-tvm
# 0.27.0.post1, beside NumPy 2.4.6, exact sums and the evaluator of onnx 1.23.2:
#
#   operation, input                                            TVM                right
#   argmax of [0, 0] in uint8, argmin of [255, 255]             -1, -1             0, 0
#   argmax of [-inf, -inf], of two int8 of -128; also ONNX's    -1, -1             0, 0
#   max of [-inf, -inf]; ONNX's ReduceMax and MaxPool           -3.4028235e38      -inf
#   mean of [100, 100, 101] in int8, whose type becomes int64   15                 100 (and a third)
#   log_add_exp(1000, 1000), which is there for such            inf                1000.6931
#   clip of NaN to 0..6                                         6                  NaN
#   floor_mod(-7, inf), of floats                               NaN                inf
#   ONNX's IsInf with detect_negative = 0, of -inf              true               false
#
# Nothing is said. Classes of pixels where nothing was found are -1, which indexes from the end, and the maximum of a row of scores that a
# mask has filled is the lowest float, which a test for -inf does not find.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q apache-tvm==0.27.0.post1 numpy==2.4.6 onnx==1.23.2
cd "$work"
venv/bin/python -W ignore - <<'PYTHON' 2> errors.log
import math
from collections.abc import Callable

import numpy as np
import onnx
import tvm
from onnx import helper
from onnx.reference import ReferenceEvaluator
from tvm import relax
from tvm.relax.frontend.onnx import from_onnx

INF, NAN = math.inf, math.nan
LOWEST = float(np.finfo(np.float32).min)
changed = False


def report(name: str, found: list, wanted: list) -> None:
    global changed
    same = len(found) == len(wanted) and all(x == y or (x != x and y != y) for x, y in zip(found, wanted))
    print(f"{name:46}", found, "" if same else f"CHANGED: it was {wanted}")
    changed = changed or not same


def compiled(module: tvm.IRModule, inputs: list[np.ndarray]) -> list:
    machine = relax.VirtualMachine(tvm.compile(module, "llvm"), tvm.cpu())
    return machine["main"](*[tvm.runtime.tensor(value) for value in inputs]).numpy().ravel().tolist()


def computed(function: Callable, *inputs: np.ndarray) -> list:
    builder = relax.BlockBuilder()
    variables = [relax.Var(f"x{i}", relax.TensorType(value.shape, str(value.dtype))) for i, value in enumerate(inputs)]
    with builder.function("main", variables):
        with builder.dataflow():
            output = builder.emit_output(builder.emit(function(*variables)))
        builder.emit_func_output(output)
    return compiled(builder.get(), list(inputs))


def model(name: str, value: np.ndarray, **attributes: object) -> onnx.ModelProto:
    node = helper.make_node(name, ["x"], ["y"], **attributes)
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("x", helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)],
                              [helper.make_empty_tensor_value_info("y")])
    made = onnx.shape_inference.infer_shapes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10))
    onnx.checker.check_model(made)
    return made


def both(name: str, value: np.ndarray, seen: list, right: list, **attributes: object) -> None:
    made = model(name, value, **attributes)
    report(f"ONNX {name} {value.ravel().tolist()[:2]}", compiled(from_onnx(made, keep_params_in_input=False), [value]), seen)
    report("- its evaluator", np.ravel(ReferenceEvaluator(made).run(None, {"x": value})[0]).tolist(), right)


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


op = relax.op
for kind, value in ((np.uint8, 0), (np.int8, -128), (np.int32, -2**31), (np.float32, -INF), (np.float16, -INF)):
    report(f"argmax {np.dtype(kind)} {value}", computed(op.argmax, np.array([value, value], kind)), [-1])
    print(f"{'- NumPy':46}", int(np.array([value, value], kind).argmax()))
report("argmin uint8 255", computed(op.argmin, np.array([255, 255], np.uint8)), [-1])
report("argmax uint8 0, 1", computed(op.argmax, np.array([0, 1], np.uint8)), [1])
report("max -inf", computed(op.max, floats(-INF, -INF)), [LOWEST])
codes = np.array([100, 100, 101], np.int8)
report("mean int8", computed(op.mean, codes), [15])
print(f"{'- NumPy':46}", float(codes.mean()))
report("log_add_exp", computed(op.log_add_exp, floats(1000, 1), floats(1000, 1)), [INF, float(np.float32(1 + math.log(2)))])
print(f"{'- NumPy':46}", float(np.logaddexp(1000, 1000)))
report("clip", computed(lambda x: op.clip(x, 0, 6), floats(NAN, -1, INF)), [6, 0, 6])
report("floor_mod(-7, inf)", computed(op.floor_mod, floats(-7), floats(INF)), [NAN])
print(f"{'- Python':46}", -7 % INF)

both("ArgMax", floats(-INF, -INF), [-1], [0], axis=0)
both("ArgMax", np.array([0, 0], np.uint8), [-1], [0], axis=0)
both("ReduceMax", floats(-INF, -INF), [LOWEST], [-INF])
both("MaxPool", np.full((1, 1, 2, 2), -INF, np.float32), [LOWEST], [-INF], kernel_shape=[2, 2])
both("IsInf", floats(INF, -INF), [True, True], [True, False], detect_negative=0)
raise SystemExit(changed)
PYTHON
