#!/usr/bin/python3
"""Draws the tables of SpAtten's evaluation from the CSV files that `weft reproduce spatten` wrote, beside them.

  weft reproduce spatten --out build/spatten
  scripts/plot/spatten.py build/spatten
"""
from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

from figure import STYLE, save

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Rows = list[dict[str, str]]


class DataError(Exception):
    """A file that is missing, or a cell that is no number."""


def read(folder: Path, name: str) -> Rows:
    try:
        with (folder / name).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))
    except OSError as error:
        raise DataError(f"{folder / name}: {error.strerror}") from error


def number(row: dict[str, str], column: str) -> float:
    try:
        return float(row[column])
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f"{column}: {row.get(column)!r} is no number") from error


def names(axes: Axes, labels: list[str]) -> None:
    axes.set_xticks(range(len(labels)), labels, rotation=70, ha="right", fontsize=7)


def breakdown(folder: Path) -> Figure:
    rows = read(folder, "breakdown.csv")
    columns = [c for c in rows[0] if c not in ("workload", "moved")]
    figure, axes = pyplot.subplots(figsize=(11, 4.6))
    width = 0.8 / (len(columns) + 1)
    for i, column in enumerate([*columns, "moved"]):
        axes.bar([x + (i - len(columns) / 2) * width for x in range(len(rows))],
                 [number(r, column) / number(r, columns[0]) for r in rows], width,
                 label=column if column != "moved" else "moved, in accesses of 32 bytes")
    axes.set_ylabel("bytes of K and V, of dense at 32 bit")
    axes.set_yscale("log")
    axes.set_title("DRAM access by technique, each upon the one before")
    names(axes, [r["workload"] for r in rows])
    axes.legend(fontsize=7, ncol=5, loc="lower center", bbox_to_anchor=(0.5, 1.08))
    return figure


def speedup(folder: Path) -> Figure:
    points = [r for r in read(folder, "points.csv") if r["status"] == "ok"]
    mine = {r["workload"]: number(r, "seconds") for r in points if r["design"] == "spatten"}
    by_design: dict[str, dict[str, float]] = defaultdict(dict)
    for row in points:
        if row["workload"] in mine and row["design"] not in ("spatten", "spatten-eighth"):
            by_design[row["design"]][row["workload"]] = number(row, "seconds") / mine[row["workload"]]
    labels = list(mine)[::-1]
    figure, axes = pyplot.subplots(figsize=(11, 4.6))
    marks = "osv^D<>ph*"
    for i, (design, ratios) in enumerate(by_design.items()):
        at = [x for x, label in enumerate(labels) if label in ratios]
        axes.plot(at, [ratios[labels[x]] for x in at], marks[i % len(marks)], markersize=5, label=design)
    axes.axhline(1, color="grey", linewidth=0.8)
    axes.set_yscale("log")
    axes.set_ylabel("time, of SpAtten's")
    axes.set_title("Designs beside SpAtten: above the line SpAtten is quicker")
    names(axes, labels)
    axes.legend(fontsize=7, ncol=8, loc="lower center", bbox_to_anchor=(0.5, 1.08))
    return figure


def ablation(folder: Path) -> Figure:
    rows = read(folder, "ablation.csv")
    figure, axes = pyplot.subplots(figsize=(7.5, 4))
    ours, published = [number(r, "over_titan_xp") for r in rows], []
    product = 1.0
    for row in rows:
        product *= number(row, "published")
        published.append(product)
    at = range(len(rows))
    axes.bar([x - 0.2 for x in at], ours, 0.4, label="simulated")
    axes.plot([x + 0.2 for x in at], published, "D", color="black", label="published")
    for x, value in zip(at, ours):
        axes.text(x - 0.2, value, f"{value:.0f}", ha="center", va="bottom", fontsize=8)
    axes.set_yscale("log")
    axes.set_ylabel("speed-up over TITAN Xp")
    axes.set_xticks(list(at), [r["step"].replace(", ", ",\n").replace("and ", "+ ") for r in rows], fontsize=8)
    axes.set_title("Ablation, GPT-2 small on WikiText-2")
    axes.legend()
    return figure


def line(folder: Path, name: str, title: str, label: str, divide: float = 1) -> Figure:
    rows = read(folder, name)
    figure, axes = pyplot.subplots(figsize=(6.5, 4))
    x = [number(r, "x") / divide for r in rows]
    axes.plot(x, [1e3 * number(r, "seconds") for r in rows], "o-", label="time")
    axes.set_xscale("log", base=2)
    axes.set_xticks(x, [f"{value:g}" for value in x])
    axes.set_xlabel(label)
    axes.set_ylabel("time, ms")
    axes.set_ylim(bottom=0)
    other = axes.twinx()
    other.plot(x, [100 * number(r, "value_top_k_busy") for r in rows], "s--", color="tab:red", label="top-k busy")
    other.set_ylabel("value top-k busy, %")
    other.set_ylim(0, 100)
    other.grid(False)
    axes.set_title(title)
    axes.legend(axes.lines + other.lines, ["time", "top-k busy"], ncol=2, loc="lower right", bbox_to_anchor=(1, 1.07))
    return figure


def layout(folder: Path) -> Figure:
    rows = read(folder, "sweep-layout.csv")
    ratios = sorted({number(r, "ratio") for r in rows})
    figure, all_axes = pyplot.subplots(1, len(ratios), figsize=(11, 3.8))
    for axes, ratio in zip(all_axes, ratios):
        here = [r for r in rows if number(r, "ratio") == ratio]
        for sides in sorted({number(r, "side_by_side") for r in here}):
            mine = [r for r in here if number(r, "side_by_side") == sides]
            axes.plot([number(r, "interleave_bytes") for r in mine], [1e6 * number(r, "seconds") for r in mine], "o-",
                      label=f"{sides:g} side by side, {number(mine[0], 'dram_bytes') / number(mine[0], 'asked_bytes'):.2f} x moved")
        axes.set_xscale("log", base=2)
        axes.set_ylim(0, 1.05 * max(1e6 * number(r, "seconds") for r in here))
        axes.set_title(f"{100 * ratio:.0f} % of the tokens pruned")
        axes.set_xlabel("bytes interleaved")
        axes.legend(fontsize=7, loc="lower left")
    all_axes[0].set_ylabel("time of a step, µs")
    return figure


def energy(folder: Path) -> Figure:
    rows = read(folder, "energy.csv")
    labels = list(dict.fromkeys(r["workload"] for r in rows))
    components = list(dict.fromkeys(r["component"] for r in rows))
    watts = {(r["workload"], r["component"]): number(r, "share_of_seconds_w") for r in rows}
    figure, axes = pyplot.subplots(figsize=(11, 4.6))
    below = [0.0] * len(labels)
    for component in components:
        values = [watts.get((label, component), 0.0) for label in labels]
        axes.bar(range(len(labels)), values, 0.8, bottom=below, label=component)
        below = [a + b for a, b in zip(below, values)]
    axes.axhline(8.30, color="black", linewidth=0.8, linestyle="--")
    axes.text(len(labels) - 0.5, 8.30, "published: 8.30 W", ha="right", va="bottom", fontsize=8)
    axes.set_ylabel("power, W")
    axes.set_title("Power by component")
    names(axes, labels)
    axes.legend(fontsize=7, ncol=8, loc="lower center", bbox_to_anchor=(0.5, 1.08))
    return figure


PICTURES = {
    "breakdown": breakdown,
    "speedup": speedup,
    "ablation": ablation,
    "sweep-top-k": lambda folder: line(folder, "sweep-top-k.csv", "Comparators of each top-k array", "comparators"),
    "sweep-sram": lambda folder: line(folder, "sweep-sram.csv", "SRAM of keys, and as much of values", "KiB", 1024),
    "sweep-layout": layout,
    "energy": energy,
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what --out named")
    options = parser.parse_args(argv)
    try:
        with pyplot.style.context({**STYLE, "figure.constrained_layout.use": True}):
            for name, draw in PICTURES.items():
                figure = draw(options.folder)
                path = options.folder / f"{name}.png"
                save(figure, path)
                print(path)
                pyplot.close(figure)
    except DataError as error:
        print(f"spatten: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
