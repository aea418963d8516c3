#!/usr/bin/env bash
# How fast Weft is: Google Benchmark's figures, and the time of whole runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
Usage: scripts/bench.sh [--runs N] [--skip-build]

Builds the release preset, runs build/release/bin/weft_bench, then times `weft run` (FuseMax, BERT-base, batch 64,
SystemC) at 64K, 256K and 1M tokens, the median of N runs each (5). The figures also go to build/bench/*.json.
TEXT
}

runs=5 build=true
while (($# > 0)); do
  case "$1" in
    --runs)
      if (($# < 2)); then echo "bench: --runs needs a number" >&2; exit 2; fi
      runs="$2"
      shift
      ;;
    --skip-build) build=false ;;
    -h | --help) usage; exit 0 ;;
    *) echo "bench: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

if $build; then
  scripts/setup.sh --quiet
  scripts/build.sh release
fi
mkdir -p build/bench
build/release/bin/weft_bench --benchmark_out=build/bench/micro.json --benchmark_out_format=json
echo
/usr/bin/python3 scripts/bench/run_times.py --runs "$runs" --json build/bench/runs.json
