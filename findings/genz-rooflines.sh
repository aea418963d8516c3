#!/usr/bin/env bash
# GenZ's roofline of a language model, on a system of 100 TFLOP/s and 1000 GB/s. Seen on 2026-11-29 with genz-llm 0.0.16 on Python 3.11:
#
#   512 tokens through GPT-2, int8                 expected                        GenZ
#   operations of the token embedding              0, a look-up                    39,524 MFLOP of 175,684 in all
#   weights                                        124 M, one table for both ends  162 M (154.6 MB)
#   time of the token embedding                    next to nothing                 0.198 of 0.878 ms
#   "MACs (MFLOP)" of the summary                  87,842                          175,684; 87,842 with model_profilling=True
#   "Num ops (MFLOP)" of the classifier            one number                      39,524, and 19,762 with model_profilling=True
#   a decode step: data over time, memory bound    1000e9 B/s                      1073.7e9: a GB/s is 2**30, a TFLOP/s 1e12
#
# So the look-up of a token's row is a product with the whole vocabulary (22 % of GPT-2's prefill; nothing in a decode step, which
# leaves it out), operations are doubled or not by an option that is said to turn times off, and memory is 7.4 % quicker than its
# data sheet. The default model of both functions, BERT, is none of those that it has.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q genz-llm==0.0.16 pandas==3.1.1 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import contextlib
import io

with contextlib.redirect_stdout(io.StringIO()):
    from GenZ import decode_moddeling, prefill_moddeling

SYSTEM = {"Flops": 100, "Memory_size": 1e5, "Memory_BW": 1000, "ICN": 50, "real_values": True}
SHAPE = {"model": "gpt2", "batch_size": 1, "input_tokens": 512, "system_name": SYSTEM, "bits": "int8"}


def tables(profile: bool) -> tuple[object, object]:
    result = prefill_moddeling(**SHAPE, model_profilling=profile)
    table, summary = (result["model_df"], result["summary_table"]) if hasattr(result, "keys") else result
    return table.set_index("Layer Name"), summary.iloc[0]


timed, total = tables(False)
counted, total_counted = tables(True)
step = decode_moddeling(**SHAPE, output_tokens=1, Bb=1)["model_df"].set_index("Layer Name").loc["classifier"]
try:
    prefill_moddeling(system_name=SYSTEM)
    default = "runs"
except ValueError:
    default = "ValueError"
seen = {
    "product with the vocabulary, MFLOP": (round(2 * 512 * 50257 * 768 / 1e6, 3), 39523.713),
    "embedding: MFLOP": (round(float(timed.loc["embeddings", "Num ops (MFLOP)"]), 3), 39523.713),
    "embedding: ms": (round(float(timed.loc["embeddings", "Latency (msec)"]), 4), 0.1976),
    "all: ms": (round(float(total["Latency (msec)"]), 4), 0.8784),
    "all: weights, MB": (round(float(total["Total Weights (MB)"]), 1), 154.6),
    "all: MACs (MFLOP)": (round(float(total["MACs (MFLOP)"])), 175684),
    "all: MACs (MFLOP), counted": (round(float(total_counted["MACs (MFLOP)"])), 87842),
    "classifier: Num ops (MFLOP)": (round(float(timed.loc["classifier", "Num ops (MFLOP)"])), 39524),
    "classifier: Num ops (MFLOP), counted": (round(float(counted.loc["classifier", "Num ops (MFLOP)"])), 19762),
    "decode step, classifier: GB/s": (round(float(step["Total Data (MB)"]) * 2**20 / float(step["Memory time (msec)"]) / 1e6, 1), 1073.7),
    "the default model": (default, "ValueError"),
}
changed = False
for name, (found, expected) in seen.items():
    print(f"{name:38}", found, "" if found == expected else f"CHANGED: it was {expected}")
    changed = changed or found != expected
raise SystemExit(changed)
PYTHON
