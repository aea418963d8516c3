#!/usr/bin/env bash
# The tables of a library of Verilated RTL as C++: its ports, as Verilator's header of the class says them, and what the
# engine's interface file declares. sim/rtl/library/entry.cpp includes what this prints.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/rtl/library_tables.sh HEADER INTERFACE TOP HASH [NAME=VALUE …]

  HEADER      of the class that Verilator made of the engine
  INTERFACE   what the engine declares, one thing a line, # to the end of a line for comments:
                engine NAME, clock PORT, reset PORT,
                registers NAME             AXI4-Lite slave by the ports NAME_awvalid_i and so on
                register NAME OFFSET BITS  32 bits, or 64 with the lower half first
                memory NAME                AXI4 master by the ports NAME_arvalid_o and so on; IDs if it has them
  TOP         the module, as waves name it
  HASH        of the sources and parameters
  NAME=VALUE  parameters
TEXT
}
if [[ "${1:-}" == -h || "${1:-}" == --help ]]; then usage; exit 0; fi
if (($# < 4)); then usage >&2; exit 2; fi
header="$1" interface="$2" top="$3" hash="$4"
shift 4
refuse() { echo "library_tables: $1" >&2; exit 2; }

declare -A bits=() kind=() word_of=()
ports=()
while read -r line; do
  if [[ ! "$line" =~ ^VL_(IN|OUT|INOUT)(8|16|64|W)?\( ]]; then continue; fi
  if [[ ! "$line" =~ ^VL_(IN|OUT)(8|16|64|W)?\(\&([A-Za-z_][A-Za-z0-9_]*),([0-9]+),0(,[0-9]+)?\)\;$ ]]; then
    refuse "$header: '$line': ports are inputs and outputs of one packed dimension that ends at 0"
  fi
  name="${BASH_REMATCH[3]}"
  ports+=("$name")
  bits[$name]=$((BASH_REMATCH[4] + 1))
  if [[ "${BASH_REMATCH[1]}" == IN ]]; then kind[$name]=INPUT; else kind[$name]=OUTPUT; fi
done < "$header"
if ((${#ports[@]} == 0)); then refuse "$header: has no ports"; fi

engine="" clock="" reset="" bus="" registers=() memories=() number=0
at() { echo "$interface:$number: $1"; }
needs() {  # needs PORT KIND: PORT is there, and is one
  if [[ "${kind[$1]:-}" != "$2" ]]; then refuse "$(at "the engine has no port '$1' that is an ${2,,}")"; fi
}
add_register() {  # add_register NAME OFFSET BITS
  if [[ ! "$2" =~ ^(0x[0-9A-Fa-f]+|0|[1-9][0-9]*)$ ]]; then refuse "$(at "offset '$2': must be a number")"; fi
  if [[ "$3" != 32 && "$3" != 64 ]]; then refuse "$(at "bits '$3': must be 32 or 64")"; fi
  local offset=$(($2)) word
  if ((offset % 4 != 0)); then refuse "$(at "offset '$2': must be a multiple of 4")"; fi
  if [[ -n "${word_of[$1]:-}" ]]; then refuse "$(at "register '$1' stands here twice")"; fi
  for ((word = offset; word < offset + $3 / 8; word += 4)); do
    if [[ -n "${word_of[$word]:-}" ]]; then refuse "$(at "register '$1' lies on '${word_of[$word]}'")"; fi
    word_of[$word]="$1"
  done
  word_of[$1]="$1"
  registers+=("{\"$1\", ${offset}u, $3u},")
}
while IFS= read -r line || [[ -n "$line" ]]; do
  number=$((number + 1))
  read -r -a words <<< "${line%%#*}"
  if ((${#words[@]} == 0)); then continue; fi
  wanted=2
  if [[ "${words[0]}" == register ]]; then wanted=4; fi
  if ((${#words[@]} != wanted)); then refuse "$(at "'${words[0]}' has $((${#words[@]} - 1)) values; $((wanted - 1)) are wanted")"; fi
  name="${words[1]}"
  if [[ ! "$name" =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]]; then refuse "$(at "'$name': must be a name of letters, digits and _")"; fi
  case "${words[0]}" in
    engine) engine="$name" ;;
    clock) needs "$name" INPUT; clock="$name" ;;
    reset) needs "$name" INPUT; reset="$name" ;;
    registers)
      for port in awvalid awaddr wvalid wdata wstrb bready arvalid araddr rready; do needs "${name}_${port}_i" INPUT; done
      for port in awready wready bvalid bresp arready rvalid rdata rresp; do needs "${name}_${port}_o" OUTPUT; done
      bus="$name"
      ;;
    memory)
      for port in arready rvalid rdata rresp rlast awready wready bvalid bresp; do needs "${name}_${port}_i" INPUT; done
      for port in arvalid araddr arlen rready awvalid awaddr awlen wvalid wdata wstrb wlast bready; do
        needs "${name}_${port}_o" OUTPUT
      done
      memories+=("{\"$name\", ${bits[${name}_rdata_i]}u, ${bits[${name}_araddr_o]}u},")
      ;;
    register) add_register "$name" "${words[2]}" "${words[3]}" ;;
    *) refuse "$(at "'${words[0]}': must be engine, clock, reset, registers, register or memory")" ;;
  esac
done < "$interface"
number=0
if [[ -z "$engine" || -z "$clock" || -z "$reset" ]]; then refuse "$interface: engine, clock and reset are needed"; fi
if ((${#registers[@]} > 0)) && [[ -z "$bus" ]]; then refuse "$interface: registers need 'registers NAME'"; fi
kind[$clock]=CLOCK kind[$reset]=RESET

echo "// Made by scripts/rtl/library_tables.sh."
printf 'constexpr const char* kEngine = "%s";\n' "$engine"
printf 'constexpr const char* kTop = "%s";\n' "$top"
printf 'constexpr const char* kSourceHash = "%s";\n' "$hash"
printf 'constexpr const char* kRegisterBus = "%s";\n' "$bus"
# A table ends with a line of nothing, since C++ has no arrays of no elements.
echo "constexpr weft_rtl_port kPorts[] = {"
for name in "${ports[@]}"; do printf '    {"%s", WEFT_RTL_%s, %su},\n' "$name" "${kind[$name]}" "${bits[$name]}"; done
echo "    {}};"
echo "constexpr weft_rtl_register kRegisters[] = {"
if ((${#registers[@]} > 0)); then printf '    %s\n' "${registers[@]}"; fi
echo "    {}};"
echo "constexpr weft_rtl_memory kMemories[] = {"
if ((${#memories[@]} > 0)); then printf '    %s\n' "${memories[@]}"; fi
echo "    {}};"
echo "constexpr weft_rtl_parameter kParameters[] = {"
for parameter in "$@"; do
  name="${parameter%%=*}"
  printf '    {"%s", %sull},\n' "${name,,}" "${parameter#*=}"
done
echo "    {}};"
echo "inline auto& clock_of(Top& top) { return top.$clock; }"
echo "inline auto& reset_of(Top& top) { return top.$reset; }"
echo "inline std::vector<void*> pointers_of(Top& top) {"
echo "  return {"
for name in "${ports[@]}"; do echo "      &top.$name,"; done
echo "  };"
echo "}"
