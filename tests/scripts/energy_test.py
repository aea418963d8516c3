"""scripts/synth/energy.py and what it stands on: tables of a Liberty file, changes in gates, and their energy, by hand.

A library of three cells; two inverters one behind the other and a register, one more inverter behind it.
"""
from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

from support import ROOT

sys.path[:0] = [str(ROOT / "scripts" / "synth"), str(ROOT / "scripts" / "check")]
import energy  # noqa: E402
import gates  # noqa: E402
import liberty  # noqa: E402

LIBERTY = """
/* comments, and lines that go on */
library (small) {
  nom_voltage : 2.0; voltage_unit : "1V"; capacitive_load_unit (1,pf);
  power_lut_template(both) {
    variable_1 : total_output_net_capacitance; variable_2 : input_transition_time;
    index_1 ("0.0, 1.0"); index_2 ("0.08, 0.28");
  }
  power_lut_template(edge) { variable_1 : input_transition_time; index_1 ("0.08, 0.28"); }
  cell (INV) {
    area : 1; cell_leakage_power : 0.5;
    pin(A) { direction : input; capacitance : 0.25; }
    pin(Y) {
      direction : output; function : "(!A)";
      internal_power() { related_pin : "A";
        rise_power(both) { values ("1.0, 3.0", \\
          "2.0, 4.0"); }
        fall_power(both) { values ("0.0, 0.0", "0.0, 0.0"); } }
    }
  }
  cell (AOI) {
    pin(A) { direction : input; capacitance : 0.5; } pin(B) { direction : input; capacitance : 0.5; }
    pin(C) { direction : input; capacitance : 0.5; }
    pin(Y) { direction : output; function : "(!((A B)+C))"; }
  }
  cell (DFF) {
    ff ("IQ","IQN") { next_state : "D"; clocked_on : "CLK"; }
    pin(CLK) { direction : input; clock : true; capacitance : 0.125;
      internal_power() { rise_power(edge) { values ("0.5, 1.5"); } fall_power(edge) { values ("0.0, 0.0"); } } }
    pin(D) { direction : input; capacitance : 0.75; }
    pin(Q) { direction : output; function : "IQ";
      internal_power() { related_pin : "CLK"; rise_power(edge) { values ("4.0, 4.0"); } fall_power(edge) { values ("2.0, 2.0"); } } }
  }
}
"""
A, CLK, N, M, Q, Y = 2, 3, 4, 5, 6, 7


def module() -> dict:
    def cell(kind: str, **pins: int) -> dict:
        return {"type": kind, "connections": {pin: [net] for pin, net in pins.items()}}
    return {"cells": {"i0": cell("INV", A=A, Y=N), "i1": cell("INV", A=N, Y=M), "d": cell("DFF", CLK=CLK, D=M, Q=Q),
                      "i2": cell("INV", A=Q, Y=Y)},
            "ports": {"a": {"direction": "input", "bits": [A]}, "clk_i": {"direction": "input", "bits": [CLK]},
                      "y": {"direction": "output", "bits": [Y]}},
            "netnames": {name: {"bits": [net]} for name, net in (("a", A), ("clk_i", CLK), ("n", N), ("m", M), ("q", Q), ("y", Y))}}


class EnergyTest(unittest.TestCase):
    def setUp(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "small.lib")
            file.write_text(LIBERTY, encoding="utf-8")
            self.library = liberty.Library(file)

    def test_tables_are_linear_between_their_points_and_beyond(self) -> None:
        rise = self.library.cells["INV"].outputs["Y"][0]
        self.assertAlmostEqual(rise.at(0.0, 0.08), 1.0)
        self.assertAlmostEqual(rise.at(1.0, 0.28), 4.0)
        self.assertAlmostEqual(rise.at(0.5, 0.18), 2.5)
        self.assertAlmostEqual(rise.at(2.0, 0.08), 3.0)
        self.assertEqual(self.library.cells["INV"].leakage, 0.5)

    def test_functions_with_products_that_are_blanks(self) -> None:
        value = gates.function_of(self.library.functions["AOI"]["Y"], ["A", "B", "C"])
        for a in (0, 1):
            for b in (0, 1):
                for c in (0, 1):
                    self.assertEqual(value(a, b, c) & 1, 1 - (a & b | c))

    def test_changes_and_energy_of_three_runs(self) -> None:
        circuit = gates.Gates(module(), self.library)
        circuit.drive("a", [0, 0, 0])
        circuit.settle()
        before = circuit.values.copy()
        inputs = [[1, 0, 1], [0, 0, 1], [1, 0, 1], [1, 0, 1]]  # by cycle: run 0 changes three times, run 2 once, run 1 never
        for cycle, numbers in enumerate(inputs):
            circuit.drive("a", numbers)
            circuit.settle()
            before = circuit.tick(0b111 if cycle < 3 else 0b011, before)
        self.assertEqual(circuit.cycles, 3 * 3 + 2)
        # q and y follow a cycle behind: run 0 changes three times within four cycles, run 2 once
        self.assertEqual([circuit.changes[net] for net in (A, N, M, Q, Y)], [4, 4, 4, 4, 4])
        sums = energy.energies(circuit)
        # 0.18 ns is half way: an inverter's change is (2 + load)/2 pJ; loads: n 0.25, m 0.75, q 0.25, y none
        self.assertAlmostEqual(sums["gates"], 4 * ((2 + 0.25) + (2 + 0.75) + 2) / 2)
        self.assertAlmostEqual(sums["flip-flops"], 4 * (4 + 2) / 2)
        self.assertAlmostEqual(sums["loads"], 4 * (0.25 + 0.75 + 0.25) * 2.0**2 / 2)
        self.assertAlmostEqual(sums["clock"], 11 * (2 * (1.0 + 0.0) / 2 + 0.125 * 2.0**2))

    def test_a_loop_of_gates_is_refused(self) -> None:
        looped = module()
        looped["cells"]["i0"]["connections"]["A"] = [M]
        with self.assertRaisesRegex(ValueError, "loop"):
            gates.Gates(looped, self.library)

    def test_rounds_are_those_of_the_selection(self) -> None:
        # words from splitmix64's published outputs of seed 1234567: 6457827717110365317, 3203168211198807973
        self.assertEqual([energy.word_of(1234567, i) for i in (0, 1)], [6457827717110365317 >> 32, 3203168211198807973 >> 32])
        values = [5, 1, 4, 2, 3]  # the first pivot stands at ⌊0.350 · 5⌋ = 1: four are above 1, the second at ⌊0.173 · 4⌋ = 0: 5
        self.assertEqual(energy.rounds_of(values, 1, 1234567), [5, 4])


if __name__ == "__main__":
    unittest.main()
