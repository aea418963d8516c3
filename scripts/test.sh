#!/usr/bin/env bash
# Set-up, build, every test, those of bad input and of value-driven engines under sanitizers, and lint.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source=scripts/stopping.sh
source scripts/stopping.sh

usage() {
  cat <<'TEXT'
Usage: scripts/test.sh [--long] [--preset PRESET] [--tidy]

Installs what is missing, builds, and runs every test and check; the last lines are ctest's own.
  --long            the tests labelled `long` as well, and the fuzzers (70 minutes, where Clang has libFuzzer)
  --preset PRESET   release (default), dev, asan or coverage
  --tidy            clang-tidy as well (minutes)
TEXT
}

preset=release lint_options=() filter=(-LE '^long$') long=false
while (($# > 0)); do
  case "$1" in
    --long) filter=() long=true ;;
    --preset)
      if (($# < 2)); then echo "test: --preset needs a name" >&2; exit 2; fi
      preset="$2"
      shift
      ;;
    --tidy) lint_options=(--tidy) ;;
    -h | --help) usage; exit 0 ;;
    *) echo "test: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

# The tests of bad input, and those of engines whose units hand pointers to one another, run a second time under
# AddressSanitizer and UndefinedBehaviorSanitizer, with what they are built from and no more. The run fails if no test has
# such a label (--no-tests=error).
readonly sanitized_labels='^(bad_input|spatten)$'
readonly sanitized_targets=(weft weft_common_tests weft_workload_tests weft_einsum_tests weft_fuzz_tests weft_spatten_tests)

run_ctest() {  # run_ctest PRESET LOG OPTIONS…: prints failures and the closing lines only; all of it goes to LOG
  local name="$1" log="build/$1/$2" status=0
  shift 2
  run_all() { ctest --test-dir "build/$name" --output-on-failure --no-tests=error --no-label-summary --timeout 900 -j 2 "$@" > "$log" 2>&1; }
  stoppable run_all "$@" || status=$?
  if ((status != 0)); then grep -vE '^ *[0-9]+/[0-9]+ Test +#.* Passed |^ +Start +[0-9]+:' "$log" | head -n 400; fi
  closing_lines "$log"
  return "$status"
}
closing_lines() {
  grep -E -A 100000 '^[0-9]+% tests passed|^No tests were found' "$1" | grep -v '^$'
}

failed=()
say_interrupted() { echo "test: interrupted" >&2; }
stops_with say_interrupted
scripts/setup.sh --quiet || exit 1
stoppable scripts/build.sh "$preset" || exit 1
echo "test: every test of preset $preset"
run_ctest "$preset" ctest.log "${filter[@]}" || failed+=("tests")
if [[ "$preset" != asan ]]; then
  echo "test: bad input and value-driven engines under sanitizers"
  if stoppable scripts/build.sh asan "${sanitized_targets[@]}"; then
    # What is refused beside the RTL is so by the libraries of the other build: they are not sanitized.
    WEFT_RTL_PATH="$PWD/build/$preset/lib/weft-rtl" run_ctest asan ctest-sanitized.log -L "$sanitized_labels" || failed+=("tests under sanitizers")
  else
    failed+=("build of preset asan")
  fi
fi
if $long; then  # ten minutes a reader, where there is a Clang for it
  fuzzed=0
  stoppable scripts/check/fuzz.sh || fuzzed=$?
  if ((fuzzed == 3)); then echo "test: NOT RUN: the fuzzers"; elif ((fuzzed != 0)); then failed+=("fuzzers"); fi
fi
stoppable scripts/lint.sh "${lint_options[@]}" || failed+=("lint")

for name in "${failed[@]}"; do echo "test: FAILED: $name" >&2; done
echo "test: preset $preset, $SECONDS s in all"
closing_lines "build/$preset/ctest.log"
((${#failed[@]} == 0))
