#!/usr/bin/env bash
# What 8,192 ones add up to. Seen on 2026-11-29 with numpy 2.4.6 and ml_dtypes 0.6.0, the reference evaluator of onnx 1.23.2, mlx
# 0.32.4 on the CPU and jax 0.10.2. A sum in the operands' own format stops at 256 in bf16, 2,048 in fp16 and 16 in fp8 e4m3;
# who adds in fp32 gets 8,192. Within one library it goes by the operation; mlx's softmax says so of itself, the others do not:
#
#                                  exact   numpy        onnx reference   mlx                     jax
#   sum, bf16                       8192   256          256              8192                    8192
#   mean, bf16                         1   0.03125      0.03125          1                       1
#   running sum, bf16               8192   256          256              256                     8192
#   matrix product, bf16            8192   8192         8192             8192                    8192
#   - by int4 or int8 (affine)      8192   -            -                256                     -
#   - by mxfp4, mxfp8               8192   -            -                8192, and 256 if the    -
#                                                                        weights are transposed
#   softmax: its weights' sum          1   -            32               32                      1
#   - in fp16                          1   -            1                4                       1
#   RMS norm of ones, bf16             1   -            5.65625          1                       -
#   layer norm of ones, bf16           0   -            5.46875          -                       -
#   np.dot, fp8                     8192   NaN: its result is fp8, whose greatest value is 448
#   np.matmul, fp8                  8192   8192: its result is fp32
#
# So attention over more than 256 keys that was written out with mx.softmax is too large in bf16, twofold at 512 equal keys; with
# precise=True, and by mx.fast.scaled_dot_product_attention, it is right. A golden value wants its sums in fp32.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numpy==2.4.6 ml_dtypes==0.6.0 onnx==1.23.2 mlx==0.32.4 mlx-cpu==0.32.4 jax==0.10.2
"$work/venv/bin/python" - <<'PYTHON'
import warnings

import jax
import jax.numpy as jnp
import ml_dtypes
import mlx.core as mx
import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

warnings.simplefilter("ignore")
n = 8192
bf16, fp16, fp8 = np.dtype(ml_dtypes.bfloat16), np.dtype(np.float16), np.dtype(ml_dtypes.float8_e4m3fn)
row = {kind: np.ones((1, n), kind) for kind in (bf16, fp16, fp8)}
onnx_types = {bf16: TensorProto.BFLOAT16, fp16: TensorProto.FLOAT16}


def reference(op: str, kind: np.dtype, second: np.ndarray | None = None) -> float:
    values = {"x": row[kind]} | ({} if second is None else {"y": second})
    ins = [helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for k, v in values.items()]
    outs = [helper.make_tensor_value_info("z", onnx_types[kind], None)]
    graph = helper.make_graph([helper.make_node(op, list(values), ["z"])], "g", ins, outs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10)
    result = ReferenceEvaluator(model).run(None, values)[0].astype(np.float64)
    return float(result.sum() if op == "Softmax" else result.flat[-1])


def mlx(value: object) -> float:
    return float(np.asarray(value.astype(mx.float32)).astype(np.float64).sum())


def quantized(mode: str, group: int, bits: int, transpose: bool) -> float:
    weights = mx.quantize(mx.ones((32, n) if transpose else (n, 32), dtype=mx.bfloat16), group_size=group, bits=bits, mode=mode)
    product = mx.quantized_matmul(mx.ones((1, n), dtype=mx.bfloat16), *weights, transpose=transpose, group_size=group, bits=bits, mode=mode)
    return mlx(product[0, 0])


x, h = mx.ones((1, n), dtype=mx.bfloat16), mx.ones((1, n), dtype=mx.float16)
keys, values = mx.zeros((1, 1, n, 64), dtype=mx.bfloat16), mx.ones((1, 1, n, 64), dtype=mx.bfloat16)
j, jh = jnp.ones((1, n), jnp.bfloat16), jnp.ones((1, n), jnp.float16)
last = np.array(1, np.int64)
seen = {
    "numpy: sum": (float(row[bf16].sum()), 256),
    "numpy: mean": (float(row[bf16].mean()), 0.03125),
    "numpy: running sum": (float(np.cumsum(row[bf16])[-1]), 256),
    "numpy: matrix product": (float((row[bf16] @ row[bf16].T)[0, 0]), n),
    "numpy: sum, fp8": (float(row[fp8].sum()), 16),
    "numpy: running sum, fp16": (float(np.cumsum(row[fp16])[-1]), 2048),
    "numpy: sum, fp16": (float(row[fp16].sum()), n),
    "numpy: dot, fp8": (float(np.dot(row[fp8], row[fp8].T)[0, 0]), np.nan),
    "numpy: matmul, fp8": (float(np.asarray(row[fp8] @ row[fp8].T).astype(np.float32)[0, 0]), n),
    "onnx: sum": (reference("ReduceSum", bf16), 256),
    "onnx: mean": (reference("ReduceMean", bf16), 0.03125),
    "onnx: running sum": (reference("CumSum", bf16, last), 256),
    "onnx: matrix product": (reference("MatMul", bf16, row[bf16].T), n),
    "onnx: softmax": (reference("Softmax", bf16), 32),
    "onnx: softmax, fp16": (reference("Softmax", fp16), 1),
    "onnx: RMS norm": (reference("RMSNormalization", bf16, row[bf16][0]), 5.65625),
    "onnx: layer norm": (reference("LayerNormalization", bf16, row[bf16][0]), 5.46875),
    "mlx: sum": (mlx(mx.sum(x)), n),
    "mlx: mean": (mlx(mx.mean(x)), 1),
    "mlx: running sum": (mlx(mx.cumsum(x, axis=1)[0, -1]), 256),
    "mlx: matrix product": (mlx(x @ x.T), n),
    "mlx: by int4": (quantized("affine", 64, 4, True), 256),
    "mlx: by int8": (quantized("affine", 64, 8, True), 256),
    "mlx: by mxfp4": (quantized("mxfp4", 32, 4, True), n),
    "mlx: by mxfp4, other way": (quantized("mxfp4", 32, 4, False), 256),
    "mlx: by mxfp8, other way": (quantized("mxfp8", 32, 8, False), 256),
    "mlx: softmax": (mlx(mx.softmax(x, axis=1)), 32),
    "mlx: softmax, precise": (mlx(mx.softmax(x, axis=1, precise=True)), 1),
    "mlx: softmax, fp16": (mlx(mx.softmax(h, axis=1)), 4),
    "mlx: attention": (mlx(mx.fast.scaled_dot_product_attention(keys[:, :, :1], keys, values, scale=1.0)[0, 0, 0, 0]), 1),
    "mlx: RMS norm": (mlx(mx.fast.rms_norm(x, None, 1e-5)[0, 0]), 1),
    "jax: sum": (float(j.sum()), n),
    "jax: running sum": (float(jnp.cumsum(j)[-1]), n),
    "jax: matrix product": (float((j @ j.T)[0, 0]), n),
    "jax: softmax": (float(jax.nn.softmax(j).astype(jnp.float32).sum()), 1),
    "jax: softmax, fp16": (float(jax.nn.softmax(jh).astype(jnp.float32).sum()), 1),
}
changed = False
for name, (found, expected) in seen.items():
    same = np.array_equal(found, expected, equal_nan=True)
    print(f"{name:26} {found:10.6g}", "" if same else f"CHANGED: it was {expected}")
    changed = changed or not same
raise SystemExit(changed)
PYTHON
