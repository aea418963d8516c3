#!/usr/bin/env bash
# Builds the library of the FuseMax engine's RTL at one side: Verilator to C++, then one shared object.
# The build (cmake/WeftRtlLibrary.cmake) and `weft rtl build` both call it.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
# shellcheck source=scripts/stopping.sh
source "$root/scripts/stopping.sh"

usage() {
  cat <<'TEXT'
Usage: scripts/rtl/build_library.sh --side N --out DIR [options]

Writes DIR/libweft_fusemax_N.so, complete or not at all. Progress goes to standard error.
  --side N           rows and columns of the 2D array, 4 to 32
  --out DIR          where the library goes; made if need be
  --work DIR         where the generated sources and objects go; a temporary folder if none is named
  --rtl DIR          the RTL, in place of the project's own
  --jobs N           compilers at once; one a core if none is named
  --compiler CXX     g++ if none is named
  --launcher TOOL    runs the compiler, such as ccache
  --report           a line "compiled N of M" whenever a file has been
TEXT
}
refuse() { echo "build_library: $1" >&2; exit 2; }

side="" out="" work="" rtl="$root/rtl" jobs="$(nproc)" compiler="${CXX:-g++}" launcher=() report=false
while (($# > 0)); do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --report) report=true ;;
    --side | --out | --work | --rtl | --jobs | --compiler | --launcher)
      if (($# < 2)); then refuse "$1 needs a value"; fi
      case "$1" in
        --side) side="$2" ;;
        --out) out="$2" ;;
        --work) work="$2" ;;
        --rtl) rtl="$2" ;;
        --jobs) jobs="$2" ;;
        --compiler) compiler="$2" ;;
        --launcher) launcher=("$2") ;;
      esac
      shift
      ;;
    *) usage >&2; refuse "unknown argument '$1'" ;;
  esac
  shift
done
if [[ ! "$side" =~ ^[1-9][0-9]?$ ]] || ((side < 4 || side > 32)); then refuse "--side: '$side': must be a whole number from 4 to 32"; fi
if [[ ! "$jobs" =~ ^[1-9][0-9]*$ ]]; then refuse "--jobs: '$jobs': must be a whole number above 0"; fi
if [[ -z "$out" ]]; then refuse "--out names no folder"; fi
for tool in verilator "$compiler" "${launcher[@]}"; do
  if ! command -v "$tool" > /dev/null; then refuse "'$tool' is not installed (Debian: apt-get install verilator g++)"; fi
done
if [[ ! -f "$rtl/engine/weft_fusemax.sv" ]]; then refuse "--rtl: '$rtl' has no engine/weft_fusemax.sv"; fi

# The parameters, as the architecture scales them (configs/arch/fusemax-cloud.yaml).
contexts=$((2 + (2 * side + 127) / 128))
max_width=128 divide_stages=13 outstanding=64
buffer_bytes=$((side * 65536))
parameters="side $side contexts $contexts max_width $max_width divide_stages $divide_stages outstanding $outstanding buffer_bytes $buffer_bytes"
hash=$(printf '%s %s' "$("$root/scripts/rtl/source_hash.sh" --rtl "$rtl")" "$parameters" | sha256sum | cut -d ' ' -f 1)

temporary="" part=""
clean_up() {
  trap '' INT TERM
  stop_started
  if [[ -n "$part" ]]; then rm -f "$part"; fi
  if [[ -n "$temporary" ]]; then rm -rf "$temporary"; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [[ -z "$work" ]]; then
  temporary=$(mktemp -d)
  work="$temporary"
fi
mkdir -p "$work"
work=$(cd "$work" && pwd) out=$(realpath -m -- "$out") rtl=$(cd "$rtl" && pwd)
above="$out"
while [[ ! -e "$above" ]]; do above=$(dirname "$above"); done
if [[ ! -d "$above" || ! -w "$above" ]]; then refuse "--out: '$out' cannot be made or written"; fi
rm -rf "$work/model"
mkdir "$work/model"

start=$SECONDS
say() { echo "build_library: side $side: $1 ($((SECONDS - start)) s)" >&2; }

mapfile -d '' -t packages < <(find "$rtl" -name '*_pkg.sv' -print0 | LC_ALL=C sort -z)
mapfile -d '' -t folders < <(find "$rtl" -type d -print0 | LC_ALL=C sort -z)
search=()
for folder in "${folders[@]}"; do search+=(-y "$folder"); done
trace=()
if [[ "${WEFT_RTL_TRACE:-1}" == 1 ]]; then trace=(--trace); fi
verilator --cc --top-module weft_fusemax --prefix Vweft_fusemax --Mdir "$work/model" \
  -O3 --x-assign fast --x-initial fast --assert "${trace[@]}" --output-split 20000 \
  "-GSIDE=$side" "-GCONTEXTS=$contexts" "-GMAX_WIDTH=$max_width" "-GBUFFER_BYTES=$buffer_bytes" \
  "-GDIVIDE_STAGES=$divide_stages" "-GOUTSTANDING=$outstanding" \
  "${search[@]}" "$root/sim/rtl/library/verilator.vlt" "${packages[@]}" "$rtl/engine/weft_fusemax.sv" >&2 &
wait $!  # a signal is taken at once, not at Verilator's end
say "Verilator has written $(cat "$work"/model/*.cpp | wc -l) lines"

verilator_root=$(verilator --getenv VERILATOR_ROOT)
runtime=(verilated.cpp verilated_threads.cpp)
if ((${#trace[@]} > 0)); then runtime+=(verilated_vcd_c.cpp); fi
cd "$work/model"  # paths in messages, and in what ccache compares, are those from here
cp "$root"/sim/rtl/library/fusemax_entry.cpp "$root"/sim/rtl/library/hooks.h .
for file in "${runtime[@]}"; do cp "$verilator_root/include/$file" .; done
flags=(-std=c++20 -fPIC -fvisibility=hidden -fvisibility-inlines-hidden -fcf-protection=none -include hooks.h -I. -isystem "$verilator_root/include"
  -isystem "$verilator_root/include/vltstd" -DVERILATOR=1 -DVM_COVERAGE=0 -DVM_SC=0 "-DVM_TRACE=$((${#trace[@]} > 0))" "-DVM_TRACE_VCD=$((${#trace[@]} > 0))" -DVM_TRACE_FST=0 -w)
compile() {  # compile FILE: what runs once is compiled for size of the work, not for speed
  trap - EXIT INT TERM  # those of the script are not its own
  local level=-O2
  if [[ "$1" == *Slow* || "$1" == *__Trace* ]]; then level=-O1; fi
  local more=()
  if [[ "$1" == fusemax_entry.cpp ]]; then
    more=(-I "$root" "-DWEFT_RTL_HASH=\"$hash\"" "-DWEFT_RTL_SIDE=$side" "-DWEFT_RTL_CONTEXTS=$contexts" "-DWEFT_RTL_MAX_WIDTH=$max_width"
      "-DWEFT_RTL_DIVIDE_STAGES=$divide_stages" "-DWEFT_RTL_OUTSTANDING=$outstanding" "-DWEFT_RTL_BUFFER_BYTES=$buffer_bytes")
  fi
  "${launcher[@]}" "$compiler" "${flags[@]}" "$level" "${more[@]}" -c "$1" -o "${1%.cpp}.o"
}
# Largest first, so that the last to end is a small one.
mapfile -t files < <(ls -S -- *.cpp)
running=0 compiled=0
one_ended() {
  wait -n
  running=$((running - 1)) compiled=$((compiled + 1))
  if $report; then say "compiled $compiled of ${#files[@]}"; fi
}
for file in "${files[@]}"; do
  if ((running >= jobs)); then one_ended; fi
  compile "$file" &
  running=$((running + 1))
done
while ((running > 0)); do one_ended; done
say "compiled"

library="libweft_fusemax_$side.so"
"$compiler" -shared -o "$work/$library" ./*.o "-Wl,--version-script=$root/sim/rtl/library/exports.map" -Wl,-Bsymbolic -Wl,--no-undefined \
  -Wl,--gc-sections -pthread
mkdir -p "$out"
part="$out/.$library.$$.part"
cp "$work/$library" "$part"
mv "$part" "$out/$library"
say "$out/$library"
