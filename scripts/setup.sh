#!/usr/bin/env bash
# Installs the Debian packages of scripts/packages.txt that are missing. Run it as often as you like.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/setup.sh [--check] [--quiet]

Installs the Debian packages that Weft needs and that are missing, as root or with sudo.
  --check   install nothing; list what is missing and exit with 1 if anything is
  --quiet   say nothing when everything is installed
The list is scripts/packages.txt; of alternatives (A|B) one is enough.
TEXT
}

check=false quiet=false
for argument in "$@"; do
  case "$argument" in
    --check) check=true ;;
    --quiet) quiet=true ;;
    -h | --help) usage; exit 0 ;;
    *) echo "setup: unknown argument '$argument'" >&2; usage >&2; exit 2 ;;
  esac
done

list="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/packages.txt"
mapfile -t packages < <(sed -e 's/[[:space:]]*#.*//' -e '/^[[:space:]]*$/d' "$list")
mapfile -t names < <(printf '%s\n' "${packages[@]}" | tr '|' '\n')

if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
  echo "setup: this is no Debian system (dpkg and apt-get not found); install what $list names by other means." >&2
  exit 1
fi

missing_packages() {  # the lines of the list none of whose alternatives is installed
  local installed entry name
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${names[@]}" 2> /dev/null | sed -n 's/^.i[[:space:]]*//p') || true
  for entry in "${packages[@]}"; do
    for name in ${entry//|/ }; do
      if grep -qxF -- "$name" <<< "$installed"; then continue 2; fi
    done
    echo "$entry"
  done
}
chosen() {  # of each missing line the first alternative that apt knows; without one the first, for apt to complain about
  local entry name
  for entry in "${missing[@]}"; do
    for name in ${entry//|/ }; do
      if [[ "$entry" == "$name" ]] || apt-cache show "$name" > /dev/null 2>&1; then echo "$name"; continue 2; fi
    done
    echo "${entry%%|*}"
  done
}

mapfile -t missing < <(missing_packages)
if ((${#missing[@]} == 0)); then
  $quiet || echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi
echo "setup: missing: ${missing[*]}" >&2
if $check; then exit 1; fi

as_root=()
if (($(id -u) != 0)); then
  if ! command -v sudo > /dev/null; then
    echo "setup: installing needs root; there is no sudo, so run as root: apt-get install $(chosen | tr '\n' ' ')" >&2
    exit 1
  fi
  as_root=(sudo)
  if [[ ! -t 0 ]]; then as_root=(sudo -n); fi  # nobody there to type a password
fi

install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -q "$@"
}
install_missing() {
  install update || return 1
  local wanted
  mapfile -t wanted < <(chosen)  # after the update: a new machine knows no package before
  install install -y --no-install-recommends "${wanted[@]}"
}
if ! install_missing; then
  echo "setup: apt-get failed; the packages still missing: $(missing_packages | tr '\n' ' ')" >&2
  exit 1
fi
mapfile -t missing < <(missing_packages)
if ((${#missing[@]} > 0)); then
  echo "setup: apt-get finished, but these are still missing: ${missing[*]}" >&2
  exit 1
fi
echo "setup: all ${#packages[@]} packages are installed"
