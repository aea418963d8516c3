#!/usr/bin/python3
"""Sweeps that are killed often, and a store of a million points."""
from __future__ import annotations

import resource
import sqlite3
import time
import unittest

import sweep_test


class KilledTest(sweep_test.SweepFolderTest):
    def test_killed_at_twenty_moments_of_two_thousand_points(self) -> None:
        text = self.small("systemc", 25) + f"  arch.dram.latency_cycles: [{', '.join(str(80 + n) for n in range(20))}]\n"
        self.kill_and_resume(text, 2000, 20)


class MillionTest(sweep_test.SweepFolderTest):
    def test_a_million_points_are_small_and_filtered_soon(self) -> None:
        lengths = ", ".join(str(64 + n) for n in range(7813))
        self.sweep(f"""name: million
designs: [fusemax-16x16, fusemax-32x32]
workloads: [bert-base, t5-small]
grid:
  seq: [{lengths}]
  batch: [{", ".join(str(1 + n) for n in range(32))}]
""")
        file = self.folder / "store" / "store.sqlite"
        before = resource.getrusage(resource.RUSAGE_SELF)
        begun = time.monotonic()
        with sqlite3.connect(file) as store:
            found = store.execute("SELECT count(*), min(cycles) FROM points WHERE utilisation_2d > 0.9 AND batch = 7").fetchone()
        wall = time.monotonic() - begun
        after = resource.getrusage(resource.RUSAGE_SELF)
        seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        points = 2 * 2 * 7813 * 32
        print(f"{file.stat().st_size / points:.0f} bytes a point, opened and filtered in {seconds:.2f} s of CPU, {wall:.2f} s")
        self.assertGreater(found[0], 1000)
        self.assertLess(file.stat().st_size / points, 400)
        self.assertLess(seconds, 2)


if __name__ == "__main__":
    unittest.main()
