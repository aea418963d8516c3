#!/usr/bin/python3
"""Same unit, same path: every unit that has RTL also has a model, a SystemC module, tests and a page.

For rtl/FOLDER/weft_UNIT.sv there must be models/FOLDER/UNIT.{hpp,cpp}, sim/FOLDER/UNIT.{hpp,cpp}, a file under
tests/FOLDER/UNIT/ and docs/units/FOLDER/UNIT.md. `parity` entries of allow.txt say what may be absent: the path of the
absent file (or of the RTL file, where it is no unit at all, as a package is) and why.
"""
from __future__ import annotations

import sys
from pathlib import Path

from allow_list import AllowList
from unit_check import run_check


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


if __name__ == "__main__":
    sys.exit(run_check(check, "parity", "units with RTL", __doc__ or "", sys.argv[1:]))
