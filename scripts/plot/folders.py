#!/usr/bin/python3
"""The folders of C++ as a picture, from the ground up: each stands above all that it includes headers of.

Drawn from the includes themselves (scripts/check/layers.py), so that it can't say what is not so. A line is drawn where no
way through a folder between says the same.
"""
from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from figure import COLOURS, STYLE, save

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "check"))
import layers  # noqa: E402
from allow_list import tracked_files  # noqa: E402

WIDTH, HEIGHT, GAP = 2.0, 0.5, 0.35


def direct(needs: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """Of all pairs (above, below) those that no folder between them implies."""
    reach: dict[str, set[str]] = {}

    def below(folder: str) -> set[str]:
        if folder not in reach:
            reach[folder] = set(needs[folder]).union(*(below(other) for other in needs[folder]))
        return reach[folder]

    return [(folder, other) for folder in needs for other in needs[folder]
            if not any(other in below(between) for between in needs[folder] if between != other)]


def draw(rows: list[list[str]], lines: list[tuple[str, str]]) -> Figure:
    with plt.rc_context(STYLE):
        widest = max(len(row) for row in rows)
        figure, axes = plt.subplots(figsize=(widest * 1.9 + 0.4, len(rows) * 0.62 + 0.3))
        at: dict[str, tuple[float, float]] = {}
        for y, row in enumerate(rows):
            for i, folder in enumerate(row):
                at[folder] = ((i - (len(row) - 1) / 2) * (WIDTH + GAP), y * 1.0)
        for above, below in lines:
            (x0, y0), (x1, y1) = at[above], at[below]
            axes.plot([x0, x1], [y0 - HEIGHT / 2, y1 + HEIGHT / 2], color="0.7", linewidth=0.8, zorder=1)
        for folder, (x, y) in at.items():
            colour = COLOURS[0] if folder.startswith("models") else COLOURS[1]
            axes.add_patch(plt.Rectangle((x - WIDTH / 2, y - HEIGHT / 2), WIDTH, HEIGHT, facecolor="white", edgecolor=colour, zorder=2))
            axes.text(x, y, folder, ha="center", va="center", fontsize=8, zorder=3)
        axes.set_xlim(-widest * (WIDTH + GAP) / 2, widest * (WIDTH + GAP) / 2)
        axes.set_ylim(-0.5, len(rows) - 0.5)
        axes.axis("off")
        figure.tight_layout(pad=0.3)
    return figure


def main() -> int:
    options = argparse.ArgumentParser(description="Draw the folders of C++ from the ground up.")
    options.add_argument("--out", type=Path, default=ROOT / "docs" / "architecture.png")
    out: Path = options.parse_args().out
    files = [name for name in tracked_files(ROOT) if re.match(r"(models|sim)/.*\.[ch]pp$", name)]
    needs = layers.needs_of(ROOT, files)
    rows, left = layers.layers(needs)
    if left:
        print(f"folders: in a circle: {' '.join(left)}", file=sys.stderr)
        return 1
    save(draw(rows, direct(needs)), out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
