#!/usr/bin/env bash
# TVM's relax.op.nn.attention, in float32 on a CPU: tensors of batch, sequence, head and width; "the query number of heads should be a
# multiple of key number of heads", it says of others. Seen on 2026-11-30 with apache-tvm 0.27.0.post1, beside a softmax in double:
#
#   4 heads of queries, 2 of keys and values           TVM                       right
#   a batch of 1, values 1 and 10                      1, 10, 1, 10              1, 1, 10, 10: neighbours share a key's head
#   a batch of 2, values 1, 10 and 100, 1000           1, 10, 100, 1000, twice   1, 1, 10, 10 and 100, 100, 1000, 1000
#   two positions, values 1, 10 and 100, 1000          50.5 and 505, in turn     50.5, 50.5, 505, 505
#
#   causal_mask="TopLeft", key 1 or 2 for query 1, 2   TVM                       right
#   scores all -120, values 1, 3                       NaN, 2                    1, 2
#   scores -103, -102, -102, values 1, 3, 5: query 2   2.6                       2.462
#
# The keys are taken as if they had the heads of the queries, and read on past the end of their batch element: a sequence of the batch
# attends to another one's keys. A score that causality hides is 0 when the row's maximum is taken, so that all weights underflow where
# the others are below -104: the first token of a sequence is NaN. Without the mask, or with as many heads, the results are right.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q apache-tvm==0.27.0.post1 numpy==2.4.6
cd "$work"
venv/bin/python -W ignore - <<'PYTHON' 2> errors.log
import math

import numpy as np
import tvm
from tvm import relax

changed = False


def attended(queries: np.ndarray, keys: np.ndarray, values: np.ndarray, mask: str | None) -> list[float]:
    """TVM's, in order of batch, position and head; all are of width 1."""
    inputs = [np.array(tensor, np.float32) for tensor in (queries, keys, values)]
    builder = relax.BlockBuilder()
    variables = [relax.Var(name, relax.TensorType(tensor.shape, "float32")) for name, tensor in zip("qkv", inputs)]
    with builder.function("main", variables):
        with builder.dataflow():
            output = builder.emit_output(builder.emit(relax.op.nn.attention(*variables, causal_mask=mask)))
        builder.emit_func_output(output)
    machine = relax.VirtualMachine(tvm.compile(builder.get(), "llvm"), tvm.cpu())
    return machine["main"](*[tvm.runtime.tensor(tensor) for tensor in inputs]).numpy().ravel().tolist()


def right(queries: np.ndarray, keys: np.ndarray, values: np.ndarray, mask: str | None) -> list[float]:
    """The definition, one output at a time: head h of G per key's head reads key head h // G; TopLeft lets query i see keys 0 to i."""
    group = queries.shape[2] // keys.shape[2]
    outputs = []
    for batch, position, head, _ in np.ndindex(queries.shape):
        seen = keys.shape[1] if mask is None else position + 1
        scores = [float(queries[batch, position, head, 0]) * float(keys[batch, key, head // group, 0]) for key in range(seen)]
        weights = [math.exp(score - max(scores)) for score in scores]
        outputs.append(sum(w * float(values[batch, key, head // group, 0]) for key, w in enumerate(weights)) / sum(weights))
    return outputs


def compared(name: str, queries: np.ndarray, keys: np.ndarray, values: np.ndarray, mask: str | None, seen: list[float], wanted: list[float]) -> None:
    global changed
    for who, found, expected in ((name, attended(queries, keys, values, mask), seen), ("- right", right(queries, keys, values, mask), wanted)):
        same = len(found) == len(expected) and np.allclose(found, expected, rtol=1e-4, equal_nan=True)
        print(f"{who:34}", [float(f"{value:.5g}") for value in found], "" if same else f"CHANGED: it was {expected}")
        changed = changed or not same


def heads(batch: int, positions: int, count: int) -> np.ndarray:
    return np.zeros((batch, positions, count, 1))


one = np.array([1, 10]).reshape(1, 1, 2, 1)
two = np.array([1, 10, 100, 1000]).reshape(2, 1, 2, 1)
long = np.array([1, 10, 100, 1000]).reshape(1, 2, 2, 1)
compared("2 heads by 2", heads(1, 1, 2), heads(1, 1, 2), one, None, [1, 10], [1, 10])
compared("4 heads by 2", heads(1, 1, 4), heads(1, 1, 2), one, None, [1, 10, 1, 10], [1, 1, 10, 10])
compared("4 heads by 2, a batch of 2", heads(2, 1, 4), heads(2, 1, 2), two, None, [1, 10, 100, 1000] * 2, [1, 1, 10, 10, 100, 100, 1000, 1000])
compared("4 heads by 2, two positions", heads(1, 2, 4), heads(1, 2, 2), long, None, [50.5, 505, 50.5, 505] * 2, [50.5, 50.5, 505, 505] * 2)


def causal(name: str, scores: list[float], values: list[float], mask: str | None, seen: list[float], wanted: list[float]) -> None:
    shape = (1, len(scores), 1, 1)
    compared(name, np.ones(shape), np.reshape(scores, shape), np.reshape(values, shape), mask, seen, wanted)


causal("scores -120, no mask", [-120, -120], [1, 3], None, [2, 2], [2, 2])
causal("scores -50, causal", [-50, -50], [1, 3], "TopLeft", [1, 2], [1, 2])
causal("scores -120, causal", [-120, -120], [1, 3], "TopLeft", [math.nan, 2], [1, 2])
causal("scores -103, -102, -102, causal", [-103, -102, -102], [1, 3, 5], "TopLeft", [1, 2.6, 3.53387], [1, 2.46212, 3.53387])
raise SystemExit(changed)
PYTHON
