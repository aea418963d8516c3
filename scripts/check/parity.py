#!/usr/bin/python3
"""Same unit, same path: every unit that has RTL also has a model, a SystemC module, tests and a page.

For rtl/FOLDER/weft_UNIT.sv there must be models/FOLDER/UNIT.{hpp,cpp}, sim/FOLDER/UNIT.{hpp,cpp}, a file under
tests/FOLDER/UNIT/ and docs/units/FOLDER/UNIT.md. `parity` entries of allow.txt say what may be absent: the path of the
absent file (or of the RTL file, where it is no unit at all, as a package is) and why.
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from allow_list import AllowList, AllowListError

ROOT = Path(__file__).resolve().parents[2]


def counterparts(folder: str, unit: str) -> list[str]:
    """The paths that belong to one unit; a folder ends in a slash."""
    return [f"models/{folder}/{unit}.hpp", f"models/{folder}/{unit}.cpp", f"sim/{folder}/{unit}.hpp", f"sim/{folder}/{unit}.cpp",
            f"tests/{folder}/{unit}/", f"docs/units/{folder}/{unit}.md"]


def stands(root: Path, path: str) -> bool:
    if path.endswith("/"):
        return any(found.is_file() for found in (root / path).rglob("*"))
    return (root / path).is_file()


def check(root: Path, allowed: AllowList) -> tuple[int, list[str]]:
    """The number of units checked, and every problem in words."""
    units, problems = 0, []
    for file in sorted((root / "rtl").rglob("*.sv")):
        path = file.relative_to(root)
        if allowed.allows("parity", str(path)):
            continue
        if len(path.parts) != 3 or not path.stem.startswith("weft_"):
            problems.append(f"{path}: a unit's RTL is rtl/FOLDER/weft_UNIT.sv")
            continue
        units += 1
        missing = [p for p in counterparts(path.parts[1], path.stem.removeprefix("weft_")) if not stands(root, p)]
        problems += [f"{path}: {p} is missing" for p in missing if not allowed.allows("parity", p)]
    return units, problems + allowed.stale("parity")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository (default: this one)")
    parser.add_argument("--allow", type=Path, default=Path(__file__).with_name("allow.txt"), help="the allow-list")
    options = parser.parse_args(argv)
    try:
        units, problems = check(options.root, AllowList(options.allow))
    except (AllowListError, OSError) as error:
        print(f"parity: {error}", file=sys.stderr)
        return 2
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"parity: {units} units with RTL, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
