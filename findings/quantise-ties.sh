#!/usr/bin/env bash
# Quantising a value half way between two steps, and one far outside. ONNX's QuantizeLinear rounds x / scale to nearest even and
# then adds the zero point; OpenVINO adds it first, so with an odd zero point every tie goes the other way. Seen on 2026-11-29 with
# onnx 1.23.2 (reference evaluator), onnxruntime 1.32.0 and openvino 2026.4.1 on the CPU, int8 of scale 1:
#
#   input, zero point                  onnx and onnxruntime   openvino
#   0.5, 1.5, 2.5, 3.5; zero point 0   0, 2, 2, 4             0, 2, 2, 4
#   0.5, 1.5, 2.5, 3.5; zero point 3   3, 5, 5, 7             4, 4, 6, 6
#   the same in blocks of two          3, 5, 5, 7             4, 4, 6, 6
#   1e10, scale 1/4, zero point 2      -128 and 127           127: onnx's own evaluator goes through int32, here on x86-64
#   all zero, DynamicQuantizeLinear:   1/255 and 1            0: whoever divides by it gets NaN
#   the scale
#
# Weights on a grid of powers of two are full of ties, so two correct engines differ by one step in them. A comparison with OpenVINO
# takes a zero point of 0 or an even one.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0 openvino==2026.4.1
"$work/venv/bin/python" - <<'PYTHON'
import warnings

import numpy as np
import onnxruntime
import openvino
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

warnings.simplefilter("ignore")
onnxruntime.set_default_logger_severity(4)
core = openvino.Core()
WHO = ("onnx", "onnxruntime", "openvino")


def run(who: str, node: object, x: list[float], outputs: dict[str, int], constants: dict[str, np.ndarray]) -> list[np.ndarray]:
    values = np.array([x], np.float32)
    ins = [helper.make_tensor_value_info("x", TensorProto.FLOAT, values.shape)]
    outs = [helper.make_tensor_value_info(name, to, None) for name, to in outputs.items()]
    graph = helper.make_graph([node], "g", ins, outs, [numpy_helper.from_array(v, name) for name, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11)
    if who == "onnx":
        return ReferenceEvaluator(model).run(None, {"x": values})
    if who == "onnxruntime":
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, {"x": values})
    compiled = core.compile_model(core.read_model(model.SerializeToString()), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return list(compiled([values]).values())


def quantised(who: str, x: list[float], scale: float, zero: int, block: int = 0) -> list[int]:
    shape = (1, len(x) // block) if block else ()
    constants = {"s": np.full(shape, scale, np.float32), "z": np.full(shape, zero, np.int8)}
    node = helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], **({"axis": 1, "block_size": block} if block else {}))
    return run(who, node, x, {"q": TensorProto.INT8}, constants)[0].ravel().tolist()


def dynamic_scale(who: str) -> float:
    node = helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"])
    found = run(who, node, [0.0] * 8, {"q": TensorProto.UINT8, "s": TensorProto.FLOAT, "z": TensorProto.UINT8}, {})
    return round(float(np.asarray(found[1])), 6)


ties = [0.5, 1.5, 2.5, 3.5]
even, odd, added_first = [0, 2, 2, 4], [3, 5, 5, 7], [4, 4, 6, 6]
seen = {
    "ties, zero point 0": ([quantised(who, ties, 1, 0) for who in WHO], [even, even, even]),
    "ties, zero point 3": ([quantised(who, ties, 1, 3) for who in WHO], [odd, odd, added_first]),
    "ties, zero point 3, blocks": ([quantised(who, ties, 1, 3, 2) for who in WHO], [odd, odd, added_first]),
    "1e10": ([quantised(who, [1e10], 0.25, 2) for who in WHO], [[-128], [127], [127]]),
    "scale of zeros": ([dynamic_scale(who) for who in WHO], [round(1 / 255, 6), 1.0, 0.0]),
}
changed = False
print(f"{'':28}", *WHO)
for name, (found, expected) in seen.items():
    print(f"{name:28}", *found, "" if found == expected else f"CHANGED: it was {expected}")
    changed = changed or found != expected
raise SystemExit(changed)
PYTHON
