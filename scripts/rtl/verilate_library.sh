#!/usr/bin/env bash
# Makes a library of Verilated RTL, of any engine: Verilator to C++, then one shared object behind sim/rtl/abi.h.
# scripts/rtl/build_library.sh calls it for the FuseMax engine.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
# shellcheck source=scripts/stopping.sh
source "$root/scripts/stopping.sh"

usage() {
  cat <<'TEXT'
Usage: scripts/rtl/verilate_library.sh --top FILE --name NAME --out DIR [options]

Writes DIR/libNAME.so, complete or not at all. Progress goes to standard error.
  --top FILE         the engine's module, named as its file; FILE with the ending .interface declares what it has
                     (scripts/rtl/library_tables.sh)
  --name NAME        of the library
  --out DIR          where the library goes; made if need be
  --rtl DIR          the sources; the folder of FILE if none is named, with WEFT_OBSERVE defined
  --parameter N=V    a parameter of the module; may be given again
  --apart MODULE:NAME,…  Verilates MODULE by itself, once, with those of the parameters; each instance calls it, as
                     sim/rtl/library/apart/MODULE.{sv,cpp} say
  --config FILE      Verilator's configuration, such as sim/rtl/library/fusemax.vlt; may be given again
  --work DIR         where the generated sources and objects go; a temporary folder if none is named
  --shared DIR       where what libraries have alike is kept for the next: Verilator's runtime, and its headers precompiled;
                     in the folder of --work if none is named
  --jobs N           compilers at once; one a core if none is named
  --compiler CXX     g++ if none is named
  --launcher TOOL    runs the compiler, such as ccache
  --fast             for speed: without assertions, and without waves
  --all-waves        waves show every signal of every unit, whatever the configuration leaves out (scripts/synth/power.py)
  --coverage         counts which lines run: each instance writes what it has met into a file of the folder $WEFT_COVERAGE
  --hash-of DIR      the sources that it says it is of, where --rtl is a changed copy of them
  --report           a line "compiled N of M" whenever a file has been
  --as WORDS         what the lines of progress call it; NAME if nothing is said
TEXT
}
as=""
refuse() { echo "${as:-verilate_library}: $1" >&2; exit 2; }

top="" name="" out="" rtl="" parameters=() config=() work="" shared="" jobs="$(nproc)" compiler="${CXX:-g++}" launcher=() report=false fast=false all_waves=false apart="" coverage=0 hash_of=""
while (($# > 0)); do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --report) report=true ;;
    --fast) fast=true ;;
    --all-waves) all_waves=true ;;
    --coverage) coverage=1 ;;
    --top | --name | --out | --rtl | --parameter | --config | --work | --shared | --jobs | --compiler | --launcher | --as | --apart | --hash-of)
      if (($# < 2)); then refuse "$1 needs a value"; fi
      case "$1" in
        --top) top="$2" ;;
        --name) name="$2" ;;
        --out) out="$2" ;;
        --rtl) rtl="$2" ;;
        --parameter) parameters+=("$2") ;;
        --config) config+=("$(realpath -- "$2")") ;;
        --work) work="$2" ;;
        --shared) shared="$2" ;;
        --jobs) jobs="$2" ;;
        --compiler) compiler="$2" ;;
        --launcher) launcher=("$2") ;;
        --as) as="$2" ;;
        --apart) apart="$2" ;;
        --hash-of) hash_of="$2" ;;
      esac
      shift
      ;;
    *) usage >&2; refuse "unknown argument '$1'" ;;
  esac
  shift
done
if [[ ! "$jobs" =~ ^[1-9][0-9]*$ ]]; then refuse "--jobs: '$jobs': must be a whole number above 0"; fi
if [[ -z "$out" ]]; then refuse "--out names no folder"; fi
if [[ ! "$name" =~ ^[A-Za-z0-9_]+$ ]]; then refuse "--name: '$name': must be letters, digits and _"; fi
for tool in verilator "$compiler" "${launcher[@]}"; do
  if ! command -v "$tool" > /dev/null; then refuse "'$tool' is not installed (Debian: apt-get install verilator g++)"; fi
done
if [[ ! -f "$top" || "$top" != *.sv ]]; then refuse "--top: '$top' is no file of SystemVerilog"; fi
interface="${top%.sv}.interface"
if [[ ! -f "$interface" ]]; then refuse "--top: '$interface' is not there"; fi
for parameter in "${parameters[@]}"; do
  if [[ ! "$parameter" =~ ^[A-Z][A-Z0-9_]*=(0|[1-9][0-9]*)$ ]]; then refuse "--parameter: '$parameter': must be NAME=NUMBER"; fi
done
if [[ -z "$rtl" ]]; then rtl=$(dirname -- "$top"); fi
if [[ -z "$as" ]]; then as="verilate_library: $name"; fi
module=$(basename -- "$top" .sv)

# As expected_hash() of sim/rtl/fusemax_library.cpp has it.
hash=$("$root/scripts/rtl/source_hash.sh" --top "$top" --rtl "${hash_of:-$rtl}")
for parameter in "${parameters[@]}"; do
  key="${parameter%%=*}"
  hash+=" ${key,,} ${parameter#*=}"
done
hash=$(printf '%s' "$hash" | sha256sum | cut -d ' ' -f 1)

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
work=$(cd "$work" && pwd) out=$(realpath -m -- "$out") rtl=$(cd "$rtl" && pwd) top=$(realpath -- "$top") interface=$(realpath -- "$interface")
above="$out"
while [[ ! -e "$above" ]]; do above=$(dirname "$above"); done
if [[ ! -d "$above" || ! -w "$above" ]]; then refuse "--out: '$out' cannot be made or written"; fi
rm -rf "$work/model"
mkdir "$work/model"

start=$SECONDS
say() { echo "$as: $1 ($((SECONDS - start)) s)" >&2; }

# Packages are read first, those that the engine needs and no others: the hash is over what the library is made of.
mapfile -t packages < <("$root/scripts/rtl/source_hash.sh" --top "$top" --rtl "$rtl" --list | grep '_pkg\.sv$')
packages=("${packages[@]/#/$rtl/}")
mapfile -d '' -t folders < <(find "$rtl" -type d -print0 | LC_ALL=C sort -z)
search=()
for folder in "${folders[@]}"; do search+=(-y "$folder"); done
checks=(--assert --trace) traces=1
if $fast; then checks=() traces=0; fi
if $all_waves; then
  checks+=(--trace-max-array 65536 --trace-max-width 65536)
  shown=()
  for file in "${config[@]}"; do
    grep -v '^tracing_off' "$file" > "$work/shown_${#shown[@]}.vlt"
    shown+=("$work/shown_${#shown[@]}.vlt")
  done
  config=("${shown[@]}")
fi
# A block that Verilator splits counts falsely what stands behind a variable that it assigns twice (5.006).
if ((coverage > 0)); then checks+=(--coverage-line -fno-split); fi
common=(+define+WEFT_OBSERVE +define+WEFT_CLOCK_GATES -O3 --x-assign fast --x-initial fast --output-split 20000)
apart_parts=()
if [[ -n "$apart" ]]; then
  part="${apart%%:*}" part_parameters=() part_checks=()
  if ! $fast; then part_checks=(--assert); fi
  apart_parts=("$root/sim/rtl/library/apart/$part.sv" "$root/sim/rtl/library/apart/$part.cpp")
  for file in "${apart_parts[@]}"; do
    if [[ ! -f "$file" ]]; then refuse "--apart: '$file' is not there"; fi
  done
  for parameter in "${parameters[@]}"; do
    if [[ ",${apart#*:}," == *",${parameter%%=*},"* ]]; then part_parameters+=("-G$parameter"); fi
  done
  mapfile -d '' -t part_file < <(find "$rtl" -name "$part.sv" -print0)
  verilator --cc --top-module "$part" --prefix "V$part" --Mdir "$work/model" "${common[@]}" "${part_checks[@]}" \
    "${part_parameters[@]}" "${search[@]}" "${config[@]}" "${packages[@]}" "${part_file[@]}" >&2 &
  wait $!
  search=(-y "$root/sim/rtl/library/apart" "${search[@]}")
fi
verilator --cc --top-module "$module" --prefix Vweft_rtl_top --Mdir "$work/model" "${common[@]}" "${checks[@]}" "${parameters[@]/#/-G}" \
  "${search[@]}" "${config[@]}" "${packages[@]}" "$top" >&2 &
wait $!  # a signal is taken at once, not at Verilator's end
say "Verilator has written $(cat "$work"/model/*.cpp | wc -l) lines"

verilator_root=$(verilator --getenv VERILATOR_ROOT)
runtime=(verilated.cpp verilated_threads.cpp verilated_dpi.cpp)
if [[ -z "$apart" ]]; then unset 'runtime[2]'; fi
if ((traces > 0)); then runtime+=(verilated_vcd_c.cpp); fi
if ((coverage > 0)); then runtime+=(verilated_cov.cpp); fi
cd "$work/model"  # paths in messages, and in what ccache compares, are those from here
"$root/scripts/rtl/library_tables.sh" Vweft_rtl_top.h "$interface" "$module" "$hash" "${parameters[@]}" > library_tables.inc
cp "$root/sim/rtl/library/entry.cpp" .
if [[ -n "$apart" ]]; then cp "${apart_parts[1]}" .; fi
flags=(-std=c++20 -fPIC -fvisibility=hidden -fvisibility-inlines-hidden -fcf-protection=none -I.
  -isystem "$verilator_root/include" -isystem "$verilator_root/include/vltstd" -DVERILATOR=1 "-DVM_COVERAGE=$coverage" -DVM_SC=0
  "-DVM_TRACE=$traces" "-DVM_TRACE_VCD=$traces" -DVM_TRACE_FST=0 -w)
if [[ "${launcher[*]}" == *ccache* ]]; then flags+=(-fpch-preprocess); fi  # it asks for that
compiler_run() { "${launcher[@]}" "$compiler" "${flags[@]}" "$@"; }
hot=O1  # beside checks and waves, O2 gains nothing
if $fast; then hot=O2; fi
compile() {  # compile FILE: what runs once is compiled quickly
  trap - EXIT INT TERM  # those of the script are not its own
  local level="$hot" more=()
  if [[ "$1" == *Slow* || "$1" == *__Syms.cpp || "$1" == *__ConstPool* ]]; then level=O0; fi
  if [[ "$1" == entry.cpp ]]; then more=(-I "$root"); fi
  compiler_run "-$level" -include "$common_parts/$level/precompiled.h" "${more[@]}" -c "$1" -o "${1%.cpp}.o"
}
precompile() {  # precompile LEVEL: what every file includes; a precompiled header serves one level alone
  trap - EXIT INT TERM
  compiler_run "-$1" -x c++-header "$1/precompiled.h" -o "$1/precompiled.h.gch"
}
running=0 compiled=0 total=0
one_ended() {
  wait -n
  running=$((running - 1)) compiled=$((compiled + 1))
  if $report; then say "compiled $compiled of $total"; fi
}
each() {  # each FUNCTION WORD…: FUNCTION of each word, so many at once as there are jobs
  local word call="$1"
  shift
  for word in "$@"; do
    if ((running >= jobs)); then one_ended; fi
    "$call" "$word" &
    running=$((running + 1))
  done
  while ((running > 0)); do one_ended; done
}

# Largest first, so that the last to end is a small one.
mapfile -t files < <(ls -S -- *.cpp)
total=${#files[@]}

# What no file of the model changes is made once, by whoever comes first, in a folder named after all that it depends on.
levels=("$hot" O0)
own=("$root/sim/rtl/library/precompiled.h" "$root/sim/rtl/library/hooks.h")
"$compiler" --version > version.txt &
wait $!  # a signal is taken at once here too
key=$({ cat version.txt && printf '%s\n' "${flags[@]}" && cat "${own[@]}" "${runtime[@]/#/$verilator_root/include/}"; } |
  sha256sum | cut -c 1-16)
common_parts="$(realpath -m -- "${shared:-$work/shared}")/$key"
mkdir -p "${levels[@]/#/$common_parts/}"
exec {lock}> "$common_parts/lock"
flock "$lock" &
wait $!
if [[ ! -f "$common_parts/complete" ]]; then
  cd "$common_parts"
  total=$((total + ${#levels[@]} + ${#runtime[@]}))
  for level in "${levels[@]}"; do cp "${own[@]}" "$level"; done
  for file in "${runtime[@]}"; do cp "$verilator_root/include/$file" .; done
  each precompile "${levels[@]}"
  each compile "${runtime[@]}"
  touch complete
  cd "$work/model"
fi
exec {lock}>&-
each compile "${files[@]}"
say "compiled"

library="lib$name.so"
"$compiler" -shared -o "$work/$library" ./*.o "$common_parts"/*.o "-Wl,--version-script=$root/sim/rtl/library/exports.map" -Wl,-Bsymbolic \
  -Wl,--no-undefined -Wl,--gc-sections -pthread
mkdir -p "$out"
part="$out/.$library.$$.part"
cp "$work/$library" "$part"
mv "$part" "$out/$library"
say "$out/$library"
