"""scripts/rtl/source_hash.sh: over all that an engine is made of, as Verilator reads it, and over nothing else."""
from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "rtl" / "source_hash.sh"
RTL = ROOT / "rtl"


def said(rtl: Path, *more: str, top: str = "engine/weft_fusemax.sv") -> str:
    done = subprocess.run([str(SCRIPT), "--top", str(rtl / top), "--rtl", str(rtl), *more], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def listed(rtl: Path, top: str = "engine/weft_fusemax.sv") -> list[str]:
    return said(rtl, "--list", top=top).splitlines()


def read_by_verilator(top: str, *arguments: str) -> set[str]:
    """The files of rtl/ that Verilator reads when modules are looked for by their names."""
    found = listed(RTL, top)
    packages = [str(RTL / name) for name in found if name.endswith("_pkg.sv")]
    folders = [word for folder in sorted(RTL.iterdir()) if folder.is_dir() for word in ("-y", str(folder))]
    with tempfile.TemporaryDirectory() as work:
        done = subprocess.run(["verilator", "--xml-only", "--xml-output", f"{work}/tree.xml", "--Mdir", work, "-Wno-fatal", "--assert",
                               "--top-module", Path(top).stem, *arguments, *folders, *packages, str(RTL / top)],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        files = re.findall(r'<file [^>]*filename="([^"]+)"', Path(work, "tree.xml").read_text(encoding="utf-8"))
    return {str(Path(file).relative_to(RTL)) for file in files if Path(file).is_relative_to(RTL)}


class SourceHashTest(unittest.TestCase):
    def test_the_engine_is_what_verilator_reads(self) -> None:
        self.assertEqual({name for name in listed(RTL) if name.endswith(".sv")}, read_by_verilator("engine/weft_fusemax.sv", "-GSIDE=4"))
        self.assertIn("engine/weft_fusemax.interface", listed(RTL))

    def test_a_unit_of_another_engine(self) -> None:
        top = "select/weft_row_top_k.sv"
        self.assertEqual(set(listed(RTL, top)), read_by_verilator(top))
        self.assertNotIn("select/weft_row_top_k.sv", listed(RTL))

    def test_what_changes_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            rtl = Path(folder) / "rtl"
            shutil.copytree(RTL, rtl)
            before, files = said(rtl), listed(rtl)
            self.assertEqual(before, said(RTL))
            self.assertRegex(before, "^[0-9a-f]{64}$")
            # A new unit, and a change of one that is not the engine's: nothing of the engine.
            (rtl / "matmul" / "weft_new_unit.sv").write_text("module weft_new_unit;\n  weft_fifo u_fifo ();\nendmodule\n", encoding="utf-8")
            (rtl / "matmul" / "weft_new_pkg.sv").write_text("package weft_new_pkg;\nendpackage\n", encoding="utf-8")
            others = sorted({str(file.relative_to(rtl)) for file in rtl.rglob("*.sv")} - set(files))
            self.assertGreater(len(others), 10)
            for name in others:
                with (rtl / name).open("a", encoding="utf-8") as file:
                    file.write("// weft_new_unit\n")
            self.assertEqual(said(rtl), before)
            # A word of any file that is.
            for name in files:
                with self.subTest(name):
                    text = (rtl / name).read_text(encoding="utf-8")
                    (rtl / name).write_text(text + "\n", encoding="utf-8")
                    self.assertNotEqual(said(rtl), before)
                    (rtl / name).write_text(text, encoding="utf-8")
            # What a unit of the engine begins to name is the engine's from then on, and a comment names nothing.
            fifo = rtl / "common" / "weft_fifo.sv"
            text = fifo.read_text(encoding="utf-8")
            fifo.write_text(text.replace("endmodule", "// weft_new_pkg\n  weft_new_unit u_new ();\nendmodule"), encoding="utf-8")
            self.assertEqual(sorted(files + ["matmul/weft_new_unit.sv"]), listed(rtl))

    def test_the_header(self) -> None:
        self.assertEqual(said(RTL, "--header", "SOME_SHA256").splitlines()[-1], f'#define SOME_SHA256 "{said(RTL)}"')

    def test_what_is_refused(self) -> None:
        for arguments, why in (([], "--top"), (["--top", "nowhere.sv"], "nowhere.sv"), (["--top"], "needs a value"),
                               (["--top", str(SCRIPT), "--rtl", str(RTL)], "does not lie in"),
                               (["--top", str(RTL / "engine/weft_fusemax.sv"), "--header", "a b"], "'a b'")):
            with self.subTest(arguments):
                done = subprocess.run([str(SCRIPT), *arguments], capture_output=True, text=True)
                self.assertEqual(done.returncode, 2)
                self.assertIn(why, done.stderr)


if __name__ == "__main__":
    unittest.main()
