#!/usr/bin/python3
"""Draws the roofline of a comparison: MACs a byte of DRAM traffic against MACs a second, beside what the machine allows.

Useful MACs are those of QKᵀ and AV alone. The flat roof is MAC slots × clock, the slope is the peak DRAM bandwidth.
"""
from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from pathlib import Path

from figure import COLOURS, STYLE, save
from results import InputError, Result, load_results, mac_slots, shape_text, useful_macs, with_unit

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

MARKERS = "osD^vPX"


@dataclass(frozen=True)
class Roof:
    macs_per_s: float
    bytes_per_s: float

    def at(self, intensity: float) -> float:
        return min(self.macs_per_s, self.bytes_per_s * intensity)

    @property
    def ridge(self) -> float:
        return self.macs_per_s / self.bytes_per_s


@dataclass(frozen=True)
class Point:
    design: str
    intensity: float      # MACs a byte
    macs_per_s: float
    roof: Roof


def point_of(result: Result) -> Point:
    macs = useful_macs(result)
    if result["dram"]["bytes"] <= 0 or result["seconds"] <= 0:
        raise InputError(f"design {result['design']}: no DRAM bytes or no time")
    roof = Roof(mac_slots(result) * result["clock_hz"], float(result["dram"]["peak_bytes_per_s"]))
    return Point(result["design"], macs / result["dram"]["bytes"], macs / result["seconds"], roof)


def draw_roofs(axes: Axes, roofs: list[Roof], left: float, right: float) -> None:
    for number, roof in enumerate(roofs):
        axes.plot([left, roof.ridge, right], [roof.at(left), roof.macs_per_s, roof.macs_per_s], color="black", lw=1.8,
                  ls=["-", "--", ":"][number % 3])
        axes.annotate(f"all MAC slots: {with_unit(roof.macs_per_s, 'MAC/s')}", (right, roof.macs_per_s), (-4, 5),
                      textcoords="offset points", ha="right", va="bottom")
        axes.annotate(f"DRAM {with_unit(roof.bytes_per_s, 'B/s')}", (left, roof.at(left)), (10, 13), textcoords="offset points",
                      ha="left", va="bottom", rotation=slope_angle(axes), rotation_mode="anchor")
        axes.plot([roof.ridge] * 2, [axes.get_ylim()[0], roof.macs_per_s], color="0.75", lw=1, ls=":", zorder=0)


def slope_angle(axes: Axes) -> float:
    """How steep a slope of one looks on these doubly logarithmic axes, in degrees."""
    (x0, y0), (x1, y1) = axes.transData.transform([(1, 1), (10, 10)])
    return math.degrees(math.atan2(y1 - y0, x1 - x0))


def draw(results: list[Result], out: Path, title: str) -> None:
    points = [point_of(r) for r in results]
    roofs = list(dict.fromkeys(p.roof for p in points))
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(9, 5.6), constrained_layout=True)
        left = min(min(p.intensity for p in points), min(r.ridge for r in roofs)) / 4
        right = max(max(p.intensity for p in points), max(r.ridge for r in roofs)) * 6
        axes.set(xscale="log", yscale="log", xlim=(left, right),
                 ylim=(min(min(p.macs_per_s for p in points), min(r.at(left) for r in roofs)) / 3, max(r.macs_per_s for r in roofs) * 2.2))
        figure.canvas.draw()
        draw_roofs(axes, roofs, left, right)
        for number, point in enumerate(points):
            share = point.macs_per_s / point.roof.at(point.intensity)
            axes.plot(point.intensity, point.macs_per_s, MARKERS[number % len(MARKERS)], color=COLOURS[number % len(COLOURS)], ms=10,
                      mec="white", mew=0.8, ls="", zorder=3,
                      label=f"{point.design}: {with_unit(point.macs_per_s, 'MAC/s')}, {100 * share:.0f} % of the roof above it")
            axes.plot([point.intensity] * 2, [point.macs_per_s, point.roof.at(point.intensity)], color=COLOURS[number % len(COLOURS)],
                      lw=1, ls=":", zorder=1)
            axes.annotate(point.design, (point.intensity, point.macs_per_s), (9, -9), textcoords="offset points", ha="left", va="top",
                          color=COLOURS[number % len(COLOURS)], fontweight="bold")
        axes.set_xlabel("operational intensity (useful MACs per byte of DRAM traffic)")
        axes.set_ylabel("useful MACs per second")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: with_unit(v, "", digits=0).strip()))
        axes.set_title(title)
        axes.grid(True, which="major", color="0.92")
        axes.legend(loc="lower right")
        save(figure, out)
        pyplot.close(figure)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="example: roofline.py build/demo/bert-16k.json --out build/demo/bert-16k-roofline.png")
    parser.add_argument("file", type=Path, help="weft-comparison/1 or weft-result/1")
    parser.add_argument("--out", type=Path, help="the PNG (default: beside FILE)")
    parser.add_argument("--title", help="the title (default: the workload)")
    options = parser.parse_args(argv)
    try:
        results = [r for r in load_results(options.file) if r["status"] == "ok"]
        if not results:
            raise InputError(f"{options.file}: no design with status ok")
        draw(results, options.out or options.file.with_suffix(".roofline.png"), options.title or shape_text(results[0]))
    except InputError as error:
        print(f"roofline: {error}", file=sys.stderr)
        return 2
    except KeyError as error:
        print(f"roofline: {options.file}: no field {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
