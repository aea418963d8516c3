"""weft validate: the three fidelities on their grid. Errors may shrink, and may not grow."""
from __future__ import annotations

import json
import unittest

from schema_test import errors
from weft_command import run

# As measured (docs/validation.md). SystemC is equal to RTL in every cycle; analytic is below SystemC where runs are short.
WORST_SYSTEMC_TO_RTL = 0.0
WORST_ANALYTIC_TO_SYSTEMC = 0.032
MEAN_ANALYTIC_TO_SYSTEMC = 0.0125


class GridTest(unittest.TestCase):
    def test_errors_do_not_grow(self) -> None:
        got = run("validate", "--json", "-", timeout=1500)
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        document = json.loads(got.stdout)
        self.assertEqual(errors("validation", document), [])
        points, summary = document["points"], document["summary"]
        for key, least in (("design", 5), ("memory", 4), ("stall_profile", 5), ("shape", 9)):
            self.assertGreaterEqual(len({json.dumps(point[key]) for point in points}), least, key)
        self.assertEqual(summary["points"], len(points))
        self.assertEqual(summary["values_compared"], sum(point["values_compared"] for point in points))
        self.assertGreaterEqual(summary["values_compared"], 1_000_000)
        for point in points:
            self.assertTrue(point["values_equal"], point)
            cycles, error = point["cycles"], point["error"]
            self.assertAlmostEqual(error["systemc_to_rtl"], cycles["systemc"] / cycles["rtl"] - 1, places=12)
            if point["design"].startswith("spatten-rtl-"):
                self.assertEqual((cycles["analytic"], error["analytic_to_systemc"]), (None, None))
            else:
                self.assertAlmostEqual(error["analytic_to_systemc"], cycles["analytic"] / cycles["systemc"] - 1, places=12)
            self.assertLessEqual(abs(error["systemc_to_rtl"]), WORST_SYSTEMC_TO_RTL, point)
        self.assertLessEqual(summary["worst_analytic_to_systemc"], WORST_ANALYTIC_TO_SYSTEMC)
        self.assertLessEqual(summary["mean_analytic_to_systemc"], MEAN_ANALYTIC_TO_SYSTEMC)

    def test_stalls_cost_cycles(self) -> None:
        got = run("validate", "--design", "fusemax-4x4", "--json", "-", timeout=600)
        self.assertEqual(got.returncode, 0)
        # Where loads have slack a stall costs nothing, and what waits for it may even go in a better order: not every point is slower.
        cycles: dict[str, dict[str, int]] = {}
        for point in json.loads(got.stdout)["points"]:
            where = json.dumps([point["memory"], point["shape"]])
            cycles.setdefault(point["stall_profile"], {})[where] = point["cycles"]["rtl"]
        for profile in ("source", "sink", "both", "bursty"):
            self.assertTrue(any(told > cycles["none"][where] for where, told in cycles[profile].items()), profile)

    def test_a_design_without_rtl_is_bad_input(self) -> None:
        got = run("validate", "--design", "flat-16x16")
        self.assertEqual(got.returncode, 2)
        self.assertIn("has no RTL", got.stderr)


if __name__ == "__main__":
    unittest.main()
