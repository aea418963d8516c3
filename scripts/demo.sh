#!/usr/bin/env bash
# The main job from a fresh machine: real attention on three simulated designs, then BERT-base at 16K tokens.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/stopping.sh
source scripts/stopping.sh

usage() {
  cat <<'TEXT'
Usage: scripts/demo.sh [--skip-build] [--out DIR]

Installs what is missing, builds Weft, and simulates in SystemC
  1. the attention of a sentence-embedding model (MiniLM-L6, 6 layers, real text), with values checked against double
     precision, on 16×16 arrays: unfused, FLAT, FuseMax;
  2. BERT-base at 16K tokens, batch 64, on the same three at cloud scale (256×256);
  3. a small engine's RTL beside it, and the whole published evaluation of FuseMax.
Ends with a table. JSON, Perfetto timelines (open them at ui.perfetto.dev) and PNGs are left under build/demo/.
  --skip-build   use build/release/bin/weft (or the command that WEFT names) as it is
  --out DIR      write to DIR, whose earlier demo files are replaced
TEXT
}

build=true out=build/demo
while (($# > 0)); do
  case "$1" in
    --skip-build) build=false ;;
    --out)
      if (($# < 2)); then echo "demo: --out needs a folder" >&2; exit 2; fi
      out="$2"
      shift
      ;;
    -h | --help) usage; exit 0 ;;
    *) echo "demo: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

readonly weft="${WEFT:-build/release/bin/weft}" python=/usr/bin/python3
readonly trace=tests/data/minilm-l6.safetensors
readonly small=(unfused-16x16 flat-16x16 fusemax-16x16)

current="set-up"
say_interrupted() { echo "demo: interrupted in: $current" >&2; }
stops_with say_interrupted
trap 'echo "demo: failed in: $current" >&2' ERR

step() {  # step TEXT COMMAND…
  current="$1"
  shift
  local start=$SECONDS
  echo "demo: $current"
  stoppable "$@"
  if ((SECONDS - start > 1)); then echo "demo:   $((SECONDS - start)) s"; fi
}

if $build; then
  echo "demo: $current"
  scripts/setup.sh --quiet  # not stopped half-way: packages would be left unconfigured
  step "build" scripts/build.sh --no-tests release weft weft_rtl_library_4
fi
if [[ ! -x "$weft" ]]; then
  echo "demo: there is no $weft; run without --skip-build" >&2
  exit 1
fi
mkdir -p "$out"
rm -rf "$out"/fusemax "$out"/fusemax.txt
rm -f "$out"/{minilm,bert-16k}{,-*}.{json,png} "$out"/validation.{json,txt,png}

step "MiniLM-L6 on ${small[*]}, with values" "$weft" compare --designs "$(IFS=,; echo "${small[*]}")" --values "$trace" \
  --fidelity systemc --json "$out/minilm.json"
for design in "${small[@]}"; do
  step "timeline of $design" "$weft" run --design "$design" --values "$trace" --fidelity systemc \
    --json "$out/minilm-$design.json" --perfetto "$out/minilm-$design.perfetto.json"
  step "picture of $design" "$python" scripts/plot/timeline.py "$out/minilm-$design.perfetto.json" \
    --out "$out/minilm-$design-timeline.png" --title "MiniLM-L6 on $design: the first tiles"
done
step "BERT-base, 16K tokens, batch 64, on unfused, flat, fusemax" "$weft" compare --designs unfused,flat,fusemax \
  --workload bert-base --batch 64 --seq 16K --fidelity systemc --json "$out/bert-16k.json"
step "timeline of fusemax" "$weft" run --design fusemax --workload bert-base --batch 64 --seq 16K --fidelity systemc \
  --json "$out/bert-16k-fusemax.json" --perfetto "$out/bert-16k-fusemax.perfetto.json"
step "picture of fusemax" "$python" scripts/plot/timeline.py "$out/bert-16k-fusemax.perfetto.json" \
  --out "$out/bert-16k-fusemax-timeline.png" --title "BERT-base, 16K tokens, on fusemax: first tiles and steady state"
validate() { "$weft" validate --design fusemax-4x4 --json "$out/validation.json" > "$out/validation.txt"; }
step "analytic, SystemC and RTL beside each other on fusemax-4x4" validate
step "picture of the differences" "$python" scripts/plot/validation.py "$out/validation.json" --out "$out/validation.png"
reproduce() { "$weft" reproduce fusemax --out "$out/fusemax" > "$out/fusemax.txt"; }
step "FuseMax's evaluation, figures 6 to 12" reproduce
for name in minilm bert-16k; do
  step "roofline of $name" "$python" scripts/plot/roofline.py "$out/$name.json" --out "$out/$name-roofline.png"
done

current="table"
echo
"$python" scripts/plot/table.py "$out/minilm.json" "$out/bert-16k.json"
echo
tail -n 2 "$out/validation.txt"
echo
cat "$out/fusemax.txt"
echo
echo "demo: JSON, timelines and pictures are in $out/"
