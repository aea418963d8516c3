#!/usr/bin/python3
"""The RTL's manifests list every file once, packages first: rtl/Bender.yml and rtl/weft_fusemax.core.

Without an option, checks; --write puts the list into both. Exit 0: in order; 1: a manifest is not what it should be.
"""
from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("common", "numerics", "memory", "matmul", "engine")
MANIFESTS = {"Bender.yml": "  - ", "weft_fusemax.core": "      - "}


def files(rtl: Path) -> list[str]:
    """Packages, then the units folder by folder, each file by name."""
    packages = [f"{folder}/{file.name}" for folder in reversed(FOLDERS) for file in sorted((rtl / folder).glob("*_pkg.sv"))]
    units = [f"{folder}/{file.name}" for folder in FOLDERS for file in sorted((rtl / folder).glob("*.sv"))]
    units = [name for name in units if not name.endswith("_pkg.sv")]
    return packages + units


def listed(text: str) -> list[str]:
    return re.findall(r"^\s+- (\S+\.sv)$", text, re.MULTILINE)


def with_list(text: str, indent: str, wanted: list[str]) -> str:
    """The manifest with its run of listed files replaced."""
    lines = text.splitlines()
    kept = [line for line in lines if not re.fullmatch(r"\s+- \S+\.sv", line)]
    heads = [i for i, line in enumerate(kept) if line.strip() in ("sources:", "files:")]
    if len(heads) != 1:
        raise SystemExit("manifests: a manifest has one list of files")
    at = heads[0] + 1
    return "\n".join(kept[:at] + [indent + name for name in wanted] + kept[at:]) + "\n"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the list into both manifests")
    parser.add_argument("--rtl", type=Path, default=ROOT / "rtl", help="the RTL, if not the project's own")
    options = parser.parse_args(argv)
    wanted = files(options.rtl)
    if not wanted:
        print(f"manifests: no RTL in {options.rtl}", file=sys.stderr)
        return 1
    wrong = 0
    for name, indent in MANIFESTS.items():
        manifest = options.rtl / name
        text = manifest.read_text(encoding="utf-8")
        if options.write:
            manifest.write_text(with_list(text, indent, wanted), encoding="utf-8")
            continue
        found = listed(text)
        if found == wanted:
            continue
        wrong += 1
        for missing in sorted(set(wanted) - set(found)):
            print(f"manifests: rtl/{name} does not list {missing}", file=sys.stderr)
        for extra in sorted(set(found) - set(wanted)):
            print(f"manifests: rtl/{name} lists {extra}, which is not there", file=sys.stderr)
        if set(found) == set(wanted):
            print(f"manifests: rtl/{name} lists its files in another order, or one twice", file=sys.stderr)
    if wrong:
        print("manifests: scripts/check/manifests.py --write mends the lists", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
