#!/usr/bin/python3
"""Reading time by size of file, up to each reader's default budget: a CSV from weft_bench's figures, and its picture."""
from __future__ import annotations

import argparse
import csv
import io
import math
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from figure import COLOURS, STYLE, save

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "units" / "readers"
Points = dict[str, list[tuple[int, float]]]  # by reader: bytes and seconds


def measure(bench: Path) -> Points:
    """Runs the benchmarks named read/READER."""
    got = subprocess.run([str(bench), "--benchmark_filter=^read/", "--benchmark_format=csv"], stdout=subprocess.PIPE, text=True, check=True)
    rows = csv.DictReader(io.StringIO(got.stdout[got.stdout.index("name,"):]))
    points: Points = {}
    for row in rows:
        reader = row["name"].split("/")[1]
        points.setdefault(reader, []).append((round(float(row["bytes"])), float(row["cpu_time"]) * 1e-3))
    return {reader: sorted(some) for reader, some in points.items()}


def read(path: Path) -> Points:
    points: Points = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            points.setdefault(row["reader"], []).append((int(row["bytes"]), float(row["seconds"])))
    return points


def write(path: Path, points: Points) -> None:
    lines = [f"{reader},{size},{seconds:.3g}\n" for reader, some in points.items() for size, seconds in some]
    text = "reader,bytes,seconds\n" + "".join(lines)
    beside = path.with_name(f".{path.name}.partial")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def exponent(points: Sequence[tuple[int, float]]) -> float:
    """The power of size that time goes with, by least squares on the logarithms: 1 is linear."""
    x = [math.log(size) for size, _ in points]
    y = [math.log(seconds) for _, seconds in points]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)


def draw(points: Points) -> Figure:
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(9, 6), layout="constrained")
        for (reader, some), colour in zip(points.items(), COLOURS):
            axis.plot([size for size, _ in some], [seconds for _, seconds in some], marker="o", color=colour,
                      label=f"{reader}: bytes^{exponent(some):.2f}")
        sizes = [size for some in points.values() for size, _ in some]
        times = [seconds for some in points.values() for _, seconds in some]
        low, high, top = min(sizes), max(sizes), max(times) * 2
        for rate in (1e6, 1e7, 1e8, 1e9):
            axis.plot([low, high], [low / rate, high / rate], color="#cccccc", linewidth=0.8, zorder=0)
            leaves = top * rate < high  # by the upper edge
            axis.annotate(f"{rate / 1e6:g} MB/s", (top * rate, top) if leaves else (high, high / rate), color="#888888", fontsize=8,
                          xytext=(2, -4) if leaves else (3, 0), textcoords="offset points", ha="left",
                          va="top" if leaves else "center")
        axis.set(xscale="log", yscale="log", xlabel="size of the file, bytes", ylabel="time to read it, s",
                 title="Reading takes time in proportion to size, up to each default budget")
        axis.set_ylim(min(times) / 2, top)
        axis.legend(loc="upper left")
        return figure


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, help="run this weft_bench first; else the CSV that is there is drawn")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where times.csv and times.png stand")
    arguments = parser.parse_args(argv)
    table = arguments.folder / "times.csv"
    if arguments.bench:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        write(table, measure(arguments.bench))
    points = read(table)
    save(draw(points), arguments.folder / "times.png")
    for reader, some in points.items():
        print(f"{reader}: {some[-1][0] / 1e6:.3g} MB in {some[-1][1]:.3g} s, bytes^{exponent(some):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
