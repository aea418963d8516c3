"""scripts/check/packages.py on small trees, with a small dpkg database that the real dpkg-query reads; shell and Python read."""
from __future__ import annotations

import subprocess

from support import ROOT, SCRIPTS, TreeTest, run

import allow_list
import debian
import packages
import python_programs
import shell_commands
import shell_programs

STATUS = """Package: {name}
Status: install ok installed
Priority: {priority}
Section: libs
Maintainer: nobody <nobody@example.org>
Architecture: all
Version: 1.0
{more}Description: {name}
"""
# Name, priority, further fields, files.
PACKAGES = [
    ("base-tools", "required", "Depends: libbase (>= 1)\nEssential: yes\n", ["/bin/cat", "/bin/sh", "/bin/bash", "/usr/bin/env"]),
    ("libbase", "optional", "", ["/usr/include/base.h"]),
    ("compiler", "optional", "Depends: compiler-12, cxx-headers | other-headers\nRecommends: maker\n", []),
    ("compiler-12", "optional", "Pre-Depends: libbase\n", ["/usr/bin/g++-12"]),
    ("stdcxx", "optional", "Provides: cxx-headers\n", ["/usr/include/c++/vector"]),
    ("maker", "optional", "", ["/usr/bin/make", "/usr/include/maker/rules.h"]),
    ("interpreter", "optional", "", ["/usr/bin/python3", "/usr/lib/python3.11/os.py", "/usr/lib/python3.11/json/__init__.py",
                                     "/usr/lib/python3.11/re.py", "/usr/lib/python3.11/lib-dynload/fast.cpython-311-{arch}.so"]),
    ("arrays", "optional", "", ["/usr/lib/python3/dist-packages/arrays/__init__.py", "/usr/lib/cmake/Arrays/ArraysConfig.cmake",
                                "/usr/lib/libarrays.so"]),
]


class DebianTree(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("dpkg/info/format", "1\n")
        self.put("dpkg/status", "\n".join(STATUS.format(name=name, priority=priority, more=more) for name, priority, more, _ in PACKAGES))
        for name, _, _, files in PACKAGES:
            self.put(f"dpkg/info/{name}.list", "/.\n" + "".join(file.format(arch=packages.MULTIARCH) + "\n" for file in files))
        self.put("dpkg/alternatives/c++", "auto\n/usr/bin/c++\n\n/usr/bin/g++-12\n20\n\n")
        self.listed = [["compiler"], ["absent-1", "interpreter"]]

    def problems(self, allow: str = "") -> list[str]:
        root = self.tree / "tree"
        uses = packages.first_uses(packages.Tree(root, allow_list.tracked_files(root)))
        return packages.check(uses, debian.Debian(self.tree / "dpkg"), ["/usr/include/c++", "/usr/include"], self.listed,
                              allow_list.AllowList(self.put("allow.txt", allow)))

    def file(self, name: str, text: str) -> None:
        self.put(f"tree/{name}", text)


class PackagesTest(DebianTree):
    def test_what_the_list_brings_is_fine(self) -> None:
        self.file("src/a.cpp", '#include "src/own.hpp"\n#include "own.hpp"\n  #  include <vector>\n#include <base.h>\n')
        self.file("src/own.hpp", "#pragma once\n")
        self.file("run.sh", "#!/usr/bin/env bash\ncat x | c++ -o y && /bin/sh -c 'cat z'\n/usr/bin/python3 -m json\n")
        self.file("own_module.py", "import fast, json, re, sys\nimport own_module\nfrom json import loads\n")
        self.assertEqual(self.problems(), [])

    def test_what_is_recommended_is_not_brought(self) -> None:
        for file, text, said in (("a.cpp", "#include <vector>\n#include <maker/rules.h>\n", "a.cpp:2: header maker/rules.h"),
                                 ("a.sh", "cat x\nif make; then :; fi\n", "a.sh:2: program make"),
                                 ("a.py", "import json\nimport arrays.of\n", "a.py:2: module arrays"),
                                 ("CMakeLists.txt", "\nfind_package(Arrays REQUIRED)\n", "CMakeLists.txt:2: find package Arrays"),
                                 ("b.cmake", "find_library(X NAMES arrays)\n", "b.cmake:1: library arrays"),
                                 ("c.cmake", "find_program(X make)\n", "c.cmake:1: program make"),
                                 ("d.cmake", "execute_process(COMMAND make all)\n", "d.cmake:1: program make"),
                                 ("CMakePresets.json", '{"configurePresets": [{"generator": "Unix Makefiles"}]}',
                                 "CMakePresets.json:1: program make"),
                                 ("tool", "#!/usr/bin/env make\n", "tool:1: program make")):
            with self.subTest(file):
                self.file(file, text)
                problems = self.problems()
                self.assertEqual(len(problems), 1, problems)
                self.assertTrue(problems[0].startswith(said + " is "), problems)
                self.listed.append(["maker"]), self.listed.append(["arrays"])
                self.assertEqual(self.problems(), [])
                del self.listed[2:]
                (self.tree / "tree" / file).unlink()

    def test_what_nobody_has(self) -> None:
        self.file("a.sh", "no-such-program\n")
        self.assertEqual(self.problems(), ["a.sh:1: program no-such-program is in no package that is installed here"])
        self.assertEqual(self.problems("program  no-such-*  # tried where it is there\n"), [])

    def test_a_listed_package_that_is_not_installed(self) -> None:
        self.file("a.sh", "cat\n")
        self.listed = [["absent"], ["absent", "maker"]]
        self.assertEqual(self.problems(), ["scripts/packages.txt: absent is not installed (scripts/setup.sh installs it)"])

    def test_what_a_list_brings(self) -> None:
        known = debian.Debian(self.tree / "dpkg")
        self.assertEqual(known.brought_by(["compiler"]), {"base-tools", "libbase", "compiler", "compiler-12", "stdcxx"})
        self.assertEqual(known.brought_by([]), {"base-tools", "libbase"})
        self.assertIn("/usr/bin/cat", known.files(["base-tools"]))
        self.assertIn("/usr/bin/c++", known.files(["compiler-12"]))
        self.assertNotIn("/usr/bin/c++", known.files(["compiler"]))
        for path, owner in (("/usr/bin/cat", "base-tools"), ("/usr/bin/c++", "compiler-12"), ("/usr/bin/make", "maker"),
                            ("/usr/bin/none", None)):
            self.assertEqual(known.owner(path), owner)

    def test_the_project_misses_a_package_that_is_taken_from_the_list(self) -> None:
        """On this machine, with the project's own tree: what gmock was on a bare one."""
        listed = packages.listed_packages(ROOT / "scripts/packages.txt")
        uses, machine = packages.first_uses(packages.Tree(ROOT, allow_list.tracked_files(ROOT))), debian.Debian()
        folders, allow = packages.compiler_folders(), allow_list.AllowList(SCRIPTS / "check/allow.txt")
        for package, said in (("libgmock-dev", "header gmock/gmock.h is of libgmock-dev"), ("make", "program make is of make"),
                              ("shellcheck", "program shellcheck is of shellcheck"),
                              ("python3-flake8", "module flake8 is of python3-flake8"),
                              ("libbenchmark-dev", "find package benchmark is of libbenchmark-dev"),
                              ("python3-numpy", None)):  # matplotlib brings it
            with self.subTest(package):
                short = [names for names in listed if names != [package]]
                self.assertEqual(len(short), len(listed) - 1)
                problems = packages.check(uses, machine, folders, short, allow)
                self.assertEqual(bool(problems), said is not None, problems)
                self.assertIn(said or "", "\n".join(problems))

    def test_exit_codes(self) -> None:
        script, allow, listed = SCRIPTS / "check/packages.py", self.put("allow.txt", ""), self.put("list.txt", "")
        self.file("a.txt", "text\n")
        options = ("--root", self.tree / "tree", "--list", listed, "--admindir", self.tree / "dpkg")
        self.assertEqual(run(script, *options, "--allow", allow).returncode, 0)
        stale = run(script, *options, "--allow", self.put("stale.txt", "program  cat  # needed once\n"))
        self.assertEqual((stale.returncode, "stale" in stale.stderr), (1, True))
        self.assertEqual(run(script, *options, "--allow", self.tree / "absent").returncode, 2)
        self.assertEqual(run(script, *options[:-1], self.tree / "nowhere").returncode, 2)


class ShellTest(TreeTest):
    def calls(self, text: str, sourced: str = "") -> list[str]:
        syntax = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
        self.assertEqual(syntax.returncode, 0, syntax.stderr)
        known = shell_commands.read(sourced).functions
        return [call.name for call in shell_programs.calls(shell_commands.read(text), known) if call.kind == "program"]

    def test_where_a_command_stands(self) -> None:
        for text, want in (
                ("a b c", ["a"]), ("a | b\nc && d || e; f & g", list("abcdefg")), ("A=1 B='x y' a b", ["a"]),
                ("A=$(a) B=`b c`", ["a", "b"]),
                ("if a; then b; elif c; then d; else e; fi", list("abcde")), ("while ! a; do b; done < x > y", ["a", "b"]),
                ("for i in x y; do a; done; for ((i=0; i<3; i++)); do b; done", ["a", "b"]), ("until a; do :; done", ["a"]),
                ("{ a; b; }\n(c; d)", list("abcd")), ("x=$((1 + (2 * 3))) a", ["a"]), ("((x > 1)) && a", ["a"]),
                ('[[ -f $(a) && "x" =~ ^[[:alpha:]]$ ]] || b', ["a", "b"]), ('echo "$(a "$(b)")" \'$(c)\' "\\$(d)"', ["b", "a"]),
                ("a <(b) > >(c)", ["b", "c", "a"]), ("2>/dev/null a 2>&1 b > c", ["a"]), ("a <<< b", ["a"]),
                ("a \\\n  --option \\\n  b", ["a"]),
                ("a # b; c\nd", ["a", "d"]), ("x=(a b $(c)) d", ["c", "d"]), ("echo ${x:-$(a)} ${y#'$(b)'}", ["a"]), ("time a", ["a"]),
                ("./a.sh; scripts/b.sh; /usr/bin/c; $HOME/d", ["/usr/bin/c"])):
            with self.subTest(text):
                self.assertEqual(self.calls(text), want)

    def test_here_documents(self) -> None:
        self.assertEqual(self.calls("a <<'X' | b\nc $(d)\nX\ne"), ["a", "b", "e"])
        self.assertEqual(self.calls('a <<X\n"c" $(d)\nX\ne'), ["a", "d", "e"])
        self.assertEqual(self.calls("a <<-X <<Y\n\tb\n\tX\nc\nY\nd"), ["a", "d"])

    def test_case(self) -> None:
        text = 'case "$x" in\n  a | b) c; d ;;\n  (e)\n    case y in f) g;; esac ;;\n  *) h\nesac\ni'
        self.assertEqual(self.calls(text), ["c", "d", "g", "h", "i"])

    def test_functions(self) -> None:
        self.assertEqual(self.calls("f() {\n  a\n}\nf b\ng c", "g() { d; }"), ["a"])
        runner = 'step() {\n  local name="$1" count="$2"\n  shift 2\n  if "$@"; then a; fi\n}\nstep NAME 3 b c\nstep x y f'
        self.assertEqual(self.calls(runner), ["a", "b", "f"])
        self.assertEqual(self.calls("run nice a b\nrun -x c", 'run() { (trap - ERR INT; "$@") <&0 & wait $!; }'), ["nice", "a"])
        passes = 'f() {\n  shift 2\n  g() { a -x "$@" > b; }\n  run g "$@"\n}\nf c d -y e'
        self.assertEqual(self.calls(passes, 'run() { nice -n 5 "$@"; }'), ["a"])

    def test_commands_that_run_commands(self) -> None:
        for text, want in (("exec a b", ["a"]), ("env -u X Y=1 a", ["env", "a"]), ("xargs -0 -n 1 a b", ["xargs", "a"]),
                           ("nice -n 5 a", ["nice", "a"]),
                           ("timeout -k 5 10 a", ["timeout", "a"]), ("sudo -n a", ["sudo", "a"]), ("trap 'a; b' EXIT", ["a", "b"]),
                           ("bash -c 'a | b'", ["bash", "a", "b"]), ("find . -name x -exec a {} +", ["find", "a"]), ("command -v a", []),
                           ("command a", ["a"]), ("nohup nice a &", ["nohup", "nice", "a"])):
            with self.subTest(text):
                self.assertEqual(self.calls(text), want)

    def test_words_in_variables(self) -> None:
        for text, want in (("x=a; $x b", ["a"]), ('readonly x="${Y:-a}" z=1\n"$x" b', ["a"]), ('p=(sudo -n)\n"${p[@]}" a', ["sudo", "a"]),
                           ('p=()\nif c; then p=(nice); fi\n"${p[@]}" a', ["c", "nice", "a"]), ('"$1" a', []), ("x=$x; $x", []),
                           ("for x in a b; do $x; done", ["a", "b"])):
            with self.subTest(text):
                self.assertEqual(self.calls(text), want)

    def test_modules_and_lines(self) -> None:
        calls = shell_programs.calls(shell_commands.read("# x\na \\\n b\n\n/usr/bin/python3 -m flake8 x\n"))
        self.assertEqual([(call.kind, call.name, call.line) for call in calls],
                         [("program", "a", 2), ("program", "/usr/bin/python3", 5), ("module", "flake8", 5)])


WRAPPED = """class C:
    def go(self, text):
        subprocess.run(["/bin/sh", "-c", text])
    def other(self):
        self.go("a x; b")
"""


class PythonTest(TreeTest):
    def names(self, text: str, kind: str = "program") -> list[str]:
        return [call.name for call in python_programs.uses(text) if call.kind == kind]

    def test_programs(self) -> None:
        for text, want in (
                ('subprocess.run(["a", "b"])', ["a"]), ('subprocess.Popen(("a",) + rest)', ["a"]),
                ('subprocess.run("a | b", shell=True)', ["a", "b"]),
                ('subprocess.check_output(["sh", "-c", f"a {x} && b"])', ["sh", "a", "b"]), ('shutil.which("a")', ["a"]),
                ('os.system("a b")', ["a"]),
                ('os.execvp("a", ["b"])', ["a"]), ('c = ["a", x]\nsubprocess.run(c)', ["a"]),
                ('subprocess.run(["a"] if x else ["b"])', ["a", "b"]),
                ('TOOLS = ("a", "b")\n[t for t in TOOLS if shutil.which(t)]', ["a", "b"]), ('subprocess.run([str(x), "a"])', []),
                ('def go(c, d):\n    subprocess.run(c, cwd=d)\ngo(["a"], 1)', ["a"]), ('other.run(["a"])\nrun(["b"])', []),
                (WRAPPED, ["/bin/sh", "a", "b"]), ('subprocess.run(["scripts/a.sh"])', []),
                ('subprocess.run(["/usr/bin/a"])', ["/usr/bin/a"]),
                ('for t in ["a", "b"]:\n    subprocess.run([t])', ["a", "b"])):
            with self.subTest(text):
                self.assertEqual(self.names(text), want)

    def test_modules(self) -> None:
        text = "import a, b.c\nfrom d.e import f\nfrom . import g\ntry:\n    import h\nexcept ImportError:\n    h = None\n" \
               "try:\n    import i\nexcept ValueError:\n    pass\ndef f():\n    import j\n"
        self.assertEqual(sorted(self.names(text, "module")), ["a", "b.c", "d.e", "i", "j"])
