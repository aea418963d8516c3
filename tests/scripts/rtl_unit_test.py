"""Which suites of a bench coverage.py and mutate.py run: those that CMake does not label long."""
from __future__ import annotations

import re
import sys
import unittest
from fnmatch import fnmatchcase

from support import ROOT, SCRIPTS

sys.path.insert(0, str(SCRIPTS / "rtl"))
from rtl_unit import SHORT_SUITES  # noqa: E402


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


if __name__ == "__main__":
    unittest.main()
