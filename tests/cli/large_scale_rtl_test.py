#!/usr/bin/python3
"""`weft rtl build --design spatten-rtl-eighth`, a scale whose libraries do not come with the build: values and cycles as in SystemC."""
from __future__ import annotations

import json
import os
import unittest

from weft_command import FolderTest, run

DESIGN = ["--design", "spatten-rtl-eighth"]


class LargeScaleTest(FolderTest):
    def test_it_builds_and_validates(self) -> None:
        built = run("rtl", "build", *DESIGN, "--out", str(self.folder), timeout=3600)
        self.assertEqual(built.returncode, 0, built.stderr)
        self.assertEqual(sorted(file.name for file in self.folder.glob("*.so")),
                         ["libweft_spatten_64.so", "libweft_spatten_64_fast.so"])
        os.environ["WEFT_RTL_PATH"] = str(self.folder)
        self.addCleanup(os.environ.pop, "WEFT_RTL_PATH")
        got = run("validate", *DESIGN, "--json", "-", timeout=3600)
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        points = json.loads(got.stdout)["points"]
        self.assertEqual(len(points), 60)
        for point in points:
            self.assertTrue(point["values_equal"], point)
            self.assertEqual(point["cycles"]["rtl"], point["cycles"]["systemc"], point)
        narrow = run("run", *DESIGN, "--workload", "bert-base", "--batch", "1", "--heads", "1", "--seq", "16", "--width-qk", "32",
                     "--fidelity", "rtl")
        self.assertEqual((narrow.returncode, narrow.stdout), (2, ""))
        self.assertIn("--width-qk = '32': the RTL takes multiples of 64 up to 64", narrow.stderr)


if __name__ == "__main__":
    unittest.main()
