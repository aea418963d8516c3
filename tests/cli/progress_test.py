#!/usr/bin/python3
"""The progress bar, through a terminal of several widths: it is there, it never wraps, it leaves nothing; silent when piped."""
from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import unittest

from weft_command import VERILATED_HEADER, WEFT, FolderTest, run

# Of a few seconds, one after another: points that are stepped, and worker processes.
LONG = {
    "run": ["run", "--design", "fusemax-16x16", "--workload", "bert-base", "--seq", "2K", "--exact", "--json", "out.json"],
    "compare": ["compare", "--designs", "fusemax-16x16,fusemax-8x8", "--workload", "bert-base", "--seq", "1K", "--exact",
                "--json", "out.json"],
    "reproduce": ["reproduce", "fusemax", "--json", "out.json"],
}


class Terminal:
    """The bytes that a command writes to a terminal of that many columns as its standard error; killed after `seconds`."""

    def __init__(self, columns: int) -> None:
        self.controller, self.terminal = pty.openpty()
        self.resize(columns)

    def resize(self, columns: int) -> None:
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def watch(self, args: list[str], cwd: str, lines: int, narrower: int = 0, env: dict[str, str] | None = None) -> str:
        """Until that many lines have been drawn or the command ends; `narrower`: the width after half of them."""
        text = b""
        with subprocess.Popen([str(WEFT), *args], cwd=cwd, env=os.environ | (env or {}), stdout=subprocess.DEVNULL,
                              stderr=self.terminal) as process:
            while text.count(b"\r") < lines:
                if not select.select([self.controller], [], [], 0.2)[0]:
                    if process.poll() is not None:
                        break
                    continue
                text += os.read(self.controller, 4096)
                if narrower and text.count(b"\r") >= lines // 2:
                    self.resize(narrower)
                    text, lines, narrower = b"", lines - lines // 2, 0
            process.kill()
        os.close(self.terminal)
        os.close(self.controller)
        return text.decode()


def drawn(text: str) -> list[str]:
    """The lines, each drawn over the one before; the last may be cut short."""
    return [line for line in text.split("\r")[:-1] if line.strip()]


# A Verilator that writes sources, and a compiler that takes its time.
VERILATOR = """#!/bin/sh
if [ "$1" = --getenv ]; then echo "$FAKES"; exit; fi
while [ "$1" != --Mdir ]; do shift; done
for name in a b c d; do echo "int $name;" > "$2/$name.cpp"; done
cp "$FAKES/ports.h" "$2/Vweft_rtl_top.h"
"""
COMPILER = """#!/bin/sh
sleep 0.7
for last in "$@"; do :; done
echo object > "$last"
"""


class ProgressTest(FolderTest):
    def lines(self, command: str, columns: int, count: int = 6, narrower: int = 0) -> list[str]:
        lines = drawn(Terminal(columns).watch(LONG[command], str(self.folder), count, narrower))
        self.assertGreater(len(lines), 1, command)
        self.assertNotIn("\n", "".join(lines))
        return lines

    def test_wide(self) -> None:
        for command, columns in (*((name, 80) for name in LONG), ("run", 0)):  # 0: the terminal does not know
            for line in self.lines(command, columns):
                self.assertRegex(line, r"^\S.* \[[#.]{30}\] +\d+ % \d+ s *$", command)
                self.assertLess(len(line), 80)

    def test_rtl_build(self) -> None:
        (self.folder / "include").mkdir()
        for name in ("verilated.cpp", "verilated_threads.cpp", "verilated_vcd_c.cpp"):
            self.put(f"include/{name}", "")
        self.put("ports.h", VERILATED_HEADER)
        for name, text in (("verilator", VERILATOR), ("g++", COMPILER)):
            self.put(name, text).chmod(0o755)
        env = {"PATH": f"{self.folder}:{os.environ['PATH']}", "FAKES": str(self.folder), "CXX": "g++"}
        text = Terminal(80).watch(["rtl", "build", "--side", "5", "--out", "out"], str(self.folder), 1000, env=env)
        bars = [line for line in drawn(text) if re.match(r"rtl build \[#+\.*\] +\d+ % \d+ s *$", line)]
        self.assertGreater(len(bars), 1, text)

    def test_narrow(self) -> None:
        for columns, form in ((20, r"^ *\d+ % \d+ s *$"), (30, r"^fusemax-16x16 +\d+ % \d+ s *$")):
            for line in self.lines("run", columns):
                self.assertRegex(line, form)
                self.assertLess(len(line), columns)

    def test_hardly_any(self) -> None:
        for line in self.lines("run", 7):
            self.assertRegex(line, r"^ *\d+ % *$")
            self.assertLess(len(line), 7)

    def test_none_at_all(self) -> None:
        self.assertEqual(drawn(Terminal(1).watch(LONG["run"], str(self.folder), 4)), [])

    def test_narrowed_while_it_runs(self) -> None:
        for line in self.lines("run", 80, 12, narrower=20)[1:]:  # one may have been under way
            self.assertLess(len(line), 20)

    def test_it_grows(self) -> None:
        shares = [int(re.findall(r"(\d+) %", line)[0]) for line in self.lines("run", 80, 12)]
        self.assertEqual(shares, sorted(shares))

    def test_piped_it_is_silent(self) -> None:
        short = ["--workload", "bert-base", "--batch", "8", "--seq", "1K", "--exact", "--json", "out.json"]  # yet over a second
        for args in (["run", "--design", "fusemax-16x16"], ["compare", "--designs", "fusemax-16x16"]):
            got = run(*args, *short, cwd=self.folder)
            self.assertEqual((got.returncode, got.stdout, got.stderr), (0, "", ""))


if __name__ == "__main__":
    unittest.main()
