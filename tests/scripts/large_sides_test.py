#!/usr/bin/python3
"""The engine at the largest sides: Verilator elaborates and lints it."""
from __future__ import annotations

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from fusemax_parameters_test import recipe

RTL = Path(__file__).resolve().parents[2] / "rtl"
# At a power of two, at none, and where the data bus stops growing with the side.
SIDES = (64, 65, 200, 256)


class LargeSidesTest(unittest.TestCase):
    def test_verilator(self) -> None:
        """As --lint-only does, but without a copy of every element, which at side 256 takes 64 GB."""
        with tempfile.TemporaryDirectory() as folder:
            for side in SIDES:
                packages = [str(file) for file in sorted(RTL.glob("*/*_pkg.sv"))]
                folders = [word for name in ("common", "numerics", "memory", "matmul", "engine") for word in ("-y", str(RTL / name))]
                done = subprocess.run(["verilator", "--xml-only", "--xml-output", f"{folder}/tree.xml", "--Mdir", folder, "-Wall",
                                       "--top-module", "weft_fusemax", f"-GSIDE={side}", f"-GCONTEXTS={recipe(side)['CONTEXTS']}",
                                       str(RTL / "lint.vlt"), *folders, *packages, str(RTL / "engine" / "weft_fusemax.sv")],
                                      capture_output=True, text=True)
                with self.subTest(side):
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                    self.assertNotIn("%Warning", done.stderr)
                    tree = Path(folder, "tree.xml").read_text(encoding="utf-8")
                    row = re.search(r'<module [^>]*name="weft_pe_row[^"]*".*?</module>', tree, re.DOTALL)
                    assert row is not None
                    self.assertEqual(len(re.findall(r'<instance [^>]*defName="weft_pe', row[0])), side)


if __name__ == "__main__":
    unittest.main()
