#!/usr/bin/env bash
# hls4ml's softmax as its configuration comes: not one of its three C++ back ends gives weights that add up to one, and they differ
# from each other. Seen on 2026-11-29 with hls4ml 1.3.0 (an ONNX model of one Softmax, by qonnx 1.0.0; logits fixed<16,6>, every
# table and the sum fixed<18,8>, 1,024 entries; compiled and run as C++):
#
#   logits                     exact           Vitis           Quartus         Catapult
#   2, 1                       0.731, 0.269    0.800, 0.294    0.797, 0.292    0.730, 0.269
#   - latency, not stable                      0.735, 0.271    0.721, 0.265    0.730, 0.269
#   20, 19, latency            0.731, 0.269    0.999, 0.999    -14.1, 15.1     0.730, 0.269
#   256 equal ones: the sum    1               2               2               1
#   1,000 equal ones: the sum  1               7.81            7.81            0.977
#
# The sum of the exponentials stops just below 128, so over 128 keys of one score attention grows with their number; and 1/sum of
# two logits is read from a table whose entries are a quarter apart. Wider accum, inv_inp, exp_table and inv_table (and table_size)
# in the configuration are needed for attention, and a check of the sum with them.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q hls4ml==1.3.0 qonnx==1.0.0 numpy==2.4.6 onnx==1.23.2
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import contextlib
import io
import logging
import warnings

import hls4ml
import numpy as np
from onnx import TensorProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def softmax(backend: str, rows: list[list[float]], implementation: str = "stable") -> list[list[float]]:
    size = len(rows[0])
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Softmax", ["x"], ["y"], axis=-1, name="softmax")], "g", ends[:1], ends[1:])
    model = ModelWrapper(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)).transform(InferShapes())
    with contextlib.redirect_stdout(io.StringIO()):
        configuration = hls4ml.utils.config_from_onnx_model(model, granularity="name", backend=backend, default_precision="fixed<16,6>")
        layer = configuration["LayerName"]["softmax"]
        assert layer["Implementation"] == "stable" and layer["TableSize"] == 1024 and layer["Precision"]["accum"] == "fixed<18,8,RND,SAT,0>"
        layer["Implementation"] = implementation
        project = hls4ml.converters.convert_from_onnx_model(
            model, output_dir=f"{backend}-{size}-{implementation}", backend=backend, hls_config=configuration)
        project.compile()
        return [project.predict(np.array([row], np.float32)).ravel().tolist() for row in rows]


expected = {  # two logits; in the latency form, and far from zero; the sums over 256 and 1,000 equal ones
    "Vitis": ([0.800, 0.294], [0.735, 0.271], [0.999, 0.999], 2.0, 7.812),
    "Quartus": ([0.797, 0.292], [0.721, 0.265], [-14.119, 15.132], 2.0, 7.812),
    "Catapult": ([0.730, 0.269], [0.730, 0.269], [0.730, 0.269], 1.0, 0.977),
}
changed = False
for backend, wanted in expected.items():
    stable = softmax(backend, [[2, 1]])
    latency = softmax(backend, [[2, 1], [20, 19]], "latency")
    sums = [sum(softmax(backend, [[0.0] * size])[0]) for size in (256, 1000)]
    found = (*([round(v, 3) for v in row] for row in stable + latency), *(round(v, 3) for v in sums))
    same = np.allclose(np.hstack(found), np.hstack(wanted), atol=0.0011)
    print(f"{backend:9}", *found, "" if same else f"CHANGED: it was {wanted}")
    changed = changed or not same
raise SystemExit(changed)
PYTHON
