#!/usr/bin/env bash
# SHA-256 over what a module is made of: names and contents of its own file, of those of the modules and packages that it
# names, of those that these name, and so on, and of its .interface file, in the order of their names. A unit that it does
# not name is no part of it.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/rtl/source_hash.sh --top FILE [options]

  --top FILE     the module, named as its file
  --rtl DIR      where modules and packages are looked for; the folder of FILE if none is named
  --header NAME  a C++ header that defines the macro NAME, in place of the digits alone
  --list         the files, one a line, relative to DIR, in place of the digits
TEXT
}
refuse() { echo "source_hash: $1" >&2; exit 2; }

top="" rtl="" header="" list=false
while (($# > 0)); do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --list) list=true ;;
    --top | --rtl | --header)
      if (($# < 2)); then refuse "$1 needs a value"; fi
      case "$1" in
        --top) top="$2" ;;
        --rtl) rtl="$2" ;;
        --header) header="$2" ;;
      esac
      shift
      ;;
    *) usage >&2; refuse "unknown argument '$1'" ;;
  esac
  shift
done
if [[ ! -f "$top" ]]; then refuse "--top: '$top' is no file"; fi
if [[ -z "$rtl" ]]; then rtl=$(dirname -- "$top"); fi
if [[ ! -d "$rtl" ]]; then refuse "--rtl: '$rtl' is no folder"; fi
if [[ -n "$header" && ! "$header" =~ ^[A-Z][A-Z0-9_]*$ ]]; then refuse "--header: '$header': must be the name of a macro"; fi
module=$(basename -- "${top%.*}")
cd "$rtl"

# A name is that of a file as Verilator looks for it: a module, a package, or what is included.
declare -A files_of=() met=()
while IFS= read -r -d '' file; do
  name="${file##*/}"
  files_of["${name%.*}"]+="$file"$'\n'
done < <(find . -type f \( -name '*.sv' -o -name '*.svh' -o -name '*.v' -o -name '*.vh' \) -print0)
if [[ -z "${files_of[$module]:-}" ]]; then refuse "--top: '$top' does not lie in '$rtl'"; fi

needed=() next=("$module")
met[$module]=1
while ((${#next[@]} > 0)); do
  here=()
  for name in "${next[@]}"; do
    mapfile -t -O "${#here[@]}" here <<< "${files_of[$name]%$'\n'}"
  done
  needed+=("${here[@]}")
  next=()
  while IFS= read -r name; do
    if [[ -n "${files_of[$name]:-}" && -z "${met[$name]:-}" ]]; then
      met[$name]=1
      next+=("$name")
    fi
  done < <(sed 's://.*::' -- "${here[@]}" | grep -oE '[A-Za-z_][A-Za-z0-9_]*' | LC_ALL=C sort -u)
done
while IFS= read -r -d '' file; do needed+=("$file"); done < <(find . -type f -name "$module.interface" -print0)
mapfile -d '' -t needed < <(printf '%s\0' "${needed[@]}" | LC_ALL=C sort -z)

if $list; then
  printf '%s\n' "${needed[@]#./}"
  exit
fi
hash=$(sha256sum -- "${needed[@]}" | sha256sum | cut -d ' ' -f 1)
if [[ -n "$header" ]]; then
  printf '// Made by scripts/rtl/source_hash.sh.\n#pragma once\n\n#define %s "%s"\n' "$header" "$hash"
else
  echo "$hash"
fi
