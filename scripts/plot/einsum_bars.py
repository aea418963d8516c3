"""The cycles of the 2D array by Einsum, stacked, a panel for each workload and design (figure 7)."""
from __future__ import annotations

from collections.abc import Sequence

from figure import COLOURS
from points import DESIGNS, WORKLOADS, Place, Row, RowError, ordered, places, tokens_text
from sheet import BOTTOM, TOP, drawn_fidelities, finish, hatch_handles, hatch_of, length_label, marker_handles, panels, put_markers

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

EINSUMS = ("QK", "LM", "SLN", "SLD", "SLNV", "AV")  # as they are stacked
EINSUM_COLOURS = (COLOURS[0], COLOURS[6], COLOURS[1], COLOURS[3], COLOURS[2], COLOURS[4], COLOURS[5], *COLOURS[8:])
IDLE = "0.93"
APART = 0.09  # edges nearer to each other share a marker
KEY = ("design", "workload", "seq")
Places = dict[tuple[str, str, int], Place]


def stacks(rows: list[Row]) -> list[Row]:
    """A row a bar: the shares of all Einsums of one design, workload, length and fidelity."""
    found: dict[tuple[str, ...], Row] = {}
    for row in rows:
        if row["share_2d"] is not None:
            stack = found.setdefault(tuple(row[k] for k in (*KEY, "fidelity")), {**row, "shares": {}})
            stack["shares"][row["einsum"]] = row["share_2d"]
            stack["line"] = row["line"]
    return list(found.values())


def shares_fit(rows: list[Row]) -> None:
    for stack in stacks(rows):
        total = sum(stack["shares"].values())
        if total > 1 + 1e-6:
            raise RowError(stack["line"], f"share_2d: with this line the shares of {stack['design']}, {stack['workload']}, {stack['seq']}, "
                                          f"{stack['fidelity']} are {total:.6g} of the cycles, above 1")


def draw(rows: list[Row], title: str) -> Figure:
    workloads = ordered((r["workload"] for r in rows), WORKLOADS)
    designs = ordered((r["design"] for r in rows), DESIGNS)
    einsums = ordered((r["einsum"] for r in rows), EINSUMS)
    colours = {e: EINSUM_COLOURS[n % len(EINSUM_COLOURS)] for n, e in enumerate(ordered((*EINSUMS, *einsums), EINSUMS))}
    seqs = sorted({r["seq"] for r in rows})
    at: Places = places(stacks(rows), KEY, "shares")  # type: ignore[assignment]
    best = next(iter(drawn_fidelities(at.values())), "")
    figure, axes = panels(len(workloads), len(designs), max(9.5, 1.2 + len(designs) * max(1.95, 0.5 * len(seqs))),
                          TOP + BOTTOM + 2.1 * len(workloads))
    for row, workload in zip(axes, workloads):
        for axis, design in zip(row, designs):
            draw_panel(axis, [at.get((design, workload, seq)) for seq in seqs], einsums, colours, best)
            axis.set_xticks(range(len(seqs)), map(tokens_text, seqs) if workload == workloads[-1] else [""] * len(seqs))
            axis.set_xlim(-0.6, len(seqs) - 0.4)
            if workload == workloads[0]:
                axis.set_title(design, loc="center", fontsize=12)
        row[0].set_ylim(0, 1.2)
        row[0].set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
        row[0].set_ylabel(f"{workload}\nshare of cycles")
    length_label(figure)
    handles: list[Artist] = [Patch(color=colours[e], label=e) for e in einsums] + [Patch(color=IDLE, label="idle")]
    bars = list(at.values())
    finish(figure, title, bars, handles, hatch_handles(bars) + marker_handles(bars, "published: upper edge of an Einsum"))
    return figure


def tops(shares: dict[str, float], einsums: Sequence[str]) -> list[float]:
    """The upper edge of all Einsums together, and those of single ones that are far enough from it and from each other."""
    total, edge, edges = sum(shares.values()), 0.0, [0.0]
    for einsum in einsums:
        edge += shares.get(einsum, 0)
        if edge - edges[-1] >= APART / 2 and (len(edges) == 1 or edge - edges[-1] >= APART) and total - edge >= APART:
            edges.append(edge)
    return [*edges[1:], total]


def draw_panel(axis: Axes, bars: Sequence[Place | None], einsums: Sequence[str], colours: dict[str, str], best: str) -> None:
    axis.grid(False)
    for across, place in enumerate(bars):
        if place is None:
            continue
        highest = 0.0
        if place.drawn is not None:
            axis.bar(across, 1, 0.78, color=IDLE, linewidth=0)
            for einsum in einsums:
                share = place.drawn.get(einsum, 0)
                axis.bar(across, share, 0.78, bottom=highest, color=colours[einsum], hatch=hatch_of(place, best), edgecolor="white",
                         linewidth=0)
                highest += share
            total = highest
        totals = {fidelity: sum(shares.values()) for fidelity, shares in place.others.items()}
        put_markers(axis, ((across, value, fidelity) for fidelity, value in totals.items()))
        highest = max([highest, *totals.values()])
        if place.published is not None:
            edges = tops(place.published, einsums)
            put_markers(axis, ((across, edge, None) for edge in edges))
            highest = max(highest, edges[-1])
        if place.drawn is not None:
            axis.annotate(f"{100 * total:.0f} %", (across, highest), (0, 4), textcoords="offset points", ha="center", va="bottom",
                          fontsize=8.5)
    if not any(bars):
        axis.text(0.5, 0.5, "no data", ha="center", va="center", color="0.5", transform=axis.transAxes)
