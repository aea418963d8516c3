#!/usr/bin/python3
"""Draws a Perfetto trace of `weft run --perfetto`: what each unit does in the first few tiles, and wherever an Einsum or a
transfer comes first, one lane a unit.

Bars are coloured by Einsum. Where the simulator advanced over whole periods, the picture leaves the same gap out: it shows
the cycles before and after it, with a hatched band between them that says how many were skipped.
"""
from __future__ import annotations

import argparse
import bisect
import sys
from dataclasses import replace
from pathlib import Path

from figure import COLOURS, STYLE, save
from results import InputError
from trace_events import Slice, Trace, load_trace

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

Window = tuple[float, float]
MOST_IN_LEGEND = 16


def first_tiles(trace: Trace, tiles: int) -> Window:
    """The cycles of the first few tiles: up to the start of tile number `tiles` on the busiest unit that computes."""
    busy: dict[int, float] = {}
    for piece in [s for s in trace.slices if s.category == "einsum"] or trace.slices:
        busy[piece.lane] = busy.get(piece.lane, 0) + piece.duration
    lane = max(busy, key=lambda number: busy[number])
    on_lane = sorted((s for s in trace.slices if s.lane == lane), key=lambda s: s.start)
    starts = [s.start for s in on_lane if s.name == on_lane[0].name]
    begin = min(s.start for s in trace.slices)
    end = max(s.end for s in trace.slices)
    return begin, starts[tiles] if tiles < len(starts) else end


def windows(trace: Trace, tiles: int) -> list[Window]:
    """The stretches of time to draw: the first tiles, half as much on either side of the first gap, and as much again from the
    first piece of work of every name that these do not show."""
    first = first_tiles(trace, tiles)
    half = (first[1] - first[0]) / 2
    wanted = [shown_of(trace, *first)]
    gap = next((g for g in trace.gaps if g.cycles > 0), None)
    if gap is not None:
        wanted = [(first[0], min(first[1], gap.start)), (max(first[0], gap.start - half), gap.start),
                  shown_of(trace, gap.end, gap.end + half)]
    seen: set[str] = set()
    for piece in sorted(trace.slices, key=lambda s: s.start):
        if piece.name in seen:
            continue
        seen.add(piece.name)
        if not any(piece.start < end and piece.end > begin for begin, end in wanted):
            wanted.append(shown_of(trace, piece.start, piece.start + half))
    return merged(trace, wanted, half)


def shown_of(trace: Trace, begin: float, end: float) -> Window:
    """What the trace holds from `begin` on, no further than `end`."""
    return begin, min([end, *(g.start for g in trace.gaps + trace.left_out if g.start > begin)])


def merged(trace: Trace, wanted: list[Window], near: float) -> list[Window]:
    """Windows in order; those that touch, or have less than `near` cycles between them of which the trace holds all, made one."""
    missing = [g.start for g in trace.gaps + trace.left_out if g.cycles > 0]
    parts: list[Window] = []
    for begin, end in sorted(wanted):
        whole = parts and not any(parts[-1][1] <= start < begin for start in missing)
        if parts and (begin <= parts[-1][1] or (whole and begin < parts[-1][1] + near)):
            parts[-1] = parts[-1][0], max(parts[-1][1], end)
        else:
            parts.append((begin, end))
    return parts


class BrokenAxis:
    """Maps cycles to the picture: the windows side by side, a narrow band between two of them."""

    def __init__(self, parts: list[Window]) -> None:
        self.parts = parts
        self.band = 0.06 * sum(end - begin for begin, end in parts)
        self.offsets = [0.0]
        for begin, end in parts[:-1]:
            self.offsets.append(self.offsets[-1] + end - begin + self.band)

    @property
    def width(self) -> float:
        return self.offsets[-1] + self.parts[-1][1] - self.parts[-1][0]

    def ticks(self) -> tuple[list[float], list[float]]:
        """Where ticks stand in the picture, and the cycles they name."""
        places, cycles = [], []
        for (begin, end), offset in zip(self.parts, self.offsets):
            number = max(2, round(10 * (end - begin) / self.width))
            for cycle in MaxNLocator(nbins=number, integer=True).tick_values(begin, end):
                place = offset + cycle - begin
                if begin <= cycle <= end and not (places and place < places[-1] + 0.045 * self.width):  # room for its number
                    places.append(place)
                    cycles.append(cycle)
        return places, cycles


def rows_of(slices: list[Slice]) -> list[tuple[Slice, int]]:
    """Puts slices that overlap in time on rows below one another (a unit that interleaves tiles)."""
    free_from: list[float] = []
    placed = []
    for piece in sorted(slices, key=lambda s: (s.start, s.end)):
        row = next((r for r, end in enumerate(free_from) if end <= piece.start), len(free_from))
        if row == len(free_from):
            free_from.append(0)
        free_from[row] = piece.end
        placed.append((piece, row))
    return placed


def draw_lane(axes: Axes, slices: list[Slice], lane: int, axis: BrokenAxis, colours: dict[str, str]) -> None:
    for (begin, end), offset in zip(axis.parts, axis.offsets):
        placed = rows_of([s for s in slices if s.start < end and s.end > begin])
        height = 0.8 / max((row + 1 for _, row in placed), default=1)
        for piece, row in placed:
            left, right = max(piece.start, begin), min(piece.end, end)
            axes.broken_barh([(offset + left - begin, right - left)], (lane - 0.4 + row * height, height * 0.94),
                             facecolor=colours[piece.name], edgecolor="white", linewidth=0.3 if right - left > 0.004 * axis.width else 0)
            if right - left > 0.0075 * axis.width * len(piece.name) and height > 0.25:
                axes.text(offset + (left + right) / 2 - begin, lane - 0.4 + (row + 0.47) * height, piece.name, ha="center", va="center",
                          fontsize=8, color=ink_on(colours[piece.name]), clip_on=True)


def ink_on(colour: str) -> str:
    """Black or white, whichever can be read on `colour`."""
    red, green, blue = (int(colour[i:i + 2], 16) for i in (1, 3, 5))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "white"


def draw_bands(axes: Axes, trace: Trace, axis: BrokenAxis, lanes: int) -> None:
    """The bands between the windows: cut out of the picture, or skipped by the simulator."""
    for number, (_, end) in enumerate(axis.parts[:-1]):
        gap = next((g for g in trace.gaps if g.start == end and g.cycles > 0), None)
        left = axis.offsets[number + 1] - axis.band
        axes.axvspan(left, left + axis.band, facecolor="0.93", edgecolor="0.6", hatch="///" if gap else None, lw=0, zorder=2)
        text = f"advanced {gap.cycles:,.0f} cycles" if gap else f"{axis.parts[number + 1][0] - end:,.0f} cycles not drawn"
        axes.text(left + axis.band / 2, (lanes - 1) / 2, text, rotation=90, ha="center", va="center", fontsize=10,
                  fontweight="bold" if gap else "normal", zorder=4, bbox={"facecolor": "white", "edgecolor": "none", "pad": 2})


def draw(trace: Trace, out: Path, title: str, tiles: int) -> None:
    trace = replace(trace, slices=[s for s in trace.slices if s.category != "query"] or trace.slices)  # of an assembly its units
    axis = BrokenAxis(windows(trace, tiles))
    shown = [s for s in trace.slices if any(s.start < end and s.end > begin for begin, end in axis.parts)]
    lanes = sorted({s.lane for s in shown})
    names = list(dict.fromkeys(s.name for s in sorted(shown, key=lambda s: (s.lane, s.start))))
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(14, 1.6 + 0.75 * len(lanes)), constrained_layout=True)
        for number, lane in enumerate(lanes):
            draw_lane(axes, [s for s in shown if s.lane == lane], number, axis, colours)
        axes.set(xlim=(0, axis.width), ylim=(len(lanes) - 0.5, -0.5), xlabel="cycle", title=title)
        draw_bands(axes, trace, axis, len(lanes))
        axes.set_yticks(range(len(lanes)), [trace.lane_names.get(lane, f"unit {lane}") for lane in lanes])
        places, cycles = axis.ticks()
        axes.set_xticks(places)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{cycles[min(bisect.bisect_left(places, v), len(cycles) - 1)]:,.0f}"))
        axes.tick_params(axis="y", length=0)
        axes.grid(True, axis="x", color="0.9")
        axes.set_axisbelow(True)
        handles = [Patch(facecolor=colours[n], label=n) for n in names[:MOST_IN_LEGEND]]
        if len(names) > MOST_IN_LEGEND:
            handles.append(Patch(facecolor="none", label=f"and {len(names) - MOST_IN_LEGEND} more"))
        axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), title="Einsum or transfer")
        save(figure, out)
        pyplot.close(figure)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="example: timeline.py build/demo/minilm-fusemax-16x16.perfetto.json --tiles 8")
    parser.add_argument("file", type=Path, help="Chrome JSON trace-event format, 1 µs = 1 cycle")
    parser.add_argument("--out", type=Path, help="the PNG (default: beside FILE)")
    parser.add_argument("--title", help="the title (default: the file's name)")
    parser.add_argument("--tiles", type=int, default=6, help="how many tiles to show (default %(default)s)")
    options = parser.parse_args(argv)
    if options.tiles < 1:
        parser.error("--tiles: at least 1")
    try:
        trace = load_trace(options.file)
        draw(trace, options.out or options.file.with_suffix(".png"), options.title or options.file.name.split(".")[0], options.tiles)
    except InputError as error:
        print(f"timeline: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
