#!/usr/bin/python3
"""How the folders of C++ stand on one another: no circle of includes, each source beside its header, one header of a name.

A folder is a folder, however deep: models/engine/schedule is one, models/engine/binding another. X.cpp stands beside X.hpp,
or implements a part of P.hpp and is P_PART.cpp. Entries `source` and `header-name` of allow.txt say what is otherwise.
Exit 0: all of that holds, and the folders are printed from the ground up; 1: it does not.
"""
from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path, PurePosixPath

from allow_list import AllowList, AllowListError, tracked_files

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^#include "((?:models|sim)/[^"]+)"', re.MULTILINE)


def needs_of(root: Path, files: list[str]) -> dict[str, dict[str, str]]:
    """By folder: the other folders that it includes headers of, and one file that does."""
    needs: dict[str, dict[str, str]] = defaultdict(dict)
    for name in files:
        folder = str(PurePosixPath(name).parent)
        needs[folder]  # a folder that needs nothing is one too
        for header in INCLUDE.findall((root / name).read_text(encoding="utf-8")):
            other = str(PurePosixPath(header).parent)
            if other != folder:
                needs[folder].setdefault(other, name)
    return needs


def layers(needs: dict[str, dict[str, str]]) -> tuple[list[list[str]], list[str]]:
    """Folders from the ground up, each layer needing those below it alone; then those that are left in circles or above one."""
    left, done, found = set(needs), set[str](), []
    while left:
        free = sorted(folder for folder in left if all(other in done or other not in needs for other in needs[folder]))
        if not free:
            break
        found.append(free)
        done.update(free)
        left -= set(free)
    return found, sorted(left)


def circle(needs: dict[str, dict[str, str]], left: list[str]) -> list[str]:
    """One circle among folders of which each needs another of them."""
    path = [left[0]]
    while True:
        following = next(other for other in sorted(needs[path[-1]]) if other in left)
        if following in path:
            return [*path[path.index(following):], following]
        path.append(following)


def strays(files: list[str], allowed: AllowList) -> list[str]:
    """Sources without their header, and names that two headers have."""
    headers, problems = {name for name in files if name.endswith(".hpp")}, []
    for name in files:
        path = PurePosixPath(name)
        parts = path.stem.split("_")
        own = {str(path.with_name("_".join(parts[:n]) + ".hpp")) for n in range(1, len(parts) + 1)}
        if path.suffix == ".cpp" and not own & headers and not allowed.allows("source", name):
            problems.append(f"{name}: no header of its name, or of a part of it from the beginning, stands beside it")
    by_name: dict[str, list[str]] = defaultdict(list)
    for header in sorted(headers):
        by_name[PurePosixPath(header).name].append(header)
    for name, same in by_name.items():
        if len(same) > 1 and not allowed.allows("header-name", name):
            problems.append(f"{name}: one name for {' and '.join(same)}")
    return problems


def main() -> int:
    options = argparse.ArgumentParser(description="Check how the folders of C++ stand on one another.")
    options.add_argument("root", nargs="?", type=Path, default=ROOT)
    root: Path = options.parse_args().root
    files = [name for name in tracked_files(root) if re.match(r"(models|sim)/.*\.[ch]pp$", name)]
    try:
        allowed = AllowList(root / "scripts/check/allow.txt")
    except (AllowListError, OSError) as error:
        print(f"layers: {error}", file=sys.stderr)
        return 1
    needs = needs_of(root, files)
    found, left = layers(needs)
    problems = strays(files, allowed) + allowed.stale("source", "header-name")
    if left:
        around = circle(needs, left)
        problems += [f"{a} needs {b} ({needs[a][b]}) in a circle" for a, b in zip(around, around[1:])]
    for problem in problems:
        print(f"layers: {problem}", file=sys.stderr)
    if problems:
        return 1
    for number, layer in enumerate(found, start=1):
        print(f"{number:3} {' '.join(layer)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
