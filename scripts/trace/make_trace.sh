#!/usr/bin/env bash
# Fetches the MiniLM-L6 weights (fetch_model.sh) and runs minilm_trace.py on them.
#   make_trace.sh [--check | --out FILE]        WEFT_PYTHON: a Python with numpy (default: python3)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${WEFT_PYTHON:-python3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$python" -c 'import numpy' || { echo "numpy is needed: set WEFT_PYTHON to a Python that has it" >&2; exit 2; }
"$here/fetch_model.sh" "$scratch/model"
"$python" "$here/minilm_trace.py" "$scratch/model" "$@"
