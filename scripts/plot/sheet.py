"""What the pictures of the reproduction share: panels, title, legend, and how each fidelity looks."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from figure import COLOURS
from points import COMPUTED, Place

from matplotlib import pyplot
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

NAMES = {"systemc": "SystemC", "analytic": "analytic model", "rules": "rules of the artifact"}
DESIGN_COLOURS = {"unfused": COLOURS[7], "flat": COLOURS[1], "fusemax-cascade": COLOURS[2], "fusemax-architecture": COLOURS[4],
                  "fusemax": COLOURS[0]}
DIAMOND: dict[str, Any] = {"marker": "D", "linestyle": "", "markersize": 4.2, "markerfacecolor": "white", "markeredgecolor": "black",
                           "markeredgewidth": 0.9}
TICKS: dict[str, dict[str, Any]] = {"analytic": {"marker": "_", "markersize": 6, "markeredgewidth": 1.4},
                                    "rules": {"marker": "x", "markersize": 3.6}}
HATCHES = {"analytic": "////", "rules": "...."}
LEFT, RIGHT, TOP, BOTTOM = 0.9, 0.2, 1.15, 1.3  # margins, in inches


def panels(rows: int, columns: int, width: float, height: float, ratios: Sequence[float] | None = None) -> tuple[Figure, list[list[Axes]]]:
    """Axes in rows that share a y axis, on a sheet of `width` × `height` inches, with room for title and legend."""
    figure, axes = pyplot.subplots(rows, columns, figsize=(width, height), squeeze=False, sharey="row", width_ratios=ratios)
    figure.subplots_adjust(left=LEFT / width, right=1 - RIGHT / width, top=1 - TOP / height, bottom=BOTTOM / height, wspace=0.05,
                           hspace=0.2)
    for axis in axes.flat:
        axis.grid(True, axis="y", color="0.9", linewidth=0.8)
        axis.set_axisbelow(True)
        axis.tick_params(axis="x", length=0)
    for row in axes:
        for axis in row[1:]:
            axis.spines["left"].set_visible(False)
            axis.tick_params(axis="y", length=0, labelleft=False)
    return figure, [list(row) for row in axes]


def drawn_fidelities(places: Iterable[Place]) -> list[str]:
    present = {p.fidelity for p in places}
    return [f for f in COMPUTED if f in present]


def other_fidelities(places: Iterable[Place]) -> list[str]:
    present = {f for p in places for f in p.others}
    return [f for f in COMPUTED if f in present]


def fidelity_text(places: Iterable[Place]) -> str:
    """By which fidelity a picture is drawn."""
    drawn = [NAMES[f] for f in drawn_fidelities(places)]
    if not drawn:
        return "published values alone"
    return f"fidelity: {drawn[0]}" + "".join(f"; where it has no point: {name}" for name in drawn[1:])


def hatch_of(place: Place, best: str) -> str | None:
    """Nothing at the file's most exact fidelity; a place without it says so."""
    return None if place.fidelity in (best, None) else HATCHES[str(place.fidelity)]


def put_markers(axis: Axes, marks: Iterable[tuple[float, float, str | None]]) -> None:
    """Diamonds where the fidelity is None, the publication; else the ticks of that fidelity."""
    for across, up, fidelity in marks:
        if fidelity is None:
            axis.plot(across, up, zorder=4, **DIAMOND)
        else:
            axis.plot(across, up, zorder=3, color="black", linestyle="", **TICKS[fidelity])


def hatch_handles(places: Iterable[Place]) -> list[Artist]:
    return [Patch(facecolor="0.55", edgecolor="white", linewidth=0, hatch=HATCHES[f], label=f"bar by {NAMES[f]}")
            for f in drawn_fidelities(places)[1:]]


def marker_handles(places: Sequence[Place], published: str = "published", **diamond: Any) -> list[Artist]:
    """The legend of ticks and diamonds."""
    handles: list[Artist] = [Line2D([], [], color="black", linestyle="", label=NAMES[f], **TICKS[f]) for f in other_fidelities(places)]
    if any(p.published is not None for p in places):
        handles.append(Line2D([], [], label=published, **DIAMOND | diamond))
    return handles


def length_label(figure: Figure) -> None:
    figure.supxlabel("length (tokens; K = 1024)", y=(BOTTOM - 0.58) / figure.get_figheight(), fontsize=11)


def finish(figure: Figure, title: str, places: Sequence[Place], subjects: Sequence[Artist], fidelities: Sequence[Artist]) -> None:
    """Title and fidelity above, a line of legend for the subjects and one for the fidelities below, outside the panels."""
    width, height = figure.get_size_inches()
    figure.text(LEFT / width, 1 - 0.18 / height, title, ha="left", va="top", fontsize=14, fontweight="bold")
    figure.text(LEFT / width, 1 - 0.45 / height, fidelity_text(places), ha="left", va="top", fontsize=11, color="0.3")
    for handles, up in ((subjects, 0.34), (fidelities, 0.08)):
        if handles:
            figure.legend(handles=list(handles), loc="lower center", ncols=len(handles), fontsize=10, bbox_to_anchor=(0.5, up / height),
                          columnspacing=1.6, handlelength=1.6, borderaxespad=0, borderpad=0)
