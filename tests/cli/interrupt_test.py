#!/usr/bin/python3
"""Commands that start programs or make folders, told to stop: the programs end, and no file or folder stays."""
from __future__ import annotations

import os
import signal
import subprocess
import time
import unittest
from pathlib import Path
from typing import Callable

from weft_command import VERILATED_HEADER, WEFT, FolderTest, run

PATIENCE = 60.0  # seconds, on a busy machine


def until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def children(process: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1]) == process:
                found.append(int(stat.parent.name))
        except OSError:
            continue
    return found


# Each notes its process and lasts; Verilator also starts another.
LASTING = 'echo $$ >> "$PIDS"\nsleep 1000 & echo $! >> "$PIDS"\nwait\n'
STUBBORN = 'trap "" TERM INT\n' + LASTING
# Verilator that writes sources and names a folder of its own.
WRITING = """if [ "$1" = --getenv ]; then echo "$VERILATED"; exit; fi
while [ "$1" != --Mdir ]; do shift; done
for name in a b c; do echo "int $name;" > "$2/$name.cpp"; done
cp "$VERILATED/ports.h" "$2/Vweft_rtl_top.h"
"""
# A compiler that says its version before anything else.
VERSIONED = 'if [ "$1" = --version ]; then echo a compiler; exit; fi\n'


class BuildTest(FolderTest):
    def setUp(self) -> None:
        super().setUp()
        for name in ("bin", "tmp", "root/include"):
            (self.folder / name).mkdir(parents=True)
        for name in ("verilated.cpp", "verilated_threads.cpp", "verilated_vcd_c.cpp"):
            self.put(f"root/include/{name}", "")
        self.put("root/ports.h", VERILATED_HEADER)
        self.pids = self.folder / "pids"
        self.out = self.folder / "new" / "out"

    def tool(self, name: str, text: str) -> None:
        self.put(f"bin/{name}", "#!/bin/bash\n" + text).chmod(0o755)

    def build(self) -> subprocess.Popen[bytes]:
        env = os.environ | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(self.folder / "tmp"),
                            "PIDS": str(self.pids), "VERILATED": str(self.folder / "root")}
        env.pop("CXX", None)
        return subprocess.Popen([str(WEFT), "rtl", "build", "--side", "5", "--out", str(self.out)], env=env, stderr=subprocess.DEVNULL,
                                start_new_session=True)

    def started(self) -> list[int]:
        return [int(line) for line in self.pids.read_text().split()] if self.pids.exists() else []

    def check(self, ending: signal.Signals, code: int) -> None:
        with self.build() as process:
            self.assertTrue(until(lambda: len(self.started()) >= 2))
            process.send_signal(ending)
            self.assertEqual(process.wait(timeout=PATIENCE), code)
        if ending != signal.SIGKILL:  # else somebody else waits for them
            self.assertFalse(any(map(runs, self.started())), "it waits for what it has started")
        self.assertTrue(until(lambda: not any(map(runs, self.started()))))
        self.assertTrue(until(lambda: list((self.folder / "tmp").iterdir()) == []))
        self.assertFalse(self.out.parent.exists())

    def test_in_verilator(self) -> None:
        for ending, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
            self.pids.unlink(missing_ok=True)
            self.tool("verilator", LASTING)
            self.check(ending, code)

    def test_in_one_that_does_not_care(self) -> None:
        self.tool("verilator", STUBBORN)
        self.check(signal.SIGTERM, 143)

    def test_in_the_compilers(self) -> None:
        self.tool("verilator", WRITING)
        for compiler in (LASTING, VERSIONED + LASTING):
            self.tool("g++", compiler)
            for ending, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
                self.pids.unlink(missing_ok=True)
                self.check(ending, code)

    def test_a_compiler_that_fails_ends_the_others(self) -> None:
        self.tool("verilator", WRITING)
        self.tool("g++", VERSIONED + 'if ! mkdir "$PIDS.first" 2> /dev/null; then exit 1; fi\n' + LASTING)
        with self.build() as process:
            code = process.wait(timeout=PATIENCE)
        self.assertEqual(code, 1)
        self.assertTrue(Path(f"{self.pids}.first").is_dir(), "no compiler ran")
        self.assertFalse(any(map(runs, self.started())))
        self.assertEqual((list((self.folder / "tmp").iterdir()), self.out.parent.exists()), ([], False))


class ReproduceTest(FolderTest):
    def begin(self, *args: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([str(WEFT), "reproduce", "fusemax", *args], cwd=self.folder, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, start_new_session=True)

    def drawing(self, ending: signal.Signals, code: int, out: str) -> None:
        """Stopped while it draws, which the programs that it has started show."""
        with self.begin("--fidelity", "rules", "--out", out) as process:
            self.assertTrue(until(lambda: children(process.pid) != []))
            (watcher,) = children(process.pid)
            self.assertTrue(until(lambda: children(watcher) != []))
            drawing = children(watcher)
            process.send_signal(ending)
            self.assertEqual(process.wait(timeout=PATIENCE), code)
        self.assertTrue(until(lambda: not any(map(runs, [watcher, *drawing]))))

    def test_no_folder_stays(self) -> None:
        for ending, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
            self.drawing(ending, code, "out")
            self.assertEqual(list(self.folder.iterdir()), [], ending)
        self.drawing(signal.SIGINT, 130, "new/deep/out")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_while_it_simulates(self) -> None:
        with self.begin("--jobs", "2", "--out", "out", "--json", "out.json") as process:
            self.assertTrue(until(lambda: len(children(process.pid)) == 2))
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=PATIENCE), 143)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_folder_that_was_there_is_as_it_was(self) -> None:
        self.folder.joinpath("out").mkdir()
        self.put("out/mine.txt", "mine")
        self.put("out/validation.md", "old")
        for ending, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
            self.drawing(ending, code, "out")
            self.assertEqual({p.name: p.read_text() for p in (self.folder / "out").iterdir()}, {"mine.txt": "mine", "validation.md": "old"})

    def test_a_folder_that_was_there_takes_the_files(self) -> None:
        self.folder.joinpath("out").mkdir()
        self.put("out/mine.txt", "mine")
        self.put("out/validation.md", "old")
        got = run("reproduce", "fusemax", "--fidelity", "rules", "--out", str(self.folder / "out"))
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual((self.folder / "out/mine.txt").read_text(), "mine")
        self.assertNotEqual((self.folder / "out/validation.md").read_text(), "old")
        self.assertEqual([p.name for p in (self.folder / "out").iterdir() if p.name.startswith(".")], [])
        self.assertEqual([p.name for p in self.folder.iterdir()], ["out"])

    def test_a_file_or_a_folder_in_the_way(self) -> None:
        file = self.put("file", "mine")
        for out in (file, file / "out"):
            got = run("reproduce", "fusemax", "--fidelity", "rules", "--out", str(out))
            self.assertEqual((got.returncode, got.stdout), (2, ""))
            self.assertIn("--out", got.stderr)
        (self.folder / "out" / "validation.md").mkdir(parents=True)
        got = run("reproduce", "fusemax", "--fidelity", "rules", "--out", str(self.folder / "out"))
        self.assertEqual((got.returncode, [p.name for p in (self.folder / "out").iterdir()]), (2, ["validation.md"]))

    def test_workers_end_with_a_parent_that_is_killed(self) -> None:
        with self.begin("--jobs", "2", "--json", "out.json") as process:
            self.assertTrue(until(lambda: len(children(process.pid)) == 2))
            workers = children(process.pid)
            process.kill()
        end = time.monotonic() + 5  # far less than their work takes
        while any(map(runs, workers)) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertFalse(any(map(runs, workers)))


if __name__ == "__main__":
    unittest.main()
