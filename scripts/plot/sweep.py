#!/usr/bin/python3
"""Draws a sweep's store: what each design does with its arrays by length, how long it takes, its roofline, and which points nothing beats.

Writes utilisation.png, time.png, roofline.png and front.png into a folder, and beside each the points that it shows, as CSV.
"""
from __future__ import annotations

import argparse
import csv
import re
import sqlite3
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from figure import COLOURS, STYLE, save
from points import tokens_text
from results import InputError

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, NullLocator, PercentFormatter

MARKERS = "osD^vPX*<>"
COLUMNS = ("design", "workload", "settings", "fidelity", "batch", "heads", "kv_heads", "seq_q", "seq_kv", "width_qk", "width_v", "causal",
           "cycles", "seconds", "dram_bytes", "peak_bytes_per_s", "peak_macs_per_s", "utilisation_2d", "useful_macs", "energy_pj")
ORDER = "workload, design, settings, fidelity, batch, heads, kv_heads, seq_q, seq_kv"  # rows stand as they were done
Point = dict[str, Any]


def load(folder: Path) -> list[Point]:
    """The points of a store that ran."""
    file = folder / "store.sqlite"
    if not file.is_file():
        raise InputError(f"{folder}: holds no store: there is no store.sqlite in it")
    try:
        with sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True) as store:
            rows = store.execute(f"SELECT {', '.join(COLUMNS)} FROM points WHERE cycles IS NOT NULL ORDER BY {ORDER}").fetchall()
    except sqlite3.Error as error:
        raise InputError(f"{file}: cannot be read: {error}") from error
    if not rows:
        raise InputError(f"{file}: no point of it ran")
    return [dict(zip(COLUMNS, row)) for row in rows]


def varying(points: list[Point]) -> set[str]:
    """Columns that vary in the sweep, but for heads and batches that only follow the workload."""
    workloads = {point["workload"] for point in points}
    return {name for name in COLUMNS if len({(point["workload"], point[name]) for point in points}) > len(workloads)
            or (name == "workload" and len(workloads) > 1)}


def line_of(point: Point, vary: set[str]) -> str:
    """What a point's line is called: all but its length that varies in the sweep, paths by their last part."""
    words = [point["design"]]
    words += [str(point[name]) for name in ("workload", "fidelity") if name in vary]
    if "settings" in vary and point["settings"]:
        words += [re.sub(r"^[^=]*\.(?=[^=.]*=)", "", setting) for setting in point["settings"].split(" ")]
    words += [f"{name} {point[name]}" for name in ("batch", "heads", "kv_heads") if name in vary]
    return ", ".join(words)


def lines(points: list[Point], value: str) -> dict[str, list[tuple[int, float]]]:
    """By name of the line: lengths and values, the longest lines first where there are many."""
    vary = varying(points)
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for point in points:
        if point[value] is not None:
            found[line_of(point, vary)].append((point["seq_kv"], point[value]))
    return {name: sorted(at) for name, at in found.items()}


def by_length(points: list[Point], value: str, most: int, axis: Axes) -> int:
    """A line for each, no more than `most`; how many are not shown."""
    drawn = lines(points, value)
    for number, (name, at) in enumerate(list(drawn.items())[:most]):
        axis.plot(*zip(*at), color=COLOURS[number % len(COLOURS)], marker=MARKERS[number % len(MARKERS)], markersize=5,
                  linewidth=1.4, label=name)
    lengths = sorted({point["seq_kv"] for point in points})
    axis.set_xscale("log", base=2)
    if len(lengths) <= 12:
        axis.set_xticks(lengths)
        axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda tokens, _: tokens_text(round(tokens))))
    axis.set_xlabel("keys")
    axis.grid(True, which="major", color="0.9")
    return max(0, len(drawn) - most)


def fronts(points: list[Point], cost: str) -> dict[str, list[Point]]:
    """Of every task (workload and shape) the points that no other beats in both time and cost, the quickest first."""
    tasks: dict[str, list[Point]] = defaultdict(list)
    widths = len({(point["workload"], point["width_qk"], point["width_v"]) for point in points}) - len({p["workload"] for p in points}) + 1
    for point in points:
        heads = f"{point['heads']}" if point["heads"] == point["kv_heads"] else f"{point['heads']}/{point['kv_heads']}"
        width = "" if widths == 1 else f" × {point['width_qk']}/{point['width_v']}"
        tasks[f"{point['workload']}, {point['batch']} × {heads} heads, {tokens_text(point['seq_q'])} × {tokens_text(point['seq_kv'])}"
              f"{width}{' causal' if point['causal'] else ''}"].append(point)
    best = {}
    for task, those in tasks.items():
        ranked = sorted(those, key=lambda p: (p["seconds"], p[cost]))
        front: list[Point] = []
        for point in ranked:
            if not front or point[cost] < front[-1][cost]:
                front.append(point)
        best[task] = front
    return best


def draw_front(points: list[Point], most: int) -> tuple[Figure, list[Point], int]:
    cost = "energy_pj" if all(point["energy_pj"] is not None for point in points) else "dram_bytes"
    best = fronts(points, cost)
    shown = list(best.items())[:most]
    figure, axis = pyplot.subplots(figsize=(10.5, 6.2), layout="constrained")
    designs = list(dict.fromkeys(point["design"] for point in points))
    axis.plot([p["seconds"] for p in points], [p[cost] for p in points], ".", color="0.8", markersize=4, label="all points")
    for number, (task, front) in enumerate(shown):
        colour = COLOURS[number % len(COLOURS)]
        axis.plot([p["seconds"] for p in front], [p[cost] for p in front], color=colour, linewidth=1, label=task)
        for point in front:
            axis.plot(point["seconds"], point[cost], MARKERS[designs.index(point["design"]) % len(MARKERS)], color=colour, markersize=6)
    for number, design in enumerate(designs):
        axis.plot([], [], MARKERS[number % len(MARKERS)], color="0.3", label=design)
    axis.set(xscale="log", yscale="log", xlabel="time", ylabel="energy" if cost == "energy_pj" else "bytes to and from DRAM")
    axis.xaxis.set_major_formatter(EngFormatter("s"))
    of_energy = FuncFormatter(lambda picojoules, _: EngFormatter("J")(picojoules * 1e-12))
    axis.yaxis.set_major_formatter(of_energy if cost == "energy_pj" else EngFormatter("B"))
    axis.grid(True, which="major", color="0.9")
    legend(axis)
    axis.set_title(f"What no other point beats in time and {'energy' if cost == 'energy_pj' else 'bytes'}")
    return figure, [point for front in best.values() for point in front], len(best) - len(shown)


def roofline_of(point: Point) -> tuple[float, float]:
    """Useful MACs for each byte of DRAM traffic, and a second."""
    rate = point["useful_macs"] * point["peak_macs_per_s"]
    return rate * point["seconds"] / point["dram_bytes"], rate


def draw_roofline(points: list[Point], most: int) -> tuple[Figure, list[Point], int]:
    """A line for each design and setting through its lengths, below the roofs of its array and its DRAM."""
    shown = [point for point in points if point["useful_macs"] and point["peak_macs_per_s"] and point["dram_bytes"]]
    vary = varying(points)
    drawn: dict[str, list[Point]] = defaultdict(list)
    for point in shown:
        drawn[line_of(point, vary)].append(point)
    figure, axis = pyplot.subplots(figsize=(10.5, 5.8), layout="constrained")
    lines_shown = list(drawn.items())[:most]
    roofs = dict.fromkeys((point["peak_macs_per_s"], point["peak_bytes_per_s"]) for _, those in lines_shown for point in those)
    ridges = [macs / bytes_ for macs, bytes_ in roofs]
    at = [roofline_of(point)[0] for _, those in lines_shown for point in those]
    left, right = min(at + ridges) / 3, max(at + ridges) * 3
    for macs, bytes_ in roofs:
        axis.plot([left, macs / bytes_, right], [bytes_ * left, macs, macs], color="0.35", linewidth=1.2, zorder=1)
    for number, (name, those) in enumerate(lines_shown):
        path = [roofline_of(point) for point in sorted(those, key=lambda p: p["seq_kv"])]
        axis.plot(*zip(*path), color=COLOURS[number % len(COLOURS)], marker=MARKERS[number % len(MARKERS)], markersize=5, linewidth=1,
                  label=name)
    axis.set(xscale="log", yscale="log", xlabel="useful MACs for each byte to and from DRAM", ylabel="useful MACs a second")
    axis.yaxis.set_major_formatter(EngFormatter())
    axis.grid(True, which="major", color="0.9")
    axis.set_title("Roofline: what the array and the DRAM allow (grey), and what was reached at each length")
    legend(axis)
    return figure, shown, max(0, len(drawn) - most)


def legend(axis: Axes) -> None:
    handles, _ = axis.get_legend_handles_labels()
    axis.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, fontsize=8 if len(handles) > 14 else 10)


def draw_by_length(points: list[Point], value: str, title: str, most: int) -> tuple[Figure, int]:
    figure, axis = pyplot.subplots(figsize=(10.5, 5.4), layout="constrained")
    left = by_length(points, value, most, axis)
    if value == "seconds":
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter(EngFormatter("s"))
        axis.set_ylabel("time")
    else:
        axis.set_ylim(0, 1.02)
        axis.yaxis.set_major_formatter(PercentFormatter(1))
        axis.set_ylabel("MAC slots used by QKᵀ and AV")
    axis.set_title(title)
    legend(axis)
    return figure, left


def write_points(path: Path, points: list[Point]) -> None:
    beside = path.with_name(f".{path.name}.partial")
    with beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(points)
    beside.replace(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="the folder that 'weft sweep' was given with --store")
    parser.add_argument("out", type=Path, help="folder of the pictures")
    parser.add_argument("--most", type=int, default=16, help="lines of a picture; the first ones are shown (default 16)")
    options = parser.parse_args()
    if options.most < 1:
        parser.error("--most must be 1 or more")
    pyplot.rcParams.update(STYLE)
    try:
        points = load(options.store)
        options.out.mkdir(parents=True, exist_ok=True)
        pictures = []
        if any(point["useful_macs"] is not None for point in points):
            pictures.append(("utilisation", points, *draw_by_length(points, "useful_macs", "Use of the arrays by length", options.most)))
        pictures.append(("time", points, *draw_by_length(points, "seconds", "Time by length", options.most)))
        if any(point["useful_macs"] and point["peak_macs_per_s"] and point["dram_bytes"] for point in points):
            figure, shown, left = draw_roofline(points, options.most)
            pictures.append(("roofline", shown, figure, left))
        figure, front, left = draw_front(points, options.most)
        pictures.append(("front", front, figure, left))
        for name, shown, drawn, hidden in pictures:
            write_points(options.out / f"{name}.csv", shown)
            save(drawn, options.out / f"{name}.png")
            note = f"; {hidden} more lines are in the CSV only (--most)" if hidden else ""
            print(f"{options.out / name}.png{note}")
    except (InputError, OSError) as error:
        print(f"sweep: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
