"""What the scripts' tests share: where things are, temporary trees, commands that stand in for real ones."""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
for folder in ("check", "plot", "bench"):
    sys.path.insert(0, str(SCRIPTS / folder))


class TreeTest(unittest.TestCase):
    """A test with a folder of its own, `self.tree`."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name)

    def put(self, path: str, text: str = "text\n") -> Path:
        file = self.tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def command(self, path: str, text: str) -> Path:
        """An executable script in the tree."""
        file = self.put(path, text)
        file.chmod(0o755)
        return file


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, without a display, its output as text."""
    env = {k: v for k, v in os.environ.items() if k != "DISPLAY"} | environment
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=cwd, env=env, check=False,
                          stdin=subprocess.DEVNULL, timeout=120)
