#!/usr/bin/env bash
# Installs the Debian packages of scripts/packages.txt that are missing. Run it as often as you like.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/setup.sh [--check] [--quiet]

Installs the Debian packages that Weft needs and that are missing, as root or with sudo.
  --check   install nothing; list what is missing and exit with 1 if anything is
  --quiet   say nothing when everything is installed
The list is scripts/packages.txt.
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

if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
  echo "setup: this is no Debian system (dpkg and apt-get not found); install what $list names by other means." >&2
  exit 1
fi

missing_packages() {
  comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${packages[@]}" 2> /dev/null | sed -n 's/^.i[[:space:]]*//p' | sort -u)
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
    echo "setup: installing needs root; there is no sudo, so run as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
  if [[ ! -t 0 ]]; then as_root=(sudo -n); fi  # nobody there to type a password
fi

install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -q "$@"
}
if ! install update || ! install install -y --no-install-recommends "${missing[@]}"; then
  echo "setup: apt-get failed; the packages still missing: $(missing_packages | tr '\n' ' ')" >&2
  exit 1
fi
mapfile -t missing < <(missing_packages)
if ((${#missing[@]} > 0)); then
  echo "setup: apt-get finished, but these are still missing: ${missing[*]}" >&2
  exit 1
fi
echo "setup: all ${#packages[@]} packages are installed"
