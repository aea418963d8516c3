#!/usr/bin/python3
"""Bad input of every kind: exit code 2, one message with file, line, field, value and what is allowed, and no output file."""
from __future__ import annotations

import dataclasses
import re
import unittest

import bad_cascades
import bad_configurations
import bad_costs
import bad_options
import bad_traces
from weft_command import FolderTest, run

CASES = [*bad_configurations.cases(), *bad_cascades.cases(), *bad_traces.cases(), *bad_options.cases(),
         *bad_costs.cases()]


class BadInputTest(FolderTest):
    def refuse(self, case: bad_options.Case) -> None:
        files = {name: self.put(name, content) for name, content in case.files.items()}
        args = [arg.format(**{"folder": str(self.folder)}) for arg in case.args]
        out = self.folder / "out.json"
        got = run(*args, *([] if case.own_output else ["--json", str(out)]))
        self.assertEqual(got.returncode, 2, got.stderr)
        self.assertEqual(got.stdout, "")
        self.assertTrue(got.stderr.startswith("weft"), got.stderr)
        self.assertNotIn("internal error", got.stderr)
        self.assertEqual(got.stderr.count("weft " + args[0] + ": "), 1, "one message")
        for least, most, examples in re.findall(r"from (\d+) to (\d+), such as ([0-9K]+ or [0-9K]+)", got.stderr):
            for example in examples.split(" or "):
                number = int(example.rstrip("K")) * (1024 if example.endswith("K") else 1)
                self.assertTrue(int(least) <= number <= int(most), got.stderr)
        for needle in case.says:
            self.assertIn(needle, got.stderr)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), sorted(files), "nothing is left behind")


def add_tests() -> None:
    for case in CASES:
        def test(self: BadInputTest, case: bad_options.Case = case) -> None:
            self.refuse(case)
        name = "test_" + "".join(c if c.isalnum() else "_" for c in case.name)
        assert not hasattr(BadInputTest, name), name
        setattr(BadInputTest, name, test)


class EnoughCasesTest(unittest.TestCase):
    def test_sixty_cases_at_least_each_with_a_message(self) -> None:
        self.assertGreaterEqual(len(CASES), 60)
        for case in CASES:
            self.assertGreaterEqual(len(case.says), 1, dataclasses.asdict(case))


add_tests()

if __name__ == "__main__":
    unittest.main()
