# shellcheck shell=bash
# Tab completion of `weft` for bash. Put into ~/.bashrc:  source PATH-TO-WEFT/scripts/completion/weft.bash
# Commands and options come from `weft --help`, names from `weft list --json -`; both are cached until the command changes.

_weft_cached() {  # _weft_cached WEFT KEY COMMAND…: the command's output, from the cache if that is newer than WEFT
  # Names of own folders come and go.
  if [[ -n "${WEFT_CONFIGS:-}" && "$2" != options-* && "$2" != commands ]]; then "${@:3}" 2> /dev/null; return; fi
  local weft="$1" key="$2" folder="${XDG_CACHE_HOME:-$HOME/.cache}/weft/completion" file
  shift 2
  file="$folder/$(printf '%s' "$weft" | cksum | cut -d ' ' -f 1)-$key"
  if [[ ! -s "$file" || "$weft" -nt "$file" ]]; then
    mkdir -p "$folder" 2> /dev/null || { "$@" 2> /dev/null; return; }
    if "$@" > "$file.$$" 2> /dev/null; then mv -f "$file.$$" "$file"; else rm -f "$file.$$"; fi
  fi
  cat "$file" 2> /dev/null
}

_weft_commands() {  # weft: the commands that `weft --help` lists
  "$1" --help | sed -n '/^[A-Z][a-z]*commands:/,$p' | sed -nE 's/^  ([a-z][a-z-]*)( .*)?$/\1/p'
}

_weft_options() {  # weft, command
  "$1" "$2" --help | grep -oE -- '--[a-z][a-z0-9-]+' | sort -u
}

_weft_names() {  # weft, kind: the names of designs, workloads, archs, bindings, cascades, costs, drams, mappings, schedules or sweeps
  "$1" list "$2" --json - | /usr/bin/python3 -c '
import json, sys
for entry in json.load(sys.stdin)[sys.argv[1]]:
    print(entry["name"] if isinstance(entry, dict) else entry)' "$2"
}

_weft_reply() {  # _weft_reply WORDS CURRENT: completes CURRENT from WORDS, or a YAML file
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2"; if [[ "$2" == */* || "$2" == .* ]]; then compgen -f -- "$2"; fi)
}

_weft_list_reply() {  # the same for A,B,C: what follows the last comma
  local done="" last="$2"
  if [[ "$2" == *,* ]]; then done="${2%,*}," last="${2##*,}"; fi
  mapfile -t COMPREPLY < <(compgen -P "$done" -W "$1" -- "$last")
  compopt -o nospace 2> /dev/null
}

_weft() {
  local weft current="${COMP_WORDS[COMP_CWORD]}" previous="" command=""
  ((COMP_CWORD > 0)) && previous="${COMP_WORDS[COMP_CWORD - 1]}"
  ((COMP_CWORD > 1)) && command="${COMP_WORDS[1]}"
  weft="$(type -P "${COMP_WORDS[0]}")" || return 0
  COMPREPLY=()
  case "$previous" in
    --design) _weft_reply "$(_weft_cached "$weft" designs _weft_names "$weft" designs)" "$current"; return ;;
    --designs) _weft_list_reply "$(_weft_cached "$weft" designs _weft_names "$weft" designs)" "$current"; return ;;
    --arch) _weft_reply "$(_weft_cached "$weft" archs _weft_names "$weft" archs)" "$current"; return ;;
    --binding) _weft_reply "$(_weft_cached "$weft" bindings _weft_names "$weft" bindings)" "$current"; return ;;
    --workload) _weft_reply "$(_weft_cached "$weft" workloads _weft_names "$weft" workloads)" "$current"; return ;;
    --cost) _weft_reply "$(_weft_cached "$weft" costs _weft_names "$weft" costs)" "$current"; return ;;
    --part) _weft_reply "$(_weft_cached "$weft" drams _weft_names "$weft" drams)" "$current"; return ;;
    --schedules) _weft_list_reply "$(_weft_cached "$weft" schedules _weft_names "$weft" schedules)" "$current"; return ;;
    --mapping) _weft_reply "$(_weft_cached "$weft" mappings _weft_names "$weft" mappings)" "$current"; return ;;
    --pattern)
      _weft_reply "seq_read seq_write rw_alternate rw_copy rw_random random_write random_row gather_20 gather_50" "$current"
      return
      ;;
    --window) _weft_reply "channel stream" "$current"; return ;;
    --page) _weft_reply "open closed" "$current"; return ;;
    --refresh) _weft_reply "all-bank per-bank none" "$current"; return ;;
    --scheduler) _weft_reply "fr-fcfs row-hit-first" "$current"; return ;;
    --fidelity)
      if [[ "$command" == reproduce ]]; then _weft_reply "rules analytic systemc" "$current"; else _weft_reply "analytic systemc rtl" "$current"; fi
      return
      ;;
    --assume) _weft_reply "full-attention plain" "$current"; return ;;
    --stall-profile) _weft_reply "none source sink both bursty" "$current"; return ;;
    --node | --cost-node | --import-node) _weft_reply "130 90 65 45 32 20 16 14 10 7" "$current"; return ;;
    --export) _weft_reply "csv jsonl" "$current"; return ;;
    --accelergy | --out | --model | --store | --status)
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      compopt -o filenames 2> /dev/null
      return
      ;;
    --json | --csv | --completions | --commands | --trace | --perfetto | --texts | --embeddings | --values | --write-values | --wave | --ert | --art | --import-ert | --import-art | --import-map)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      compopt -o filenames 2> /dev/null
      return
      ;;
  esac
  if [[ -z "$command" ]]; then
    _weft_reply "$(_weft_cached "$weft" commands _weft_commands "$weft") --help" "$current"
  elif [[ "$current" == -* ]]; then
    _weft_reply "$(_weft_cached "$weft" "options-$command" _weft_options "$weft" "$command")" "$current"
  elif [[ "$command" == list ]]; then
    _weft_reply "cascades archs bindings designs workloads costs drams mappings schedules sweeps" "$current"
  elif [[ "$command" == sweep ]]; then
    _weft_reply "$(_weft_cached "$weft" sweeps _weft_names "$weft" sweeps)" "$current"
  elif [[ "$command" == reproduce ]]; then
    if ((COMP_CWORD == 2)); then _weft_reply "fusemax spatten" "$current"; fi
  elif [[ "$command" == rtl ]]; then
    if ((COMP_CWORD == 2)); then _weft_reply "build" "$current"; fi
  elif [[ "$command" == cost ]]; then
    _weft_reply "$(_weft_cached "$weft" costs _weft_names "$weft" costs)" "$current"
  elif [[ "$command" == analyze ]]; then
    _weft_reply "$(_weft_cached "$weft" cascades _weft_names "$weft" cascades)" "$current"
  fi
}

complete -F _weft weft
