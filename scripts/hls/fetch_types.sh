#!/usr/bin/env bash
# Fetches the type headers of HLS flows (ap_types of AMD, ac_types of Siemens; both Apache 2.0) out of the hls4ml wheel 1.3.0,
# whose code is neither installed nor run, and puts them at FOLDER/ap_types and FOLDER/ac_types.
#   fetch_types.sh [FOLDER]      .venv/hls-types unless given; WEFT_PYTHON: the Python whose pip fetches them (default: python3)
set -euo pipefail

folder=${1:-$(dirname "${BASH_SOURCE[0]}")/../../.venv/hls-types}
if [ $# -gt 1 ] || [ "$folder" != "${folder#-}" ]; then echo "usage: fetch_types.sh [FOLDER]" >&2; exit 2; fi
[ ! -e "$folder" ] || { echo "$folder: is there already" >&2; exit 2; }
python=${WEFT_PYTHON:-python3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$python" -m pip --version > /dev/null 2>&1 && pip=("$python" -m pip) || pip=(pip)
"${pip[@]}" download --quiet --no-deps --only-binary :all: --dest "$scratch" hls4ml==1.3.0
"$python" -m zipfile -e "$scratch"/hls4ml-1.3.0-*.whl "$scratch/wheel"
templates="$scratch/wheel/hls4ml/templates"
mkdir -p "$folder"
mv "$templates/vivado/ap_types" "$folder/ap_types"
mv "$templates/catapult/ac_types/include" "$folder/ac_types"
