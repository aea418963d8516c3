#!/usr/bin/python3
"""Prints comparisons of designs as tables, from the JSON that `weft compare --json` writes."""
from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from results import InputError, Result, load_results, shape_text, with_unit

HEADINGS = ["design", "cycles", "time", "2D busy", "2D useful", "1D busy", "DRAM", "largest error", "bound by"]
LEFT = {"design", "bound by"}


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def row(result: Result) -> list[str]:
    """One design's cells, in the order of HEADINGS."""
    if result["status"] != "ok":
        return [result["design"]] + ["–"] * (len(HEADINGS) - 2) + [f"{result['status']}: {result.get('reason') or 'no reason given'}"]
    use, error = result["utilisation"], result.get("error")
    return [result["design"], f"{result['cycles']:,}", with_unit(result["seconds"], "s"), percent(use.get("array_2d")),
            percent(use.get("useful_macs")), percent(use.get("array_1d")), with_unit(result["dram"]["bytes"], "B", 1024),
            f"{error['max_abs']:.2e}" if error else "–", result["bound_by"]]


def table(rows: list[list[str]]) -> str:
    """Rows under HEADINGS in aligned columns."""
    widths = [max(len(cell) for cell in column) for column in zip(HEADINGS, *rows)]

    def line(cells: list[str]) -> str:
        aligned = [c.ljust(w) if h in LEFT else c.rjust(w) for c, w, h in zip(cells, widths, HEADINGS)]
        return "  ".join(aligned).rstrip()
    return "\n".join([line(HEADINGS), "  ".join("─" * w for w in widths), *map(line, rows)])


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: table.py build/demo/minilm.json build/demo/bert-16k.json")
    parser.add_argument("files", type=Path, nargs="+", help="weft-comparison/1 or weft-result/1")
    options = parser.parse_args(argv)
    try:
        for number, file in enumerate(options.files):
            results = load_results(file)
            print(f"{os.linesep if number else ''}{shape_text(results[0])}\n\n{table([row(r) for r in results])}")
        sys.stdout.flush()
    except (InputError, KeyError) as error:
        print(f"table: {error if isinstance(error, InputError) else f'{file}: no field {error}'}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
