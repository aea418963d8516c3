#!/usr/bin/python3
"""How far the closed form is from SystemC and how long its walks are, from the CSV of scripts/check/closed_form.py."""
from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import figure
from matplotlib import pyplot as plt


def family(point: str) -> str:
    """The design of a point, without its side."""
    name = point.split(";", 1)[0]
    head, _, side = name.rpartition("-")
    return head if "x" in side and side[0].isdigit() else name


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args(argv)
    with args.csv.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    plt.rcParams.update(figure.STYLE)
    drawn, (left, right) = plt.subplots(1, 2, figsize=(13, 5))
    names = sorted({family(row["point"]) for row in rows})
    everything = []
    for index, name in enumerate(names):
        own = [row for row in rows if family(row["point"]) == name]
        errors = [float(row["analytic"]) / float(row["systemc"]) - 1 for row in own]
        everything += errors
        left.plot([float(row["systemc"]) for row in own], [100 * error for error in errors], ".", markersize=5, label=name,
                  color=figure.COLOURS[index])
    left.set_xscale("log")
    left.set_ylim(-6, 12)  # the legend above the points
    left.set_xlabel("cycles in SystemC")
    left.set_ylabel("closed form / SystemC − 1, %")
    left.axhspan(-3, 3, color="#999999", alpha=0.15, linewidth=0)
    left.legend(fontsize=8, ncol=2, loc="upper left")
    equal = sum(error == 0 for error in everything)
    left.set_title(f"{len(rows)} designs × shapes, {equal} of them equal to the cycle")
    walks = sorted(max(1, int(row["firings"])) for row in rows)
    right.plot(walks, [100 * (i + 1) / len(walks) for i in range(len(walks))], color=figure.COLOURS[0])
    for share in (0.5, 0.9, 0.99):
        value = walks[int(share * len(walks)) - 1]
        right.plot([value], [100 * share], "o", color=figure.COLOURS[5])
        right.annotate(f"{share:.0%}: {value:,}", (value, 100 * share), xytext=(-8, 4), textcoords="offset points", ha="right")
    right.set_xscale("log")
    right.set_xlabel("firings walked (1: none)")
    right.set_ylabel("points told in so many, %")
    right.set_title("Length of the walks")
    drawn.tight_layout()
    figure.save(drawn, args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
