"""scripts/bench/run_times.py: medians, the memory of one run, and failing runs."""
from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from unittest import mock

from support import SCRIPTS, TreeTest, run

import run_times

FAKE = Path(__file__).with_name("fake_weft.py")


class RunTimesTest(TreeTest):
    def test_the_median_and_the_largest_memory(self) -> None:
        taken = [(0.5, 10.0), (0.1, 30.0), (9.0, 20.0)]
        with mock.patch.object(run_times, "once", side_effect=taken) as once:
            got = run_times.measure(Path("weft"), "flat", "64K", 3)
        self.assertEqual(got, run_times.Timing("64K", 3, 0.5, 0.1, 9.0, 30.0))
        self.assertEqual(once.call_args.args[0][:4], ["weft", "run", "--design", "flat"])

    def test_memory_is_that_of_the_run_alone(self) -> None:
        large = self.command("large", "#!/usr/bin/python3\nbytearray(300 << 20)\n")
        small = self.command("small", "#!/usr/bin/python3\n")
        self.assertGreater(run_times.once([str(large)])[1], 300)
        self.assertLess(run_times.once([str(small)])[1], 100)

    def test_table_and_json(self) -> None:
        got = run(SCRIPTS / "bench/run_times.py", "--weft", FAKE, "--runs", "2", "--lengths", "1K", "2K", "--json", self.tree / "t.json",
                  FAKE_WEFT_LOG=str(self.tree / "log"))
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        timings = json.loads((self.tree / "t.json").read_text(encoding="utf-8"))
        self.assertEqual([(t["seq"], t["runs"]) for t in timings], [("1K", 2), ("2K", 2)])
        self.assertTrue(all(0 < t["least_s"] <= t["median_s"] <= t["most_s"] for t in timings))
        self.assertEqual([line.split()[0] for line in got.stdout.splitlines()[-2:]], ["1K", "2K"])
        self.assertEqual((self.tree / "log").read_text(encoding="utf-8").count("--batch 64"), 4)

    def test_a_failing_run(self) -> None:
        got = run(SCRIPTS / "bench/run_times.py", "--weft", FAKE, "--runs", "1", "--json", self.tree / "t.json", FAKE_WEFT_FAIL="run")
        self.assertEqual(got.returncode, 1)
        self.assertIn("made to fail", got.stderr)
        self.assertFalse((self.tree / "t.json").exists())


# A demo that takes that much CPU time and leaves what it should.
DEMO = """#!/usr/bin/python3
import pathlib, time
while time.process_time() < {seconds}: pass
for name in ("build/release/build.log", "build/demo/first.png"):
    file = pathlib.Path(__file__).parents[1] / name
    file.parent.mkdir(parents=True)
    file.write_text("x")
"""

BUILD = """#!/usr/bin/python3
import pathlib, time
while time.process_time() < {seconds}: pass
file = pathlib.Path(__file__).parents[1] / "build/release/build.log"
file.parent.mkdir(parents=True)
file.write_text("[1/12] one\\nnote\\n[12/12] last\\n")
"""


class TwoCommitsTest(TreeTest):
    """A tree of two commits, in which `script` takes 1.0 and 0.2 s of CPU time, and the bench `name`."""
    name: str
    script: str
    content: str

    def commits(self) -> None:
        self.git("init", "--quiet")
        self.put("scripts/bench/unused")
        shutil.copy(SCRIPTS / "bench" / self.name, self.tree / "scripts/bench" / self.name)
        for seconds in ("1.0", "0.2"):
            self.command(self.script, self.content.format(seconds=seconds))
            self.git("add", "--all")
            self.git("commit", "--quiet", "--message", seconds)

    def git(self, *words: str) -> None:
        who = {f"GIT_{role}_{what}": "somebody@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        self.assertEqual(run("git", *words, cwd=self.tree, **who).returncode, 0)

    def bench(self, *options: str) -> subprocess.CompletedProcess[str]:
        return run(self.tree / "scripts/bench" / self.name, *options)


class BuildCpuTest(TwoCommitsTest):
    name = "build_cpu.sh"
    script = "scripts/build.sh"
    content = BUILD

    def setUp(self) -> None:
        super().setUp()
        self.commits()

    def test_the_share_of_one_commit_in_another(self) -> None:
        got = self.bench("HEAD~1")
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        lines = got.stdout.splitlines()
        before, after = (float(re.findall(r"CPU +([\d.]+) s", line)[0]) for line in lines[:2])
        self.assertGreaterEqual(before, 1.0)
        self.assertTrue(0.2 <= after < before)
        self.assertEqual([line.split()[-2] for line in lines[:2]], ["12", "12"])
        self.assertAlmostEqual(float(re.findall(r"takes ([\d.]+) of", lines[2])[0]), after / before, delta=0.2)

    def test_bad_arguments(self) -> None:
        for options in ([], ["no-such-commit"], ["--limit"], ["HEAD", "HEAD", "HEAD"]):
            self.assertEqual(self.bench(*options).returncode, 2, options)

    def test_a_build_that_fails(self) -> None:
        self.command("scripts/build.sh", "#!/bin/sh\necho the reason\nexit 1\n")
        self.git("commit", "--quiet", "--all", "--message", "broken")
        got = self.bench("HEAD~1")
        self.assertEqual(got.returncode, 1)
        self.assertIn("the reason", got.stderr)


class DemoCpuTest(TwoCommitsTest):
    name = "demo_cpu.sh"
    script = "scripts/demo.sh"
    content = DEMO

    def setUp(self) -> None:
        super().setUp()
        self.commits()

    def test_the_share_of_one_commit_in_another(self) -> None:
        got = self.bench("HEAD~1", "HEAD")
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        lines = got.stdout.splitlines()
        before, after = (float(re.findall(r"CPU +([\d.]+) s", line)[0]) for line in lines[:2])
        self.assertGreaterEqual(before, 1.0)
        self.assertTrue(0.2 <= after < before)
        self.assertAlmostEqual(float(re.findall(r"takes ([\d.]+) of", lines[2])[0]), after / before, delta=0.2)

    def test_a_limit(self) -> None:
        got = self.bench("--at-most", "0.5", "HEAD", "HEAD~1")
        self.assertEqual(got.returncode, 1)
        self.assertIn("more than 0.5", got.stderr)

    def test_bad_arguments(self) -> None:
        for options in (["--at-most", "x"], ["no-such-commit"], ["--limit"], ["HEAD", "HEAD", "HEAD"]):
            self.assertEqual(self.bench(*options).returncode, 2, options)

    def test_a_demo_that_fails(self) -> None:
        self.command("scripts/demo.sh", "#!/bin/sh\necho the reason\nexit 1\n")
        self.git("commit", "--quiet", "--all", "--message", "broken")
        got = self.bench("HEAD~1")
        self.assertEqual(got.returncode, 1)
        self.assertIn("the reason", got.stderr)
