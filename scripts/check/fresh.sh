#!/usr/bin/env bash
# A bare Debian in a folder, and in it the demo and the tests: what the next machine will see.
# shellcheck disable=SC2317  # functions that `timed` and `trap` call
set -euo pipefail
tree="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

usage() {
  cat <<'TEXT'
Usage: scripts/check/fresh.sh [--suite bookworm|trixie] [--step demo|test|all] [--keep DIR] [--mirror URL]

Bootstraps a Debian with nothing in it (debootstrap, variant minbase), copies the tracked files of this checkout into it, and
runs scripts/setup.sh, scripts/demo.sh and scripts/test.sh there. Prints how long each took; the whole output goes to a log.
  --suite SUITE   bookworm (Debian 12, the default) or trixie (Debian 13)
  --step STEP     the demo alone, the tests alone, or all (the default)
  --keep DIR      put the machine into DIR and leave it there; one that is there already is used again
  --mirror URL    where packages come from; that of this machine's apt if none is named
Needs root, debootstrap, and 7 GB; proxies and certificates are those of this machine. Mounts and processes end with the run,
however it ends. Exit 0: all passed; 1: something failed; 2: bad usage; 77: cannot be tried here.
TEXT
}
refuse() { echo "fresh: $1" >&2; exit 2; }
unable() { echo "fresh: not tried: $1" >&2; exit 77; }

suite=bookworm step=all keep="" mirror="" inside=false
while (($# > 0)); do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --suite | --step | --keep | --mirror)
      if (($# < 2)); then refuse "$1 needs a value"; fi
      declare "${1#--}=$2"
      shift
      ;;
    --inside) inside=true ;;  # this script's own second half, in namespaces of its own
    *) usage >&2; refuse "unknown argument '$1'" ;;
  esac
  shift
done
case "$suite" in bookworm | trixie) ;; *) refuse "--suite: '$suite': must be bookworm or trixie" ;; esac
case "$step" in demo | test | all) ;; *) refuse "--step: '$step': must be demo, test or all" ;; esac

say() { echo "fresh: $suite: $1"; }

apt_mirror() {  # where this machine's apt has Debian itself from
  # shellcheck disable=SC2016  # apt's variables
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2> /dev/null |
    sed -n 's/^Debian Debian main //p' | head -n 1
}

bootstrap() {
  local options=(--variant=minbase)
  if [[ "$mirror" == https:* ]]; then options+=(--include=ca-certificates); fi
  debootstrap "${options[@]}" "$suite" "$root" "$mirror" >> "$log" 2>&1 || return 1
  # What this machine's apt knows of its way to the mirror, and no waiting for the disk at every file.
  apt-config dump | grep -E '^Acquire::(http|https|ftp|Check-|Retries|ForceIPv[46])' > "$root/etc/apt/apt.conf.d/90machine" || true
  if [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/apt/machine.crt"
    echo 'Acquire::https::CAInfo "/etc/apt/machine.crt";' >> "$root/etc/apt/apt.conf.d/90machine"
  fi
  mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
  echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/machine"
  echo "$suite" > "$root/.weft-suite"
}

copy_tree() {  # tracked files, as they are here, under git: checks ask it which files are tracked
  local file
  rm -rf "$root/weft"
  mkdir -p "$root/weft"
  git -c safe.directory='*' -C "$tree" ls-files -z | while IFS= read -r -d '' file; do
    if [[ -e "$tree/$file" ]]; then printf '%s\0' "$file"; fi
  done | tar -C "$tree" --null -T - -c | tar -C "$root/weft" --no-same-owner -x
  git -C "$root/weft" init -q
  git -C "$root/weft" add -A -f
}

mount_kernel() {
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
}

in_machine() {  # in_machine COMMAND…: there, as on a terminal of a new machine
  local pass=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8) name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY WEFT_JOBS; do
    if [[ -n "${!name:-}" ]]; then pass+=("$name=${!name}"); fi
  done
  chroot "$root" env -i "${pass[@]}" sh -c 'cd /weft && exec "$@"' sh "$@" 2>&1 | tee -a "$log"
}

install_packages() { in_machine scripts/setup.sh > /dev/null; }

failed=()
timed() {  # timed NAME COMMAND…: runs it, says how long it took, remembers if it failed
  local name="$1" start=$SECONDS status=0
  shift
  "$@" || status=$?
  if ((status == 0)); then say "$name: $((SECONDS - start)) s"; else
    say "$name: FAILED after $((SECONDS - start)) s (the whole output: $log)" >&2
    failed+=("$name")
  fi
  return "$status"
}

run_inside() {
  root="$keep" log="$keep.log"
  if [[ ! -f "$root/.weft-suite" ]]; then
    if ! timed "bootstrap" bootstrap; then tail -n 20 "$log" >&2; return 1; fi
  else
    say "the machine in $root is used again"
  fi
  copy_tree
  mount_kernel
  if ! timed "packages" install_packages; then tail -n 20 "$log" >&2; return 1; fi
  if [[ "$step" != test ]]; then
    timed "demo" in_machine scripts/demo.sh || true
    say "of that the build: $(sed -nE 's/^build: preset release built in ([0-9]+) s.*/\1/p' "$log" | tail -n 1) s"
  fi
  if [[ "$step" != demo ]]; then timed "test" in_machine scripts/test.sh || true; fi
  ((${#failed[@]} == 0))
}

if $inside; then
  run_inside
  exit
fi

if (($(id -u) != 0)); then unable "a bare Debian in a folder needs root"; fi
if ! command -v debootstrap > /dev/null; then unable "debootstrap is not installed (apt-get install debootstrap)"; fi
if [[ ! -e "${DEBOOTSTRAP_DIR:-/usr/share/debootstrap}/scripts/$suite" ]]; then unable "this debootstrap does not know $suite; a newer one does"; fi
if ! unshare --mount --pid --fork true 2> /dev/null; then unable "namespaces of mounts and processes are not allowed here"; fi
if [[ -z "$mirror" ]]; then mirror=$(apt_mirror) || true; fi
if [[ -z "$mirror" ]]; then unable "apt says no mirror of Debian: apt-get update, or name one with --mirror"; fi

folder=""
if [[ -z "$keep" ]]; then
  folder=$(mktemp -d "${TMPDIR:-/var/tmp}/weft-fresh.XXXXXX")
  keep="$folder/$suite"
else
  mkdir -p "$keep"
  keep=$(cd "$keep" && pwd)
  if [[ -f "$keep/.weft-suite" && "$(< "$keep/.weft-suite")" != "$suite" ]]; then refuse "--keep: $keep is a machine of another suite"; fi
  if [[ ! -f "$keep/.weft-suite" && -n "$(ls -A "$keep")" ]]; then refuse "--keep: $keep is neither empty nor a machine of an earlier run"; fi
fi
mkdir -p "$keep"

# All of it runs in namespaces of its own: mounts and processes end with the run, also where it is killed.
running=""
clean_up() {
  if [[ -n "$running" ]]; then kill -KILL "$running" 2> /dev/null || true; wait "$running" 2> /dev/null || true; fi
  if [[ -n "$folder" ]]; then rm -rf --one-file-system "$folder" 2> /dev/null || { sleep 1; rm -rf --one-file-system "$folder"; }; fi
}
trap clean_up EXIT
trap 'echo "fresh: interrupted" >&2; exit 130' INT
trap 'exit 143' TERM
: > "$keep.log"
start=$SECONDS status=0
unshare --mount --pid --fork --kill-child --mount-proc "${BASH_SOURCE[0]}" --inside --suite "$suite" --step "$step" --keep "$keep" --mirror "$mirror" &
running=$!
wait "$running" || status=$?
running=""
if ((status == 0)); then say "all passed, $((SECONDS - start)) s"; else say "FAILED, $((SECONDS - start)) s" >&2; fi
if [[ -n "$folder" ]] && ((status != 0)); then
  cp "$keep.log" "$tree/build/fresh-$suite.log" 2> /dev/null && echo "fresh: the whole output: build/fresh-$suite.log" >&2
fi
exit "$((status != 0))"
