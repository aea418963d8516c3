#!/usr/bin/python3
"""The closed form against SystemC on designs and shapes drawn at random.

Draws points (--seed), has build/release/bin/weft_closed_form run both, writes a CSV (--csv) and prints how far they are apart.
Exit 1 where that is further than what docs/units/analytic.md says holds.
"""
from __future__ import annotations

import argparse
import csv
import math
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCALED = ["unfused", "flat", "fusemax-cascade", "fusemax-architecture", "fusemax"]  # at a side drawn
FIXED = ["streaming-softmax", "two-pass", "deferred-division", "segments-serial", "projection"]  # with rows and columns drawn
CAUSAL = {"unfused", "flat", "fusemax-cascade", "fusemax-architecture", "fusemax", "streaming-softmax", "two-pass", "segments-serial"}
SIDES = [4, 8, 16, 32, 64, 128, 256]
ARRAY = "arch.arrays.array_2d."

# What is drawn, uniform in the logarithm where it is a range; each setting is drawn for a share of the points only.
RANGES: list[tuple[str, float, tuple[int, int] | list[str]]] = [
    (ARRAY + "tile_contexts", 0.4, ["1", "2", "3", "4", "6", "8"]),
    ("arch.dram.latency_cycles", 0.5, (1, 1000)),
    ("arch.dram.outstanding", 0.5, ["1", "2", "4", "8", "16", "64"]),
    ("arch.dram.burst_bytes", 0.5, ["64", "128", "256", "1024", "4096"]),
    (ARRAY + "overlaps_preload", 0.3, ["true", "false"]),
    (ARRAY + "overlaps_drain", 0.3, ["true", "false"]),
    ("arch.buffer.bytes", 0.25, (1 << 16, 32 << 20)),
    ("arch.dram.bandwidth_bytes_per_s", 0.4, (10**9, 10**12)),
]
SHAPES = {"batch": (1, 64), "heads": (1, 32), "queries": (1, 4096), "keys": (1, 4096), "width": (1, 256)}


@dataclass
class Row:
    """A point's result: the closed form's cycles over SystemC's, minus one, and whether its bound holds."""

    point: str
    systemc: int
    analytic: int
    at_least: int
    at_most: int
    firings: int
    microseconds: float = 0

    @property
    def exact(self) -> bool:
        """Told to the cycle: it carries no bound."""
        return self.at_most == 0

    @property
    def error(self) -> float:
        return self.analytic / self.systemc - 1

    @property
    def width(self) -> float:
        return (self.at_most - self.at_least) / self.systemc

    @property
    def inside(self) -> bool:
        if self.exact:
            return self.analytic == self.systemc
        return self.at_least <= self.systemc <= self.at_most


def draw(generator: random.Random, index: int) -> str:
    """One point as the driver reads it."""
    def log(low: int, high: int) -> int:
        return min(high, max(low, round(math.exp(generator.uniform(math.log(low), math.log(high))))))

    settings: dict[str, str] = {}
    if index % 10 < 7:
        design = SCALED[index % len(SCALED)]
        side = generator.choice(SIDES)
        name = f"{design}-{side}x{side}"
    else:
        name = design = generator.choice(FIXED)
        for axis in ("rows", "columns"):
            if generator.random() < 0.5 and not (axis == "columns" and design == "segments-serial"):
                settings[ARRAY + axis] = str(log(4, 64))
    for setting, share, values in RANGES:
        if generator.random() < share:
            settings[setting] = generator.choice(values) if isinstance(values, list) else str(log(*values))
    batch, heads = log(*SHAPES["batch"]), log(*SHAPES["heads"])
    shared = generator.random() < 0.3
    kv_heads = generator.choice([k for k in range(1, heads + 1) if heads % k == 0]) if shared else heads
    causal = design in CAUSAL and generator.random() < 0.25
    queries, keys = log(*SHAPES["queries"]), log(*SHAPES["keys"])
    if causal and generator.random() < 0.9:  # the rest has queries that see no key
        keys = max(keys, queries)
    width = log(*SHAPES["width"])
    width_v = width if generator.random() < 0.7 else log(*SHAPES["width"])
    text = ",".join(f"{key}={value}" for key, value in settings.items())
    return f"{name};{text};{batch} {heads} {kv_heads} {queries} {keys} {width} {width_v} {int(causal)}"


def run(driver: Path, points: list[str]) -> list[Row]:
    """The points that ran, with both results. One that the buffer is too small for is left out."""
    done = subprocess.run([str(driver)], input="\n".join(points) + "\n", capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if line[:1].isdigit() or line.startswith("point,")]
    rows = []
    for found in csv.DictReader(lines):
        if found["status"] == "ok":
            numbers = [int(found[name]) for name in ("systemc", "analytic", "at_least", "at_most", "firings")]
            rows.append(Row(points[int(found["point"])], *numbers, float(found["microseconds"])))
    return rows


def at_share(values: list[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def report(rows: list[Row]) -> tuple[float, float, float]:
    """Prints the distribution; returns the worst, the share within 3 %, and the share inside their bounds."""
    errors = [abs(row.error) for row in rows]
    near = sum(error <= 0.03 for error in errors) / len(rows)
    inside = sum(row.inside for row in rows) / len(rows)
    worst = max(rows, key=lambda row: abs(row.error))
    exact = [row for row in rows if row.exact]
    print(f"{len(rows)} points: {len(exact)} told to the cycle ({len(exact) / len(rows):.1%}), equal to it: "
          f"{sum(row.inside for row in exact)}")
    shares = ", ".join(f"{share:.0%} {at_share(errors, share):.2%}" for share in (0.5, 0.9, 0.95, 0.99))
    print(f"|closed form / SystemC - 1|: {shares}, worst {worst.error:+.1%}; within 3 %: {near:.1%}")
    widths = [0.0 if row.exact else row.width for row in rows]
    print(f"inside their bounds: {inside:.2%}; a bound's width: 95 % {at_share(widths, 0.95):.2%}, 99 % {at_share(widths, 0.99):.1%}")
    took = [row.microseconds for row in rows]
    print("CPU time, us: " + ", ".join(f"{share:.0%} {at_share(took, share):.0f}" for share in (0.25, 0.5, 0.75, 0.9, 0.99)) +
          f", most {max(took):.0f}; within 50 us: {sum(each <= 50 for each in took) / len(rows):.0%}")
    print(f"the worst: {worst.point}")
    return abs(worst.error), near, inside


def print_ranges() -> None:
    """What the points are drawn from."""
    print(f"designs: {', '.join(SCALED)} at sides {SIDES}; {', '.join(FIXED)}, rows and columns 4 to 64")
    for setting, share, values in RANGES:
        text = ", ".join(values) if isinstance(values, list) else f"{values[0]} to {values[1]}"
        print(f"  {setting}: {text} for {share:.0%} of the points")
    print("shapes: " + ", ".join(f"{name} {low} to {high}" for name, (low, high) in SHAPES.items()) +
          "; KV heads shared for 30 %, causal for 25 % where the design can be, another width of V for 30 %")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--driver", type=Path, default=ROOT / "build/release/bin/weft_closed_form")
    parser.add_argument("--csv", type=Path, help="where to write the points and both results")
    parser.add_argument("--worst", type=float, default=0.15, help="the largest difference that passes")
    parser.add_argument("--near", type=float, default=0.95, help="the least share within 3 percent that passes")
    parser.add_argument("--inside", type=float, default=0.999, help="the least share inside their bounds that passes")
    args = parser.parse_args(argv)
    generator = random.Random(args.seed)
    print(f"seed {args.seed}")
    print_ranges()
    rows = run(args.driver, [draw(generator, index) for index in range(args.points)])
    worst, near, inside = report(rows)
    if args.csv:
        with args.csv.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["point", "systemc", "analytic", "at_least", "at_most", "firings"])
            out.writerows([row.point, row.systemc, row.analytic, row.at_least, row.at_most, row.firings] for row in rows)
    equal = all(row.inside for row in rows if row.exact)
    if not equal:
        print("a point that is told to the cycle differs from SystemC", file=sys.stderr)
    return 0 if equal and worst <= args.worst and near >= args.near and inside >= args.inside else 1


if __name__ == "__main__":
    sys.exit(main())
