#!/usr/bin/python3
"""How long reads take in DRAM: the histograms of `weft memory --json` side by side, on one axis of nanoseconds.

    weft memory --part hbm2 --pattern random_row --bytes-per-row 96 --json open.json
    scripts/plot/latency.py open.json closed.json --out latency.png
"""
from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from figure import COLOURS, STYLE, save

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

Document = dict[str, Any]


def read(path: Path) -> Document:
    document = json.loads(path.read_text(encoding="utf-8"))
    if document.get("schema") != "weft-memory/1":
        raise ValueError(f"{path}: not a document of weft memory (schema weft-memory/1)")
    if document["histogram"] is None:
        raise ValueError(f"{path}: a stream without reads has no latencies")
    return document


def label(document: Document) -> str:
    stream = document["trace"] or document["pattern"]
    if document["bytes_per_row"]:
        stream += f", rows of {document['bytes_per_row']} bytes"
    usual = {"page": "open", "refresh": "all-bank", "scheduler": "fr-fcfs"}
    others = [document[key] for key in usual if document[key] != usual[key]]
    words = ", ".join([f"{document['part']} {document['mapping']}", stream, f"{document['outstanding']} outstanding", *others])
    return f"{words}\n{100 * document['share_of_peak']:.1f} % of peak; bound by {document['bound_by']}"


def steps(document: Document) -> tuple[list[float], list[float]]:
    """Edges in ns, and the share of the reads between each two."""
    bars = document["histogram"]
    width = bars[1]["from_cycles"] - bars[0]["from_cycles"] if len(bars) > 1 else 1
    ns = document["tck_ps"] / 1000
    edges = [bar["from_cycles"] * ns for bar in bars] + [(bars[-1]["from_cycles"] + width) * ns]
    reads = sum(bar["reads"] for bar in bars)
    return edges, [bar["reads"] / reads for bar in bars]


def draw(documents: Sequence[Document]) -> Figure:
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(len(documents), 1, figsize=(9, 1 + 2.3 * len(documents)), sharex=True, squeeze=False,
                                    layout="constrained")
        for axis, document, colour in zip(axes[:, 0], documents, COLOURS):
            edges, shares = steps(document)
            axis.stairs([100 * share for share in shares], edges, fill=True, color=colour, alpha=0.8)
            for name, height in (("mean", 0.97), ("p99", 0.83)):
                at = document["read_latency_cycles"][name] * document["tck_ps"] / 1000
                axis.axvline(at, color="#333333", linewidth=0.8, linestyle="--")
                axis.annotate(f"{name} {at:.0f} ns", (at, height), xycoords=("data", "axes fraction"), xytext=(3, 0),
                              textcoords="offset points", fontsize=8, va="top")
            axis.set_title(label(document), fontsize=9)
            axis.set_ylabel("reads, %")
        axes[-1, 0].set_xlabel("latency of a read, ns")
        return figure


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path, nargs="+", help="what weft memory --json wrote")
    parser.add_argument("--out", type=Path, default=Path("latency.png"), help="the picture, PNG or PDF")
    arguments = parser.parse_args(argv)
    try:
        documents = [read(path) for path in arguments.documents]
    except (OSError, ValueError) as error:
        print(f"latency: {error}", file=sys.stderr)
        return 2
    save(draw(documents), arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
