#!/usr/bin/env bash
# SCALE-Sim, the usual yardstick of systolic arrays, counts what is not there. Seen on 2026-11-29 with scalesim 3.0.0 on a 4 by 4
# array with room for every tensor; M, N, K name a matrix product.
#
#   layer                                     reported                      exact
#   product 4, 4, 4, output stationary        9 cycles, 44.4 % overall      10 cycles by its own trace: 40 %, which it reports
#                                             utilisation                   as the utilisation of computing alone
#   product 8, 8, 8, output stationary        55 cycles, 96 SRAM writes     56 cycles, 64 writes: array rows and columns are
#                                                                           added to the writes once a fold
#   product 8, 8, 8, weight stationary        128 DRAM writes               64; or 128 with 64 reads, of which it has none
#   convolution 8 by 8, filter 3, stride 2    16 outputs                    9: it rounds the last step up, where it does not fit
#   convolution 56 by 56, filter 1, stride 2  841 outputs                   784, in every residual network
#   any                                       TypeError with the NumPy      -
#                                             that pip gives it (2.4)
#
# Compare a layer's cycles plus one with it, strides that divide, and DRAM traffic of one fold along K. Upstream has issues 125 on
# the cycle and 166 on the writes.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q scalesim==3.0.0 numpy==2.4.6 pandas==3.1.1 numba==0.68.1
cd "$work"
cat > run.py <<'PYTHON'
import contextlib
import csv
import io
import sys

from scalesim.scale_sim import scalesim

ARCHITECTURE = {"ArrayHeight": 4, "ArrayWidth": 4, "IfmapSramSzkB": 64, "FilterSramSzkB": 64, "OfmapSramSzkB": 64, "IfmapOffset": 0,
                "FilterOffset": 10**7, "OfmapOffset": 2 * 10**7, "Bandwidth": 10, "ReadRequestBuffer": 32, "WriteRequestBuffer": 32,
                "MemoryBanks": 1}
LAYOUT = {f"{tensor}{key}": value for tensor in ("Ifmap", "Filter") for key, value in
          {"CustomLayout": False, "SRAMBankBandwidth": 10, "SRAMBankNum": 10, "SRAMBankPort": 2}.items()}
SPARSITY = {"SparsitySupport": "false", "SparseRep": "ellpack_block", "OptimizedMapping": "false", "BlockSize": 8,
            "RandomNumberGeneratorSeed": 40}
PRODUCT = "Layer, M, N, K,"
CONVOLUTION = "Layer, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,"


def reports(dataflow: str, head: str, layers: list[tuple[int, ...]]) -> list[dict[str, float]]:
    sections = {"general": {"run_name": "one"}, "architecture_presets": ARCHITECTURE | {"Dataflow": dataflow}, "layout": LAYOUT,
                "sparsity": SPARSITY, "run_presets": {"InterfaceBandwidth": "CALC", "UseRamulatorTrace": False}}
    with open("array.cfg", "w") as file:
        for name, keys in sections.items():
            file.write(f"[{name}]\n" + "".join(f"{key}: {value}\n" for key, value in keys.items()))
    with open("layers.csv", "w") as file:
        file.write(head + "\n" + "".join(f"layer{i}, " + ", ".join(map(str, sizes)) + ",\n" for i, sizes in enumerate(layers)))
    with open("layout.csv", "w") as file:
        file.write("none\n")
    with contextlib.redirect_stdout(io.StringIO()):
        simulator = scalesim(save_disk_space=True, verbose=False, config="array.cfg", topology="layers.csv", layout="layout.csv",
                             input_type_gemm=head == PRODUCT)
        simulator.run_scale(top_path="out")
    rows: list[dict[str, float]] = [{} for _ in layers]
    for name in ("COMPUTE_REPORT", "DETAILED_ACCESS_REPORT"):
        with open(f"out/one/{name}.csv") as file:
            for row, read in zip(rows, csv.DictReader(file, skipinitialspace=True), strict=True):
                row.update({key: float(value) for key, value in read.items() if key and value})
    return rows


if sys.argv[1:] == ["try"]:
    try:
        reports("os", PRODUCT, [(4, 4, 4)])
    except TypeError as error:
        print("with NumPy 2.4: TypeError:", error)
        raise SystemExit(0)
    raise SystemExit("CHANGED: it runs with NumPy 2.4")

small, output = reports("os", PRODUCT, [(4, 4, 4), (8, 8, 8)])
weight = reports("ws", PRODUCT, [(8, 8, 8)])[0]
step, residual = reports("os", CONVOLUTION, [(8, 8, 3, 3, 1, 1, 2), (56, 56, 1, 1, 1, 1, 2)])
seen = {
    "4, 4, 4: cycles": (small["Total Cycles"], 9),
    "4, 4, 4: utilisation overall": (round(small["Overall Util %"], 1), 44.4),
    "4, 4, 4: utilisation of computing": (small["Compute Util %"], 40),
    "8, 8, 8 output stationary: cycles": (output["Total Cycles"], 55),
    "8, 8, 8 output stationary: SRAM writes": (output["SRAM OFMAP Writes"], 96),
    "8, 8, 8 output stationary: DRAM writes": (output["DRAM OFMAP Writes"], 64),
    "8, 8, 8 weight stationary: DRAM writes": (weight["DRAM OFMAP Writes"], 128),
    "8, 8, 8 weight stationary: DRAM reads": (weight["DRAM IFMAP Reads"] + weight["DRAM Filter Reads"], 128),
    "stride 2, 8 by 8: outputs": (step["DRAM OFMAP Writes"], 16),
    "stride 2, 56 by 56: outputs": (residual["DRAM OFMAP Writes"], 841),
}
changed = False
for name, (found, expected) in seen.items():
    print(f"{name:40} {found:6g}", "" if found == expected else f"CHANGED: it was {expected}")
    changed = changed or found != expected
raise SystemExit(changed)
PYTHON
venv/bin/python -W ignore run.py try
venv/bin/pip install -q numpy==2.2.6
venv/bin/python -W ignore run.py
