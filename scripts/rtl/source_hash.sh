#!/usr/bin/env bash
# SHA-256 over the RTL's sources: names and contents of every .sv and .interface file below rtl/, in the order of their names.
set -euo pipefail
rtl="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/rtl"

usage() {
  cat <<'TEXT'
Usage: scripts/rtl/source_hash.sh [--rtl DIR] [--header]

  --rtl DIR   the sources, in place of the project's own
  --header    a C++ header that says it, in place of the digits alone
TEXT
}

header=false
while (($# > 0)); do
  case "$1" in
    --rtl)
      if (($# < 2)); then echo "source_hash: --rtl needs a folder" >&2; exit 2; fi
      rtl="$2"
      shift
      ;;
    --header) header=true ;;
    -h | --help) usage; exit 0 ;;
    *) echo "source_hash: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

hash=$(cd "$rtl" && find . \( -name '*.sv' -o -name '*.interface' \) -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum | sha256sum | cut -d ' ' -f 1)
if $header; then
  printf '// Made by scripts/rtl/source_hash.sh.\n#pragma once\n\n#define WEFT_RTL_SOURCES_SHA256 "%s"\n' "$hash"
else
  echo "$hash"
fi
