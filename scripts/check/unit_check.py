"""The command of a check that goes over units of the repository and has an allow-list."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from allow_list import AllowList, AllowListError

ROOT = Path(__file__).resolve().parents[2]
Check = Callable[[Path, AllowList], "tuple[int, list[str]]"]  # units, and what is wrong with them


def run_check(check: Check, name: str, units: str, about: str, argv: list[str]) -> int:
    """0: no problems; 1: some, which are printed; 2: the allow-list or a file cannot be read."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository (default: this one)")
    parser.add_argument("--allow", type=Path, default=Path(__file__).with_name("allow.txt"), help="the allow-list")
    options = parser.parse_args(argv)
    try:
        count, problems = check(options.root, AllowList(options.allow))
    except (AllowListError, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{name}: {count} {units}, {len(problems)} problems")
    return 1 if problems else 0
