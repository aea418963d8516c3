"""scripts/synth/ reads what Yosys counts: captured from 0.23 to 0.70, and from the one that is installed.

tests/scripts/yosys has what each printed for example.sv: VERSION-tree.json with its modules kept (proc, opt_clean),
VERSION-flat.json after synth -flatten, VERSION-area.txt mapped to tiny.lib.
"""
from __future__ import annotations

import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

from support import SCRIPTS

sys.path.insert(0, str(SCRIPTS / "synth"))
import elaborate  # noqa: E402
import netlist  # noqa: E402
import synthesize  # noqa: E402
import table  # noqa: E402

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
        files = sorted(SAMPLES.glob("*-area.txt"))
        self.assertGreaterEqual(len(files), 5)
        for file in files:
            with self.subTest(file.name):  # tiny.lib: DFF 8, INV 1.5, NAND2 2.25
                top = netlist.modules_of(sample(file.name))["top"]
                self.assertEqual(top.area, 16 * 8 + 32 * 1.5 + 36 * 2.25)
                self.assertEqual(top.cells, {"DFF": 16, "INV": 32, "NAND2": 36})

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
        for text in ("Number of cells: 3", "=== top ===\n\n   Number of cells:  1\n     INV   1\n"):
            with self.assertRaisesRegex(synthesize.SynthesisError, "no chip area"):
                netlist.modules_of(text)


@unittest.skipUnless(netlist.LIBERTY.is_file(), "qflow-tech-osu018 is not installed")
class NetlistTest(unittest.TestCase):
    """rows.sv in osu018 cells: counts by hand, areas by the library's own text, and a path that OpenSTA finds."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def made(self, top: str, flatten: bool = False) -> netlist.Netlist:
        read = [f"read_verilog -sv {SAMPLES}/rows.sv", f"hierarchy -check -top {top}"]
        return netlist.in_cells(read, top, netlist.LIBERTY, Path(self.folder.name), flatten)

    def test_sizes_over_the_hierarchy(self) -> None:
        library = netlist.LIBERTY.read_text(encoding="utf-8")
        area = dict(re.findall(r"^cell \((\w+)\) \{\s*(?:cell_footprint[^;]*;\s*)?area : (\d+);", library, re.MULTILINE))
        made = self.made("weft_rows")
        # Two rows of four registers each; a memory's are not counted.
        self.assertEqual(made.size("weft_rows"), netlist.Size(8, 8, 8.0 * int(area["DFFPOSX1"])))
        self.assertEqual(set(made.largest()), {"weft_rows", "weft_row"})

    @unittest.skipUnless(shutil.which("sta"), "OpenSTA is not installed")
    def test_paths(self) -> None:
        for flatten in (False, True):
            with self.subTest(flatten=flatten):
                made = self.made("weft_chains", flatten)
                # Outputs that repeat one another and constants are assignments to concatenations in Yosys's netlist.
                self.assertNotRegex(made.verilog.read_text(encoding="utf-8"), r"assign \{")
                short, whole = (netlist.paths(self.made(top, flatten), [top])[top] for top in ("weft_chain", "weft_chains"))
                assert short is not None and whole is not None
                # Each chain is registered: three in a row are no longer than one. Its own three levels are 0.1 to 1 ns.
                self.assertGreater(short, 0.1)
                self.assertLess(short, 1.5)
                self.assertAlmostEqual(whole, short, delta=0.3)

    @unittest.skipUnless(shutil.which("sta"), "OpenSTA is not installed")
    def test_paths_behind_a_clock_gate(self) -> None:
        """From one register to the next, both behind the gate: as long as the chain between, and the gate is no module of its own."""
        read = [f"read_verilog -sv {SAMPLES}/rows.sv", "hierarchy -check -top weft_gated"]
        made = netlist.in_cells(read + netlist.UNGATED, "weft_gated", netlist.LIBERTY, Path(self.folder.name))
        self.assertEqual(set(made.largest()), {"weft_gated", "weft_chain"})
        path = netlist.paths(made, ["weft_gated"])["weft_gated"]
        assert path is not None
        self.assertGreater(path, 0.3)
        self.assertLess(path, 2.0)

    @unittest.skipUnless(shutil.which("sta"), "OpenSTA is not installed")
    def test_fan_outs_are_buffered(self) -> None:
        """One register before 1,024 loads: 14 ns without buffers; with 12 loads a net 86 + 8 of them in two levels."""
        made = self.made("weft_wide")
        path = netlist.paths(made, ["weft_wide"])["weft_wide"]
        assert path is not None
        self.assertLess(path, 4.0)
        self.assertEqual(made.size("weft_wide").cells, 2 * 1024 + 1 + 86 + 8)

    @unittest.skipUnless(shutil.which("sta"), "OpenSTA is not installed")
    def test_what_opensta_refuses_is_said(self) -> None:
        with self.assertRaisesRegex(synthesize.SynthesisError, "OpenSTA on weft_rows"):
            netlist.paths(self.made("weft_rows"), ["weft_nowhere"])


class TableTest(unittest.TestCase):
    def test_every_unit_has_a_row(self) -> None:
        """A unit of rtl/ is below the engine or below one of the others."""
        there = {file.stem for file in elaborate.RTL.glob("*/*.sv") if not file.stem.endswith("_pkg")}
        found = table.below("weft_fusemax").union(*(table.below(unit.module) for unit in table.others()))
        self.assertEqual(found, there)
        self.assertIn("weft_zero_eliminator PLACES=32", [unit.name for unit in table.others()])
