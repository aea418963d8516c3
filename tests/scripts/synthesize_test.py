"""scripts/rtl/synthesize.py reads what Yosys counts: captured from 0.23 to 0.70, and from the one that is installed.

tests/scripts/yosys has what each printed for example.sv: VERSION-tree.json with its modules kept (proc, opt_clean),
VERSION-flat.json after synth -flatten, VERSION-area.txt mapped to tiny.lib.
"""
from __future__ import annotations

import sys
import unittest
from pathlib import Path

from support import SCRIPTS

sys.path.insert(0, str(SCRIPTS / "rtl"))
import synthesize  # noqa: E402

SAMPLES = Path(__file__).resolve().parent / "yosys"
READ = [f"read_verilog -sv {SAMPLES}/example.sv", "hierarchy -check -top top"]
# Four leaves: an adder and a register of four bits each.
TREE = synthesize.Counts(cells=8, flops=0)
FLOPS = 16


def sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


class SynthesizeTest(unittest.TestCase):
    def test_a_tree_of_modules(self) -> None:
        files = sorted(SAMPLES.glob("*-tree.json"))
        self.assertGreaterEqual(len(files), 5)
        for file in files:
            with self.subTest(file.name):
                self.assertEqual(synthesize.counts_of(sample(file.name)), TREE)

    def test_flattened(self) -> None:
        for file in sorted(SAMPLES.glob("*-flat.json")):
            with self.subTest(file.name):  # of a bit: a register; of a leaf: one inverter, two XORs or XNORs, two gates of carry
                self.assertEqual(synthesize.counts_of(sample(file.name)), synthesize.Counts(cells=FLOPS + 4 * 6, flops=FLOPS))

    def test_area(self) -> None:
        for file in sorted(SAMPLES.glob("*-area.txt")):
            with self.subTest(file.name):  # tiny.lib: DFF 8, INV 1.5, NAND2 2.25
                self.assertEqual(synthesize.area_of(sample(file.name)), 16 * 8 + 32 * 1.5 + 36 * 2.25)
        self.assertEqual(synthesize.area_of("  Chip area for module '\\a': 1.5\n  Chip area for top module '\\t': 1.25e+06\n"), 1.25e6)

    def test_the_installed_one(self) -> None:
        self.assertEqual(synthesize.counted([*READ, "proc", "opt_clean"])[0], TREE)
        counts, said = synthesize.counted([*READ, "synth -flatten -top top", "ltp -noff"])
        self.assertEqual(counts.flops, FLOPS)
        self.assertGreater(counts.cells, FLOPS)
        self.assertNotIn("num_cells", said)

    def test_what_is_not_understood_is_said(self) -> None:
        for text in ("", "Number of cells: 3", "{}", '{\n"modules": {}\n}', '{\n"modules": {},\n"design": 3\n}'):
            with self.subTest(text), self.assertRaisesRegex(synthesize.SynthesisError, "not understood"):
                synthesize.counts_of(text)
        with self.assertRaisesRegex(synthesize.SynthesisError, "no chip area"):
            synthesize.area_of("Number of cells: 3")
