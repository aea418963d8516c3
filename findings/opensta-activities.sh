#!/usr/bin/env bash
# The OpenSTA that Debian 12 and 13 have takes no activity that was measured: `report_power` leaves most of it out, and says so only
# once. Seen on 2026-11-30 with Debian's opensta 0~20191111gitc018cb2+dfsg-1 ("OpenSTA 2.0.17") and the cells of qflow-tech-osu018
# 1.3.17+dfsg.1-3, on an input `a`, two inverters, a register and an inverter behind it, clocked every 10 ns.
#
#   set_power_activity -pins [get_pins d/Q] -activity 1
#                                          "invalid command name "get_pins_error"": no pin can be given one
#   sta::set_power_pin_activity, which that would call
#                                          no figure moves, of a gate's output or of a register's
#   set_power_activity -input_ports a -activity 1
#                                          all four take ten times as much (an input has 0.1 a cycle where nothing is said)
#   the same behind a first report_power   gates up to the register as before, the register in part, the gate behind it not at all
#   no set_input_delay on `a`              the gates behind it take a hundred millionth: an activity is one a second there
#
# Energy of toggles that a simulation has counted has to be added up from the cells' own tables. Needs the apt of a Debian; nothing
# is installed outside the folder.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # apt's variables
mirror="$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian main //p' | head -n 1)"
apt=(-q -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::Etc::sourceparts=/dev/null -o "Dir::Etc::sourcelist=$work/sources.list"
  -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache")
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" > "$work/sources.list"
apt-get "${apt[@]}" update > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
(cd "$work/cache" && apt-get "${apt[@]}" download opensta=0~20191111gitc018cb2+dfsg-1 qflow-tech-osu018=1.3.17+dfsg.1-3 libtcl8.6 \
  > "$work/log" 2>&1) || { cat "$work/log" >&2; exit 1; }
for package in "$work/cache"/*.deb; do dpkg -x "$package" "$work/root"; done
LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu" TCL_LIBRARY="$work/root/usr/share/tcltk/tcl8.6"
export LD_LIBRARY_PATH TCL_LIBRARY

cat > "$work/chain.v" <<'VERILOG'
module chain(clk_i, a, y);
  input clk_i, a;
  output y;
  wire n, m, q;
  INVX1 i0(.A(a), .Y(n));
  INVX1 i1(.A(n), .Y(m));
  DFFPOSX1 d(.CLK(clk_i), .D(m), .Q(q));
  INVX8 i2(.A(q), .Y(y));
endmodule
VERILOG

power() {  # power COMMAND…: internal power of i0, i1, d and i2 in W, after these commands; before it what a command said
  {
    echo "read_liberty $work/root/usr/share/qflow/tech/osu018/osu018_stdcells.lib"
    printf '%s\n' "read_verilog $work/chain.v" "link_design chain" "create_clock -name clk -period 10 [get_ports clk_i]" "$@"
    printf 'report_power -digits 6 -instances {%s}\n' i0 i1 d i2
    echo exit
  } > "$work/script.tcl"
  "$work/root/usr/bin/sta" -exit "$work/script.tcl" 2>&1 | awk '$5 ~ /^(i[012]|d)$/ { print $1 } /invalid command/ { print }' | tr '\n' ' '
}
delay='set_input_delay 0 -clock clk [get_ports a]' port='set_power_activity -input_ports a -activity 1'
bare=$(power '') nothing=$(power "$delay")
# shellcheck disable=SC2016  # Tcl's variables
pins=$(power "$delay" 'catch {set_power_activity -pins [get_pins d/Q] -activity 1} said; puts $said')
gate=$(power "$delay" 'sta::set_power_pin_activity [get_pins i0/Y] 1 0.5')
register=$(power "$delay" 'sta::set_power_pin_activity [get_pins d/Q] 1 0.5')
first=$(power "$delay" "$port") behind=$(power "$delay" report_power "$port")
printf '%-28s %s\n' "no input delay" "$bare" "input delay" "$nothing" "-pins" "$pins" "a gate's output" "$gate" \
  "a register's output" "$register" "-input_ports a" "$first" "the same behind a report" "$behind"

python3 - "$bare" "$nothing" "$gate" "$register" "$first" "$behind" "$pins" <<'PYTHON'
import sys

bare, nothing, gate, register, first, behind = ([float(word) for word in text.split()[-4:]] for text in sys.argv[1:7])


def times(figures: list[float]) -> list[float]:
    return [new / old for new, old in zip(figures, nothing)]


same = (sys.argv[7].startswith('invalid command name "get_pins_error"') and gate == nothing and register == nothing
        and all(abs(times(first)[i] - 10) < 0.1 for i in (0, 1, 3)) and behind[:2] == first[:2] and behind[3] == nothing[3]
        and 1.1 < times(behind)[2] < times(first)[2] - 0.1        and all(0.9e-8 < times(bare)[i] < 1.1e-8 for i in (0, 1)))
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
