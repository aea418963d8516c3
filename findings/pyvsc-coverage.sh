#!/usr/bin/env bash
# Coverage by pyvsc, the covergroups of cocotb's benches, beside IEEE 1800-2017 (19), whose options it takes by their names. Seen on
# 2026-11-29 with pyvsc 1.0.0 (0.9.7 does the same): a of 4 bits sampled at 1, 9, 9; coverpoint p has bins [0:7] and [8:15], q one
# for each of 0 to 3:
#
#                                                       IEEE 1800     pyvsc
#   p, at_least = 3 (its hits are 1 and 2)                    0 %     100 %
#   the group, at_least = 3 for the group                     0 %    62.5 %
#   the group, p with weight = 3                          81.25 %    62.5 %
#   the group, p with weight = 0                             25 %    62.5 %
#   bins x[] = {[14:17]}, after 14 and 15             2 bins, 100 %   4 bins, 50 %: no value of 4 bits reaches 16 (19.5.7)
#   bins x[] = {[-2:1]}, after 0 and 1                2 bins, 100 %   4 bins, 50 %
#   ignore_bins g = {[6:7]}                             6 of 8 bins   TypeError; {5} alone is taken
#
# The options are kept, and shown when asked for, but count for nothing (upstream's issues 71 and 253 speak of it): a bench that
# wants ten stalls of a FIFO is done at the first.
# Bins of arrays, of wildcards and of signed points, a cross and two merged instances were as the standard has them.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pyvsc==1.0.0
"$work/venv/bin/python" - <<'PYTHON'
import vsc

changed = False


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:24}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


def group(of_group: dict[str, int] | None = None, **of_p: int) -> tuple[float, float, int, int]:
    """Coverage of p and of the group, and the at_least and weight that p says it has."""

    @vsc.covergroup
    class Group:
        def __init__(self) -> None:
            self.with_sample({"a": vsc.bit_t(4)})
            for option, value in (of_group or {}).items():
                setattr(self.options, option, value)
            self.p = vsc.coverpoint(self.a, bins={"low": vsc.bin([0, 7]), "high": vsc.bin([8, 15])}, options=of_p or None)
            self.q = vsc.coverpoint(self.a, bins={"each": vsc.bin_array([], [0, 3])})

    made = Group()
    for value in (1, 9, 9):
        made.sample(value)
    point = made.get_model().coverpoint_l[0]
    return point.get_coverage(), made.get_coverage(), point.options.at_least, point.options.weight


def one(samples: tuple[int, ...], values: list[int], **more: object) -> object:
    """Number of bins and coverage of one coverpoint of 4 bits."""

    @vsc.covergroup
    class Group:
        def __init__(self) -> None:
            self.with_sample({"a": vsc.bit_t(4)})
            self.p = vsc.coverpoint(self.a, bins={"x": vsc.bin_array([], values)}, **more)

    try:
        made = Group()
    except TypeError:
        return "TypeError"
    for value in samples:
        made.sample(value)
    point = made.get_model().coverpoint_l[0]
    return point.get_n_bins(), point.get_coverage()


report("neither", group(), (100, 62.5, 1, 1))
report("p, at_least = 3", group(at_least=3), (100, 62.5, 3, 1))
report("group, at_least = 3", group({"at_least": 3}), (100, 62.5, 3, 1))
report("p, weight = 3", group(weight=3), (100, 62.5, 1, 3))
report("p, weight = 0", group(weight=0), (100, 62.5, 1, 0))
report("[14:17]", one((14, 15), [14, 17]), (4, 50))
report("[-2:1]", one((0, 1), [-2, 1]), (4, 50))
report("ignore_bins [6:7]", one((), [0, 7], ignore_bins={"g": vsc.bin([6, 7])}), "TypeError")
report("ignore_bins 5", one((), [0, 7], ignore_bins={"g": vsc.bin(5)}), (7, 0))
raise SystemExit(changed)
PYTHON
