"""Bars by design at each length, a panel a workload: utilisation, speedup and energy (figures 6 and 8 to 11)."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from points import DESIGNS, WORKLOADS, Check, Place, Row, RowError, ordered, places, tokens_text
from sheet import (BOTTOM, DESIGN_COLOURS, LEFT, RIGHT, TOP, drawn_fidelities, finish, hatch_handles, hatch_of, length_label,
                   marker_handles, panels, put_markers)

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

KEY = ("design", "workload", "seq")
GROUP = 0.84            # of the room of a length, for its bars
INCHES_A_LENGTH = 0.62
Places = dict[tuple[str, str, int], Place]


@dataclass(frozen=True)
class Measure:
    """One row of panels."""
    column: str
    label: str
    top: float | None = None  # of the axis; else above the greatest value


def baseline_is_one(column: str, baseline: str = DESIGNS[0]) -> Check:
    """A ratio to the baseline is 1 at the baseline, which is drawn as a line."""
    def check(rows: list[Row]) -> None:
        for row in rows:
            if row["design"] == baseline and row[column] is not None and abs(row[column] - 1) > 1e-3:
                raise RowError(row["line"], f"{column}: {row[column]:g} is not 1, as it must be at {baseline}, the design compared with")
    return check


def draw(rows: list[Row], title: str, measures: Sequence[Measure], baseline: str | None = None) -> Figure:
    workloads = ordered((r["workload"] for r in rows), WORKLOADS)
    lengths = [sorted({r["seq"] for r in rows if r["workload"] == w}) for w in workloads]
    designs = [d for d in ordered((r["design"] for r in rows), DESIGNS) if d != baseline]
    width = min(max(9.5, LEFT + RIGHT + INCHES_A_LENGTH * sum(map(len, lengths))), 24)
    figure, axes = panels(len(measures), len(workloads), width, TOP + BOTTOM + 3.1 * len(measures) + 0.4, [len(some) for some in lengths])
    everything: list[Place] = []
    for number, (measure, row) in enumerate(zip(measures, axes)):
        at: Places = places((r for r in rows if r["design"] != baseline), KEY, measure.column)  # type: ignore[assignment]
        everything += at.values()
        top = measure.top or 1.2 * max([1.0, *map(highest, at.values())])
        for axis, workload, seqs in zip(row, workloads, lengths):
            axis.set_ylim(0, top)
            draw_panel(axis, designs, workload, seqs, at, labelled=baseline is not None)
            axis.set_xticks(range(len(seqs)), map(tokens_text, seqs) if number == len(measures) - 1 else [""] * len(seqs))
            axis.set_xlim(-0.5, len(seqs) - 0.5)
            if number == 0:
                axis.set_title(workload, loc="center")
            if baseline:
                axis.axhline(1, color="black", linewidth=1.2, linestyle=(0, (4, 2)), zorder=2.5)
        row[0].set_ylabel(measure.label)
    length_label(figure)
    handles: list[Artist] = [Patch(color=DESIGN_COLOURS[d], label=d) for d in designs]
    if baseline:
        handles.append(Line2D([], [], color="black", linewidth=1.2, linestyle=(0, (4, 2)), label=f"{baseline} = 1"))
    finish(figure, title, everything, handles, hatch_handles(everything) + marker_handles(everything))
    return figure


def highest(place: Place) -> float:
    return float(max([*place.computed.values(), place.published or 0]))


def label_height(bar: float, top: float) -> float:
    """Where the label of a bar begins: above the bar, or above the line at 1 if it would cross it."""
    return 1 if bar < 1 < bar + 0.17 * top else bar


def draw_panel(axis: Axes, designs: Sequence[str], workload: str, seqs: Sequence[int], at: Places, labelled: bool) -> None:
    best = next(iter(drawn_fidelities(at.values())), "")
    width = GROUP / max(len(designs), 1)
    for number, design in enumerate(designs):
        for place_number, seq in enumerate(seqs):
            place = at.get((design, workload, seq))
            if place is None:
                continue
            across = place_number + (number - (len(designs) - 1) / 2) * width
            if place.drawn is not None:
                axis.bar(across, place.drawn, 0.94 * width, color=DESIGN_COLOURS[design], hatch=hatch_of(place, best), edgecolor="white",
                         linewidth=0)
            put_markers(axis, ((across, value, fidelity) for fidelity, value in place.others.items()))
            if place.published is not None:
                put_markers(axis, [(across, place.published, None)])
            if labelled and design == DESIGNS[-1] and place.drawn is not None:
                base = label_height(highest(place), axis.get_ylim()[1])
                axis.annotate(f"{place.drawn:.3g}", (across, base), (0, 7), textcoords="offset points", rotation=90, ha="center",
                              va="bottom", fontsize=8.5, color=DESIGN_COLOURS[design], zorder=5,
                              path_effects=[withStroke(linewidth=2.5, foreground="white")])
