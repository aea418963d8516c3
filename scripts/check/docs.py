#!/usr/bin/python3
"""What holds for every tracked text file.

link    a relative link in Markdown leads to a file that exists, and its #anchor to a heading
length  a file has at most 440 lines
path    no absolute path of some machine
word    no word that marks unfinished work
Exceptions stand in allow.txt, each with its reason; one that nothing needs any more is an error.
"""
from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from urllib.parse import unquote

from allow_list import AllowList, AllowListError, tracked_files

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 440
MACHINE_PATH = re.compile(r"(?<![\w.$})~*/-])/(?:work|tmp|home|root|Users)/")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b|\b[Ss]tub(?:s|bed)?\b")
INLINE_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'][^)]*)?\)")
REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)")
SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def prose_lines(text: str) -> list[tuple[int, str]]:
    """The numbered lines of Markdown outside code blocks, without their code spans."""
    lines, fence = [], ""
    for number, line in enumerate(text.splitlines(), start=1):
        mark = re.match(r"^\s*(`{3,}|~{3,})", line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(mark[1][0]):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            lines.append((number, re.sub(r"(`+)(?:(?!\1).)+?\1", "", line)))
    return lines


def anchors(text: str) -> set[str]:
    """The anchors of a Markdown file's headings, as code hosts derive them, and explicit ones."""
    found: dict[str, int] = {}
    names = set(re.findall(r"<a\s+(?:id|name)=\"([^\"]+)\"", text))
    for line in re.findall(r"^ {0,3}#{1,6}\s+(.+?)\s*#*$", re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.M | re.S), re.M):
        plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", line).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = found[slug] = found.get(slug, -1) + 1
        names.add(f"{slug}-{count}" if count else slug)
    return names


def link_problem(root: Path, file: str, target: str) -> str:
    """What is wrong with a link of `file`; empty if nothing is."""
    if SCHEME.match(target) or target.startswith("//"):
        return ""
    path, _, anchor = unquote(target).partition("#")
    if path.startswith("/"):
        return f"link {target} is absolute"
    resolved = (root / file).parent / path if path else root / file
    if not resolved.exists():
        return f"link {target} leads nowhere"
    if not resolved.resolve().is_relative_to(root.resolve()):
        return f"link {target} leads out of the repository"
    if anchor and resolved.suffix == ".md" and anchor not in anchors(resolved.read_text(encoding="utf-8")):
        return f"link {target}: no such heading"
    return ""


def findings(root: Path, file: str, text: str) -> list[tuple[str, int, str]]:
    """(check, line, what is wrong) for one file."""
    found = []
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        found.append(("length", len(lines), f"{len(lines)} lines, at most {MOST_LINES}"))
    for number, line in enumerate(lines, start=1):
        if match := MACHINE_PATH.search(line):
            found.append(("path", number, f"absolute machine path '{match[0]}'"))
        if match := UNFINISHED.search(line):
            found.append(("word", number, f"unfinished work: '{match[0]}'"))
    if file.endswith(".md"):
        for number, line in prose_lines(text):
            targets = INLINE_LINK.findall(line) + REFERENCE.findall(line)
            found += [("link", number, problem) for t in targets if (problem := link_problem(root, file, t))]
    return found


def check(root: Path, files: list[str], allowed: AllowList) -> tuple[int, list[str]]:
    """The number of text files read, and every problem in words."""
    read, problems = 0, []
    for file in files:
        try:
            text = (root / file).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # binary, such as a trace of tensors
        read += 1
        problems += [f"{file}:{line}: {what}" for kind, line, what in findings(root, file, text) if not allowed.allows(kind, file)]
    return read, problems + allowed.stale("link", "length", "path", "word")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository (default: this one)")
    parser.add_argument("--allow", type=Path, default=Path(__file__).with_name("allow.txt"), help="the allow-list")
    options = parser.parse_args(argv)
    try:
        read, problems = check(options.root, tracked_files(options.root), AllowList(options.allow))
    except (AllowListError, OSError) as error:
        print(f"docs: {error}", file=sys.stderr)
        return 2
    if read == 0:
        problems.append("no file to read: is this the repository's root?")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"docs: {read} text files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
