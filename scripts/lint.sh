#!/usr/bin/env bash
# Layout and lint of every tracked file: clang-format, shellcheck, Verilator, casts in RTL, flake8, and clang-tidy when asked for.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

usage() {
  cat <<'TEXT'
Usage: scripts/lint.sh [--fix] [--tidy]

  --fix    let clang-format rewrite the C++ files in place of complaining
  --tidy   clang-tidy as well (minutes); needs what build/release has generated
TEXT
}

fix=false tidy=false
for argument in "$@"; do
  case "$argument" in
    --fix) fix=true ;;
    --tidy) tidy=true ;;
    -h | --help) usage; exit 0 ;;
    *) echo "lint: unknown argument '$argument'" >&2; usage >&2; exit 2 ;;
  esac
done

tracked() {  # tracked PATTERN…: the tracked files that exist
  git -c safe.directory='*' ls-files -z -- "$@" | while IFS= read -r -d '' file; do
    if [[ -f "$file" ]]; then printf '%s\0' "$file"; fi
  done
}
mapfile -d '' -t cpp < <(tracked '*.cpp' '*.hpp')
mapfile -d '' -t shell < <(tracked '*.sh' '*.bash' '.ci/run')
mapfile -d '' -t python < <(tracked '*.py')
if ((${#cpp[@]} == 0 || ${#shell[@]} == 0 || ${#python[@]} == 0)); then
  echo "lint: git lists no C++, shell or Python files here" >&2
  exit 1
fi

failed=()
step() {  # step NAME COUNT COMMAND…
  local name="$1" count="$2"
  shift 2
  if "$@"; then echo "lint: $name: $count files, clean"; else failed+=("$name"); fi
}
check_layout() {
  local said files
  if said=$(clang-format --dry-run -Werror "${cpp[@]}" 2>&1); then return 0; fi
  files=$(sed -nE 's/^([^:]+):[0-9]+:[0-9]+: error: .*/\1/p' <<< "$said" | sort -u)
  if [[ -z "$files" ]]; then files="$said"; fi  # not a matter of layout
  printf 'lint: not laid out by .clang-format (scripts/lint.sh --fix does it):\n%s\n' "$files" >&2
  return 1
}
# Versions differ in a few lines (19 in 11 files), so one of them has the say: that of Debian 12.
readonly layout_version=14
if ! layout=$(clang-format --version); then
  failed+=(clang-format)
elif [[ "$layout" == *" version $layout_version."* ]]; then
  if $fix; then clang-format -i "${cpp[@]}"; fi
  step clang-format "${#cpp[@]}" check_layout
else
  echo "lint: clang-format: skipped: the files are laid out by version $layout_version, and this is $layout"
fi
step shellcheck "${#shell[@]}" shellcheck "${shell[@]}"
mapfile -d '' -t rtl < <(tracked 'rtl/*.sv')
lint_rtl() {  # as Verilator reads it: the engine at a power of two and at none, with and without observers, and each unit by itself
  local file side observe=(-DWEFT_OBSERVE) options=(--lint-only -Wall rtl/lint.vlt rtl/*/*_pkg.sv)
  for file in rtl/*/; do options+=(-y "$file"); done
  for side in 4 5; do
    verilator "${options[@]}" --top-module weft_fusemax "-GSIDE=$side" "${observe[@]}" rtl/engine/weft_fusemax.sv > /dev/null || return 1
    observe=()
  done
  for file in "${rtl[@]}"; do
    if [[ "$file" != *_pkg.sv && "$file" != */weft_fusemax.sv ]]; then echo "--top-module $(basename "$file" .sv) $file"; fi
  done | xargs -L 1 -P "$(nproc)" verilator "${options[@]}" > /dev/null
}
step "verilator -Wall" "${#rtl[@]}" lint_rtl
mapfile -d '' -t verilog < <(tracked '*.sv' '*.svh')
check_columns() {  # no formatter lays SystemVerilog out as the house does, so its width is checked
  local found
  if ! found=$(grep -nE '^.{101}' /dev/null "${verilog[@]}"); then return 0; fi
  printf 'lint: longer than 100 columns:\n%s\n' "$found" >&2
  return 1
}
step "100 columns" "${#verilog[@]}" check_columns
check_casts() {  # Yosys takes -8'(x) for (-8)'(x), in silence where x is constant; simulators do not
  local found
  if ! found=$(grep -nE "([=(,?:&|^<>+*/%!~-]|return)[[:space:]]*[~&|^!+-]+[A-Za-z0-9_]+'\\(" "${rtl[@]}"); then return 0; fi
  printf 'lint: an operator before a size cast wants parentheses, -(8'"'"'(x)):\n%s\n' "$found" >&2
  return 1
}
step "size casts" "${#rtl[@]}" check_casts
check_arrays() {  # the elements are signed to Verilator until 2026, unsigned to the standard and to Yosys
  local found
  if ! found=$(grep -nE 'signed[[:space:]]*(\[[^]]*\][[:space:]]*){2}' "${rtl[@]}"); then return 0; fi
  printf 'lint: a signed array of arrays: make it unsigned, and its elements signed where they are used:\n%s\n' "$found" >&2
  return 1
}
step "signed arrays" "${#rtl[@]}" check_arrays
check_signs() {  # Yosys drops the sign of byte'(x), and of a parameter that is signed but has neither range nor type
  local found
  if ! found=$(grep -nE "(^|[^[:alnum:]_$])(byte|shortint|int|longint|integer)'\\(|param(eter)?[[:space:]]+signed[[:space:]]+[A-Za-z_]" "${rtl[@]}"); then
    return 0
  fi
  printf 'lint: a sign that Yosys does not keep (a cast wants $%s around it, a parameter its range):\n%s\n' "signed(...)" "$found" >&2
  return 1
}
step "signs" "${#rtl[@]}" check_signs
step flake8 "${#python[@]}" /usr/bin/python3 -m flake8 "${python[@]}"
if $tidy; then
  mapfile -d '' -t units < <(tracked '*.cpp')
  tidy_command=clang-tidy-16
  if ! command -v "$tidy_command" > /dev/null; then tidy_command=clang-tidy-19; fi
  # Each source alone, and without GCC's precompiled headers, which are none to clang-tidy; what is generated is the build's.
  cmake --preset release -B build/tidy -DWEFT_UNITY=OFF -DWEFT_PRECOMPILE=OFF > build/tidy.log 2>&1 || { cat build/tidy.log >&2; exit 1; }
  mkdir -p build/tidy/commands
  sed "s|$PWD/build/tidy|$PWD/build/release|g" build/tidy/compile_commands.json > build/tidy/commands/compile_commands.json
  check_all() {
    printf '%s\0' "${units[@]}" | xargs -0 -n 1 -P "$(nproc)" "$tidy_command" --quiet -p build/tidy/commands
  }
  step clang-tidy "${#units[@]}" check_all
fi
if ((${#failed[@]} > 0)); then
  echo "lint: failed: ${failed[*]}" >&2
  exit 1
fi
