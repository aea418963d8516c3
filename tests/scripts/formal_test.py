"""scripts/rtl/formal.py: a solver that does not end is ended with what started it."""
from __future__ import annotations

import sys
import tempfile
import time
import unittest
from pathlib import Path

from support import SCRIPTS

sys.path.insert(0, str(SCRIPTS / "rtl"))
import formal  # noqa: E402


def runs(process: str) -> bool:
    """Whether it is there and no zombie, which nobody may have waited for yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Run(unittest.TestCase):
    def test_what_a_command_has_started_ends_with_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(formal.FormalError, "sh: no end within 1 s"):
                formal.run(["sh", "-c", "sleep 600 & echo $! > started; wait"], Path(folder), 1)
            started = (Path(folder) / "started").read_text(encoding="utf-8").strip()
            until = time.monotonic() + 10
            while runs(started) and time.monotonic() < until:
                time.sleep(0.01)
            self.assertFalse(runs(started))

    def test_what_it_says(self) -> None:
        done = formal.run(["sh", "-c", "echo this; echo that >&2; exit 3"], Path("/"), 60)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("this\n", "that\n", 3))


if __name__ == "__main__":
    unittest.main()
