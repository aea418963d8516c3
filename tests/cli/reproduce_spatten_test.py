"""SpAtten's evaluation from outside: what it writes, that its figures hang together, and that nothing published stands in for them."""
from __future__ import annotations

import csv
import json
import math
import unittest
from pathlib import Path

from weft_command import FolderTest, run

import schema_test


class ReproduceSpattenTest(FolderTest):
    def test_the_whole_of_it(self) -> None:
        out, document = self.folder / "out", self.folder / "out.json"
        got = run("reproduce", "spatten", "--out", str(out), "--json", str(document), timeout=1800)
        self.assertEqual(got.returncode, 0, got.stderr)
        data = json.loads(document.read_text(encoding="utf-8"))
        self.assertEqual(schema_test.errors("reproduction", data), [])
        mine = {p["workload"]: p for p in data["points"] if p["design"] == "spatten"}
        self.assertEqual(len(mine), 30)
        self.assertEqual({p["time_from"] for p in mine.values()}, {"simulated"})
        for point in mine.values():
            self.assertLessEqual(point["asked_bytes"], point["dram_bytes"])
            self.assertAlmostEqual(sum(point["energy_by_component_pj"].values()) / point["energy_pj"], 1, places=9)
        self.means_hang_together(data, mine)
        self.assertGreaterEqual(len(list(out.rglob("*.png"))), 6)
        self.pages_and_tables(out, data, mine)
        again = json.loads(run("run", *mine["bert-base-cola"]["command"].split()[2:], "--json", "-").stdout)
        self.assertEqual(again["seconds"], mine["bert-base-cola"]["seconds"])

    def means_hang_together(self, data: dict, mine: dict) -> None:
        for row in data["comparison"]:
            ratios = [p["seconds"] / mine[p["workload"]]["seconds"] for p in data["points"]
                      if p["design"] == row["design"] and p["status"] == "ok"
                      and (row["over"] == "all" or (row["over"] == "gpt2") == p["workload"].startswith("gpt2"))]
            if row["speedup"] is None:
                self.assertEqual(ratios, [])
                continue
            self.assertAlmostEqual(row["speedup"]["arithmetic"] / (sum(ratios) / len(ratios)), 1, places=9)
            self.assertAlmostEqual(row["speedup"]["geometric"] / math.exp(sum(map(math.log, ratios)) / len(ratios)), 1, places=9)
        for figure in data["validation"]:
            far = figure["ours"] is None or abs(figure["ours"] / figure["published"] - 1) > 0.1
            self.assertEqual(far, figure["reason"] is not None, figure["name"])
        self.assertEqual([step["published"] for step in data["ablation"]], [22.1, 1.1, 3, 2.8])

    def pages_and_tables(self, out: Path, data: dict, mine: dict) -> None:
        page = (out / "validation.md").read_text(encoding="utf-8")
        for figure in data["validation"]:
            self.assertIn(figure["name"], page)
        with (out / "points.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        self.assertEqual({r["workload"]: float(r["seconds"]) for r in rows if r["design"] == "spatten"},
                         {name: p["seconds"] for name, p in mine.items()})

    def test_what_is_refused(self) -> None:
        for args, named in ((["spaten"], "spatten"), (["spatten", "--fidelity", "rules"], "--fidelity"),
                            (["fusemax", "--values", "x"], "--values"), (["spatten", "--cost", "nothing"], "nothing")):
            got = run("reproduce", *args)
            self.assertEqual(got.returncode, 2)
            self.assertIn(named, got.stderr)


if __name__ == "__main__":
    unittest.main()
