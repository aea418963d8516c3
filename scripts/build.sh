#!/usr/bin/env bash
# Configures and builds one preset; quiet unless it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/stopping.sh
source scripts/stopping.sh

usage() {
  cat <<'TEXT'
Usage: scripts/build.sh [--no-tests] [PRESET] [TARGET …]

Configures and builds PRESET (release, dev, asan or coverage; release if none is named) under build/PRESET.
  --no-tests   neither tests nor benchmarks are configured, nor what they need looked for; where PRESET has been configured
               with them they stay, so that nothing is built twice
The whole output goes to build/PRESET/build.log and is shown only when the build fails.
WEFT_JOBS sets the number of parallel compilers; without it, one a core and 1.5 GB of free memory each.
TEXT
}

tests=true
if [[ "${1:-}" == --no-tests ]]; then
  tests=false
  shift
fi
case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  -*) echo "build: unknown option '$1'" >&2; usage >&2; exit 2 ;;
esac
preset="${1:-release}"
targets=("${@:2}")
case "$preset" in
  release | dev | asan | coverage) ;;
  *) echo "build: no preset '$preset'; there are release, dev, asan and coverage" >&2; exit 2 ;;
esac

jobs="${WEFT_JOBS:-}"
if [[ -z "$jobs" ]]; then
  by_memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
  jobs=$(nproc)
  if ((by_memory < jobs)); then jobs=$by_memory; fi
  if ((jobs < 1)); then jobs=1; fi
fi

settings=()
if ! $tests && ! grep -qs '^WEFT_TESTS:BOOL=ON' "build/$preset/CMakeCache.txt"; then
  settings=(-DWEFT_TESTS=OFF -DWEFT_BENCHMARKS=OFF)
fi

log="build/$preset/build.log"
mkdir -p "build/$preset"
start=$SECONDS
status=0
configure_and_build() {
  {
    cmake --preset "$preset" "${settings[@]}" &&
      cmake --build "build/$preset" --parallel "$jobs" ${targets:+--target "${targets[@]}"}
  } > "$log" 2>&1
}
say_interrupted() { echo "build: interrupted" >&2; }
stops_with say_interrupted
stoppable configure_and_build || status=$?
if ((status != 0)); then
  # From the first failure on; a failing configuration has no such line.
  if ! grep -m1 -n -E '^FAILED:' "$log" > /dev/null; then tail -n 60 "$log" >&2; else sed -n '/^FAILED:/,$p' "$log" | head -n 100 >&2; fi
  echo "build: preset $preset failed (the whole output: $log)" >&2
  exit "$status"
fi
echo "build: preset $preset built in $((SECONDS - start)) s"
