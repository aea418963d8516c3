#!/usr/bin/env bash
# A query that no key may answer, as padding, windows and causal masks make them: four keys of score 0, one-hot values, so that the
# result shows the weights. Seen on 2026-11-29 with jax 0.10.2, mlx 0.32.4 (CPU), onnx 1.23.2 (reference), onnxruntime 1.32.0 and
# openvino 2026.4.1 (f32). The mean is that of all four values, those of padding and of the future among them:
#
#   hidden by                                             weights
#   ONNX Attention: mask, -inf, nonpad_kv_seqlen of 0     0, by the reference, ONNX Runtime and OpenVINO alike
#   OpenVINO scaled_dot_product_attention: mask, -inf     NaN
#   - the least float in place of -inf                    mean
#   ONNX Runtime MultiHeadAttention: key_padding_mask     mean
#   - attention_bias of -inf                              NaN
#   jax dot_product_attention: mask, key_value_seq_lengths mean
#   - a window that lies behind the last valid key        mean
#   - query_seq_lengths                                   0
#   - bias of -inf                                        NaN
#   mlx scaled_dot_product_attention: mask of booleans    mean
#   - mask of -inf                                        NaN
#
# OpenVINO's answer hangs on which of its operators the same mask came to. And "causal" begins at another corner: of 2 queries over 4
# keys the first sees 1 key to ONNX, jax and OpenVINO, 3 to mlx; of 4 queries over 2 keys mlx hides both keys of the first two, which
# so get the mean, and each sees a key that the third may not. With nonpad_kv_seqlen of 4 ONNX counts from the end as mlx does.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q jax==0.10.2 jaxlib==0.10.2 "mlx[cpu]==0.32.4" onnx==1.23.2 onnxruntime==1.32.0 openvino==2026.4.1 numpy==2.4.6
JAX_PLATFORMS=cpu "$work/venv/bin/python" -W ignore - <<'PYTHON'
import jax
import jax.numpy as jnp
import mlx.core as mx
import numpy as np
import onnxruntime
import openvino
import openvino.opset13 as operators
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

F32 = {"INFERENCE_PRECISION_HINT": "f32"}
HIDDEN, LOWEST = np.zeros((2, 4), bool), np.full((2, 4), np.finfo(np.float32).min, np.float32)
INFINITE = np.full((2, 4), -np.inf, np.float32)
changed = False


def operands(queries: int = 2, keys: int = 4) -> tuple[np.ndarray, ...]:
    """q and k of zeros, v one-hot: heads before tokens."""
    return np.zeros((1, 1, queries, 4), np.float32), np.zeros((1, 1, keys, 4), np.float32), np.eye(4, dtype=np.float32)[None, None, :keys]


def report(name: str, weights: object, wanted: object) -> None:
    global changed
    rows = np.asarray(weights).reshape(-1, 4)
    words = []
    for row in rows:
        seen = "".join("x" if weight > 0 else "." for weight in row)
        words.append("NaN" if np.isnan(row).all() else "0" if not row.any() else "mean" if seen == "xxxx" else seen)
    found = words[0] if len(set(words)) == 1 else words
    print(f"{name:38}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


def in_jax(**options: object) -> np.ndarray:
    return np.asarray(jax.nn.dot_product_attention(*(jnp.asarray(x.transpose(0, 2, 1, 3)) for x in operands()), **options))


def in_mlx(mask: object, queries: int = 2, keys: int = 4) -> np.ndarray:
    given = mask if isinstance(mask, str) else mx.array(mask)
    return np.array(mx.fast.scaled_dot_product_attention(*(mx.array(x) for x in operands(queries, keys)), scale=1.0, mask=given))


def in_openvino(mask: np.ndarray | None = None, causal: bool = False) -> np.ndarray:
    feeds = operands()
    inputs = [operators.parameter(list(x.shape), np.float32) for x in feeds]
    masks = [] if mask is None else [operators.constant(mask)]
    model = openvino.Model([operators.scaled_dot_product_attention(*inputs, *masks, causal=causal)], inputs)
    return openvino.compile_model(model, "CPU", F32)(list(feeds))[0]


def model(kind: str, feeds: dict[str, np.ndarray], names: list[str], domain: str = "", **attributes: object):
    node = helper.make_node(kind, names, ["y"], domain=domain, scale=1.0, **attributes)
    inputs = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape) for name, x in feeds.items()]
    graph = helper.make_graph([node], "g", inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24), helper.make_opsetid("com.microsoft", 1)], ir_version=11)


def in_runtime(written: object, feeds: dict[str, np.ndarray]) -> np.ndarray:
    return onnxruntime.InferenceSession(written.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, feeds)[0]


def report_onnx(name: str, wanted: object, last: dict[str, np.ndarray], names: list[str], **attributes: object) -> None:
    feeds = dict(zip("qkv", operands())) | last
    written = model("Attention", feeds, ["q", "k", "v", *names], **attributes)
    report(name + ", reference", ReferenceEvaluator(written).run(None, feeds)[0], wanted)
    report(name + ", ONNX Runtime", in_runtime(written, feeds), wanted)
    read = openvino.Core().read_model(written.SerializeToString())
    report(name + ", OpenVINO", openvino.compile_model(read, "CPU", F32)(list(feeds.values()))[0], wanted)


def in_runtime_heads(names: list[str], **last: np.ndarray) -> np.ndarray:
    feeds = {name: x[0] for name, x in zip("qkv", operands())} | last
    return in_runtime(model("MultiHeadAttention", feeds, ["q", "k", "v", *names], "com.microsoft", num_heads=1), feeds)


TOP, BOTTOM = ["x...", "xx.."], ["xxx.", "mean"]
report_onnx("Attention, mask", "0", {"m": HIDDEN}, ["m"])
report_onnx("Attention, -inf", "0", {"m": INFINITE}, ["m"])
report_onnx("Attention, no keys", "0", {"n": np.array([0])}, ["", "", "", "n"])
report_onnx("Attention, causal", TOP, {}, [], is_causal=1)
report_onnx("Attention, causal, 4 keys", BOTTOM, {"n": np.array([4])}, ["", "", "", "n"], is_causal=1)
report("OpenVINO, mask", in_openvino(HIDDEN), "NaN")
report("OpenVINO, -inf", in_openvino(INFINITE), "NaN")
report("OpenVINO, least float", in_openvino(LOWEST), "mean")
report("OpenVINO, causal", in_openvino(causal=True), TOP)
report("MultiHeadAttention, key_padding_mask", in_runtime_heads(["", "p"], p=np.zeros((1, 4), np.int32)), "mean")
report("MultiHeadAttention, attention_bias", in_runtime_heads(["", "", "b"], b=INFINITE[None, None]), "NaN")
report("jax, mask", in_jax(mask=HIDDEN[None, None]), "mean")
report("jax, key_value_seq_lengths", in_jax(key_value_seq_lengths=jnp.array([0])), "mean")
report("jax, window behind the keys", in_jax(local_window_size=(0, 0), key_value_seq_lengths=jnp.array([1])), ["x...", "mean"])
report("jax, query_seq_lengths", in_jax(query_seq_lengths=jnp.array([0])), "0")
report("jax, bias", in_jax(bias=INFINITE[None, None]), "NaN")
report("jax, causal", in_jax(is_causal=True), TOP)
report("mlx, mask", in_mlx(HIDDEN), "mean")
report("mlx, -inf", in_mlx(INFINITE), "NaN")
report("mlx, causal", in_mlx("causal"), BOTTOM)
report("mlx, causal, 4 over 2", in_mlx("causal", 4, 2), ["xx..", "xx..", "x...", "xx.."])
raise SystemExit(changed)
PYTHON
