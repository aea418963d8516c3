#!/usr/bin/env bash
# Builds the library of the FuseMax engine's RTL at one side (scripts/rtl/verilate_library.sh has how).
# The build (cmake/WeftRtlLibrary.cmake) and `weft rtl build` both call it.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

usage() {
  cat <<'TEXT'
Usage: scripts/rtl/build_library.sh --side N --out DIR [options]

Writes DIR/libweft_fusemax_N.so, or with --fast DIR/libweft_fusemax_N_fast.so, complete or not at all. Progress goes to standard error.
  --side N           rows and columns of the 2D array, 4 to 256
  --out DIR          where the library goes; made if need be
  --work DIR         where the generated sources and objects go; a temporary folder if none is named
  --rtl DIR          the RTL, in place of the project's own
  --jobs N           compilers at once; one a core if none is named
  --compiler CXX     g++ if none is named
  --launcher TOOL    runs the compiler, such as ccache
  --fast             for speed: without assertions, and without waves
  --report           a line "compiled N of M" whenever a file has been
TEXT
}
refuse() { echo "build_library: $1" >&2; exit 2; }

side="" rtl="$root/rtl" passed=() suffix="" kind=""
while (($# > 0)); do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --report) passed+=("$1") ;;
    --fast) passed+=("$1") suffix=_fast kind=", fast" ;;
    --side | --out | --work | --rtl | --jobs | --compiler | --launcher)
      if (($# < 2)); then refuse "$1 needs a value"; fi
      case "$1" in
        --side) side="$2" ;;
        --rtl) rtl="$2" ;;
        *) passed+=("$1" "$2") ;;
      esac
      shift
      ;;
    *) usage >&2; refuse "unknown argument '$1'" ;;
  esac
  shift
done
if [[ ! "$side" =~ ^[1-9][0-9]{0,2}$ ]] || ((side < 4 || side > 256)); then refuse "--side: '$side': must be a whole number from 4 to 256"; fi
if [[ ! -f "$rtl/engine/weft_fusemax.sv" ]]; then refuse "--rtl: '$rtl' has no engine/weft_fusemax.sv"; fi

# The parameters, as the architecture scales them (configs/arch/fusemax-cloud.yaml).
exec "$root/scripts/rtl/verilate_library.sh" --top "$rtl/engine/weft_fusemax.sv" --rtl "$rtl" \
  --name "weft_fusemax_$side$suffix" --as "build_library: side $side$kind" --config "$root/sim/rtl/library/fusemax.vlt" \
  --parameter "SIDE=$side" --parameter "CONTEXTS=$((2 + (2 * side + 127) / 128))" --parameter MAX_WIDTH=128 \
  --parameter DIVIDE_STAGES=13 --parameter OUTSTANDING=64 --parameter "BUFFER_BYTES=$((side * 65536))" "${passed[@]}"
