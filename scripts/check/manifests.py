#!/usr/bin/python3
"""The RTL's manifests list every file once, packages first: Bender.yml and rtl/weft_fusemax.core.

Without an option, checks; --write puts the list into both. Exit 0: in order; 1: a manifest is not what it should be.
"""
from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("common", "numerics", "memory", "matmul", "select", "prune", "softmax", "quant", "engine")


@dataclass(frozen=True)
class Manifest:
    """A path from the folder that holds rtl/, and what stands before each file of rtl/ in its list."""
    path: str
    indent: str
    folder: str


# Bender reads the manifest at a repository's root and nowhere else; FuseSoC finds a core anywhere.
MANIFESTS = (Manifest("Bender.yml", "  - ", "rtl/"), Manifest("rtl/weft_fusemax.core", "      - ", ""))


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
    units = files(options.rtl)
    if not units:
        print(f"manifests: no RTL in {options.rtl}", file=sys.stderr)
        return 1
    wrong = 0
    for listing in MANIFESTS:
        manifest = options.rtl.resolve().parent / listing.path if listing.folder else options.rtl / Path(listing.path).name
        wanted = [listing.folder + unit for unit in units]
        text = manifest.read_text(encoding="utf-8")
        if options.write:
            manifest.write_text(with_list(text, listing.indent, wanted), encoding="utf-8")
            continue
        found = listed(text)
        if found == wanted:
            continue
        wrong += 1
        for missing in sorted(set(wanted) - set(found)):
            print(f"manifests: {listing.path} does not list {missing}", file=sys.stderr)
        for extra in sorted(set(found) - set(wanted)):
            print(f"manifests: {listing.path} lists {extra}, which is not there", file=sys.stderr)
        if set(found) == set(wanted):
            print(f"manifests: {listing.path} lists its files in another order, or one twice", file=sys.stderr)
    if wrong:
        print("manifests: scripts/check/manifests.py --write mends the lists", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
