"""scripts/check: parity, docs and their allow-list, on temporary trees."""
from __future__ import annotations

import os
import subprocess

from support import ROOT, SCRIPTS, TreeTest, run

import allow_list
import docs
import layers
import parity

FULL_UNIT = ["rtl/select/weft_top_k.sv", "models/select/top_k.hpp", "models/select/top_k.cpp", "sim/select/top_k.hpp",
             "sim/select/top_k.cpp", "tests/select/top_k/top_k_test.cpp", "docs/units/select/top_k.md"]


class AllowListTest(TreeTest):
    def allowed(self, text: str = "") -> allow_list.AllowList:
        return allow_list.AllowList(self.put("allow.txt", text))

    def test_a_pattern_allows_its_check_only(self) -> None:
        allowed = self.allowed("# heading\n\nlength  data/*.csv  # measured elsewhere\n")
        self.assertTrue(allowed.allows("length", "data/a.csv"))
        self.assertFalse(allowed.allows("word", "data/a.csv"))
        self.assertFalse(allowed.allows("length", "other/a.csv"))
        self.assertEqual(allowed.stale("length"), [])

    def test_an_unused_entry_is_stale_for_its_own_check(self) -> None:
        allowed = self.allowed("length  a.cpp  # was long once\n")
        self.assertEqual(len(allowed.stale("length")), 1)
        self.assertIn("allow.txt:1", allowed.stale("length")[0])
        self.assertEqual(allowed.stale("parity"), [])

    def test_lines_that_cannot_be_read(self) -> None:
        for text, said in (("length a.cpp\n", "no reason"), ("length a.cpp # why\n", "no reason"),
                           ("lenght a.cpp  # a long table\n", "allow.txt:1"), ("length  # a long table\n", "allow.txt:1")):
            with self.subTest(text), self.assertRaisesRegex(allow_list.AllowListError, said):
                self.allowed(text)

    def test_tracked_files_come_from_git(self) -> None:
        self.put("tracked.md"), self.put("untracked.md"), self.put("gone.md")
        for command in (["init", "-q"], ["add", "tracked.md", "gone.md"]):
            subprocess.run(["git", "-C", str(self.tree), *command], check=True, capture_output=True)
        (self.tree / "gone.md").unlink()
        self.assertEqual(allow_list.tracked_files(self.tree), ["tracked.md"])

    def test_what_names_its_interpreter_can_be_run(self) -> None:
        named = [ROOT / name for name in allow_list.tracked_files(ROOT)
                 if name.startswith("scripts/") and (ROOT / name).read_bytes()[:3] == b"#!/"]
        self.assertGreater(len(named), 15)
        self.assertEqual([str(file) for file in named if not os.access(file, os.X_OK)], [])

    def test_without_git_build_folders_are_left_out(self) -> None:
        self.put("a/b.md"), self.put("build/c.md")
        self.assertEqual(allow_list.tracked_files(self.tree), ["a/b.md"])


class ParityTest(TreeTest):
    def check(self, allow: str = "") -> tuple[int, list[str]]:
        return parity.check(self.tree, allow_list.AllowList(self.put("allow.txt", allow)))

    def test_a_whole_unit_passes(self) -> None:
        for path in FULL_UNIT:
            self.put(path)
        self.assertEqual(self.check(), (1, []))

    def test_each_missing_counterpart_is_named(self) -> None:
        for absent in FULL_UNIT[1:]:
            with self.subTest(absent):
                for path in FULL_UNIT:
                    self.put(path)
                (self.tree / absent).unlink()
                units, problems = self.check()
                named = "tests/select/top_k/" if absent.startswith("tests/") else absent
                self.assertEqual((units, problems), (1, [f"rtl/select/weft_top_k.sv: {named} is missing"]))

    def test_an_entry_excuses_and_goes_stale(self) -> None:
        for path in FULL_UNIT:
            self.put(path)
        (self.tree / "sim/select/top_k.cpp").unlink()
        entry = "parity  sim/select/top_k.cpp  # header only: a template\n"
        self.assertEqual(self.check(entry), (1, []))
        self.put("sim/select/top_k.cpp")
        _, problems = self.check(entry)
        self.assertEqual(len(problems), 1)
        self.assertIn("stale", problems[0])

    def test_a_package_is_no_unit_if_allowed(self) -> None:
        self.put("rtl/common/weft_pkg.sv")
        self.assertEqual(len(self.check()[1]), 6)
        self.assertEqual(self.check("parity  rtl/common/weft_pkg.sv  # a package, no unit\n"), (0, []))

    def test_misplaced_rtl(self) -> None:
        for path in ("rtl/weft_top_k.sv", "rtl/select/top_k.sv"):
            self.put(path)
        self.assertEqual(len(self.check()[1]), 2)

    def test_exit_codes(self) -> None:
        script, allow = SCRIPTS / "check/parity.py", self.put("allow.txt", "")
        self.assertEqual(run(script, "--root", self.tree, "--allow", allow).returncode, 0)
        self.put(FULL_UNIT[0])
        self.assertEqual(run(script, "--root", self.tree, "--allow", allow).returncode, 1)
        self.assertEqual(run(script, "--root", self.tree, "--allow", self.tree / "absent").returncode, 2)


class IncludesTest(TreeTest):
    def problems(self) -> list[str]:
        got = run(SCRIPTS / "check/includes.py", "--root", self.tree)
        self.assertEqual(got.returncode, int(bool(got.stderr)))
        return got.stderr.splitlines()

    def test_what_is_named_by_the_file_or_through_ours(self) -> None:
        self.put("a/a.cpp", '#include "a.hpp"\n#include <algorithm>\nvoid f() { std::sort(x); std::vector<int> v; }\n')
        self.put("a/a.hpp", '#pragma once\n#include "b.hpp"\n')
        self.put("b.hpp", "#include <vector>\n")
        self.put("a/b.hpp", "  #  include <optional>\n")
        self.put("c.cpp", '#include "a/a.hpp"\nstd::optional<int> x;  // std::map\nauto s = "std::set";\n')
        self.assertEqual(self.problems(), [])

    def test_what_is_not(self) -> None:
        self.put("b.hpp", "#include <algorithm>\n")
        for text, name, header in (("std::replace(x);", "replace", "algorithm"),
                                   ("std::ranges::sort(x);", "ranges::sort", "algorithm"),
                                   ("std::countr_zero(3u)", "countr_zero", "bit"),
                                   ("throw std::logic_error(x);", "logic_error", "stdexcept")):
            self.put("a.cpp", f"#include <string>\n\n{text} {text}\n")
            self.assertEqual(self.problems(), [f"a.cpp:3: std::{name} without <{header}>"])


class LayersTest(TreeTest):
    """A tree of two folders, of which `high` includes a header of `low`."""

    def setUp(self) -> None:
        super().setUp()
        self.put("models/low/a.hpp", "#pragma once\n"), self.put("models/low/a.cpp", '#include "models/low/a.hpp"\n')
        self.put("sim/high/b.hpp", '#include "models/low/a.hpp"\n'), self.put("sim/high/b_part.cpp", '#include "sim/high/b.hpp"\n')
        self.put("scripts/check/allow.txt", "")

    def check(self) -> subprocess.CompletedProcess[str]:
        return run(SCRIPTS / "check/layers.py", self.tree)

    def test_folders_from_the_ground_up(self) -> None:
        got = self.check()
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        self.assertEqual([line.split() for line in got.stdout.splitlines()], [["1", "models/low"], ["2", "sim/high"]])

    def test_a_circle_is_named_with_a_file_for_each_step(self) -> None:
        self.put("models/low/a.hpp", '#include "models/middle/c.hpp"\n'), self.put("models/middle/c.hpp", '#include "sim/high/b.hpp"\n')
        got = self.check()
        self.assertEqual((got.returncode, got.stdout), (1, ""))
        for a, b, file in (("models/low", "models/middle", "models/low/a.hpp"), ("models/middle", "sim/high", "models/middle/c.hpp"),
                           ("sim/high", "models/low", "sim/high/b.hpp")):
            self.assertIn(f"{a} needs {b} ({file})", got.stderr)

    def test_a_source_without_its_header(self) -> None:
        self.put("sim/high/stray.cpp", "")
        self.assertIn("sim/high/stray.cpp: no header", self.check().stderr)
        self.put("scripts/check/allow.txt", "source sim/high/stray.cpp  # as a test\n")
        self.assertEqual(self.check().returncode, 0)

    def test_two_headers_of_one_name(self) -> None:
        self.put("sim/high/a.hpp", "")
        self.assertIn("a.hpp: one name for models/low/a.hpp and sim/high/a.hpp", self.check().stderr)

    def test_a_circle_is_found_behind_what_is_in_none(self) -> None:
        needs = {"top": {"x": "t"}, "x": {"y": "x"}, "y": {"x": "y", "ground": "y"}, "ground": {}}
        found, left = layers.layers(needs)
        self.assertEqual((found, left), ([["ground"]], ["top", "x", "y"]))
        self.assertEqual(layers.circle(needs, left), ["x", "y", "x"])


class DocsTest(TreeTest):
    def problems(self, allow: str = "") -> list[str]:
        files = [f for f in allow_list.tracked_files(self.tree) if f != "allow.txt"]
        return docs.check(self.tree, files, allow_list.AllowList(self.put("allow.txt", allow)))[1]

    def test_links_that_resolve(self) -> None:
        self.put("docs/other.md", "# The `weft` command: a tour\n## Twice\n## Twice\n")
        self.put("docs/picture one.png")
        self.put("README.md", "# Top\n[a](docs/other.md) [b](docs/other.md#the-weft-command-a-tour) [c](#top) [d](docs/other.md#twice-1)\n"
                 "![p](docs/picture%20one.png) [`code`](docs/) [web](https://example.org/nothing) <mailto:a@b.c>\n\n[ref]: docs/other.md\n"
                 "```\n[not a link](nowhere.md)\n```\nand `[neither](nowhere.md)`\n")
        self.assertEqual(self.problems(), [])

    def test_links_that_do_not(self) -> None:
        self.put("docs/other.md", "# Heading\n```\n# no heading\n```\n")
        for target in ("nowhere.md", "docs/other.md#absent", "docs/other.md#no-heading", "#absent", "/docs/other.md", "../outside.md"):
            with self.subTest(target):
                self.put("README.md", f"# Top\n\nsee [this]({target})\n")
                problems = self.problems()
                self.assertEqual(len(problems), 1, problems)
                self.assertTrue(problems[0].startswith("README.md:3: "), problems)
        self.put("README.md", "see [this][r]\n\n[r]: nowhere.md\n")
        self.assertEqual(len(self.problems()), 1)

    def test_length(self) -> None:
        self.put("a.cpp", "x\n" * 440)
        self.assertEqual(self.problems(), [])
        self.put("a.cpp", "x\n" * 441)
        self.assertEqual(self.problems(), ["a.cpp:441: 441 lines, at most 440"])
        self.assertEqual(self.problems("length  a.cpp  # one table of constants\n"), [])

    def test_machine_paths(self) -> None:
        for text in ("see /work/main/x", "cd '/tmp/y'", "=/home/me/z", "`/root/.cache`", "-I/Users/me"):
            self.put("a.py", text + "\n")
            self.assertEqual(len(self.problems()), int(not text.startswith("-I")), text)
        for text in ("build/tmp/x", "$HOME/work/x", "https://example.org/work/x", "models/workload/x"):
            self.put("a.py", text + "\n")
            self.assertEqual(self.problems(), [], text)

    def test_unfinished_work(self) -> None:
        for text in ("// TODO later", "# FIXME", "a stub for now", "XXX"):
            self.put("a.py", "fine\n" + text + "\n")
            self.assertEqual(len(self.problems()), 1, text)
            self.assertIn("a.py:2:", self.problems()[0])
        self.put("a.py", "stubborn todo-list MAXXX\n")
        self.assertEqual(self.problems(), [])

    def test_binary_files_are_left_alone(self) -> None:
        (self.tree / "t.safetensors").write_bytes(b"\xff\xfe" + b"TODO\n" * 500)
        self.put("a.md", "text\n")
        self.assertEqual(self.problems(), [])

    def test_exit_codes(self) -> None:
        script, allow = SCRIPTS / "check/docs.py", self.put("allow.txt", "")
        self.assertEqual(run(script, "--root", self.tree, "--allow", allow).returncode, 0)
        self.put("a.md", "[x](nowhere)\n")
        got = run(script, "--root", self.tree, "--allow", allow)
        self.assertEqual(got.returncode, 1)
        self.assertIn("a.md:1: link nowhere leads nowhere", got.stderr)
