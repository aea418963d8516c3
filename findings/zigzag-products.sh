#!/usr/bin/env bash
# ZigZag's model of one matrix product: rows of inputs by 32 by 32 on its own tpu_like array of 32 by 32, everything as the package
# has it, 8-bit operands, optimised for latency. Seen on 2026-11-29 with zigzag-dse 3.9.1 on Python 3.11:
#
#   rows                    1          2     31    32    33    36
#   cycles                  refused    199   342   351   327   351
#   of these, outputs out   -          9     125   129   100   109
#
# A row more than 32 takes 24 cycles fewer: a row's outputs leave in 4 cycles up to 32 rows and in 3 from 33 on. One row, the product
# of a decoding step, ends in "ValueError: max() arg is an empty sequence", for the array takes it at once and leaves no loop over
# time; by 32 by 64 it runs. A product of 31 by 31 by 31 is said to use 96.8 % of the array, of which it fills 31 * 31 / 1024 = 93.8 %
# (30 "ideal" cycles, though 31 rows take 31). And it does not start as pip installs it: it imports six, which it does not ask for.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q zigzag-dse==3.9.1 numpy==2.4.6 onnx==1.23.2
cd "$work"
if "$work/venv/bin/python" -c 'import zigzag.api' 2> error; then echo "CHANGED: it starts without six"; exit 1; fi
tail -n 1 error
"$work/venv/bin/pip" install -q six==1.17.0
cat > mapping.yaml <<'YAML'
- name: default
  spatial_mapping:
    D1:
      - K, 32
    D2:
      - C, 32
  memory_operand_links: {O: O, W: I2, I: I1}
YAML
"$work/venv/bin/python" - <<'PYTHON'
import contextlib
import io
import logging
from pathlib import Path

import yaml
import zigzag
from zigzag import api

logging.disable(logging.CRITICAL)
array = str(Path(zigzag.__file__).parent / "inputs" / "hardware" / "tpu_like.yaml")


def product(rows: int, depth: int, columns: int) -> object:
    """The model's evaluation of its best mapping, or the text of what it raised."""
    layer = {"id": 0, "name": "product", "operator_type": "Gemm", "equation": "O[b][k]+=I[b][c]*W[c][k]", "loop_dims": ["B", "C", "K"],
             "loop_sizes": [rows, depth, columns], "operand_precision": {"W": 8, "I": 8, "O": 16, "O_final": 8},
             "operand_source": {"W": 0, "I": 0}}
    with open("product.yaml", "w") as file:
        yaml.safe_dump([layer], file)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            _, _, results = api.get_hardware_performance_zigzag(
                workload="product.yaml", accelerator=array, mapping="mapping.yaml", opt="latency", dump_folder="out",
                pickle_filename="out/results.pickle", nb_spatial_mappings_generated=1)
    except ValueError as error:
        return str(error)
    return results[0][1][0][0]


def cycles(rows: int, depth: int = 32, columns: int = 32) -> tuple[float, float] | str:
    found = product(rows, depth, columns)
    return found if isinstance(found, str) else (found.latency_total2, found.data_offloading_cycle)


seen = {f"{rows} rows": (cycles(rows), wanted) for rows, wanted in
        {1: "max() arg is an empty sequence", 2: (199, 9), 31: (342, 125), 32: (351, 129), 33: (327, 100), 36: (351, 109)}.items()}
seen["1 row by 64 by 32"] = (cycles(1, 64), (323, 5))
odd = product(31, 31, 31)
seen["31 by 31 by 31: ideal cycles, use"] = ((odd.ideal_cycle, round(odd.mac_spatial_utilization, 3)), (30, 0.968))
changed = False
for name, (found, expected) in seen.items():
    print(f"{name:36}", found, "" if found == expected else f"CHANGED: it was {expected}")
    changed = changed or found != expected
raise SystemExit(changed)
PYTHON
