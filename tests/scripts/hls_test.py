"""scripts/check/hls.py on kernels that break its rules one by one, and the repository's own kernels in compilers and flows."""
from __future__ import annotations

import re
import subprocess
import unittest
from pathlib import Path

from support import ROOT, SCRIPTS, TreeTest, run

import allow_list
import hls

KERNEL = """#include "hls/common/loops.hpp"
namespace weft::hls::select {
template <class Types>
class TopK {
 public:
  template <class In, class Out>
  static void frame(In& in, Out& out) {
    WEFT_HLS_LOOP(outer) for (int i = 0; i < 4; ++i) {
      WEFT_HLS_LOOP(inner) for (int j = 0; j < 4; ++j) {
        WEFT_HLS_PIPELINE(1);
        out.write(changed(in.read()));
      }
    }
  }
 private:
  static int changed(int x) { return x + 1; }  // no double, no new one
};
}
"""
UNIT = ["models/select/top_k.hpp", "tests/hls/select/top_k_test.cpp", "docs/units/hls/select/top_k.md"]


class HlsCheckTest(TreeTest):
    def problems(self, text: str, others: dict[str, str] | None = None) -> list[str]:
        self.put("hls/select/top_k.hpp", text)
        for path in UNIT:
            self.put(path)
        for path, other in (others or {}).items():
            self.put(path, other)
        return hls.check(self.tree, allow_list.AllowList(self.put("allow.txt", "")))[1]

    def test_a_kernel_as_it_should_be(self) -> None:
        self.assertEqual(self.problems(KERNEL), [])

    def test_words_that_some_tool_does_not_take(self) -> None:
        for statement in ("auto* p = new int;", "std::vector<int> v;", "std::function<int()> f;", "double d = 1;", "throw 1;",
                          "try { } catch (...) { }", "std::string s;", "virtual void g();", "typeid(x);", "float f;"):
            with self.subTest(statement):
                said = self.problems(KERNEL.replace("out.write(", f"{statement} out.write("))
                self.assertTrue(said)
                self.assertIn("hls/select/top_k.hpp:11: ", said[0])

    def test_a_loop_without_a_label_or_an_interval(self) -> None:
        for old, new, said in (("WEFT_HLS_LOOP(inner) for", "for", "label"), ("WEFT_HLS_PIPELINE(1);", "", "innermost"),
                               ("WEFT_HLS_LOOP(outer) for (int i = 0; i < 4; ++i)", "while (true)", "while")):
            with self.subTest(said):
                problems = self.problems(KERNEL.replace(old, new))
                self.assertEqual(len(problems), 1)
                self.assertIn(said, problems[0])

    def test_recursion_of_one_of_two_and_across_files(self) -> None:
        one = KERNEL.replace("return x + 1;", "return changed(x + 1);")
        self.assertIn("changed() calls itself", self.problems(one)[0])
        named = KERNEL.replace("return x + 1;", "return TopK<Types>::changed(x + 1);")
        self.assertIn("changed() calls itself", self.problems(named)[0])
        two = KERNEL.replace("static int changed(int x) { return x + 1; }",
                             "static int changed(int x) { return other(x); }\n  static int other(int x) { return changed(x); }")
        self.assertEqual(len(self.problems(two)), 2)
        across = KERNEL.replace("return x + 1;", "return Pivot<Types>::place(x);")
        pivot = "class Pivot {\n  static int place(int x) { return TopK<Types>::changed(x); }\n};\n"
        self.assertEqual(len(self.problems(across, {"hls/select/pivot.hpp": pivot})), 2)

    def test_the_same_name_elsewhere_is_no_recursion(self) -> None:
        text = KERNEL.replace("return x + 1;", "return Pivot<Types>::changed(x);")
        pivot = "class Pivot {\n  static int changed(int x) { return x; }\n};\n"
        self.assertEqual(self.problems(text, {"hls/select/pivot.hpp": pivot}), [])

    def test_each_missing_counterpart_is_named(self) -> None:
        self.problems(KERNEL)
        for path in UNIT:
            with self.subTest(path):
                (self.tree / path).unlink()
                _, problems = hls.check(self.tree, allow_list.AllowList(self.put("allow.txt", "")))
                self.assertEqual(problems, [f"hls/select/top_k.hpp: {path} is missing"])
                self.put(path)

    def test_exit_codes(self) -> None:
        script, allow = SCRIPTS / "check/hls.py", self.put("allow.txt", "")
        self.assertEqual(run(script, "--root", self.tree, "--allow", allow).returncode, 0)
        self.put("hls/a.hpp", "double x;\n")
        self.assertEqual(run(script, "--root", self.tree, "--allow", allow).returncode, 1)
        self.assertEqual(run(script, "--root", self.tree, "--allow", self.tree / "absent").returncode, 2)


class CompilerTest(unittest.TestCase):
    """All tops in C++17 under each compiler and type set that is here."""

    def test_tops_compile_without_a_word(self) -> None:
        tops = sorted((ROOT / "hls").rglob("*_top.cpp"))
        self.assertEqual(len(tops), 8)
        text = "".join(f'#include "{top}"\n' for top in tops)
        types = ROOT / ".venv/hls-types"
        sets = [[]] + [[f"-DWEFT_HLS_{folder.name[:2].upper()}", "-isystem", str(folder)] for folder in sorted(types.glob("a?_types"))]
        compilers = ["g++", *map(str, sorted(Path("/usr/bin").glob("clang++-??")))]
        for compiler in compilers:
            for flags in sets:
                with self.subTest(f"{compiler} {flags[:1]}"):
                    self.assertEqual(self.said(compiler, flags, text), "")

    @staticmethod
    def said(compiler: str, flags: list[str], text: str) -> str:
        command = [compiler, "-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-fsyntax-only", f"-I{ROOT}", *flags]
        done = subprocess.run([*command, "-x", "c++", "-"], input=text, capture_output=True, text=True, check=False)
        return done.stderr + f"ended with {done.returncode}" * (done.returncode != 0)


GUIDE_MAIN = """
using Types = weft::hls::Types;
int main() {
  Types::Channel<Types::Unsigned<64>> in, out;
  for (unsigned long long word : {3ull | 5ull << 32, 5ull, 9ull, 8ull, 1ull | 7ull << 32, 7ull}) in.write(Types::Unsigned<64>(word));
  FirstAbove<Types, 16>::frame(in, out);
  FirstAbove<Types, 16>::frame(in, out);
  const unsigned long long first = out.read().to_uint64();  // 9 is the first above 5, nothing is above 7
  return first == 1 && out.read().to_uint64() == 1 && in.empty() && out.empty() ? 0 : 1;
}
"""


class GuideTest(TreeTest):
    """The kernel that docs/guides/hls-kernel.md shows."""

    def setUp(self) -> None:
        super().setUp()
        blocks = re.findall(r"```cpp\n(.*?)```", (ROOT / "docs/guides/hls-kernel.md").read_text(), re.S)
        self.kernel, = (block for block in blocks if "class FirstAbove" in block)

    def test_it_keeps_the_rules(self) -> None:
        self.assertEqual(hls.check_text("hls/select/first_above.hpp", self.kernel), [])

    def test_it_does_what_it_says(self) -> None:
        headers = '#include "hls/common/loops.hpp"\n#include "hls/common/types.hpp"\n'
        source = self.put("guide.cpp", headers + self.kernel + GUIDE_MAIN)
        program = self.tree / "guide"
        subprocess.run(["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}", str(source), "-o", str(program)], check=True)
        self.assertEqual(subprocess.run([str(program)], check=False).returncode, 0)


if __name__ == "__main__":
    unittest.main()
