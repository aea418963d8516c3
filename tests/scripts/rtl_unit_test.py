"""What coverage.py, mutate.py and those of engines share: which suites of a bench they run, those that CMake does not label long, and
that they refuse a build of another repository, in which every fault would survive."""
from __future__ import annotations

import re
import sys
import unittest
from fnmatch import fnmatchcase

from support import ROOT, SCRIPTS, TreeTest, run

sys.path.insert(0, str(SCRIPTS / "rtl"))
from rtl_unit import SHORT_SUITES, check_build  # noqa: E402


def runs(test: str) -> bool:
    """As gtest reads a filter that only leaves out."""
    return not any(fnmatchcase(test, pattern) for pattern in SHORT_SUITES.removeprefix("-").split(":"))


class ShortSuites(unittest.TestCase):
    def test_long_suites_are_left_out_be_they_of_one_type_or_of_several(self) -> None:
        self.assertTrue(runs("Fifo.OrderIsKept"))
        self.assertTrue(runs("RowTopK/0.EveryBeat"))
        self.assertTrue(runs("RowTopK/0.ALongRow"))
        self.assertFalse(runs("FifoLong.OrderIsKept"))
        self.assertFalse(runs("RowTopKLong/1.EveryBeat"))

    def test_they_are_those_that_cmake_does_not_label_long(self) -> None:
        text = (ROOT / "cmake/WeftRtl.cmake").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r'TEST_FILTER "(-[^"]+)"', text), [SHORT_SUITES])


class OtherBuild(TreeTest):
    SCRIPTS = ("rtl/mutate.py", "rtl/mutate_engine.py", "rtl/coverage.py", "rtl/coverage_engine.py", "hls/synthesize.py")

    def refused(self, script: str, *more: str) -> str:
        done = run(SCRIPTS / script, "--build", self.tree / "build", *more)
        self.assertEqual(done.returncode, 2, (script, done.stdout, done.stderr))
        return done.stderr

    def test_it_is_refused_before_anything_runs(self) -> None:
        self.put("build/CMakeCache.txt", f"# made by CMake\nCMAKE_HOME_DIRECTORY:INTERNAL={self.tree}/other\n")
        for script in self.SCRIPTS:
            said = self.refused(script)
            self.assertIn(f"build of {self.tree}/other, not of {ROOT}", said)
            self.assertEqual(said.count("\n"), 1)
        for script in ("rtl/mutate.py", "rtl/coverage.py"):  # the repository may be another one too
            self.assertIn(f"not of {self.tree}", self.refused(script, "--root", str(self.tree)))

    def test_a_folder_that_is_no_build_is_refused(self) -> None:
        for script in self.SCRIPTS:
            self.assertIn("no CMakeCache.txt", self.refused(script))

    def test_its_own_is_taken_through_a_link_too(self) -> None:
        self.put("build/CMakeCache.txt", f"CMAKE_HOME_DIRECTORY:INTERNAL={self.tree}/link\n")
        (self.tree / "link").symlink_to(ROOT)
        check_build(self.tree / "build", ROOT, ValueError)
        self.put("build/CMakeCache.txt", "")
        with self.assertRaisesRegex(ValueError, "not of"):
            check_build(self.tree / "build", ROOT, ValueError)


if __name__ == "__main__":
    unittest.main()
