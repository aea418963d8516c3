"""scripts/synth/power.py and what it stands on: a netlist of two modules, with a gated clock, replayed beside waves written by hand.

The library of energy_test.py: inverters and a register. The top inverts its input into a register of the unit below, whose output
it gives; the register's clock comes while enable_i is set.
"""
from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

from energy_test import LIBERTY
from support import ROOT

sys.path[:0] = [str(ROOT / "scripts" / "synth"), str(ROOT / "scripts" / "check")]
from elaborate import SynthesisError  # noqa: E402
from flat import COPY, Flattening  # noqa: E402
import liberty  # noqa: E402
import power  # noqa: E402
from replay import Counts, Replay  # noqa: E402
from waves import Waves  # noqa: E402

CYCLES = 64
ENABLED = [cycle % 4 != 3 for cycle in range(CYCLES)]
INPUT = [cycle // 2 % 2 for cycle in range(CYCLES)]


def cell(kind: str, **pins: int) -> dict:
    return {"type": kind, "connections": {pin: [net] for pin, net in pins.items()}}


def ports(inputs: dict[str, int], outputs: dict[str, int]) -> dict:
    return {name: {"direction": way, "bits": [net]} for way, own in (("input", inputs), ("output", outputs)) for name, net in own.items()}


def names(**nets: int) -> dict:
    return {name: {"bits": [net], "hide_name": 0} for name, net in nets.items()}


MODULES = {
    "weft_top": {
        "ports": ports({"clk_i": 2, "enable_i": 3, "a_i": 4}, {"q_o": 5, "same_o": 6}),
        "netnames": names(clk_i=2, enable_i=3, a_i=4, q_o=5, same_o=6, n=7, clk=8),
        "cells": {"i0": cell("INV", A=4, Y=7), "u_gate": cell("weft_clock_gate", clk_i=2, enable_i=3, clk_o=8),
                  "u_below": cell("weft_below", clk_i=8, d_i=7, q_o=5, same_o=6)}},
    "weft_below": {
        "ports": ports({"clk_i": 2, "d_i": 3}, {"q_o": 4, "same_o": 4}), "netnames": names(clk_i=2, d_i=3, q_o=4, taken_q=4),
        "cells": {"d": cell("DFF", CLK=2, D=3, Q=4)}},
    "weft_clock_gate": {"ports": ports({"clk_i": 2, "enable_i": 3}, {"clk_o": 4}), "netnames": {}, "cells": {}},
}


def register() -> list[int]:
    """Its value in each cycle, by hand."""
    values = [0]
    for enabled, a in zip(ENABLED, INPUT):
        values.append(1 - a if enabled else values[-1])
    return values[:CYCLES]


def waves(values: list[int]) -> str:
    lines = ["$scope module top $end", "$scope module weft_top $end", "$var wire 1 c clk_i $end", "$var wire 1 e enable_i $end",
             "$var wire 1 a a_i $end", "$scope module u_below $end", "$var wire 2 q taken_q [1:0] $end", *["$upscope $end"] * 3,
             "$enddefinitions $end"]
    for cycle, (enabled, a, q) in enumerate(zip(ENABLED, INPUT, values)):
        lines += [f"#{10 * cycle}", "1c", f"b0{q} q", f"#{10 * cycle + 5}", "0c", f"{int(enabled)}e", f"{a}a"]
    return "\n".join(lines) + "\n"


def changes(values: list[int]) -> int:
    return sum(one != other for one, other in zip(values, values[1:]))


class ReplayTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        file = Path(self.folder.name, "small.lib")
        file.write_text(LIBERTY, encoding="utf-8")
        self.library = liberty.Library(file)
        self.flat = Flattening(MODULES, "weft_top").made

    def run_with(self, values: list[int]) -> Counts:
        file = Path(self.folder.name, "waves.vcd")
        file.write_text(waves(values), encoding="utf-8")
        return Replay(self.flat, self.library).run(Waves(file, 10))

    def test_instances_become_one(self) -> None:
        flat = self.flat
        self.assertEqual([len(flat.cells[kind].owner) for kind in ("INV", "DFF", COPY)], [1, 1, 1])
        self.assertEqual(flat.owners, [("weft_top",), ("weft_top", "weft_below")])
        self.assertEqual(flat.cells["INV"].pins["Y"], flat.cells["DFF"].pins["D"])
        self.assertEqual(flat.gates[int(flat.cells["DFF"].pins["CLK"][0])].clock, flat.clock)

    def test_changes_edges_and_energy(self) -> None:
        counts = self.run_with(register())
        self.assertEqual((counts.cycles, counts.differing), (CYCLES - 1, 0))
        inverted, taken = changes(INPUT), changes(register())
        self.assertGreater(taken, 0)
        for name, count in (("weft_top.n", inverted), ("weft_top.q_o", taken), ("weft_top.same_o", taken)):
            self.assertEqual(counts.changes[self.flat.names[name]].tolist(), [count], name)
        edges = sum(ENABLED[:CYCLES - 1])
        moved, clock = power.energies(self.flat, self.library, counts)
        # as in energy_test.py: an inverter of load 0.75, a register without a load
        self.assertAlmostEqual(moved[0], inverted * ((2 + 0.75) / 2 + 0.75 * 2.0**2 / 2))
        self.assertAlmostEqual(moved[1], taken * (4 + 2) / 2)
        self.assertEqual(clock[0], 0)
        self.assertAlmostEqual(clock[1], edges * (2 * (1.0 + 0.0) / 2 + 0.125 * 2.0**2))

    def test_a_register_that_is_otherwise(self) -> None:
        values = register()
        values[40] = 1 - values[40]
        with self.assertRaisesRegex(SynthesisError, "weft_below.*other values"):
            self.run_with(values)

    def test_a_register_that_is_not_there(self) -> None:
        del MODULES["weft_below"]["netnames"]["taken_q"]
        self.addCleanup(MODULES["weft_below"]["netnames"].update, names(taken_q=4))
        self.flat = Flattening(MODULES, "weft_top").made
        with self.assertRaisesRegex(SynthesisError, "1 registers are not there"):
            self.run_with(register())


if __name__ == "__main__":
    unittest.main()
