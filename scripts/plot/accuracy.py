#!/usr/bin/python3
"""Draws weft-accuracy/1: what schedules keep of a model's output against how many fewer bytes they fetch; the points as CSV.

  weft accuracy --model minilm --texts texts.txt --schedules configs/schedule/encoder/ --json accuracy.json
  scripts/plot/accuracy.py accuracy.json --out accuracy.png
  scripts/plot/accuracy.py accuracy.json --rounds rows-50      (a table of quick-select's rounds by layer, as Markdown)
"""
from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figure import COLOURS, STYLE, save
from matplotlib import pyplot
from matplotlib.axes import Axes
from results import InputError

Document = dict[str, Any]
PRUNED = {"spared_by_tokens": ("tokens pruned", "s"), "spared_by_heads": ("heads pruned", "^"),
          "spared_by_values": ("values left out", "D"), "lower_planes": ("lower planes on demand", "v")}
PLAIN = "quantised alone"
LOOKS = {PLAIN: ("o", COLOURS[0]), **{label: (marker, COLOURS[n]) for n, (label, marker) in enumerate(PRUNED.values(), start=1)}}
PANELS = {"embeddings": ("Embeddings", "median cosine to dense attention's"),
          "single-queries": ("Single queries on a growing cache", "mean cosine of outputs to exact ones")}


@dataclass(frozen=True)
class Spot:
    panel: str
    schedule: str
    reduction: float
    cosine: float
    kind: str


def kind_of(bytes_: dict[str, int]) -> str:
    """What a schedule does beside quantising."""
    return next((label for key, (label, _) in PRUNED.items() if bytes_[key] > 0), PLAIN)


def load(path: Path) -> Document:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != "weft-accuracy/1":
        raise InputError(f"{path}: schema is not 'weft-accuracy/1'")
    return document


def spots_of(document: Document) -> list[Spot]:
    spots = [Spot("embeddings", s["schedule"], s["reduction_median"], s["cosine_median"], kind_of(s["bytes"]))
             for s in document["schedules"] if s["texts"]]
    singles = [(s["schedule"], s["single_queries"]) for s in document["schedules"] if s["single_queries"]]
    return spots + [Spot("single-queries", name, s["reduction_median"], s["cosine_mean"], kind_of(s["bytes"])) for name, s in singles]


def read_csv(path: Path) -> list[Spot]:
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        return [Spot(r["panel"], r["schedule"], float(r["reduction"]), float(r["cosine"]), r["kind"]) for r in rows]
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: not points of this script: {error}") from error


def csv_text(spots: list[Spot]) -> str:
    lines = ["panel,schedule,reduction,cosine,kind"]
    return "\n".join(lines + [f"{s.panel},{s.schedule},{s.reduction:.4f},{s.cosine:.5f},{s.kind}" for s in spots]) + "\n"


def frontier(spots: list[Spot]) -> list[Spot]:
    """Those that no other beats in one figure without losing in the other, by reduction."""
    best: list[Spot] = []
    for spot in sorted(spots, key=lambda s: (-s.reduction, -s.cosine)):
        if not best or spot.cosine > best[-1].cosine:
            best.append(spot)
    return best[::-1]


def label(axis: Axes, spots: list[Spot]) -> None:
    """Names beside their points, each where it hides no other name and no point, as far as there is such a place."""
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in (axis.transData.transform((s.reduction, s.cosine)) for s in spots)]
    for spot in sorted(spots, key=lambda s: -s.reduction):
        x, y = axis.transData.transform((spot.reduction, spot.cosine))
        width, height = 6.3 * len(spot.schedule), 12.0
        places = [(x + sign * 10 - (width if sign < 0 else 0), y + rise) for rise in (4, -17, 16, -29, -6) for sign in (1, -1)]

        def hidden(place: tuple[float, float]) -> int:
            left, low = place
            return sum(left < b[2] and b[0] < left + width and low < b[3] and b[1] < low + height for b in taken)
        left, low = min(places, key=hidden)
        taken.append((left, low, left + width, low + height))
        axis.annotate(spot.schedule, axis.transData.inverted().transform((left, low + 2)), fontsize=7, color="#444444")


def panel(axis: Axes, spots: list[Spot], title: str, what: str) -> None:
    edge = frontier(spots)
    axis.plot([s.reduction for s in edge], [s.cosine for s in edge], color="#BBBBBB", linewidth=1.2, zorder=1)
    for kind, (marker, colour) in LOOKS.items():
        of_kind = [s for s in spots if s.kind == kind]
        if of_kind:
            axis.plot([s.reduction for s in of_kind], [s.cosine for s in of_kind], marker, color=colour, markersize=7,
                      markeredgecolor="white", zorder=2, label=kind)
    axis.set_title(title)
    axis.set_xlabel("times fewer bytes of Q, K and V than 12 bits, scales counted")
    axis.set_ylabel(what)
    low, high = min(s.reduction for s in spots), max(s.reduction for s in spots)
    axis.set_xlim(low - 0.25 * (high - low + 0.1), high + 0.25 * (high - low + 0.1))
    axis.margins(y=0.08)
    axis.grid(color="#EEEEEE")
    axis.set_axisbelow(True)
    axis.legend(fontsize=8, loc="lower left")


def draw(spots: list[Spot], path: Path) -> None:
    panels = [name for name in PANELS if any(s.panel == name for s in spots)]
    if not panels:
        raise InputError("no schedule in it")
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(1, len(panels), figsize=(8.5 * len(panels), 6), squeeze=False)
        for axis, name in zip(axes[0], panels):
            panel(axis, [s for s in spots if s.panel == name], *PANELS[name])
        figure.tight_layout()
        figure.canvas.draw()
        for axis, name in zip(axes[0], panels):
            label(axis, [s for s in spots if s.panel == name])
        save(figure, path)
        pyplot.close(figure)


def rounds(document: Document, name: str) -> str:
    found = [s for s in document["schedules"] if s["schedule"] == name]
    if not found:
        raise InputError(f"no schedule '{name}'; there are: {', '.join(s['schedule'] for s in document['schedules'])}")

    def mean(counts: dict[str, int]) -> str:
        return f"{counts['rounds'] / counts['selections']:.2f}" if counts["selections"] else "–"
    lines = ["| layer | rounds, values | whose k-th is zero | rounds, tokens |", "|---|---|---|---|"]
    for layer in found[0]["layers"]:
        values = layer["value_selections"]
        zero = f"{100 * values['zero_thresholds'] / values['selections']:.0f} %" if values["selections"] else "–"
        lines.append(f"| {layer['layer']} | {mean(values)} | {zero} | {mean(layer['token_selections'])} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("accuracy", type=Path, help="what weft accuracy --json wrote, or the points that this script left as .csv")
    parser.add_argument("--out", type=Path, help="the picture, .png or .pdf (default: beside the data)")
    parser.add_argument("--only", choices=list(PANELS), help="this panel alone")
    parser.add_argument("--rounds", metavar="SCHEDULE", help="print this schedule's rounds by layer in place of drawing")
    args = parser.parse_args(argv)
    try:
        if args.rounds:
            print(rounds(load(args.accuracy), args.rounds))
            return 0
        spots = read_csv(args.accuracy) if args.accuracy.suffix == ".csv" else spots_of(load(args.accuracy))
        spots = [s for s in spots if args.only in (None, s.panel)]
        out = args.out or args.accuracy.with_suffix(".png")
        draw(spots, out)
        if args.accuracy.suffix != ".csv":
            out.with_suffix(".csv").write_text(csv_text(spots), encoding="utf-8")
    except (InputError, KeyError, OSError) as error:
        print(f"accuracy: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
