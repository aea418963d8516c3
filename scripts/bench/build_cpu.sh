#!/usr/bin/env bash
# What building the whole tree costs at two commits, each in a clean clone, both at once so that both see the same machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() {
  cat <<'TEXT'
Usage: scripts/bench/build_cpu.sh BEFORE [AFTER]

Builds the release preset of BEFORE and of AFTER (HEAD) in clean clones, tests and benchmarks among it, without a compiler cache,
side by side with one compiler each, and prints of each the CPU time (user and system, of all processes) and the steps of its
build; then AFTER's share of BEFORE's CPU time, in all and a step. Twenty minutes on two cores.
TEXT
}

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  -*) echo "build_cpu: unknown option '$1'" >&2; usage >&2; exit 2 ;;
esac
if (($# < 1 || $# > 2)); then echo "build_cpu: one or two commits" >&2; usage >&2; exit 2; fi
before=$(git rev-parse --verify --quiet "$1^{commit}") || { echo "build_cpu: no commit '$1'" >&2; exit 2; }
after=$(git rev-parse --verify --quiet "${2:-HEAD}^{commit}") || { echo "build_cpu: no commit '${2:-HEAD}'" >&2; exit 2; }

folder=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; rm -rf "$folder"' EXIT
unset CMAKE_CXX_COMPILER_LAUNCHER CMAKE_C_COMPILER_LAUNCHER OBJCACHE WEFT
export CCACHE_DISABLE=1 LC_ALL=C.UTF-8 WEFT_JOBS=1

build() {  # build NAME COMMIT: CPU time and steps into $folder/NAME.built
  local tree="$folder/$1" TIMEFORMAT='%U %S' user system
  git clone --quiet --shared --no-checkout . "$tree"
  git -C "$tree" checkout --quiet --detach "$2"
  if ! { time "$tree/scripts/build.sh" release > "$folder/$1.log" 2>&1; } 2> "$folder/$1.time"; then
    tail -n 40 "$folder/$1.log" >&2
    echo "build_cpu: the build of $2 failed" >&2
    return 1
  fi
  read -r user system < "$folder/$1.time"
  awk -v u="$user" -v s="$system" -v n="$(sed -n 's/^\[\([0-9]*\)\/.*/\1/p' "$tree/build/release/build.log" | tail -n 1)" \
    'BEGIN { print u + s, n }' > "$folder/$1.built"
}
build before "$before" &
first=$!
build after "$after" &
second=$!
wait "$first" && wait "$second"
read -r cpu_before steps_before < "$folder/before.built"
read -r cpu_after steps_after < "$folder/after.built"
printf 'before  %s  CPU %7.1f s  %4d steps\n' "${before:0:7}" "$cpu_before" "$steps_before"
printf 'after   %s  CPU %7.1f s  %4d steps\n' "${after:0:7}" "$cpu_after" "$steps_after"
awk -v a="$cpu_after" -v b="$cpu_before" -v m="$steps_after" -v n="$steps_before" \
  'BEGIN { printf "after takes %.3f of the CPU time of before, %.3f a step\n", a / b, a / b * n / m }'
