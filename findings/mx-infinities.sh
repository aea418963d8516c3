#!/usr/bin/env bash
# custom-float-quant ("bit-level … OCP Microscaling") gives the narrow MX formats an infinity that they do not have, in place of
# their largest binade. Seen on 2026-11-29 with custom-float-quant 0.3.0; the values of the formats from ml_dtypes 0.6.0.
#
#   format       values   become infinite    largest finite: OCP MX, here
#   mxfp4_e2m1       16          4 and 6                   6           3
#   mxfp6_e2m3       64      4 … 7.5 (8)                 7.5        3.75
#   mxfp6_e3m2       64      16 … 28 (4)                  28          14
#   mxfp8_e4m3      254    256 … 448 (7)                 448         240
#   mxfp8_e5m2      248             none               57344       57344
#
# A quarter of all MXFP4 values. Nothing is said: `quantize(6.0)` is inf. Its blocks scale by the smaller largest value and so hide
# it: of a block [6, 4, 3, 2, 1.5, 1, 0.5], which MXFP4 holds exactly with scale 1, come back [6, 4, 4, 2, 2, 0, 0], with the margin
# of 0.95 a scale of 4.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numpy==2.4.6 ml_dtypes==0.6.0 custom-float-quant==0.3.0
"$work/venv/bin/python" - <<'PYTHON'
import ml_dtypes
import numpy as np
from custom_float_quant import CustomFloat

expected = {
    "mxfp4_e2m1": (ml_dtypes.float4_e2m1fn, 16, [4.0, 6.0], 6.0, 3.0),
    "mxfp6_e2m3": (ml_dtypes.float6_e2m3fn, 64, [4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5], 7.5, 3.75),
    "mxfp6_e3m2": (ml_dtypes.float6_e3m2fn, 64, [16.0, 20.0, 24.0, 28.0], 28.0, 14.0),
    "mxfp8_e4m3": (ml_dtypes.float8_e4m3fn, 256, [256.0, 288.0, 320.0, 352.0, 384.0, 416.0, 448.0], 448.0, 240.0),
    "mxfp8_e5m2": (ml_dtypes.float8_e5m2, 256, [], 57344.0, 57344.0),
}
changed = False
for name, (kind, codes, infinite, largest, here) in expected.items():
    values = np.arange(codes, dtype=np.uint8).view(kind).astype(np.float64)
    values = values[np.isfinite(values)]
    model = CustomFloat.from_preset(name)
    found = np.array([model.quantize(float(x)) for x in values])
    lost = sorted({abs(float(x)) for x in values[found != values]})
    same = (lost == infinite and bool(np.isinf(found[found != values]).all()) and float(values.max()) == largest
            and model.max_finite_value == here)
    print(f"{name:11} infinite: {lost or 'none'}; largest {values.max()}, here {model.max_finite_value}", "" if same else "CHANGED")
    changed = changed or not same
block = np.zeros(32)
block[:7] = [6, 4, 3, 2, 1.5, 1, 0.5]
back = CustomFloat.mxfp4_e2m1().quantize_array_block_scaled(block)[0][:7].tolist()
same = back == [6, 4, 4, 2, 2, 0, 0]
print("block      ", block[:7].tolist(), "comes back", back, "" if same else "CHANGED")
raise SystemExit(changed or not same)
PYTHON
