#!/usr/bin/python3
"""Sweeps from Python: the same store as the command's, as tables."""
from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from typing import Any

import numpy
import pandas
import weft

WEFT = os.environ.get("WEFT", str(Path(__file__).resolve().parents[2] / "build" / "release" / "bin" / "weft"))
SMALL: dict[str, Any] = {"name": "small", "designs": ["fusemax-8x8", "flat-8x8"], "workloads": ["bert-base"],
                         "grid": {"seq": [40, 43, 46], "heads": [1, 2]}, "where": ["seq != 43"]}


def command(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([WEFT, *args], capture_output=True, text=True, check=False)


class SweepsTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def test_points_are_those_of_the_command(self) -> None:
        for fidelity in ("analytic", "systemc"):
            frame = weft.sweep({**SMALL, "fidelity": fidelity}, self.folder / fidelity, jobs=2)
            file = self.folder / f"{fidelity}.yaml"
            file.write_text(json.dumps({**SMALL, "fidelity": fidelity}), encoding="utf-8")
            self.assertEqual(command("sweep", str(file), "--store", str(self.folder / ("c" + fidelity))).returncode, 0)
            lines = command("sweep", "--export", "jsonl", "--store", str(self.folder / ("c" + fidelity))).stdout.splitlines()
            told = [json.loads(line) for line in lines]
            self.assertEqual(len(frame), 8)
            self.assertEqual(list(frame["key"]), [one["provenance"]["config_sha256"][:32] for one in told])
            self.assertEqual(list(frame["cycles"]), [one["cycles"] for one in told])
            self.assertEqual(list(frame["seq_q"]), [40, 40, 46, 46] * 2)
            self.assertTrue((frame["fidelity"] == fidelity).all() and (frame["status"] == "ok").all())

    def test_a_store_is_gone_on_with_by_either(self) -> None:
        file = self.folder / "s.yaml"
        file.write_text(json.dumps(SMALL), encoding="utf-8")
        self.assertEqual(command("sweep", str(file), "--store", str(self.folder / "s")).returncode, 0)
        more = {**SMALL, "grid": {"seq": [40, 43, 46, 49], "heads": [2, 1]}}
        frame = weft.sweep(more, self.folder / "s")
        self.assertEqual(list(frame["heads"]), [2, 1] * 6)
        with sqlite3.connect(self.folder / "s" / "store.sqlite") as store:
            self.assertEqual(store.execute("SELECT count(*), count(DISTINCT key) FROM point").fetchone(), (12, 12))
        self.assertEqual(len(weft.sweep(SMALL, self.folder / "s")), 8)  # of twelve that lie there
        self.assertEqual(len(weft.sweep(SMALL)), 8)  # without a store of its own
        arrays = {**SMALL, "designs": ["fusemax-8x8", Path("flat-8x8")],
                  "grid": {"seq": numpy.array([40, 46]), "heads": [numpy.int64(1), 2]}}
        del arrays["where"]
        self.assertEqual(list(weft.sweep(arrays, self.folder / "s")["key"]), list(weft.sweep(SMALL)["key"]))
        self.assertRaises(weft.ConfigError, weft.sweep, {**SMALL, "designs": [object()]})

    def test_statuses_and_whole_numbers(self) -> None:
        frame = weft.sweep({"name": "s", "designs": ["fusemax"], "workloads": ["bert-base"],
                            "points": [{"seq": "1M", "batch": 4096, "fidelity": "analytic"}, {"seq": 64, "arch.buffer.bytes": 4096},
                                       {"seq": 64, "arch.dram.burst_bytes": 64, "arch.dram.access_bytes": 128}]}, self.folder / "s")
        self.assertEqual(list(frame["status"]), ["ok", "infeasible", "failed"])
        run = weft.run("fusemax", workload="bert-base", seq="1M", batch=4096, fidelity="analytic")
        self.assertGreater(run.cycles or 0, 10 ** 14)
        self.assertEqual(frame["cycles"][0], run.cycles)
        self.assertTrue(frame["cycles"].isna()[1] and frame["utilisation_2d"].isna()[2])
        self.assertEqual(frame["cycles"].dtype.name, "Int64")
        self.assertEqual(frame["settings"][1], "arch.buffer.bytes=4096")
        self.assertIn("4096", frame["reason"][1])
        self.assertEqual(len(weft.read_store(self.folder / "s", "status = 'ok' AND seq_q > 64")), 1)

    def test_time_outs_progress_and_retry(self) -> None:
        sweep = {"name": "s", "fidelity": "systemc", "designs": ["fusemax-16x16"], "workloads": ["bert-base"],
                 "points": [{"seq": 64}, {"seq": "16K", "exact": True}]}
        seen: list[tuple[int, int]] = []
        frame = weft.sweep(sweep, self.folder / "s", jobs=1, timeout=1, progress=lambda done, total: seen.append((done, total)))
        self.assertEqual(list(frame["status"]), ["ok", "timed_out"])
        self.assertIn("1 s of --timeout", frame["reason"][1])
        self.assertGreater(len(seen), 3)
        self.assertEqual({total for _, total in seen}, {2})
        self.assertEqual([done for done, _ in seen], sorted(done for done, _ in seen))

    def test_wrong_input_runs_nothing(self) -> None:
        for change in ({"designs": ["flatt"]}, {"colour": "red"}, {"grid": {"sec": [1]}}, {"grid": {"seq": [0]}}, {"fidelity": "exact"},
                       {"designs": ["spatten"]}):
            with self.subTest(change), self.assertRaises(weft.ConfigError) as raised:
                weft.sweep({**SMALL, **change}, self.folder / "none")
            self.assertIn("sweep:1:", str(raised.exception))
        for options in ({"jobs": 0}, {"timeout": 0}, {"fidelity": "exact"}):
            self.assertRaises(weft.ConfigError, weft.sweep, SMALL, self.folder / "none", **options)
        self.assertFalse((self.folder / "none").exists())
        self.assertRaises(weft.ConfigError, weft.sweep, "no-such-sweep", self.folder / "none")
        self.assertRaises(weft.ConfigError, weft.read_store, self.folder / "none")
        weft.sweep(SMALL, self.folder / "s")
        for where in ("colour = 1", "1; DROP TABLE point", "seq_q ="):
            self.assertRaises(weft.ConfigError, weft.read_store, self.folder / "s", where)
        with sqlite3.connect(self.folder / "s" / "store.sqlite") as store:
            store.execute("PRAGMA user_version = 99")
        with self.assertRaises(weft.ConfigError) as raised:
            weft.read_store(self.folder / "s")
        self.assertIn("schema 99", str(raised.exception))

    def test_what_progress_raises_and_ctrl_c_keep_what_is_done(self) -> None:
        sweep = {**SMALL, "fidelity": "systemc", "grid": {"seq": list(range(40, 440)), "heads": [1, 2]}, "where": []}
        del sweep["where"]

        def enough(done: int, total: int) -> None:
            if done > 20:
                raise RuntimeError("enough")

        with self.assertRaisesRegex(RuntimeError, "enough"):
            weft.sweep(sweep, self.folder / "s", jobs=2, progress=enough)
        kept = len(weft.read_store(self.folder / "s"))
        self.assertTrue(20 < kept < 1600, kept)
        threading.Timer(0.7, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        with self.assertRaises(KeyboardInterrupt):
            weft.sweep(sweep, self.folder / "s", jobs=2)
        self.assertGreater(len(weft.read_store(self.folder / "s")), kept)

    def test_exports(self) -> None:
        frame = weft.sweep(SMALL, self.folder / "s")
        weft.export(self.folder / "s", self.folder / "s.csv")
        told = self.folder / "t.csv"
        self.assertEqual(command("sweep", "--export", "csv", "--store", str(self.folder / "s"), "--out", str(told)).returncode, 0)
        pandas.testing.assert_frame_equal(pandas.read_csv(self.folder / "s.csv"), pandas.read_csv(told).astype({"causal": bool}),
                                          check_dtype=False)
        self.assertEqual(len(frame), 8)
        self.assertRaises(weft.ConfigError, weft.export, self.folder / "s", self.folder / "s.txt")
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["s", "s.csv", "t.csv"])
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError:
            with self.assertRaisesRegex(weft.ConfigError, "pyarrow"):
                weft.export(self.folder / "s", self.folder / "s.parquet")
            self.skipTest("parquet needs pyarrow")
        weft.export(self.folder / "s", self.folder / "s.parquet")
        pandas.testing.assert_frame_equal(pandas.read_parquet(self.folder / "s.parquet"), frame)
        weft.sweep({**SMALL, "points": [{"arch.buffer.bytes": 64}]}, self.folder / "none")  # no figures, but reasons
        weft.export(self.folder / "none", self.folder / "none.parquet")
        schemas = [pyarrow.parquet.read_schema(self.folder / name).remove_metadata() for name in ("s.parquet", "none.parquet")]
        self.assertEqual(schemas[0], schemas[1])
        together = pandas.read_parquet([self.folder / "s.parquet", self.folder / "none.parquet"])
        self.assertEqual(len(together), 16)

    def test_an_export_that_cannot_be_is_refused_before_anything_is_read(self) -> None:
        weft.sweep(SMALL, self.folder / "s")
        (self.folder / "folder.csv").mkdir()
        for out, word in ((self.folder / "none" / "x.csv", "no folder"), (self.folder / "folder.csv", "is a folder"),
                          (self.folder / "x", "must end in"), (Path("/proc/x.csv"), "cannot be written"), (4, "must be a path"),
                          ("", "must be a path")):
            with self.subTest(out=out), self.assertRaises(weft.ConfigError) as raised:
                weft.export(self.folder / "s", out)
            self.assertIn(f"--export: {out if out else repr(out)}: ", str(raised.exception))
            self.assertIn(word, str(raised.exception))
            told = subprocess.run([sys.executable, "-m", "weft.sweep", "--store", str(self.folder / "s"), "--export", str(out)],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(told.returncode, 2, told.stderr)
            self.assertNotIn("Traceback", told.stderr)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["folder.csv", "s"])

    def test_a_point_that_a_sweep_has_twice_is_there_twice_and_stored_once(self) -> None:
        twice = {**SMALL, "grid": {"seq": [46, 40, 46], "heads": [1]}}
        frame = weft.sweep(twice, self.folder / "s")
        self.assertEqual(list(frame["seq_q"]), [46, 40, 46] * 2)
        self.assertEqual(len(weft.read_store(self.folder / "s")), 4)
        weft.export(self.folder / "s", self.folder / "s.csv")
        told = command("sweep", "--export", "csv", "--store", str(self.folder / "s")).stdout.splitlines()
        self.assertEqual([line.split(",")[0] for line in told[1:]], list(frame["key"]))
        self.assertEqual(list(pandas.read_csv(self.folder / "s.csv")["key"]), list(frame["key"]))


if __name__ == "__main__":
    unittest.main()
