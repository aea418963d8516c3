"""scripts/demo.sh, build.sh and test.sh told to stop: all that they have started ends, and they say where they were."""
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from support import SCRIPTS, TreeTest

LASTING = """#!/bin/bash
if [ "$1" = --preset ]; then exit 0; fi
echo $$ >> pids
sleep 1000 & echo $! >> pids
wait
"""


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class StoppingTest(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("scripts/unused")
        for name in ("demo", "build", "test", "stopping"):
            shutil.copy(SCRIPTS / f"{name}.sh", self.tree / f"scripts/{name}.sh")
        self.command("scripts/setup.sh", "#!/bin/sh\n")
        self.command("bin/cmake", LASTING)

    def pids(self) -> list[int]:
        file = self.tree / "pids"
        return [int(word) for word in file.read_text(encoding="utf-8").split()] if file.exists() else []

    def stopped(self, script: str, ending: signal.Signals, code: int) -> str:
        """What it says, told to stop while CMake runs."""
        (self.tree / "pids").unlink(missing_ok=True)
        environment = os.environ | {"PATH": f"{self.tree / 'bin'}:/usr/bin:/bin"}
        with subprocess.Popen([str(self.tree / "scripts" / script)], env=environment, cwd=self.tree, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
            end = time.monotonic() + 60
            while len(self.pids()) < 2 and time.monotonic() < end:
                time.sleep(0.05)
            self.assertEqual(len(self.pids()), 2)
            process.send_signal(ending)
            said = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, code)
        self.assertFalse(any(map(runs, self.pids())))
        return said

    def test_each_script_and_signal(self) -> None:
        for script, says in (("build.sh", "build: interrupted"), ("demo.sh", "demo: interrupted in: build"),
                             ("test.sh", "test: interrupted")):
            for ending, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
                with self.subTest(script=script, ending=ending):
                    self.assertIn(says, self.stopped(script, ending, code))
