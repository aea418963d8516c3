#!/usr/bin/env bash
# Builds the library of an engine's RTL: FuseMax's at one side, or SpAtten's at the scale of a design
# (scripts/rtl/verilate_library.sh has how).
# The build (cmake/WeftRtlLibrary.cmake) and `weft rtl build` both call it.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

usage() {
  cat <<'TEXT'
Usage: scripts/rtl/build_library.sh --side N --out DIR [options]
       scripts/rtl/build_library.sh --design NAME --out DIR [options]

Writes DIR/libweft_fusemax_N.so or, of so many multipliers, DIR/libweft_spatten_N.so, or with --fast DIR/libweft_…_fast.so, complete
or not at all. Progress goes to standard error.
  --side N           of FuseMax: rows and columns of the 2D array, 4 to 256
  --design NAME      of SpAtten: spatten-rtl-smallest, spatten-rtl-double or spatten-rtl-eighth
  --out DIR          where the library goes; made if need be
  --work DIR         where the generated sources and objects go; a temporary folder if none is named
  --shared DIR       where what libraries have alike is kept for the next; in the folder of --work if none is named
  --rtl DIR          the RTL, in place of the project's own
  --jobs N           compilers at once; one a core if none is named
  --compiler CXX     g++ if none is named
  --launcher TOOL    runs the compiler, such as ccache
  --fast             for speed: without assertions, and without waves
  --config FILE, --coverage, --hash-of DIR
                     as scripts/rtl/verilate_library.sh has them
  --show             prints the parameters, NAME=VALUE a line, and builds nothing
  --report           a line "compiled N of M" whenever a file has been
TEXT
}
refuse() { echo "build_library: $1" >&2; exit 2; }

side="" design="" rtl="$root/rtl" passed=() suffix="" kind="" show=false
while (($# > 0)); do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --report | --coverage) passed+=("$1") ;;
    --show) show=true ;;
    --fast) passed+=("$1") suffix=_fast kind=", fast" ;;
    --side | --design | --out | --work | --shared | --rtl | --jobs | --compiler | --launcher | --config | --hash-of)
      if (($# < 2)); then refuse "$1 needs a value"; fi
      case "$1" in
        --side) side="$2" ;;
        --design) design="$2" ;;
        --rtl) rtl="$2" ;;
        *) passed+=("$1" "$2") ;;
      esac
      shift
      ;;
    *) usage >&2; refuse "unknown argument '$1'" ;;
  esac
  shift
done
if [[ -n "$side" && -n "$design" ]]; then refuse "--design: '$design': not beside --side, which is FuseMax's"; fi
engine=fusemax
if [[ -n "$design" ]]; then engine=spatten; fi
if [[ $engine == spatten && ! "$design" =~ ^spatten-rtl-(smallest|double|eighth)$ ]]; then
  refuse "--design: '$design': must be spatten-rtl-smallest, spatten-rtl-double or spatten-rtl-eighth"
fi
if [[ $engine == fusemax ]] && { [[ ! "$side" =~ ^[1-9][0-9]{0,2}$ ]] || ((side < 4 || side > 256)); }; then
  refuse "--side: '$side': must be a whole number from 4 to 256"
fi
top="$rtl/engine/weft_$engine.sv"
if [[ ! -f "$top" ]]; then refuse "--rtl: '$rtl' has no engine/weft_$engine.sv"; fi

of_arch() {  # of_arch EXPRESSION: the number that it captures, in the one line of $arch that it matches
  local found
  found=$(sed -nE "s/^.*$1.*\$/\1/p" "$arch")
  if [[ ! "$found" =~ ^[1-9][0-9]*$ ]]; then refuse "$arch: '$1' is not there once"; fi
  echo "$found"
}
of_top() {  # of_top PARAMETER: its default in the engine's module
  local found
  found=$(sed -nE "s/^  parameter +int unsigned $1 += ([0-9]+)\b.*\$/\1/p" "$top")
  if [[ ! "$found" =~ ^[1-9][0-9]*$ ]]; then refuse "$top: has no $1"; fi
  echo "$found"
}

# FuseMax's parameters are the architecture's, scaled as an ending -NxN scales it (models/engine/architecture/architecture.cpp,
# which tests/scripts/fusemax_parameters_test.py holds this to); MAX_WIDTH is the RTL's own.
fusemax() {
  arch="$root/configs/arch/fusemax-cloud.yaml"
  # One row of a large array is Verilated by itself, once: all elements at once take 1 MB of memory and 0.1 s each.
  if ((side > 32)); then passed+=(--apart "weft_pe_row:SIDE,CONTEXTS" --config "$root/sim/rtl/library/apart/layout.vlt"); fi
  passed+=(--config "$root/sim/rtl/library/fusemax.vlt")
  local max_width own_side buffer_mib divide outstanding
  max_width=$(of_top MAX_WIDTH) || exit
  own_side=$(of_arch "^    rows: ([0-9]+)") || exit
  buffer_mib=$(of_arch "^  bytes: ([0-9]+)MiB") || exit
  divide=$(of_arch "divide: \{interval_cycles: 1, latency_cycles: ([0-9]+)") || exit
  outstanding=$(of_arch "^  outstanding: ([0-9]+)") || exit
  parameters=("SIDE=$side" "CONTEXTS=$((2 + (2 * side + 127) / 128))" "MAX_WIDTH=$max_width" "DIVIDE_STAGES=$divide"
    "OUTSTANDING=$outstanding" "BUFFER_BYTES=$((buffer_mib * 1048576 * side / own_side))")
  name="weft_fusemax_$side" as="side $side"
}
# SpAtten's multipliers, channels and keys are the architecture's (its softmax holds as many scores as there are keys, eight a
# word); what else one run may have is the RTL's own, heads as wide as at its own scale among it.
spatten() {
  arch="$root/configs/arch/$design.yaml"
  local multipliers channels addresses words own_multipliers own_parts parameter value
  multipliers=$(of_arch "^    qk: .*multipliers: ([0-9]+)") || exit
  channels=$(of_arch "^    fetcher: .*channels: ([0-9]+)") || exit
  addresses=$(of_arch "^    fetcher: .*addresses_per_cycle: ([0-9]+)") || exit
  words=$(of_arch "^    softmax: .*parallelism: 8, fifo_depth: ([0-9]+)") || exit
  own_multipliers=$(of_top MULTIPLIERS) || exit
  own_parts=$(of_top PARTS) || exit
  parameters=("MULTIPLIERS=$multipliers" "PARTS=$((own_parts * own_multipliers / multipliers))" "KEYS=$((8 * words))")
  for parameter in HEADS SLOTS BITS; do
    value=$(of_top $parameter) || exit
    parameters+=("$parameter=$value")
  done
  parameters+=("CHANNELS=$channels" "ADDRESSES=$addresses")
  passed+=(--config "$root/sim/rtl/library/spatten.vlt")
  name="weft_spatten_$multipliers" as="$design"
}
$engine
if $show; then
  printf '%s\n' "${parameters[@]}"
  exit
fi
for parameter in "${parameters[@]}"; do passed+=(--parameter "$parameter"); done

exec "$root/scripts/rtl/verilate_library.sh" --top "$top" --rtl "$rtl" --name "$name$suffix" --as "build_library: $as$kind" "${passed[@]}"
