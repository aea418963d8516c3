"""What the figures share: matplotlib without a display, the look, and files that are whole or absent."""
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

matplotlib.use("Agg")

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Colour-blind safe first (Okabe and Ito), then lighter and darker companions.
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999",
           "#004A75", "#9C6B00", "#00634A", "#8F4A73", "#A9D9F5", "#F2A477", "#8C8200", "#555555"]

STYLE = {"font.size": 11, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 13, "axes.titlelocation": "left",
         "legend.frameon": False, "figure.facecolor": "white", "pdf.fonttype": 42}

# Without date and program: the same data give the same file.
METADATA = {"png": {"Software": None}, "pdf": {"CreationDate": None, "Creator": None, "Producer": None}}


def save(figure: Figure, path: Path) -> None:
    """Writes PNG, or PDF if the name says so, beside the target, then renames: no half-written picture stays behind."""
    kind = "pdf" if path.suffix == ".pdf" else "png"
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.partial")
    try:
        figure.savefig(beside, format=kind, dpi=150, metadata=METADATA[kind])
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
