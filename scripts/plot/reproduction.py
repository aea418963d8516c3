#!/usr/bin/python3
"""Draws figures 6 to 12 of the FuseMax paper from the CSV files that `weft reproduce fusemax` wrote, beside them.

  weft reproduce fusemax --out build/fusemax
  scripts/plot/reproduction.py build/fusemax --formats png,pdf

Bars and lines are of the most exact fidelity there is at each place; diamonds are the published values.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import design_bars
import einsum_bars
import pareto
from design_bars import Measure
from figure import STYLE, save
from points import FIDELITY, PLACE, WORKLOAD, Check, Column, Row, number, read, whole, word
from results import InputError

from matplotlib import pyplot
from matplotlib.figure import Figure

FORMATS = ("png", "pdf")


@dataclass(frozen=True)
class Picture:
    name: str                    # of the CSV file and of the pictures
    title: str
    values: tuple[Column, ...]   # beside those that say which point
    draw: Callable[[list[Row], str], Figure]
    check: Check | None = None
    point: tuple[Column, ...] = (*PLACE, FIDELITY)


def share(name: str) -> Column:
    return Column(name, number(most=1))


def ratio(name: str, title: str, column: str, label: str) -> Picture:
    """Bars of a ratio to the unfused design."""
    return Picture(name, title, (Column(column, number()),), check=design_bars.baseline_is_one(column),
                   draw=partial(design_bars.draw, measures=(Measure(column, label),), baseline="unfused"))


PICTURES = (
    Picture("figure-06-utilisation", "Figure 6: utilisation of both arrays in attention",
            (share("utilisation_2d"), share("utilisation_1d"), share("useful_macs")),
            partial(design_bars.draw, measures=(Measure("utilisation_2d", "2D array, busy share of cycles", 1.02),
                                                Measure("useful_macs", "2D array, useful MACs of its slots", 1.02),
                                                Measure("utilisation_1d", "1D array, busy share of cycles", 1.02)))),
    Picture("figure-07-einsums", "Figure 7: cycles of the 2D array by Einsum in attention", (share("share_2d"),), einsum_bars.draw,
            einsum_bars.shares_fit, (*PLACE, FIDELITY, Column("einsum", word, is_key=True))),
    ratio("figure-08-attention-speedup", "Figure 8: speedup of attention over the unfused design",
          "speedup", "speedup over unfused (×)"),
    ratio("figure-09-attention-energy", "Figure 9: energy of attention relative to the unfused design",
          "energy_ratio", "energy, relative to unfused"),
    ratio("figure-10-end-to-end-speedup", "Figure 10: end-to-end speedup over the unfused design",
          "speedup", "speedup over unfused (×)"),
    ratio("figure-11-end-to-end-energy", "Figure 11: end-to-end energy relative to the unfused design",
          "energy_ratio", "energy, relative to unfused"),
    Picture("figure-12-pareto", "Figure 12: latency against area by side of the array",
            (Column("latency_s", number(above_zero=True)), Column("area_um2", number(above_zero=True))), pareto.draw,
            point=(FIDELITY, WORKLOAD, Column("array_side", whole, is_key=True))),
)


def load(folder: Path) -> list[list[Row]]:
    """The rows of every picture; all problems are reported at once, before anything is drawn."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    loaded, problems = [], []
    for picture in PICTURES:
        try:
            loaded.append(read(folder / f"{picture.name}.csv", (*picture.point, *picture.values), picture.check))
        except InputError as error:
            problems.append(str(error))
    if problems:
        raise InputError("\n".join(problems))
    return loaded


def formats(text: str) -> list[str]:
    wanted = list(dict.fromkeys(text.split(",")))
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown:
        raise argparse.ArgumentTypeError(f"'{unknown[0]}' is not one of {', '.join(FORMATS)}")
    return wanted


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="DIR", type=Path, help="with the CSV files; the pictures go beside them")
    parser.add_argument("--formats", type=formats, default="png,pdf", metavar="LIST",
                        help="of png, pdf, with commas between (default: both)")
    options = parser.parse_args(argv)
    try:
        for picture, rows in zip(PICTURES, load(options.folder)):
            with pyplot.rc_context(STYLE):
                figure = picture.draw(rows, picture.title)
                for suffix in options.formats:
                    path = options.folder / f"{picture.name}.{suffix}"
                    save(figure, path)
                    print(path, flush=True)
                pyplot.close(figure)
    except InputError as error:
        for line in str(error).splitlines():
            print(f"reproduction: {line}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"reproduction: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
