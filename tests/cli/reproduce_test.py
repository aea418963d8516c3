#!/usr/bin/python3
"""`weft reproduce fusemax` from outside: its document, its folder of files, what it refuses, and energy by `--cost`."""
from __future__ import annotations

import csv
import json
import math
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path
from typing import Any

from weft_command import CONFIGS, WEFT, FolderTest, run

POINT_KEYS = {"design", "workload", "seq", "fidelity", "latency_s", "traffic_bytes", "energy_pj", "utilisation_2d", "utilisation_1d",
              "published", "reason"}
PUBLISHED = {"latency_s": "latency_s", "traffic_bytes": "traffic_bytes", "energy_pj": "energy_pj", "utilisation_2d": "util_2d",
             "utilisation_1d": "util_1d"}
CONFIG = {"unfused": "unfused", "flat": "flat", "cascade": "fusemax-cascade", "arch": "fusemax-architecture", "binding": "fusemax"}
WORKLOAD = {"BERT": "bert-base", "XLM": "xlm"}


def tokens(text: str) -> int:
    return int(text[:-1]) * (1 << (20 if text[-1] == "M" else 10)) if text[-1] in "KM" else int(text)


def reproduction(*args: str) -> dict[str, Any]:
    got = run("reproduce", "fusemax", *args, "--json", "-")
    assert got.returncode == 0, got.stderr
    return json.loads(got.stdout)


class RulesTest(unittest.TestCase):
    def test_every_published_row_within_a_thousandth(self) -> None:
        data = reproduction("--fidelity", "rules")
        points = {(p["design"], p["workload"], p["seq"]): p for p in data["points"]}
        compared = 0
        with (CONFIGS / "published" / "fusemax-attention.csv").open() as file:
            for row in csv.DictReader(file):
                point = points[CONFIG[row["config"]], WORKLOAD[row["model"]], tokens(row["seq_len"])]
                self.assertLessEqual(POINT_KEYS, set(point))
                for ours, theirs in PUBLISHED.items():
                    self.assertTrue(math.isclose(point[ours], float(row[theirs]), rel_tol=1e-3), (row, ours))
                    self.assertEqual(point["published"][ours], float(row[theirs]))
                    compared += 1
        self.assertEqual(compared, 200)
        self.assertEqual(sum(p["published"] is None for p in data["points"]), 120 - 40)

    def test_means_and_mends(self) -> None:
        data = reproduction("--fidelity", "rules")
        for name, value in {"speedup_over_flat": 6.72, "energy_to_unfused": 0.767, "end_to_end_energy_to_flat": 0.833}.items():
            self.assertTrue(math.isclose(data["means"][name], value, rel_tol=2e-3), name)
        mended = {m["mend"]: m for m in data["mended"]}
        self.assertEqual(set(mended), {"register_files_of_every_element", "exp_charged_in_cascade", "cascade_at_its_buffers_cost",
                                       "no_overflow", "real_trip", "all"})
        self.assertGreater(mended["all"]["energy_to_flat"], data["means"]["energy_to_flat"])


class FolderOfFiles(FolderTest):
    def test_out_leaves_data_pictures_and_the_page(self) -> None:
        folder = Path(self.folder) / "out"
        got = run("reproduce", "fusemax", "--fidelity", "analytic", "--out", str(folder))
        self.assertEqual(got.returncode, 0, got.stderr)
        names = {p.name for p in folder.iterdir()}
        self.assertEqual(len([n for n in names if n.endswith(".csv")]), 7)
        self.assertLessEqual({"validation.md", "reproduction.json"}, names)
        page = (folder / "validation.md").read_text()
        for heading in ("Headline means", "oddities mended", "every published value", "Linear layers", "End to end", "Sides of the arrays"):
            self.assertIn(heading, page)
        if subprocess.run(["/usr/bin/python3", "-c", "import matplotlib"], capture_output=True, check=False).returncode == 0:
            self.assertEqual(len([n for n in names if n.endswith(".png")]), 7, got.stderr)

    def test_the_same_bytes_again(self) -> None:
        first = run("reproduce", "fusemax", "--fidelity", "analytic", "--json", "-").stdout
        self.assertEqual(first, run("reproduce", "fusemax", "--fidelity", "analytic", "--json", "-").stdout)

    def test_a_cost_table_of_ones_own(self) -> None:
        mine = Path(self.folder) / "mine.yaml"
        mine.write_text((CONFIGS / "cost" / "horowitz-45nm.yaml").read_text())
        data = reproduction("--fidelity", "analytic", "--cost", str(mine))
        shipped = reproduction("--fidelity", "analytic", "--cost", "horowitz-45nm")
        self.assertEqual(data["means"], shipped["means"])
        self.assertEqual(data["cost_table"], "mine")


class SystemCTest(unittest.TestCase):
    def test_worker_processes_change_nothing_and_closed_form_is_near(self) -> None:
        data = reproduction("--jobs", "2")
        points = {(p["design"], p["workload"], p["seq"], p["fidelity"]): p for p in data["points"]}
        worst = 0.0
        for (design, workload, seq, fidelity), point in points.items():
            if fidelity != "systemc":
                continue
            closed = points[design, workload, seq, "analytic"]
            worst = max(worst, abs(closed["latency_s"] / point["latency_s"] - 1))
            self.assertEqual(closed["traffic_bytes"], point["traffic_bytes"])
            self.assertTrue(math.isclose(closed["energy_pj"], point["energy_pj"], rel_tol=1e-12))
        self.assertLess(worst, 0.025)
        self.assertTrue(all(p["bound_by"] for p in data["points"]))

    def test_ctrl_c_ends_it_and_its_workers(self) -> None:
        process = subprocess.Popen([str(WEFT), "reproduce", "fusemax", "--jobs", "2", "--json", "-"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=120)
        self.assertEqual((process.returncode, out), (130, b""))
        with self.assertRaises(ProcessLookupError):
            os.killpg(process.pid, 0)


class RefusedTest(unittest.TestCase):
    def test_bad_input(self) -> None:
        for args, part in ((["fusemx"], "fusemax"), (["fusemax", "--fidelity", "rtl"], "rules"), (["fusemax", "--jobs", "0"], "--jobs"),
                           (["fusemax", "--cost", "horowits-45nm"], "horowitz-45nm"), (["fusemax", "--fidelty", "rules"], "--fidelity")):
            got = run("reproduce", *args)
            self.assertEqual((got.returncode, got.stdout), (2, ""), args)
            self.assertIn(part, got.stderr)


class CostTest(unittest.TestCase):
    def test_energy_is_counts_times_energy_with_a_source_each(self) -> None:
        for table in ("horowitz-45nm", "fusemax-as-published-45nm"):
            for design in ("fusemax-16x16", "flat-16x16", "unfused-16x16"):
                got = run("run", "--design", design, "--workload", "bert-base", "--batch", "1", "--heads", "2", "--seq", "100",
                          "--cost", table, "--json", "-")
                energy = json.loads(got.stdout)["energy_pj"]
                parts = energy["by_component"]
                self.assertTrue(math.isclose(sum(p["count"] * p["pj_per_action"] for p in parts), energy["total"], rel_tol=1e-12))
                self.assertTrue(all(p["source"] for p in parts) and len(parts) > 8)

    def test_without_a_table_there_is_none_and_the_hash_tells_them_apart(self) -> None:
        args = ["run", "--design", "fusemax-16x16", "--workload", "bert-base", "--batch", "1", "--heads", "1", "--seq", "64", "--json", "-"]
        plain = json.loads(run(*args).stdout)
        priced = json.loads(run(*args, "--cost", "horowitz-45nm").stdout)
        self.assertIsNone(plain["energy_pj"])
        self.assertEqual(plain["cycles"], priced["cycles"])
        self.assertNotEqual(plain["provenance"]["config_sha256"], priced["provenance"]["config_sha256"])
        self.assertIn("--cost horowitz-45nm", priced["provenance"]["command"])


if __name__ == "__main__":
    unittest.main()
