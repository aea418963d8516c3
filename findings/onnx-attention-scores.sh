#!/usr/bin/env bash
# ONNX's Attention has an optional fourth output, the scores at a stage that qk_matmul_output_mode names: 0 raw, 1 after the soft
# cap, 2 after the mask, 3 after softmax. It is what one compares an accelerator's intermediate tensors with. Seen on 2026-11-29,
# onnx 1.23.2 (reference evaluator) and onnxruntime 1.32.0 (CPU), opset 24; the attention itself, output Y, agrees in all of them:
#
#   asked for                                reference                          ONNX Runtime
#   mode 0 with a soft cap of 2, raw 3.0     1.8103 (= 2 tanh 1.5), capped      3.0
#   mode 2, a key hidden by a boolean mask   -inf                               -3.4028e38, the lowest float
#   a mask shorter than the cached keys      taken, the rest counts as hidden   refused when it runs: mask shape
#
# The first contradicts the operator's own text (mode 0 is "the output of qk matmul"); the last is allowed by it from opset 24 on.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
"$work/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

onnxruntime.set_default_logger_severity(4)
q = np.array([[[[2.0, 0.0]]]], np.float32)
k = np.array([[[[1.5, 1.0], [0.5, -1.0], [1.0, 2.0]]]], np.float32)
v = np.array([[[[1.0, 0.0], [0.0, 1.0], [3.0, 3.0]]]], np.float32)
raw = np.array([3.0, 1.0, 2.0])  # q k^T with scale 1


def both(inputs: dict[str, np.ndarray], **attributes: object) -> list[object]:
    """(Y, scores) by the reference and by the runtime; a string where it raised."""
    names = [*"QKV"] + (["attn_mask"] if "attn_mask" in inputs else [])
    node = helper.make_node("Attention", names, ["Y", "", "", "scores"], scale=1.0, **attributes)
    ins = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(inputs[n].dtype), inputs[n].shape) for n in names]
    outs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("Y", "scores")]
    model = helper.make_model(helper.make_graph([node], "attention", ins, outs),
                              opset_imports=[helper.make_opsetid("", 24)], ir_version=10)
    results: list[object] = [ReferenceEvaluator(model).run(None, inputs)]
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        results.append(session.run(None, inputs))
    except Exception as error:  # what it raises has no public base class
        results.append(str(error))
    return results


tensors = {"Q": q, "K": k, "V": v}
checks: list[tuple[str, bool]] = []
reference, runtime = both(tensors, softcap=2.0, qk_matmul_output_mode=0)
print("mode 0, soft cap:", reference[1].ravel(), runtime[1].ravel())
checks.append(("Y agrees", np.allclose(reference[0], runtime[0], atol=1e-6)))
checks.append(("the reference gives capped scores", np.allclose(reference[1].ravel(), 2 * np.tanh(raw / 2), atol=1e-6)))
checks.append(("the runtime gives raw scores", np.allclose(runtime[1].ravel(), raw, atol=1e-6)))

reference, runtime = both({**tensors, "attn_mask": np.array([[True, False, True]])}, qk_matmul_output_mode=2)
print("mode 2, boolean mask:", reference[1].ravel(), runtime[1].ravel())
checks.append(("Y agrees", np.allclose(reference[0], runtime[0], atol=1e-6)))
checks.append(("the reference hides with -inf", reference[1].ravel()[1] == -np.inf))
checks.append(("the runtime hides with the lowest float", runtime[1].ravel()[1] == np.finfo(np.float32).min))

short = {**tensors, "attn_mask": np.array([[0.0, 0.5]], np.float32)}
reference, runtime = both(short)
print("mask of 2 for 3 keys:", reference[0].ravel() if not isinstance(reference, str) else reference, "|", str(runtime)[:160])
p = np.exp(np.array([3.0, 1.5]) - 3.0)
checks.append(("the reference takes it", np.allclose(reference[0].ravel(), (p / p.sum()) @ v[0, 0, :2], atol=1e-6)))
checks.append(("the runtime refuses it", isinstance(runtime, str)))
for text, holds in checks:
    print("as seen:" if holds else "CHANGED:", text)
raise SystemExit(not all(holds for _, holds in checks))
PYTHON
