#!/usr/bin/env bash
# tinygrad's device PYTHON, which runs kernels without a compiler, on narrow floats and NaN. Seen on 2026-11-29
# with tinygrad 0.14.0 and numpy 2.4.6:
#
#                                            right             tinygrad
#   2049 in half: numpy(), tolist()          2048              2048, and 2049 of the same tensor
#   60000 + 60000 - 60000, all half          inf               60000
#   [1, 2^-11] @ [1, 1], all half, tolist()  1                 1.00048828125
#   256 + 1 in bfloat16                      256               256
#   1e6 and inf in fp8e4m3                   NaN, NaN; or 448  448 and NaN
#   1e6 and inf in fp8e5m2                   inf; or 57344     57344 and inf
#   max of [NaN, 1] and of [1, NaN]          NaN               NaN and 1
#   argmax of [NaN, 1]                       0                 2, of two elements
#   topk of [NaN, 1, 2] by 2                 -                 NaN, NaN at 0, 0
#
# A half is not rounded between load and store, only where it goes to memory: overflow and lost bits of fp16 do not show,
# and what tolist() and numpy() say differs, while bfloat16 and fp8 are rounded at once. fp8 saturates what is finite and not what is
# infinite, which is neither of the OCP specification's two modes (OFP8 1.0).
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q tinygrad==0.14.0 numpy==2.4.6
DEV=PYTHON "$work/venv/bin/python" -W ignore - <<'PYTHON'
import warnings

import numpy as np
from tinygrad import Tensor, dtypes

changed = False


def report(name: str, found: object, wanted: object) -> None:
    global changed
    same = str(found) == str(wanted)  # NaN is NaN
    print(f"{name:20}", found, "" if same else f"CHANGED: it was {wanted}")
    changed = changed or not same


def narrow(values: list, kind: object) -> Tensor:
    return Tensor(values, dtype=dtypes.float32).cast(kind)


warnings.simplefilter("ignore")
whole = narrow([2049.0], dtypes.half)
report("2049 in half", whole.tolist() + whole.numpy().tolist(), [2049.0, 2048.0])
report("- numpy", float(np.float16(2049)), 2048.0)
large = narrow([60000.0], dtypes.half)
report("60000 + 60000 - 60000", (large + large - large).tolist(), [60000.0])
report("- numpy", float(np.float16(60000) + np.float16(60000) - np.float16(60000)), float("inf"))
product = narrow([[1.0, 2.0**-11]], dtypes.half) @ narrow([[1.0], [1.0]], dtypes.half)
report("product in half", product.tolist(), [[1 + 2.0**-11]])
report("256 + 1 in bfloat16", (narrow([256.0], dtypes.bfloat16) + narrow([1.0], dtypes.bfloat16)).tolist(), [256.0])
for kind, wanted in ((dtypes.fp8e4m3, [448.0, float("nan")]), (dtypes.fp8e5m2, [57344.0, float("inf")])):
    report(kind.name, narrow([1e6, float("inf")], kind).cast(dtypes.float32).tolist(), wanted)
nan = float("nan")
report("max", [Tensor([nan, 1.0]).max().item(), Tensor([1.0, nan]).max().item()], [nan, 1.0])
report("argmax", Tensor([nan, 1.0]).argmax().item(), 2)
report("topk", [part.tolist() for part in Tensor([nan, 1.0, 2.0]).topk(2)], [[nan, nan], [0, 0]])
raise SystemExit(changed)
PYTHON
