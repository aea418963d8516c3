#!/usr/bin/python3
"""tests/rtl/cocotb under cocotb 1.9.2 and the installed Verilator, and that it catches a fault.

cocotb stands in .venv/cocotb, where this fetches it with pip. Exit 77, with the reason, where it cannot be had.
"""
from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from optional_tools import ROOT, folder, skip_without

TOOLS = folder("cocotb")
PINNED = ("cocotb==1.9.2",)
FIFO = ROOT / "rtl" / "common" / "weft_fifo.sv"
BENCH = ROOT / "tests" / "rtl" / "cocotb"

RUN = """
import sys
from cocotb.runner import check_results_file, get_runner
source, folder = sys.argv[1:]
runner = get_runner("verilator")
runner.build(sources=[source], hdl_toplevel="weft_fifo", build_dir=folder, parameters={"DEPTH": 5, "WIDTH": 12}, always=True,
             build_args=["--assert"])
results = runner.test(hdl_toplevel="weft_fifo", test_module="fifo_bench", build_dir=folder)
check_results_file(results)
"""


class CocotbTest(unittest.TestCase):
    def run_bench(self, source: Path) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as work:
            return subprocess.run([str(TOOLS / "bin" / "python"), "-c", RUN, str(source), work], capture_output=True, text=True, cwd=work,
                                  env=os.environ | {"PYTHONPATH": str(BENCH), "PATH": f"{TOOLS / 'bin'}:{os.environ['PATH']}"})

    def test_the_unit(self) -> None:
        done = self.run_bench(FIFO)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("words_come_out_in_order", done.stdout + done.stderr)

    def test_a_fault(self) -> None:
        """A queue whose read pointer does not move hands out its first word for ever."""
        with tempfile.TemporaryDirectory() as work:
            faulty = Path(work) / "weft_fifo.sv"
            text = FIFO.read_text(encoding="utf-8")
            changed = text.replace("if (pop)  read_d  =", "if (push) read_d  =")
            self.assertNotEqual(changed, text)
            faulty.write_text(changed, encoding="utf-8")
            done = self.run_bench(faulty)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("words_come_out_in_order", done.stdout + done.stderr)


if __name__ == "__main__":
    skip_without("cocotb", PINNED)
    unittest.main()
