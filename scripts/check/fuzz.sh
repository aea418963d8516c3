#!/usr/bin/env bash
# libFuzzer on every reader of a user's file, under AddressSanitizer and UndefinedBehaviorSanitizer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly all=(yaml cascade einsum config_json safetensors npy csv dram_part mapping accesses)

usage() {
  cat <<TEXT
Usage: scripts/check/fuzz.sh [--seconds N] [--reader NAME]…

Fuzzes each reader for N seconds of CPU time (600) from its corpus, tests/fuzz/corpus/NAME; one reader at a time, on one core. What it
learns stays in build/fuzz/corpus/NAME and is where the next run begins; a finding is left in build/fuzz/findings, and the
run fails. An input that takes 20 s or 1 GB is a finding too.
Readers: ${all[*]}
Needs Clang with libFuzzer, which nothing else here does: apt-get install clang libclang-rt-dev, or of one version
clang-16 libclang-rt-16-dev. CLANGXX names another compiler.
TEXT
}

seconds=600 readers=()
while (($# > 0)); do
  case "$1" in
    --seconds | --reader)
      if (($# < 2)); then echo "fuzz: $1 needs a value" >&2; exit 2; fi
      if [[ "$1" == --seconds ]]; then seconds="$2"; else readers+=("$2"); fi
      shift
      ;;
    -h | --help) usage; exit 0 ;;
    *) echo "fuzz: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
if [[ ! "$seconds" =~ ^[1-9][0-9]*$ ]]; then echo "fuzz: --seconds '$seconds': must be a whole number from 1" >&2; exit 2; fi
if ((${#readers[@]} == 0)); then readers=("${all[@]}"); fi
for reader in "${readers[@]}"; do
  if [[ ! " ${all[*]} " == *" $reader "* ]]; then echo "fuzz: no reader '$reader'; there are: ${all[*]}" >&2; exit 2; fi
done

# A Clang that links libFuzzer; its exit code 3 says that there is none.
find_compiler() {
  local name
  for name in ${CLANGXX:-clang++ clang++-19 clang++-16 clang++-14}; do
    if command -v "$name" > /dev/null &&
      echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' |
      "$name" -x c++ -fsanitize=fuzzer,address,undefined - -o /dev/null 2> /dev/null; then
      echo "$name"
      return 0
    fi
  done
  echo "fuzz: no Clang with libFuzzer: apt-get install clang libclang-rt-dev, or clang-16 libclang-rt-16-dev" >&2
  return 3
}

compiler=$(find_compiler)
mkdir -p build/fuzz/findings
log=build/fuzz/build.log
if ! { cmake -S . -B build/fuzz -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" -DWEFT_FUZZ=ON -DWEFT_SANITIZE=ON &&
  cmake --build build/fuzz --target weft_fuzz --parallel "${WEFT_JOBS:-$(nproc)}"; } > "$log" 2>&1; then
  tail -n 60 "$log" >&2
  echo "fuzz: the build failed (the whole output: $log)" >&2
  exit 1
fi

fuzz_for() {  # fuzz_for READER SECONDS: by the clock, which on a busy machine is more than the CPU time
  WEFT_FUZZ_READER="$1" build/fuzz/bin/weft_fuzz -max_total_time="$2" -timeout=20 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/findings/$1-" "build/fuzz/corpus/$1" "tests/fuzz/corpus/$1"
}

failed=()
TIMEFORMAT='%0U'
for reader in "${readers[@]}"; do
  mkdir -p "build/fuzz/corpus/$reader"
  out="build/fuzz/$reader.log" used=0 inputs=0 ok=true
  while $ok && ((used < seconds)); do
    { time fuzz_for "$reader" "$((seconds - used))" > "$out" 2>&1 || ok=false; } 2> "$out.time"
    used=$((used + $(< "$out.time") + 1))
    inputs=$((inputs + $(sed -n 's/^stat::number_of_executed_units: //p' "$out" | tail -n 1 | grep . || echo 0)))
  done
  echo "fuzz: $reader: $used s of CPU time, $inputs inputs, $(sed -n 's/^stat::peak_rss_mb: *//p' "$out" | tail -n 1) MB"
  if ! $ok; then
    tail -n 60 "$out" >&2
    failed+=("$reader")
  fi
done
for reader in "${failed[@]}"; do echo "fuzz: FAILED: $reader" >&2; done
((${#failed[@]} == 0))
