"""scripts/test.sh with stand-ins for set-up, build, lint and ctest: when it fails, and what it prints last."""
from __future__ import annotations

import shutil
import subprocess

from support import SCRIPTS, TreeTest, run

CTEST = """#!/bin/sh
echo "$*" >> log
kind=all
case "$*" in *bad_input*) kind=bad;; esac
echo "    Start 1: something"
echo "1/7 Test #1: something ......   Passed    0.01 sec"
[ ! -e "fail-$kind" ] || echo "the reason it failed"
echo
if [ -e "fail-$kind" ]; then echo "86% tests passed, 1 tests failed out of 7"; else echo "100% tests passed, 0 tests failed out of 7"; fi
echo
echo "Total Test time (real) =   1.00 sec"
[ ! -e "fail-$kind" ]
"""


class GateTest(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("scripts/unused")
        for name in ("test", "stopping"):
            shutil.copy(SCRIPTS / f"{name}.sh", self.tree / f"scripts/{name}.sh")
        for name in ("setup", "lint"):
            self.command(f"scripts/{name}.sh", f"#!/bin/sh\necho {name} >> log\n[ ! -e fail-{name} ]\n")
        self.command("scripts/build.sh", '#!/bin/sh\necho "build $*" >> log\nmkdir -p "build/$1"\n[ ! -e "fail-build-$1" ]\n')
        self.command("bin/ctest", CTEST)

    def gate(self, *options: str) -> subprocess.CompletedProcess[str]:
        return run(self.tree / "scripts/test.sh", *options, PATH=f"{self.tree / 'bin'}:/usr/bin:/bin")

    def log(self) -> list[str]:
        return (self.tree / "log").read_text(encoding="utf-8").splitlines()

    def test_the_order_of_the_work(self) -> None:
        got = self.gate()
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        log = self.log()
        self.assertEqual([line.split()[0] for line in log], ["setup", "build", "--test-dir", "build", "--test-dir", "lint"])
        self.assertEqual([log[1], log[3]], ["build release",
                                            "build asan weft weft_common_tests weft_workload_tests weft_einsum_tests weft_fuzz_tests "
                                            "weft_spatten_tests"])
        self.assertIn("--no-tests=error", log[4])
        self.assertTrue(log[2].endswith("-LE ^long$"), log)
        self.assertTrue(log[4].endswith("-L ^(bad_input|spatten)$"), log)

    def test_it_ends_with_the_closing_lines_of_ctest(self) -> None:
        got = self.gate()
        self.assertEqual(got.stdout.splitlines()[-2:],
                         ["100% tests passed, 0 tests failed out of 7", "Total Test time (real) =   1.00 sec"])
        self.assertNotIn("Passed", got.stdout)

    def test_each_failure_fails_the_whole(self) -> None:
        for failing, said in (("fail-all", "tests"), ("fail-bad", "tests under sanitizers"), ("fail-lint", "lint"),
                              ("fail-build-asan", "build of preset asan"), ("fail-build-release", ""), ("fail-setup", "")):
            with self.subTest(failing):
                flag = self.put(failing)
                got = self.gate()
                flag.unlink()
                self.assertEqual(got.returncode, 1)
                self.assertIn(f"FAILED: {said}" if said else "", got.stderr)
                if failing == "fail-all":
                    self.assertIn("the reason it failed", got.stdout)
                    self.assertIn("86% tests passed", got.stdout.splitlines()[-2])

    def test_options(self) -> None:
        self.gate("--long", "--preset", "asan")
        log = self.log()
        self.assertEqual([line for line in log if line.startswith("build")], ["build asan"])
        self.assertFalse(any("-LE" in line for line in log))
