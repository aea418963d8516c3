#!/usr/bin/python3
"""Sweeps through the command: every point once whatever happens, each with its status, and out again as `weft run` gives it."""
from __future__ import annotations

import csv
import json
import os
import random
import shlex
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest
from pathlib import Path
from typing import Any

from bad_sweeps import BAD, GOOD
from weft_command import WEFT, FolderTest, run, safetensors

SMALL = """name: small
fidelity: {fidelity}
designs: [fusemax-8x8, flat-8x8]
workloads: [bert-base]
grid:
  seq: [{seq}]
  heads: [1, 2]
"""


def without_command(line: str) -> Any:
    document = json.loads(line)
    return {**document, "provenance": {k: v for k, v in document["provenance"].items() if k != "command"}}


class SweepFolderTest(FolderTest):
    """What tests of sweeps share."""

    def sweep(self, text: str, *args: str, store: str = "store", code: int = 0) -> subprocess.CompletedProcess[str]:
        got = run("sweep", str(self.put("sweep.yaml", text)), "--store", str(self.folder / store), *args)
        self.assertEqual(got.returncode, code, got.stderr)
        return got

    def lines(self, store: str = "store", form: str = "jsonl") -> list[str]:
        got = run("sweep", "--export", form, "--store", str(self.folder / store))
        self.assertEqual(got.returncode, 0, got.stderr)
        return got.stdout.splitlines()

    def counts(self, store: str = "store") -> Any:
        got = run("sweep", "--status", str(self.folder / store), "--json", "-")
        self.assertEqual(got.returncode, 0, got.stderr)
        document = json.loads(got.stdout)
        self.assertEqual(document["schema"], "weft-sweep/1")
        return document["points"]

    def small(self, fidelity: str, count: int = 20) -> str:
        return SMALL.format(fidelity=fidelity, seq=", ".join(str(40 + 3 * i) for i in range(count)))

    def kill_and_resume(self, text: str, points: int, kills: int) -> None:
        begun = time.monotonic()
        self.sweep(text, "--jobs", "2", store="whole")
        seconds = time.monotonic() - begun
        file = self.put("sweep.yaml", text)
        rng = random.Random(3)
        stored = 0
        for _ in range(kills):
            with subprocess.Popen([str(WEFT), "sweep", str(file), "--store", str(self.folder / "broken"), "--jobs", "2"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                time.sleep(rng.uniform(0, 3.6 / kills * seconds))  # so that some of them come before the end
                process.kill()
            if (self.folder / "broken" / "store.sqlite").exists():
                now = len(self.stored("broken"))
                self.assertGreaterEqual(now, stored)
                stored = now
        kept = self.stored("broken")
        self.sweep(text, "--jobs", "2", store="broken")
        self.assertEqual(self.stored("broken")[:len(kept)], kept)  # none of them was run again
        self.assertEqual(self.lines("broken"), self.lines("whole"))
        self.assertEqual(len(self.lines("whole")), points)

    def stored(self, store: str) -> list[Any]:
        with sqlite3.connect(self.folder / store / "store.sqlite") as opened:
            tables = opened.execute("SELECT count(*) FROM sqlite_master WHERE name = 'point'").fetchone()[0]
            return opened.execute("SELECT rowid, key FROM point ORDER BY rowid").fetchall() if tables else []


class SweepTest(SweepFolderTest):
    def test_every_point_is_what_its_own_command_gives(self) -> None:
        text = """name: s
designs: [fusemax-16x16, flat-16x16]
workloads: [bert-base, t5-small]
grid:
  seq: [200, [64, 65, 2]]
  fidelity: [analytic, systemc]
  arch.dram.bandwidth_bytes_per_s: [50e9, 100e9]
zip: {heads: [4, 4], kv-heads: [4, 2]}
points: [{batch: 2}, {cost: horowitz-45nm, causal: true}]
where: ["batch == 1"]
"""
        self.sweep(text, "--jobs", "2")
        lines = self.lines()
        self.assertEqual(len(lines), 2 * 2 * 2 * 2 * 2 * 2)
        for line in random.Random(5).sample(lines, 16):
            document = json.loads(line)
            command = shlex.split(document["provenance"]["command"])[1:]
            again = json.loads(run(*command, "--json", "-").stdout)
            self.assertEqual(again, document, command)

    def test_keys_differ_where_points_do(self) -> None:
        self.sweep(self.small("analytic"))
        self.assertEqual(len({json.loads(line)["provenance"]["config_sha256"] for line in self.lines()}), 80)

    def test_a_second_run_does_only_what_is_new(self) -> None:
        self.sweep(self.small("systemc", 4), "--jobs", "2")
        with sqlite3.connect(self.folder / "store" / "store.sqlite") as store:
            before = store.execute("SELECT rowid, key FROM point ORDER BY rowid").fetchall()
        self.sweep(self.small("systemc", 5), "--jobs", "2")
        with sqlite3.connect(self.folder / "store" / "store.sqlite") as store:
            after = store.execute("SELECT rowid, key FROM point ORDER BY rowid").fetchall()
        self.assertEqual((len(before), len(after)), (16, 20))
        self.assertEqual(after[:16], before)
        self.assertEqual(self.counts()["total"], 20)

    def test_killed_and_resumed_it_is_the_same(self) -> None:
        self.kill_and_resume(self.small("systemc", 60), 240, 6)
        shutil.rmtree(self.folder / "broken")
        shutil.rmtree(self.folder / "whole")
        self.kill_and_resume(self.small("analytic", 1000), 4000, 4)

    def test_two_at_once_on_one_store(self) -> None:
        for fidelity, points in (("systemc", 20), ("analytic", 400)):
            file = self.put("sweep.yaml", self.small(fidelity, points))
            both = [subprocess.Popen([str(WEFT), "sweep", str(file), "--store", str(self.folder / fidelity), "--jobs", "2"],
                                     stdout=subprocess.DEVNULL) for _ in range(2)]
            self.assertEqual([process.wait(timeout=300) for process in both], [0, 0])
            self.sweep(file.read_text(), store="alone-" + fidelity)
            self.assertEqual(self.lines(fidelity), self.lines("alone-" + fidelity))

    def test_each_status_is_its_own(self) -> None:
        text = """name: s
fidelity: systemc
designs: [fusemax-16x16]
workloads: [bert-base]
points:
  - {seq: 64}
  - {seq: 64, arch.buffer.bytes: 4096}
  - {seq: 16K, exact: true}
  - {seq: 64, arch.dram.burst_bytes: 64, arch.dram.access_bytes: 128}
"""
        got = self.sweep(text, "--timeout", "1.5", "--jobs", "2", code=1)
        self.assertIn("1 ok, 1 infeasible, 1 failed, 1 took too long", got.stdout)
        documents = [json.loads(line) for line in self.lines()]
        self.assertEqual([d["status"] for d in documents], ["ok", "infeasible", "timed_out", "failed"])
        for document, words in zip(documents[1:], ("the buffer has 4096", "1.5 s of --timeout", "access_bytes")):
            self.assertIn(words, document["reason"])
            self.assertIsNone(document["cycles"])
        self.assertEqual(self.counts(), {"total": 4, "ok": 1, "infeasible": 1, "failed": 1, "timed_out": 1, "pending": 0})
        self.assertEqual([row["status"] for row in csv.DictReader(self.lines(form="csv"))], ["ok", "infeasible", "timed_out", "failed"])
        self.sweep(text, "--timeout", "0.5", code=1)  # nothing is run again
        self.assertEqual(self.counts()["timed_out"], 1)
        retried = text.replace("16K, exact: true", "16K")
        self.sweep(retried, "--timeout", "20", "--retry", code=1)
        self.assertEqual(self.counts(), {"total": 4, "ok": 2, "infeasible": 1, "failed": 1, "timed_out": 0, "pending": 0})

    def test_what_no_engine_runs_is_failed(self) -> None:
        text = """name: s
designs: [fusemax-16x16]
workloads: [bert-base]
grid: {seq: [64], fidelity: [analytic, systemc], arch.dram.access_bytes: [64]}
"""
        self.sweep(text, code=1)
        self.assertEqual(self.counts(), {"total": 2, "ok": 1, "infeasible": 0, "failed": 1, "timed_out": 0, "pending": 0})
        failed, ran = (json.loads(line) for line in self.lines())
        self.assertEqual((failed["fidelity"], failed["status"], ran["status"]), ("analytic", "failed", "ok"))
        self.assertIn("allowed here: --fidelity systemc", failed["reason"])

    def test_a_worker_that_is_killed_fails_its_point_alone(self) -> None:
        file = self.put("sweep.yaml", """name: s
fidelity: systemc
designs: [fusemax-16x16]
workloads: [bert-base]
points: [{seq: 64}, {seq: 16K, exact: true}, {seq: 65}, {seq: 66}]
""")
        with subprocess.Popen([str(WEFT), "sweep", str(file), "--store", str(self.folder / "store"), "--jobs", "1"],
                              stdout=subprocess.PIPE, text=True) as process:
            time.sleep(1.5)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
            self.assertEqual(len(children), 1)
            os.kill(int(children[0]), signal.SIGKILL)
            self.assertEqual(process.wait(timeout=120), 1)
        documents = [json.loads(line) for line in self.lines()]
        self.assertEqual([d["status"] for d in documents], ["ok", "failed", "ok", "ok"])
        self.assertIn("Killed", documents[1]["reason"])

    def test_what_ends_the_whole_group_fails_no_point(self) -> None:
        file = self.put("sweep.yaml", self.small("systemc", 400))
        with subprocess.Popen([str(WEFT), "sweep", str(file), "--store", str(self.folder / "store"), "--jobs", "2"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as process:
            time.sleep(1.5)
            for worker in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split():
                os.kill(int(worker), signal.SIGTERM)  # as batch systems do, here the workers before their parent
            time.sleep(0.5)
            os.kill(process.pid, signal.SIGTERM)
            self.assertEqual(process.wait(timeout=60), 143)
        counts = self.counts()
        self.assertGreater(counts["pending"], 0)
        self.assertEqual((counts["failed"], counts["ok"] + counts["pending"]), (0, 1600), counts)

    def test_ctrl_c_stores_what_is_done(self) -> None:
        file = self.put("sweep.yaml", self.small("systemc", 400))
        with subprocess.Popen([str(WEFT), "sweep", str(file), "--store", str(self.folder / "store"), "--jobs", "2"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
            time.sleep(1.5)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
            out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertEqual(out, "")
        self.assertIn("the same command goes on from there", err)
        counts = self.counts()
        self.assertGreater(counts["ok"], 0)
        self.assertGreater(counts["pending"], 0)
        self.assertEqual(counts["ok"] + counts["pending"], 1600, counts)

    def test_bad_files_are_refused_before_any_point_runs(self) -> None:
        self.sweep(GOOD)
        for old, new, line, words in BAD:
            self.assertIn(old, GOOD)
            got = run("sweep", str(self.put("bad.yaml", GOOD.replace(old, new, 1))), "--store", str(self.folder / "none"))
            with self.subTest(new):
                self.assertEqual(got.returncode, 2, got.stdout + got.stderr)
                self.assertIn(f"bad.yaml:{line}:" if line else "bad.yaml", got.stderr)
                for word in words:
                    self.assertIn(word, got.stderr)
                self.assertEqual(got.stdout, "")
        self.assertFalse((self.folder / "none").exists())

    def test_bad_options_are_refused(self) -> None:
        file = str(self.put("sweep.yaml", GOOD))
        store = str(self.folder / "store")
        for args, word in ([[], "FILE"], [[file], "--store"], [["--status", store], "store"], [["--export", "csv"], "--store"],
                           [["--export", "xml", "--store", store], "csv"], [["--export", "parquet", "--store", store], "weft.sweep"],
                           [[file, "--store", store, "--jobs", "0"], "--jobs"],
                           [[file, "--store", store, "--timeout", "0"], "--timeout"],
                           [[file, "--store", store, "--timeout", "soon"], "--timeout"],
                           [[file, "--store", store, "--fidelity", "exact"], "--fidelity"], [[file, "--status", store], "sweep file"],
                           [["--status", store, "--retry"], "--retry"], [[file, "--store", store, "--out", "x"], "--out"],
                           [["side-by-lenth", "--store", store], "did you mean 'side-by-length'"]):
            got = run("sweep", *args)
            self.assertEqual(got.returncode, 2, (args, got.stderr))
            self.assertIn(word, got.stderr)
        self.assertFalse((self.folder / "store").exists())

    def test_a_full_disk_is_said_and_nothing_is_lost(self) -> None:
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], capture_output=True, check=False).returncode:
            self.skipTest("needs to mount a small tmpfs, as root")
        try:
            text = self.small("analytic", 2000)
            got = self.sweep(text, store="disk/store", code=2)
            self.assertIn("no room on the disk", got.stderr)
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
            self.sweep(text, store="disk/store")
            self.assertEqual(self.counts("disk/store")["ok"], 8000)
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    def test_points_of_traces_are_called_by_their_trace(self) -> None:
        names = ["a-trace-whose-name-is-long-enough", "b", "another-trace-of-a-name-that-is-long"]
        for i, name in enumerate(names):  # traces of one content would be one point
            self.put(f"{name}.safetensors", safetensors({f"layers.0.{tensor}": [1, 8 + i, 8] for tensor in "qkv"}))
        files = ", ".join(str(self.folder / f"{name}.safetensors") for name in names)
        self.sweep(f"name: s\nfidelity: systemc\ndesigns: [fusemax-16x16, flat-16x16]\ngrid: {{values: [{files}]}}\n", "--jobs", "2")
        rows = list(csv.DictReader(self.lines(form="csv")))
        self.assertEqual([row["workload"] for row in rows], names * 2)
        self.assertEqual([json.loads(line)["workload"] for line in self.lines()], names * 2)

    def test_files_of_ones_own_are_found_again(self) -> None:
        (self.folder / "mine").mkdir()
        shutil.copy(Path(__file__).parents[2] / "configs" / "workload" / "bert-base.yaml", self.folder / "mine" / "own.yaml")
        file = self.put("sweep.yaml", GOOD.replace("bert-base", "mine/own.yaml"))
        got = run("sweep", str(file), "--store", "store", cwd=self.folder)
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(len(self.lines()), 16)  # from another folder


if __name__ == "__main__":
    unittest.main()
