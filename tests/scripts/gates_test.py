#!/usr/bin/python3
"""Circuits that differ in one thing are told apart, and those that differ in nothing but how they are written are not (gates.py)."""
from __future__ import annotations

import subprocess
import tempfile
import unittest
from pathlib import Path

from gates import difference, modules, top

COUNTER = """
module counter (input logic clk_i, input logic rst_ni, input logic up_i, output logic [2:0] count_o);
  logic [2:0] count_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) count_q <= 3'd0;
    else if (up_i) count_q <= count_q + 3'd1;
  end
  assign count_o = count_q;
endmodule
"""
GATES = "proc; opt_clean; memory; dffunmap; techmap; opt_clean; aigmap; opt_clean"


class GatesTest(unittest.TestCase):
    def said(self, old: str, new: str, counter: str = COUNTER) -> str:
        """What is found between the counter and the counter with this change."""
        self.assertIn(old, counter)
        with tempfile.TemporaryDirectory() as work:
            place = Path(work)
            for name, text in (("one", counter), ("other", counter.replace(old, new))):
                (place / f"{name}.sv").write_text(text, encoding="utf-8")
                commands = f"read_verilog -sv {name}.sv; hierarchy -top counter; {GATES}; write_json {name}.json"
                subprocess.run(["yosys", "-q", "-p", commands], cwd=place, check=True)
            both = [modules(place / f"{name}.json") for name in ("one", "other")]
            return difference(*(found[top(found)] for found in both), place, 60)

    def test_the_same_written_otherwise(self) -> None:
        self.assertEqual(self.said("count_q + 3'd1", "3'd1 + count_q"), "")
        self.assertEqual(self.said("count_q + 3'd1", "{count_q[2] ^ &count_q[1:0], ^count_q[1:0], !count_q[0]}"), "")

    def test_another_value(self) -> None:
        for old, new in (("count_q + 3'd1", "count_q + 3'd3"), ("if (up_i)", "if (!up_i)"), ("count_o = count_q", "count_o = ~count_q")):
            self.assertIn("NOT EQUIVALENT", self.said(old, new))

    def test_another_clock_or_reset(self) -> None:
        self.assertIn("NOT EQUIVALENT", self.said("@(posedge clk_i", "@(negedge clk_i"))
        self.assertIn("NOT EQUIVALENT", self.said("negedge rst_ni) begin\n    if (!rst_ni)", "posedge rst_ni) begin\n    if (rst_ni)"))
        self.assertNotEqual(self.said("count_q <= 3'd0", "count_q <= 3'd4"), "")
        self.assertNotEqual(self.said(" or negedge rst_ni", ""), "")

    def test_states_that_are_never_reached(self) -> None:
        six = COUNTER.replace("count_q + 3'd1", "count_q == 3'd5 ? 3'd0 : count_q + 3'd1")
        self.assertEqual(self.said("count_q == 3'd5", "count_q >= 3'd5", six), "")
        self.assertIn("NOT EQUIVALENT", self.said("count_q == 3'd5", "count_q >= 3'd4", six))
        from_anywhere = six.replace(" or negedge rst_ni", "").replace("if (!rst_ni) count_q <= 3'd0;\n    else if", "if")
        self.assertIn("NOT EQUIVALENT", self.said("count_q == 3'd5", "count_q >= 3'd5", from_anywhere))

    def test_registers_that_one_lacks(self) -> None:
        self.assertIn("registers of one alone", self.said("count_o = count_q", "count_o = 3'd0"))
        idle = "always_ff @(posedge clk_i) more_q <= ~more_q;\n  "
        idle_counter = COUNTER.replace("  always_ff", "  (* keep *) logic more_q;\n  always_ff", 1).replace("assign", idle + "assign")
        self.assertEqual(self.said(idle, "", idle_counter), "")  # of no effect
        self.assertIn("NOT EQUIVALENT", self.said("more_q <= ~more_q", "more_q <= up_i", idle_counter))
        shown = idle_counter.replace("count_o = count_q", "count_o = count_q ^ {3{more_q}}")
        self.assertIn("registers of one alone", self.said("more_q", "odd_q", shown))  # each has one, and they are not each other's

    def test_instances(self) -> None:
        user = COUNTER.replace("counter", "inner") + """
module counter (input logic clk_i, input logic rst_ni, input logic up_i, output logic [2:0] count_o);
  logic [2:0] count;
  inner u_inner (.clk_i, .rst_ni, .up_i, .count_o(count));
  assign count_o = count + 3'd1;
endmodule
"""
        self.assertEqual(self.said("count + 3'd1", "count - 3'd7", user), "")
        self.assertEqual(self.said("count_q + 3'd1", "count_q + 3'd3", user), "")  # what is within is not looked at
        self.assertIn("NOT EQUIVALENT", self.said("count_o = count + 3'd1", "count_o = count", user))
        self.assertIn("NOT EQUIVALENT", self.said(".rst_ni, .up_i, .count_o(count)", ".rst_ni, .up_i(!up_i), .count_o(count)", user))
        self.assertIn("outputs of one alone", self.said("inner u_inner", "inner u_other", user))

    def test_latches_are_told(self) -> None:
        latch = "always_latch begin\n    if (!rst_ni) count_q = 3'd0;\n    else if (up_i) count_q = 3'd1;\n  end"
        start = COUNTER.index("always_ff")
        self.assertIn("LATCH", self.said(COUNTER[start:COUNTER.index("  assign")], latch + "\n"))


if __name__ == "__main__":
    unittest.main()
