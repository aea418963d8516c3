#!/usr/bin/env python3
"""Measured against published, side by side: runs `weft` on every published attention point and prints a Markdown table."""
from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED = ROOT / "configs" / "published" / "fusemax-attention.csv"
DESIGNS = {"unfused": "unfused", "flat": "flat", "cascade": "fusemax-cascade", "arch": "fusemax-architecture", "binding": "fusemax"}
WORKLOADS = {"BERT": "bert-base", "TrXL": "trxl", "T5": "t5-small", "XLM": "xlm"}


@dataclass(frozen=True)
class Point:
    """One published row beside what this build computes."""

    design: str
    workload: str
    seq: str
    published: dict[str, float]
    measured: dict[str, float]


def measure(weft: Path, design: str, workload: str, seq: str, fidelity: str) -> dict[str, float]:
    command = [str(weft), "run", "--design", design, "--workload", workload, "--batch", "64", "--seq", seq]
    command += ["--fidelity", fidelity, "--json", "-"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {"latency_s": result["seconds"], "traffic_bytes": result["dram"]["bytes"],
            "util_2d": result["utilisation"]["array_2d"], "util_1d": result["utilisation"]["array_1d"],
            "useful": result["utilisation"]["useful_macs"]}


def points(weft: Path, fidelity: str, models: list[str], lengths: list[str]) -> list[Point]:
    with PUBLISHED.open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["model"] in models and r["seq_len"] in lengths]
    found = []
    for row in rows:
        design, workload = DESIGNS[row["config"]], WORKLOADS[row["model"]]
        published = {key: float(row[key]) for key in ("latency_s", "traffic_bytes", "util_2d", "util_1d")}
        products = [float(row[key]) for key in ("QK", "SLNV", "AV") if row[key]]  # unfused has none: its arrays do nothing else
        published["useful"] = sum(products) if products else published["util_2d"]
        found.append(Point(design, workload, row["seq_len"], published, measure(weft, design, workload, row["seq_len"], fidelity)))
    return found


def table(found: list[Point]) -> str:
    lines = ["| design | workload | tokens | latency, s: published | Weft | difference | DRAM bytes: Weft ÷ published "
             "| 2D useful MACs: published | Weft | 2D busy: published | Weft | 1D busy: published | Weft |",
             "|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for p in found:
        ours, theirs = p.measured, p.published
        # What is published of the others is the share of useful MACs.
        busy_2d = f"{theirs['util_2d']:.4f}" if p.design in ("fusemax", "fusemax-architecture") else "–"
        lines.append(f"| {p.design} | {p.workload} | {p.seq} | {theirs['latency_s']:.5g} | {ours['latency_s']:.5g} | "
                     f"{ours['latency_s'] / theirs['latency_s'] - 1:+.2%} | {ours['traffic_bytes'] / theirs['traffic_bytes']:.3f} | "
                     f"{theirs['useful']:.4f} | {ours['useful']:.4f} | {busy_2d} | {ours['util_2d']:.4f} | "
                     f"{theirs['util_1d']:.4f} | {ours['util_1d']:.4f} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weft", type=Path, default=Path(os.environ.get("WEFT", ROOT / "build" / "release" / "bin" / "weft")))
    parser.add_argument("--fidelity", choices=["analytic", "systemc"], default="systemc")
    parser.add_argument("--models", nargs="+", default=list(WORKLOADS), choices=list(WORKLOADS))
    parser.add_argument("--lengths", nargs="+", default=["1K", "4K", "16K"])
    options = parser.parse_args(argv)
    print(table(points(options.weft, options.fidelity, options.models, options.lengths)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
