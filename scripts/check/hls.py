#!/usr/bin/python3
"""Kernels under hls/ keep to what Vitis, Catapult and Bambu all take.

No word of FORBIDDEN, no function that calls itself (by way of others either), every loop a `for` labelled by WEFT_HLS_LOOP, and
every innermost one with WEFT_HLS_PIPELINE or WEFT_HLS_UNROLL as its first statement. hls/common/types_*.hpp, which map to types, and
the test bench are held to the words alone. Every kernel hls/FOLDER/UNIT.hpp that has a frame() also has a model, a test and a page.
"""
from __future__ import annotations

import re
import sys
from pathlib import Path

from allow_list import AllowList
from unit_check import run_check

FORBIDDEN = (r"\bnew\b", r"\bdelete\b", r"\bmalloc\b", r"\bfree\b", r"\bvirtual\b", r"\bthrow\b", r"\btry\b", r"\bcatch\b",
             r"\btypeid\b", r"\bdynamic_cast\b", r"\bdouble\b", r"\bfloat\b", r"\bgoto\b", r"\bunion\b", r"\bgetenv\b",
             r"\bstd::(vector|function|string|map|set|deque|list|unique_ptr|shared_ptr|optional|variant|span|thread|mutex)\b")
CHANNELS = {"in", "out"}
NO_KERNELS = ("types", "testbench")
KEYWORDS = {"if", "for", "while", "switch", "return", "sizeof", "static_assert", "alignas", "decltype", "static_cast", "operator"}


def without_comments(text: str) -> str:
    """The same lines, comments and strings blank."""
    def blank(found: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", found.group())
    return re.sub(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"", blank, text, flags=re.S)


def closing(text: str, at: int) -> int:
    """The place of the bracket that closes the one at `at`."""
    pairs = {"(": ")", "{": "}"}
    depth = 0
    for place in range(at, len(text)):
        if text[place] == text[at]:
            depth += 1
        elif text[place] == pairs[text[at]]:
            depth -= 1
            if depth == 0:
                return place
    return len(text) - 1


def line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def functions(text: str) -> dict[str, str]:
    """Bodies by name; overloads joined."""
    bodies: dict[str, str] = {}
    for found in re.finditer(r"\b([A-Za-z_]\w*)\s*\(", text):
        if found.group(1) in KEYWORDS or found.group(1).isupper():
            continue
        end = closing(text, found.end() - 1)
        after = re.match(r"\)\s*(?:const\s*)?(?:noexcept\s*)?\{", text[end:])
        if after:
            start = end + after.end() - 1
            bodies[found.group(1)] = bodies.get(found.group(1), "") + text[start:closing(text, start) + 1]
    return bodies


Function = tuple[str, str]  # its file and name


def called(file: str, body: str, bodies: dict[Function, str], classes: dict[str, set[str]]) -> set[Function]:
    """What a body calls: names of its own file; those of other files behind a qualifier or an object that is no channel."""
    own = classes.get(file, set()) | {"this"}
    out: set[Function] = set()
    for found in re.finditer(r"(?:(\w+)(?:<[^;{}()]*>)?(::|\.)\s*(?:template )?)?\b([A-Za-z_]\w*)\s*(?:<[^;{}()]*>)?\s*\(", body):
        owner, how, name = found.groups()
        if how is None and (file, name) in bodies:
            out.add((file, name))
        elif how and owner not in CHANNELS:
            out |= {other for other in bodies if other[1] == name and (how == "." or other[0] != file or owner in own)}
    return out


def recursion(bodies: dict[Function, str], classes: dict[str, set[str]]) -> list[Function]:
    """Functions that reach themselves."""
    calls = {function: called(function[0], body, bodies, classes) for function, body in bodies.items()}
    cyclic = []
    for function in calls:
        seen: set[Function] = set()
        left = list(calls[function])
        while left:
            other = left.pop()
            if other not in seen:
                seen.add(other)
                left += calls[other]
        if function in seen:
            cyclic.append(function)
    return sorted(cyclic)


def loops(text: str) -> list[tuple[int, str]]:
    """Line and complaint of every loop that is not as it should be."""
    problems = []
    for found in re.finditer(r"\b(for|while|do)\b", text):
        line = line_of(text, found.start())
        if found.group() != "for":
            problems.append((line, f"a loop is a `for` with a bound that is known, not a `{found.group()}`"))
            continue
        before = re.search(r"WEFT_HLS_LOOP\((\w+)\)\s*$", text[:found.start()])
        if not before:
            problems.append((line, "a loop has a label: WEFT_HLS_LOOP(name)"))
            continue
        body_start = closing(text, text.index("(", found.end())) + 1
        body_start += len(text[body_start:]) - len(text[body_start:].lstrip())
        if text[body_start] != "{":
            problems.append((line, "a loop's body has braces, and first the expected interval"))
            continue
        body = text[body_start + 1:closing(text, body_start)]
        said = re.match(r"\s*WEFT_HLS_(PIPELINE\(\d+\)|UNROLL);", body)
        if not said and not re.search(r"\bfor\b|\bread_row\b|\bdivide\b", body):
            problems.append((line, "an innermost loop says WEFT_HLS_PIPELINE(interval) or WEFT_HLS_UNROLL first"))
    return problems


def check_text(path: str, text: str) -> list[str]:
    plain = without_comments(text)
    problems = [f"{path}:{line_of(plain, found.start())}: {found.group()} is not taken by every tool"
                for pattern in FORBIDDEN for found in re.finditer(pattern, plain)]
    if Path(path).name.startswith(NO_KERNELS):
        return problems
    problems += [f"{path}:{line}: {said}" for line, said in loops(re.sub(r"(?m)^#.*(?:\\\n.*)*", "", plain))]
    return problems


def counterparts(folder: str, unit: str) -> list[str]:
    return [f"models/{folder}/{unit}.hpp", f"tests/hls/{folder}/{unit}_test.cpp", f"docs/units/hls/{folder}/{unit}.md"]


def check(root: Path, allowed: AllowList) -> tuple[int, list[str]]:
    """The number of kernels, and every problem in words."""
    kernels, problems = 0, []
    bodies: dict[Function, str] = {}
    classes: dict[str, set[str]] = {}
    for file in sorted((root / "hls").rglob("*.[ch]pp")):
        path = str(file.relative_to(root))
        text = file.read_text()
        problems += check_text(path, text)
        if not file.name.startswith(NO_KERNELS):
            classes[path] = set(re.findall(r"\b(?:class|struct) (\w+)", text))
            for name, body in functions(without_comments(text)).items():
                bodies[path, name] = body
        if re.search(r"\bstatic void frame\(", text):
            kernels += 1
            folder, unit = file.parent.name, file.stem
            problems += [f"{path}: {missing} is missing" for missing in counterparts(folder, unit)
                         if not (root / missing).is_file() and not allowed.allows("parity", missing)]
    problems += [f"{path}: {name}() calls itself, directly or by way of others" for path, name in recursion(bodies, classes)]
    return kernels, problems


if __name__ == "__main__":
    sys.exit(run_check(check, "hls", "kernels", __doc__ or "", sys.argv[1:]))
