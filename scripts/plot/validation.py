#!/usr/bin/python3
"""Draws weft-validation/1: how far each fidelity is from the next more exact one, point by point.

  weft validate --json validation.json
  scripts/plot/validation.py validation.json --out validation.png
"""
from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from figure import COLOURS, STYLE, save
from matplotlib import pyplot
from results import InputError

MARKERS = "osD^v"
Point = dict[str, Any]


def load(path: Path) -> list[Point]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != "weft-validation/1":
        raise InputError(f"{path}: schema is not 'weft-validation/1'")
    if not document["points"]:
        raise InputError(f"{path}: no points")
    return list(document["points"])


def shape_text(shape: dict[str, Any]) -> str:
    widths = str(shape["width_qk"]) if shape["width_qk"] == shape["width_v"] else f"{shape['width_qk']}/{shape['width_v']}"
    return f"{shape['heads']}×{shape['seq_q']}×{shape['seq_kv']}×{widths}{' causal' if shape['causal'] else ''}"


def unique(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


def draw(points: list[Point], path: Path) -> None:
    places = unique([f"{p['design'].removeprefix('fusemax-')}\n{shape_text(p['shape'])}" for p in points])
    memories = unique([p["memory"] for p in points])
    profiles = unique([p["stall_profile"] for p in points])
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(2, 1, figsize=(max(10, 1.5 * len(places) + 2), 8), sharex=True, height_ratios=[3, 2])
        for axis, name, title in ((axes[0], "analytic_to_systemc", "Analytic against SystemC (analytic memory never stalls)"),
                                  (axes[1], "systemc_to_rtl", "SystemC against RTL")):
            for point in points:
                if point["error"][name] is None:  # a design without closed form
                    continue
                place = places.index(f"{point['design'].removeprefix('fusemax-')}\n{shape_text(point['shape'])}")
                memory, profile = memories.index(point["memory"]), profiles.index(point["stall_profile"])
                across = place + (profile - (len(profiles) - 1) / 2) * 0.14 + (memory - (len(memories) - 1) / 2) * 0.05
                axis.plot(across, 100 * point["error"][name], MARKERS[memory % len(MARKERS)], color=COLOURS[profile % len(COLOURS)],
                          markersize=6, markeredgecolor="white", markeredgewidth=0.5)
            axis.axhline(0, color="#999999", linewidth=0.8, zorder=0)
            axis.set_title(title)
            axis.set_ylabel("difference of cycles, %")
        axes[1].axhspan(-0.5, 0.5, color="#009E73", alpha=0.12, zorder=0)
        axes[1].text(0.995, 0.78, "bound: ±0.5 %", ha="right", va="top", color="#00634A", transform=axes[1].transAxes)
        axes[1].set_ylim(-0.8, 0.8)
        axes[1].set_xticks(range(len(places)), places, fontsize=9)
        handles = [pyplot.Line2D([], [], marker="o", linestyle="", color=COLOURS[i % len(COLOURS)], label=f"stalls: {name}")
                   for i, name in enumerate(profiles)]
        handles += [pyplot.Line2D([], [], marker=MARKERS[i % len(MARKERS)], linestyle="", color="#555555", label=f"memory: {name}")
                    for i, name in enumerate(memories)]
        figure.legend(handles=handles, loc="lower center", ncols=min(len(handles), 7), fontsize=9)
        figure.tight_layout(rect=(0, 0.05, 1, 1))
        save(figure, path)
        pyplot.close(figure)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("document", type=Path, help="of weft validate --json")
    parser.add_argument("--out", type=Path, help="PNG; beside the document if not named")
    options = parser.parse_args(argv)
    out = options.out or options.document.with_suffix(".png")
    try:
        draw(load(options.document), out)
    except (InputError, KeyError) as error:
        print(f"validation: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
