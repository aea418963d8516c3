#!/usr/bin/python3
"""Every header, program and Python module that the tree uses comes from a package of scripts/packages.txt.

Or from one that the list brings: what its packages depend on (recommendations are not installed), and what a bare Debian
has (essential and required packages, apt). dpkg says which file is whose. Looked at are the #include lines of C and C++,
what CMake finds and runs, the commands of shell scripts and Python programs, and imports. Exceptions are lines of allow.txt:
header, program or module, a pattern of its name, and the reason.
Exit 0: all of them do; 1: one does not; 2: this cannot be asked here.
"""
from __future__ import annotations

import argparse
import json
import platform
import posixpath
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import python_programs
import shell_commands
import shell_programs
from allow_list import AllowList, AllowListError, tracked_files
from debian import ADMIN, Debian, DebianError

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("header", "program", "module")
CPP = (".c", ".cc", ".cpp", ".h", ".hh", ".hpp")
PROGRAM_FOLDERS = ("/usr/bin", "/usr/sbin")
MULTIARCH = f"{platform.machine()}-linux-gnu"
LIBRARY_FOLDERS = ("/usr/lib", f"/usr/lib/{MULTIARCH}", "/usr/share")
GENERATORS = {"Ninja": "ninja", "Ninja Multi-Config": "ninja", "Unix Makefiles": "make"}


@dataclass(frozen=True)
class Use:
    kind: str  # header, program, module; find_package, library
    name: str
    file: str
    line: int


class Tree:
    """What the tracked files use that is not among them."""

    def __init__(self, root: Path, files: list[str]) -> None:
        self.root, self.files = root, files
        self.own = set(files)
        python = [Path(file) for file in files if file.endswith(".py")]
        self.modules = {file.stem for file in python} | {file.parent.name for file in python}
        self.scripts = {file: shell_commands.read(self.text(file)) for file in files if self.is_shell(file)}
        self.functions = {name: body for script in self.scripts.values() for name, body in script.functions.items()}

    def text(self, file: str) -> str:
        return (self.root / file).read_text(encoding="utf-8", errors="replace")

    def first_line(self, file: str) -> str:
        with (self.root / file).open("rb") as stream:
            return stream.readline(200).decode("utf-8", errors="replace").strip()

    def is_shell(self, file: str) -> bool:
        if Path(file).suffix:
            return file.endswith((".sh", ".bash"))
        return re.match(r"#!.*\b(ba|da)?sh\b", self.first_line(file)) is not None

    def uses(self) -> Iterator[Use]:
        for file in self.files:
            suffix = Path(file).suffix
            if suffix in CPP:
                yield from self.headers(file)
            elif file in self.scripts:
                found = shell_programs.calls(self.scripts[file], self.functions)
                yield from (Use(call.kind, call.name, file, call.line) for call in found)
            elif suffix == ".py":
                try:
                    yield from (Use(call.kind, call.name, file, call.line) for call in python_programs.uses(self.text(file)))
                except SyntaxError as error:
                    raise DebianError(f"{file}:{error.lineno}: {error.msg}") from error
            elif suffix == ".cmake" or Path(file).name == "CMakeLists.txt":
                yield from self.cmake(file)
            elif Path(file).name == "CMakePresets.json":
                generators = [preset.get("generator", "") for preset in json.loads(self.text(file)).get("configurePresets", [])]
                yield from (Use("program", GENERATORS[name], file, 1) for name in generators if name in GENERATORS)
            yield from self.interpreter(file)

    def interpreter(self, file: str) -> Iterator[Use]:
        words = self.first_line(file)
        if words.startswith("#!/"):
            for word in words[2:].split()[:2]:
                if not word.startswith("-"):
                    yield Use("program", word, file, 1)

    def headers(self, file: str) -> Iterator[Use]:
        for number, line in enumerate(self.text(file).splitlines(), start=1):
            included = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if included and not self.is_own(file, included[2]):
                yield Use("header", included[2], file, number)

    def is_own(self, file: str, included: str) -> bool:
        return included in self.own or posixpath.normpath(posixpath.join(posixpath.dirname(file), included)) in self.own

    def cmake(self, file: str) -> Iterator[Use]:
        text = re.sub(r"(?m)^\s*#.*$", "", self.text(file))
        targets = set(re.findall(r"add_(?:executable|library|custom_target)\(\s*(\w+)", text))
        patterns = (("find_package", r"find_package\(\s*([\w-]+)"), ("library", r"find_library\(\s*\w+\s+(?:NAMES\s+)?([\w.+-]+)"),
                    ("program", r"find_program\(\s*\w+\s+(?:NAMES\s+)?([\w.+-]+)"),
                    ("header", r"find_path\(\s*\w+\s+(?:NAMES\s+)?([\w./+-]+)"),
                    ("program", r'\bCOMMAND\s+"?([\w./+-]+)"?(?=[\s)])'), ("header", r"#include <([^>]+)>"))
        for kind, pattern in patterns:
            for found in re.finditer(pattern, text):
                if found[1] not in targets and (kind != "program" or python_programs.is_program(found[1])):
                    yield Use(kind, found[1], file, text.count("\n", 0, found.start()) + 1)


class Places:
    """Where a compiler, a shell, CMake and Python look for what they are asked for, among the files of `brought` packages."""

    def __init__(self, files: set[str], header_folders: list[str]) -> None:
        self.files = files
        runtime = [posixpath.dirname(file) for file in files if file.endswith("/verilator/include/verilated.h")]
        self.headers = [*header_folders, *runtime, *(f"{folder}/vltstd" for folder in runtime)]
        standard = {posixpath.dirname(file) for file in files if re.fullmatch(r"/usr/lib/python3\.\d+/os\.py", file)}
        standard = standard or {str(path.parent) for path in Path("/usr/lib").glob("python3.*/os.py")}
        self.modules = [*sorted(standard), *(f"{folder}/lib-dynload" for folder in sorted(standard)), "/usr/lib/python3/dist-packages"]
        tags = [re.sub(r"\D", "", posixpath.basename(folder)) for folder in sorted(standard)]
        self.endings = [".py", "/__init__.py", ".so", ".abi3.so", *(f".cpython-{tag}-{MULTIARCH}.so" for tag in tags)]
        self.cmake = {posixpath.basename(file): file for file in files if file.endswith(".cmake")}

    def of(self, use: Use) -> list[str]:
        """The paths that would hold what is used: one is enough."""
        if use.kind == "header":
            return [f"{folder}/{use.name}" for folder in self.headers]
        if use.kind == "program":
            absolute = re.sub(r"^/(bin|sbin)/", r"/usr/\1/", use.name)
            return [absolute] if absolute.startswith("/") else [f"{folder}/{use.name}" for folder in PROGRAM_FOLDERS]
        if use.kind == "module":
            return [f"{folder}/{use.name.split('.')[0]}{ending}" for folder in self.modules for ending in self.endings]
        if use.kind == "library":
            return [f"{folder}/lib{use.name}{ending}" for folder in LIBRARY_FOLDERS for ending in (".so", ".a")]
        names = (f"Find{use.name}.cmake", f"{use.name}Config.cmake", f"{use.name.lower()}-config.cmake")
        found = [self.cmake[name] for name in names if name in self.cmake]
        inner = [f"cmake/{folder}/{name}" for folder in (use.name, use.name.lower()) for name in names]
        return found or [f"{folder}/{file}" for folder in LIBRARY_FOLDERS for file in inner]


def compiler_folders() -> list[str]:
    """Where g++ looks for <…>, in its order."""
    try:
        said = subprocess.run(["/usr/bin/c++", "-x", "c++", "-E", "-v", "/dev/null"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError) as error:
        raise DebianError(f"the compiler does not say where it looks for headers: {error}") from error
    listed = re.search(r"#include <\.\.\.> search starts here:\n(.*?)End of search list", said, re.DOTALL)
    return [posixpath.normpath(line.strip()) for line in listed[1].splitlines()] if listed else []


def listed_packages(file: Path) -> list[list[str]]:
    """Of each line the alternatives."""
    lines = [line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines()]
    return [line.split("|") for line in lines if line]


def first_uses(tree: Tree) -> list[Use]:
    """Where each thing is used first; the tree's own modules and what is inside the interpreter are left out."""
    first: dict[tuple[str, str], Use] = {}
    for use in tree.uses():
        name = use.name.split(".")[0] if use.kind == "module" else use.name
        if not (use.kind == "module" and (name in tree.modules or name in sys.builtin_module_names)):
            first.setdefault((use.kind, name), Use(use.kind, name, use.file, use.line))
    return [first[key] for key in sorted(first)]


def check(uses: list[Use], debian: Debian, header_folders: list[str], listed: list[list[str]], allowed: AllowList) -> list[str]:
    """What is wrong: one message for each thing that no package has of those listed and what they bring."""
    problems = [f"scripts/packages.txt: {'|'.join(names)} is not installed (scripts/setup.sh installs it)" for names in listed
                if not any(name in debian.packages for name in names)]
    brought = debian.brought_by(name for names in listed for name in names if name in debian.packages)
    places = Places(debian.files(brought), header_folders)
    for use in uses:
        candidates = places.of(use)
        if any(place in places.files for place in candidates) or (use.kind in KINDS and allowed.allows(use.kind, use.name)):
            continue
        owner = next((found for place in candidates if Path(place).exists() and (found := debian.owner(place))), None)
        said = f"is of {owner}, which scripts/packages.txt neither lists nor brings" if owner else "is in no package that is installed here"
        problems.append(f"{use.file}:{use.line}: {use.kind.replace('_', ' ')} {use.name} {said}")
    return problems


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree, if not the project's own")
    parser.add_argument("--list", type=Path, help="the list of packages (scripts/packages.txt)")
    parser.add_argument("--allow", type=Path, default=Path(__file__).with_name("allow.txt"), help="the exceptions")
    parser.add_argument("--admindir", type=Path, default=ADMIN, help="dpkg's database")
    options = parser.parse_args(argv)
    try:
        allowed = AllowList(options.allow)
        tree = Tree(options.root, tracked_files(options.root))
        listed = listed_packages(options.list or options.root / "scripts/packages.txt")
        uses = first_uses(tree)
        problems = check(uses, Debian(options.admindir), compiler_folders(), listed, allowed)
    except (OSError, AllowListError, DebianError) as error:
        print(f"packages: {error}", file=sys.stderr)
        return 2
    problems += allowed.stale(*KINDS)
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"packages: {len(uses)} headers, programs and modules, all from {len(listed)} packages and what they bring")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
