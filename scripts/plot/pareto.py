"""Latency against area by side of the 2D array, a line a workload (figure 12)."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from figure import COLOURS
from points import WORKLOADS, Place, Row, ordered, places
from sheet import BOTTOM, DIAMOND, LEFT, NAMES, RIGHT, TICKS, TOP, drawn_fidelities, finish, marker_handles

from matplotlib import pyplot
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

MARKERS = "osv^PX"
COLOUR_ORDER = (COLOURS[0], COLOURS[1], COLOURS[2], COLOURS[3], COLOURS[5], COLOURS[7])
AROUND = {"markerfacecolor": "none", "markersize": 11}  # a diamond around another marker
NEAR = 0.05  # areas this close share one label
WIDTH, HEIGHT = 11.0, 7.2
SIZE, LESS_EXACT = 8.5, 5.5  # of markers
Spot = tuple[float, float]  # area in mm², latency in s
Places = dict[tuple[str, int], Place]


def spots(rows: list[Row]) -> list[Row]:
    """The rows with area and latency as one value."""
    return [{**r, "spot": None if None in (r["area_um2"], r["latency_s"]) else (r["area_um2"] / 1e6, r["latency_s"])} for r in rows]


def optimal(spot: Spot, others: Iterable[Spot]) -> bool:
    """No other is as small and as fast, and better in one of them."""
    return not any(o[0] <= spot[0] and o[1] <= spot[1] and o != spot for o in others)


def draw(rows: list[Row], title: str) -> Figure:
    at: Places = places(spots(rows), ("workload", "array_side"), "spot")  # type: ignore[assignment]
    workloads = ordered((w for w, _ in at), WORKLOADS)
    figure, axis = pyplot.subplots(figsize=(WIDTH, HEIGHT))
    figure.subplots_adjust(left=(LEFT + 0.3) / WIDTH, right=1 - (RIGHT + 0.25) / WIDTH,
                           top=1 - (TOP - 0.25) / HEIGHT, bottom=BOTTOM / HEIGHT)
    axis.set(xscale="log", yscale="log", xlabel="area (mm²)", ylabel="latency (s)")
    axis.grid(True, which="major", color="0.9")
    axis.margins(x=0.12, y=0.09)
    handles: list[Artist] = []
    exact = drawn_fidelities(at.values()) or [""]
    for number, workload in enumerate(workloads):
        colour, marker = COLOUR_ORDER[number % len(COLOUR_ORDER)], MARKERS[number % len(MARKERS)]
        draw_line(axis, {side: place for (w, side), place in sorted(at.items()) if w == workload}, colour, marker, exact[0])
        handles.append(Line2D([], [], color=colour, marker=marker, markersize=SIZE, label=workload))
    label_sides(axis, at)
    for direction in (axis.xaxis, axis.yaxis):
        direction.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    grey: dict[str, Any] = {"color": "0.4", "marker": "o", "linestyle": ""}
    fidelities: list[Artist] = [Line2D([], [], markersize=SIZE, label="filled: Pareto-optimal", **grey),
                                Line2D([], [], markersize=SIZE, markerfacecolor="white", label="hollow: dominated", **grey)]
    fidelities += [Line2D([], [], markersize=LESS_EXACT, label=f"small: by {NAMES[f]}", **grey) for f in exact[1:]]
    finish(figure, title, list(at.values()), handles, fidelities + marker_handles(list(at.values()), **AROUND))
    return figure


def draw_line(axis: Axes, of_sides: dict[int, Place], colour: str, marker: str, best: str) -> None:
    drawn = [place for place in of_sides.values() if place.drawn]
    if drawn:
        axis.plot(*zip(*(place.drawn for place in drawn)), color=colour, linewidth=1.6, zorder=2)
    for place in drawn:
        axis.plot(*place.drawn, marker, color=colour, markersize=SIZE if place.fidelity == best else LESS_EXACT, zorder=3,
                  markerfacecolor=colour if optimal(place.drawn, (p.drawn for p in drawn)) else "white")
    for place in of_sides.values():
        for fidelity, spot in place.others.items():
            axis.plot(*spot, color="black", linestyle="", zorder=4, **TICKS[fidelity])
        if place.published:
            axis.plot(*place.published, zorder=5, **DIAMOND | AROUND)


def label_sides(axis: Axes, at: Places) -> None:
    """Each side once above its slowest workload, again where the area is another."""
    for side in sorted({side for _, side in at}):
        here = sorted(((p.drawn or p.published for (_, s), p in at.items() if s == side)), key=lambda spot: -spot[1])
        labelled: list[float] = []
        for area, latency in here:
            if not any(abs(area / other - 1) < NEAR for other in labelled):
                labelled.append(area)
                axis.annotate(f"{side}×{side}", (area, latency), (8, 6), textcoords="offset points", fontsize=10)
