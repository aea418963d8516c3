"""scripts/demo.sh with a stand-in for `weft`: the order of the work, the files it leaves, and how it fails."""
from __future__ import annotations

import subprocess
from pathlib import Path

from support import SCRIPTS, TreeTest, run

FAKE = Path(__file__).with_name("fake_weft.py")
SMALL = ("unfused-16x16", "flat-16x16", "fusemax-16x16")


class DemoTest(TreeTest):
    def demo(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return run(SCRIPTS / "demo.sh", "--skip-build", "--out", self.tree / "demo", WEFT=str(FAKE),
                   FAKE_WEFT_LOG=str(self.tree / "log"), **environment)

    def test_files_and_table(self) -> None:
        self.put("demo/minilm.json", "from an earlier run")
        self.put("demo/mine.txt", "kept")
        got = self.demo()
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        expected = {"mine.txt", "minilm.json", "bert-16k.json", "minilm-roofline.png", "bert-16k-roofline.png", "bert-16k-fusemax.json",
                    "bert-16k-fusemax.perfetto.json", "bert-16k-fusemax-timeline.png"}
        expected |= {"validation.json", "validation.txt", "validation.png", "fusemax.txt"}
        for design in SMALL:
            expected |= {f"minilm-{design}.json", f"minilm-{design}.perfetto.json", f"minilm-{design}-timeline.png"}
        self.assertEqual({p.name for p in (self.tree / "demo").iterdir()}, expected)
        heads = [line.split()[0] for line in got.stdout.splitlines() if line.count(" %") == 3]  # 2D busy, 2D useful, 1D busy
        self.assertEqual(heads, [*SMALL, "unfused", "flat", "fusemax"])
        self.assertIn("1.50e-03", got.stdout)  # the error, where values were given

    def test_commands(self) -> None:
        self.demo()
        log = (self.tree / "log").read_text(encoding="utf-8").splitlines()
        self.assertEqual(log[0], "compare --designs unfused-16x16,flat-16x16,fusemax-16x16 --values tests/data/minilm-l6.safetensors "
                                 f"--fidelity systemc --json {self.tree}/demo/minilm.json")
        self.assertIn("compare --designs unfused,flat,fusemax --workload bert-base --batch 64 --seq 16K --fidelity systemc --json "
                      f"{self.tree}/demo/bert-16k.json", log)
        self.assertEqual(sum("--perfetto" in line for line in log), 4)
        self.assertIn(f"reproduce fusemax --out {self.tree}/demo/fusemax", log)

    def test_a_failing_command_stops_it_and_is_named(self) -> None:
        got = self.demo(FAKE_WEFT_FAIL="compare")
        self.assertNotEqual(got.returncode, 0)
        self.assertIn("compare: made to fail", got.stderr)
        self.assertIn("failed in: MiniLM-L6", got.stderr)
        self.assertNotIn("2D busy", got.stdout)

    def test_without_a_binary(self) -> None:
        got = run(SCRIPTS / "demo.sh", "--skip-build", "--out", self.tree, WEFT=str(self.tree / "absent"))
        self.assertEqual(got.returncode, 1)
        self.assertIn("absent", got.stderr)
