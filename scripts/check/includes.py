#!/usr/bin/python3
"""Each file of C++ names the standard headers of what it uses, itself or through a header of ours.

One standard library brings along what the next one does not: std::replace without <algorithm> compiles with GCC 12 and not
with GCC 14. Looked for are the names below, each with the one header that declares it.
Exit 0: all are there; 1: one is missing.
"""
from __future__ import annotations

import argparse
import posixpath
import re
import sys
from pathlib import Path

from allow_list import tracked_files

ROOT = Path(__file__).resolve().parents[2]
HEADERS = {
    "algorithm": "adjacent_find all_of any_of binary_search clamp copy_if copy_n count_if equal_range find find_if find_if_not for_each "
                 "includes is_sorted lexicographical_compare lower_bound max_element min_element minmax_element mismatch next_permutation "
                 "none_of nth_element partial_sort partition remove_if replace replace_if reverse rotate set_difference set_intersection "
                 "set_union shuffle sort stable_sort transform unique upper_bound ranges::all_of ranges::any_of ranges::contains "
                 "ranges::copy ranges::count ranges::count_if ranges::equal ranges::fill ranges::find ranges::find_if ranges::is_sorted "
                 "ranges::lower_bound ranges::max ranges::max_element ranges::min ranges::min_element ranges::none_of ranges::replace "
                 "ranges::reverse ranges::sort ranges::stable_sort ranges::transform ranges::unique",
    "numeric": "accumulate exclusive_scan gcd inclusive_scan inner_product iota lcm partial_sum reduce",
    "cmath": "ceil copysign erf exp exp2 floor fma fmod frexp hypot isfinite isinf isnan ldexp llround log log10 log2 lround nearbyint "
             "nextafter pow round scalbn signbit sqrt tanh trunc",
    "bit": "bit_cast bit_ceil bit_floor bit_width countl_zero countr_zero has_single_bit popcount rotl rotr",
    "cstring": "memcmp memcpy memmove memset strchr strcmp strerror strlen",
    "cctype": "isalnum isalpha iscntrl isdigit isprint isspace tolower toupper",
    "iterator": "back_inserter istreambuf_iterator ostream_iterator",
    "functional": "bit_and bit_or cref function invoke multiplies plus ref reference_wrapper",
    "stdexcept": "domain_error invalid_argument length_error logic_error out_of_range overflow_error range_error runtime_error",
    "sstream": "istringstream ostringstream stringstream", "fstream": "fstream ifstream ofstream", "iostream": "cerr cin cout",
    "memory": "make_shared make_unique shared_ptr unique_ptr weak_ptr", "optional": "nullopt optional", "tuple": "make_tuple tie tuple",
    "variant": "get_if holds_alternative monostate variant visit", "array": "array to_array", "span": "span", "deque": "deque",
    "list": "list", "queue": "priority_queue queue", "map": "map multimap", "set": "multiset set", "unordered_map": "unordered_map",
    "unordered_set": "unordered_set", "limits": "numeric_limits", "charconv": "from_chars to_chars", "random": "mt19937 mt19937_64",
    "thread": "jthread thread", "mutex": "lock_guard mutex scoped_lock unique_lock", "condition_variable": "condition_variable",
    "atomic": "atomic", "chrono": "chrono", "regex": "regex", "iomanip": "setprecision setw", "bitset": "bitset", "numbers": "numbers",
    "filesystem": "filesystem", "source_location": "source_location", "stop_token": "stop_callback stop_source stop_token",
    "utility": "exchange", "cstdlib": "abort getenv strtod strtoull", "cstdio": "FILE fopen fprintf fputs fwrite snprintf",
}
HEADER_OF = {name: header for header, names in HEADERS.items() for name in names.split()}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


class Sources:
    def __init__(self, root: Path, files: list[str]) -> None:
        self.text = {file: (root / file).read_text(encoding="utf-8") for file in files if file.endswith((".cpp", ".hpp", ".h"))}
        self.included = {file: set(INCLUDE.findall(text)) for file, text in self.text.items()}

    def own(self, file: str, name: str) -> str | None:
        """The tracked file that an include of `file` names."""
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(file), name))
        return next((path for path in (beside, name) if path in self.text), None)

    def named(self, file: str) -> set[str]:
        """The headers, not ours, that a file names itself or through ours."""
        seen: set[str] = set()
        found: set[str] = set()
        left = [file]
        while left:
            one = left.pop()
            if one not in seen:
                seen.add(one)
                for name in self.included[one]:
                    own = self.own(one, name)
                    if own:
                        left.append(own)
                    else:
                        found.add(name)
        return found

    def missing(self, file: str) -> list[str]:
        named = self.named(file)
        problems = []
        for number, line in enumerate(self.text[file].splitlines(), start=1):
            code = re.sub(r'//.*|"(\\.|[^"\\])*"', "", line)
            for name in re.findall(r"\bstd::((?:ranges::)?\w+)", code):
                header = HEADER_OF.get(name)
                if header and header not in named:
                    problems.append(f"{file}:{number}: std::{name} without <{header}>")
                    named.add(header)  # said once
        return problems


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree, if not the project's own")
    options = parser.parse_args(argv)
    sources = Sources(options.root, tracked_files(options.root))
    problems = [problem for file in sorted(sources.text) for problem in sources.missing(file)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"includes: {len(sources.text)} files name what they use")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
