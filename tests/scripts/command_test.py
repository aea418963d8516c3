"""What holds for every script that a user starts."""
from __future__ import annotations

import os
import unittest

from support import ROOT, SCRIPTS, run

SHELL = ["setup.sh", "build.sh", "test.sh", "lint.sh", "demo.sh", "bench.sh"]
PYTHON = ["check/parity.py", "check/docs.py", "plot/table.py", "plot/timeline.py", "plot/roofline.py", "bench/run_times.py"]


class CommandTest(unittest.TestCase):
    def test_help(self) -> None:
        for script in SHELL + PYTHON:
            got = run(SCRIPTS / script, "--help")
            self.assertEqual((got.returncode, got.stderr), (0, ""), script)
            self.assertIn("sage: ", got.stdout)

    def test_an_unknown_option_is_bad_input(self) -> None:
        for script in SHELL + PYTHON:
            got = run(SCRIPTS / script, *(["file.json"] if script.startswith("plot/") else []), "--no-such-option")
            self.assertEqual(got.returncode, 2, script)
            self.assertIn("--no-such-option", got.stderr)

    def test_an_unknown_preset_is_bad_input(self) -> None:
        got = run(SCRIPTS / "build.sh", "fast")
        self.assertEqual(got.returncode, 2)
        self.assertIn("no preset 'fast'", got.stderr)

    def test_scripts_start_by_name(self) -> None:
        for path in [SCRIPTS / name for name in SHELL + PYTHON] + [ROOT / ".ci/run"]:
            self.assertTrue(os.access(path, os.X_OK), path)
            self.assertIn(path.read_text(encoding="utf-8").splitlines()[0], ("#!/usr/bin/env bash", "#!/usr/bin/python3"))
