#!/usr/bin/python3
"""The manifests by the tools that read them, at pinned versions: every target of the FuseSoC core, and what depends on either.

The tools stand in .venv/manifests, where this fetches them with pip; Bender, which pip does not have, is taken from PATH. Exit 77,
with the reason, where they cannot be had.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from optional_tools import ROOT, folder, skip_without

TOOLS = folder("manifests")
PINNED = ("fusesoc==2.4.7", "edalize==0.6.8")
CORE = "weft:engine:fusemax"

# A core of somebody's that uses one unit.
USER_CORE = """CAPI=2:
name: "some:body:user:1.0.0"
filesets:
  rtl:
    files: [user_top.sv]
    file_type: systemVerilogSource
    depend: ["weft:engine:fusemax"]
targets:
  lint:
    filesets: [rtl]
    toplevel: user_top
    default_tool: verilator
    tools:
      verilator: {mode: lint-only}
"""
USER_TOP = """module user_top (input logic [31:0] a_i, input logic [31:0] b_i, output logic [31:0] max_o);
  weft_fp32_max u_max (.valid_i(1'b1), .a_i, .b_i, .result_o(max_o));
endmodule
"""


class ManifestTest(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def fusesoc(self, *arguments: str) -> str:
        done = subprocess.run([str(TOOLS / "bin" / "fusesoc"), "--cores-root", str(ROOT / "rtl"), "--cores-root", str(self.folder),
                               "run", "--work-root", str(self.folder / "work"), *arguments], capture_output=True, text=True,
                              env=os.environ | {"PATH": f"{TOOLS / 'bin'}:{os.environ['PATH']}"}, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_lint(self) -> None:
        self.fusesoc("--target", "lint", CORE, "--SIDE", "4")

    def test_synthesis(self) -> None:
        self.fusesoc("--target", "synth", CORE, "--SIDE", "4")
        self.assertGreater((self.folder / "work" / "weft_fusemax.json").stat().st_size, 1_000_000)

    def test_sim(self) -> None:
        self.fusesoc("--target", "sim", "--build", CORE, "--SIDE", "4")
        self.assertTrue(list((self.folder / "work").rglob("Vweft_fusemax__ALL.a")))

    def test_a_core_that_depends_on_it(self) -> None:
        (self.folder / "user.core").write_text(USER_CORE, encoding="utf-8")
        (self.folder / "user_top.sv").write_text(USER_TOP, encoding="utf-8")
        self.fusesoc("--target", "lint", "some:body:user")

    @unittest.skipUnless(shutil.which("bender"), "Bender is not installed")
    def test_a_package_that_depends_on_it(self) -> None:
        manifest = f"package: {{name: user}}\ndependencies: {{weft: {{path: {ROOT}}}}}\nsources: [user_top.sv]\n"
        (self.folder / "Bender.yml").write_text(manifest, encoding="utf-8")
        (self.folder / "user_top.sv").write_text(USER_TOP, encoding="utf-8")
        done = subprocess.run(["bender", "script", "flist"], capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{ROOT}/rtl/engine/weft_fusemax.sv", done.stdout)


if __name__ == "__main__":
    skip_without("manifests", PINNED)
    unittest.main()
