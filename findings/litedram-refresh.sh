#!/usr/bin/env bash
# LiteDRAM rounds the time between refreshes up, as it does the times that are a minimum, so 8,192 of them take longer than the
# 64 ms in which a device must see them. Seen on 2026-11-29 with litedram 2024.12, for its SDR, DDR3 and DDR4 modules alike.
#
#   clock, MHz   50        75        83.333    100       125       200
#   tREFI        391       586       652       782       977       1,563   cycles of the controller
#   that is      7,820     7,813.3   7,824.0   7,820     7,816     7,815   ns; at most 64e6 / 8192 = 7,812.5
#   8,192 take   64.061    64.007    64.094    64.061    64.029    64.020  ms
#
# tREFI is the one time of a sheet that is a maximum. One cycle fewer is within it at each of these clocks. The refresher counts
# exactly so many cycles, and nothing catches up.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q setuptools==65.5.0 migen==0.10.0 litex==2024.12 litedram==2024.12
"$work/venv/bin/python" - <<'PYTHON'
from litedram.core.refresher import RefreshTimer
from litedram.modules import MT40A1G8, MT41K128M16, MT48LC16M16
from migen import Module, run_simulation

clocks = {50e6: 391, 75e6: 586, 83.333e6: 652, 100e6: 782, 125e6: 977, 200e6: 1563}
changed = False
for clock, expected in clocks.items():
    cycles = {module(clock, rate).timing_settings.tREFI
              for module, rate in ((MT48LC16M16, "1:1"), (MT41K128M16, "1:4"), (MT40A1G8, "1:4"))}
    ns = expected * 1e9 / clock
    fewer = (expected - 1) * 1e9 / clock
    same = cycles == {expected} and ns > 64e6 / 8192 >= fewer
    print(f"{clock / 1e6:8.3f} MHz: {sorted(cycles)} cycles, {ns:.1f} ns, 8192 in {8192 * ns / 1e6:.3f} ms", "" if same else "CHANGED")
    changed = changed or not same



class Refreshes(Module):
    """The timer as the refresher joins it."""

    def __init__(self, cycles: int) -> None:
        self.submodules.timer = RefreshTimer(cycles)
        self.comb += self.timer.wait.eq(~self.timer.done)


ends = []


def watch(timer):
    for cycle in range(4000):
        if (yield timer.done):
            ends.append(cycle)
        yield


refreshes = Refreshes(782)
run_simulation(refreshes, watch(refreshes.timer))
gaps = {b - a for a, b in zip(ends, ends[1:])}
print("a timer of 782 cycles ends every", sorted(gaps))
raise SystemExit(changed or gaps != {782})
PYTHON
