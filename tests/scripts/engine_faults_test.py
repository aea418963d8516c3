"""scripts/rtl/mutate_engine.py and coverage_engine.py without the library that each builds: lists of faults, the RTL with all of
them, and what is read of counters. They run as a whole under the label long."""
from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import ROOT, SCRIPTS

sys.path.insert(0, str(SCRIPTS / "rtl"))
import coverage_engine  # noqa: E402
import mutate_engine  # noqa: E402
from mutate import LEAST, Fault, MutateError, Outcome, Tally  # noqa: E402


class Faults(unittest.TestCase):
    def test_each_part_without_a_bench_has_a_list(self) -> None:
        parts = [fault.part for fault in mutate_engine.read_faults(ROOT, [])]
        self.assertEqual(sorted(set(parts)), sorted(coverage_engine.ENGINES["spatten"].parts))
        for part in coverage_engine.ENGINES["spatten"].parts:
            self.assertGreaterEqual(parts.count(part), LEAST)

    def test_the_rtl_with_all_of_them_elaborates(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            rtl = Path(folder) / "rtl"
            shutil.copytree(ROOT / "rtl", rtl)
            faults = mutate_engine.read_faults(ROOT, [])
            mutate_engine.put_faults(faults, rtl)
            for number, fault in enumerate(faults, start=1):
                self.assertIn(f"(weft_fault == 32'd{number}) ?", (rtl / "engine" / f"weft_{fault.part}.sv").read_text(encoding="utf-8"))
            folders = [word for one in sorted(rtl.iterdir()) if one.is_dir() for word in ("-y", str(one))]
            done = subprocess.run(["verilator", "--lint-only", "-Wno-fatal", "--top-module", "weft_spatten", *folders,
                                   *map(str, sorted(rtl.glob("*/*_pkg.sv"))), str(rtl / "engine/weft_spatten.sv")],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_line_that_cannot_be_read(self) -> None:
        for line, why in (("off-by-one | a <= b; | b", "KIND | TEXT | OLD | NEW"), ("typo | a <= b; | b | c", "'typo' is none of")):
            with self.assertRaisesRegex(MutateError, why.replace("|", r"\|")):
                mutate_engine.read_fault("spatten", line)
        source = "a <= b + b;\nc <= d;\nc <= d;\n"
        for text, old in (("c <= d;", "d"), ("a <= b + b;", "b"), ("a <= e;", "e")):
            fault = mutate_engine.read_fault("spatten", f"off-by-one | {text} | {old} | 1'b0")
            with self.assertRaisesRegex(MutateError, "exactly once"):
                fault.put_into(source, 1)
        with self.assertRaisesRegex(MutateError, "no list of faults of nothing"):
            mutate_engine.read_faults(ROOT, ["nothing"])

    def test_what_counts_as_failed(self) -> None:
        fault = Fault("off-by-one", "a", "b")
        for outcomes, code in (([(None, True), (fault, False)], 0), ([(None, True), (fault, True)], 1),
                               ([(None, False), (fault, False)], 1), ([(None, True)], 1)):
            tally = Tally()
            for of, passed in outcomes:
                tally.add(of, Outcome(passed, ""))
            self.assertEqual(tally.exit_code, code, outcomes)


class Counters(unittest.TestCase):
    def test_instances_are_added_up(self) -> None:
        def point(file: str, line: int, count: int) -> str:
            keys = {"f": file, "l": str(line), "n": "3", "page": "v_line/weft_spatten", "o": "block", "S": f"{line}-{line + 1}"}
            return "C '" + "".join(f"\x01{key}\x02{value}" for key, value in keys.items()) + f"' {count}\n"

        with tempfile.TemporaryDirectory() as folder:
            here, other = "/rtl/engine/weft_spatten.sv", "/rtl/engine/weft_spatten_lists.sv"
            for name, counts in (("0", (1, 0, 0)), ("1", (0, 0, 4))):
                text = "# SystemC::Coverage-3\n" + point(here, 10, counts[0]) + point(here, 20, counts[1]) + point(other, 10, counts[2])
                (Path(folder) / f"{name}.dat").write_text(text, encoding="utf-8")
            found = coverage_engine.by_part(Path(folder))
        self.assertEqual(found["spatten"].lines, {10: True, 11: True, 20: False, 21: False})
        self.assertEqual(found["spatten_lists"].lines, {10: True, 11: True})
        self.assertIn("| 2/4 50.0 % |", coverage_engine.row("spatten", found["spatten"]))
        self.assertIn("lines 20-21", coverage_engine.row("spatten", found["spatten"]))

    def test_a_part_of_assignments_alone_has_no_lines_to_reach(self) -> None:
        Point = tuple[int, int, str, str]
        met, some = coverage_engine.Coverage(), coverage_engine.Coverage()
        first: Point = (3, 1, "block", "3")
        second: Point = (4, 1, "block", "4")
        met.blocks[first] = some.blocks[first] = 5
        some.blocks[second] = 0
        text = "always_ff @(posedge clk_i) q <= d;"
        self.assertFalse(coverage_engine.unreached(text, met))
        self.assertTrue(coverage_engine.unreached(text, some))
        self.assertTrue(coverage_engine.unreached(text, coverage_engine.Coverage()))  # of a library without counters
        self.assertFalse(coverage_engine.unreached("assign q = d;", coverage_engine.Coverage()))

    def test_they_stand_in_the_parts_alone(self) -> None:
        for engine in coverage_engine.ENGINES.values():
            off = coverage_engine.counters(engine.parts)
            for path in (ROOT / "rtl").glob("*/*.sv"):
                counted = path.stem.removeprefix("weft_") in engine.parts
                self.assertEqual(f'"*/{path.name}"' in off, not counted, path.name)


if __name__ == "__main__":
    unittest.main()
