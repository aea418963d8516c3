#!/usr/bin/env bash
# What the demo costs at two commits, each from a clean clone in the same run: CPU time, from installed packages to the table.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() {
  cat <<'TEXT'
Usage: scripts/bench/demo_cpu.sh [--at-most SHARE] [BEFORE [AFTER]]

Runs scripts/demo.sh of BEFORE (2cf2976, the last that built its tests too) and of AFTER (HEAD) in clean clones, without a
compiler cache, and prints of each the CPU time (user and system, of all processes), the time by the clock, and how long after
the end of the build the first picture was there; then AFTER's share of BEFORE's CPU time. Half an hour on two cores.
  --at-most SHARE   fail where the share is above it, such as 0.3333
TEXT
}

at_most="" commits=()
while (($# > 0)); do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --at-most)
      if (($# < 2)); then echo "demo_cpu: --at-most needs a number" >&2; exit 2; fi
      at_most="$2"
      shift
      ;;
    -*) echo "demo_cpu: unknown option '$1'" >&2; usage >&2; exit 2 ;;
    *) commits+=("$1") ;;
  esac
  shift
done
if ((${#commits[@]} > 2)); then echo "demo_cpu: two commits at most" >&2; exit 2; fi
if [[ -n "$at_most" && ! "$at_most" =~ ^(0|[1-9][0-9]*)(\.[0-9]+)?$ ]]; then echo "demo_cpu: --at-most: '$at_most' is no number" >&2; exit 2; fi
before=$(git rev-parse --verify --quiet "${commits[0]:-2cf2976}^{commit}") || { echo "demo_cpu: no commit '${commits[0]:-2cf2976}'" >&2; exit 2; }
after=$(git rev-parse --verify --quiet "${commits[1]:-HEAD}^{commit}") || { echo "demo_cpu: no commit '${commits[1]:-HEAD}'" >&2; exit 2; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset CMAKE_CXX_COMPILER_LAUNCHER CMAKE_C_COMPILER_LAUNCHER OBJCACHE WEFT
export CCACHE_DISABLE=1 LC_ALL=C.UTF-8

measure() {  # measure NAME COMMIT: a line of what its demo took; its CPU time into $folder/NAME.cpu
  local tree="$folder/$1" TIMEFORMAT='%U %S %R' user system real
  git clone --quiet --shared --no-checkout . "$tree"
  git -C "$tree" checkout --quiet --detach "$2"
  if ! { time "$tree/scripts/demo.sh" > "$folder/$1.log" 2>&1; } 2> "$folder/$1.time"; then
    tail -n 40 "$folder/$1.log" >&2
    echo "demo_cpu: the demo of $2 failed" >&2
    exit 1
  fi
  read -r user system real < "$folder/$1.time"
  awk -v u="$user" -v s="$system" 'BEGIN { print u + s }' > "$folder/$1.cpu"
  local built first
  built=$(stat -c %.Y "$tree/build/release/build.log")
  first=$(stat -c %.Y "$tree"/build/demo/*.png | sort -n | head -n 1)
  awk -v name="$1" -v commit="${2:0:7}" -v cpu="$(cat "$folder/$1.cpu")" -v real="$real" -v built="$built" -v first="$first" \
    'BEGIN { printf "%-7s %s  CPU %7.1f s  clock %7.1f s  first picture %5.1f s after the build\n", name, commit, cpu, real, first - built }'
}
measure before "$before"
measure after "$after"
share=$(awk -v a="$(cat "$folder/after.cpu")" -v b="$(cat "$folder/before.cpu")" 'BEGIN { printf "%.4f", a / b }')
echo "after takes $share of the CPU time of before"
if [[ -n "$at_most" ]] && awk -v s="$share" -v m="$at_most" 'BEGIN { exit !(s > m) }'; then
  echo "demo_cpu: more than $at_most" >&2
  exit 1
fi
