"""The SpAtten engine's RTL from outside: results beside the simulation, waves, and its library."""
from __future__ import annotations

import json
import os
import subprocess
import unittest

from weft_command import WEFT, FolderTest, result, run, safetensors

DESIGN = ["--design", "spatten-rtl-smallest"]
SMALL = [*DESIGN, "--workload", "bert-base", "--batch", "1", "--heads", "1", "--seq", "12", "--fidelity", "rtl"]
LIBRARY = "libweft_spatten_16.so"


class RunTest(FolderTest):
    def test_values_and_cycles_are_those_of_systemc(self) -> None:
        tensors = {f"layers.{layer}.{n}": [3, 14, 32] for layer in range(3) for n in "qkv"}
        trace = self.put("trace.safetensors", safetensors(tensors))
        for design, stalls in (("smallest", "none"), ("smallest", "both"), ("double", "bursty")):
            written, results = {}, {}
            for fidelity in ("rtl", "systemc"):
                file = self.folder / fidelity
                got = result("--design", f"spatten-rtl-{design}", "--values", str(trace), "--fidelity", fidelity,
                             "--write-values", str(file), "--stall-profile", stalls)
                written[fidelity] = file.read_bytes()
                results[fidelity] = {key: got[key] for key in ("cycles", "error", "selection", "traffic", "dram")}
            self.assertEqual(written["rtl"], written["systemc"])
            self.assertEqual(results["rtl"], results["systemc"])
            self.assertLess(len(results["rtl"]["selection"][2]["tokens_kept"]), 14)

    def test_of_its_units_the_memory_alone_is_told(self) -> None:
        got = result(*SMALL)
        self.assertEqual([unit["name"] for unit in got["units"]], ["dram"])
        self.assertEqual(got["units"][0]["counters"]["bytes_read"], got["dram"]["bytes"])

    def test_the_same_bytes_twice(self) -> None:
        first = run("run", *SMALL, "--json", "-")
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertEqual(first.stdout, run("run", *SMALL, "--json", "-").stdout)
        self.assertNotEqual(first.stdout, run("run", *SMALL, "--seed", "7", "--json", "-").stdout)

    def test_a_wave(self) -> None:
        file = self.folder / "run.vcd"
        cycles = result(*SMALL, "--wave", str(file))["cycles"]
        lines = file.read_text(encoding="ascii").splitlines()
        clock = next(line.split()[3] for line in lines if line.startswith("$var") and "clk_i" in line.split())
        self.assertGreaterEqual(lines.count("1" + clock), cycles)
        result(*SMALL, "--wave", str(file), "--wave-cycles", "20:50")
        self.assertEqual(file.read_text(encoding="ascii").splitlines().count("1" + clock), 30)


class LibraryTest(FolderTest):
    def test_doctor_lists_it(self) -> None:
        found = json.loads(run("doctor", "--json", "-").stdout)["rtl_libraries"]
        mine = [entry for entry in found if entry["engine"] == "spatten"]
        self.assertEqual([(entry["multipliers"], entry["trouble"]) for entry in mine], [(16, None), (32, None)])
        self.assertTrue(mine[0]["path"].endswith(LIBRARY))
        self.assertIn("spatten, multipliers 16", run("doctor").stdout)

    def test_without_one_it_says_how_to_build_it(self) -> None:
        self.put(LIBRARY, "text")
        got = subprocess.run([str(WEFT), "run", *SMALL], env=os.environ | {"WEFT_RTL_PATH": str(self.folder)},
                             capture_output=True, text=True, check=False)
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        self.assertIn(LIBRARY, got.stderr)

    def test_a_verilator_that_fails(self) -> None:
        (self.folder / "bin").mkdir()
        self.put("bin/verilator", "#!/bin/sh\necho '%Error: weft_spatten.sv:3: a fault' >&2; exit 1\n").chmod(0o755)
        got = subprocess.run([str(WEFT), "rtl", "build", *DESIGN, "--out", str(self.folder / "out")], capture_output=True, text=True,
                             env=os.environ | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}, check=False)
        self.assertEqual((got.returncode, got.stdout), (1, ""))
        self.assertIn("%Error: weft_spatten.sv:3: a fault", got.stderr)
        self.assertIn("the library of spatten-rtl-smallest failed", got.stderr)
        self.assertFalse((self.folder / "out").exists())


if __name__ == "__main__":
    unittest.main()
