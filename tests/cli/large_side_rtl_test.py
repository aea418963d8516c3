#!/usr/bin/python3
"""`weft rtl build --side 64`, whose rows are Verilated apart, and real heads on it: values and cycles as in SystemC."""
from __future__ import annotations

import os
import subprocess
import unittest
from pathlib import Path

from weft_command import WEFT, FolderTest, result, run

TRACE = Path(__file__).resolve().parents[1] / "data" / "minilm-l6.safetensors"
DESIGN = ["--design", "fusemax-64x64"]


class LargeSideTest(FolderTest):
    def test_it_builds_and_runs_real_heads(self) -> None:
        built = run("rtl", "build", "--side", "64", "--fast", "--out", str(self.folder))
        self.assertEqual(built.returncode, 0, built.stderr)
        self.assertRegex(built.stderr.splitlines()[0], r"^weft rtl: side 64: about \d+ s of one core and \d+\.\d GB of memory$")
        self.assertEqual([file.name for file in self.folder.glob("*.so")], ["libweft_fusemax_64_fast.so"])
        written, results = {}, {}
        environment = os.environ | {"WEFT_RTL_PATH": str(self.folder)}
        for fidelity in ("rtl", "systemc"):
            file = self.folder / f"{fidelity}.safetensors"
            done = subprocess.run([str(WEFT), "run", *DESIGN, "--values", str(TRACE), "--fidelity", fidelity, "--write-values", str(file),
                                   "--json", str(self.folder / f"{fidelity}.json")], capture_output=True, text=True, env=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            written[fidelity] = file.read_bytes()
        self.assertGreater(len(written["rtl"]), 1_000_000)
        self.assertEqual(written["rtl"], written["systemc"])
        # Under stalls, and with queries that share keys under a mask.
        os.environ["WEFT_RTL_PATH"] = str(self.folder)
        self.addCleanup(os.environ.pop, "WEFT_RTL_PATH")
        for stalls in ("none", "both", "bursty"):
            more = [*DESIGN, "--workload", "bert-base", "--heads", "4", "--kv-heads", "2", "--batch", "1", "--seq", "150", "--causal",
                    "--stall-profile", stalls]
            for fidelity in ("rtl", "systemc"):
                got = result(*more, "--fidelity", fidelity)
                for key in ("provenance", "fidelity"):
                    got.pop(key)
                results[fidelity] = got
            self.assertGreater(results["rtl"]["cycles"], 1000)
            self.assertEqual(results["rtl"], results["systemc"], stalls)


if __name__ == "__main__":
    unittest.main()
