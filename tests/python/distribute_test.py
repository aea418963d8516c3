#!/usr/bin/python3
"""Sweeps on Dask: workers and the scheduler killed in the middle of it, and the store the same as without."""
from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

import weft

try:
    import distributed  # noqa: F401
except ImportError:
    raise unittest.SkipTest("needs python3-distributed")

GRID = {"name": "s", "fidelity": "systemc", "designs": ["fusemax-8x8", "flat-8x8"], "workloads": ["bert-base"]}
START_S = 120  # until processes of a loaded machine have started


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


class ClusterTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.running: list[subprocess.Popen[str]] = []
        self.addCleanup(self.end)

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()

    def start(self, *args: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        log = self.folder / f"log-{len(self.running)}"
        with log.open("w", encoding="utf-8") as out:
            process = subprocess.Popen([sys.executable, "-m", *args], stdout=out, stderr=subprocess.STDOUT, text=True, cwd=self.folder,
                                       env=env)
        self.running.append(process)
        return process

    def scheduler(self) -> subprocess.Popen[str]:
        port = self.address.rsplit(":", 1)[1]
        process = self.start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
                return process
            except OSError:
                time.sleep(0.2)
        self.fail("no scheduler")

    def worker(self, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        return self.start("distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                          "--death-timeout", str(START_S), env=env)

    def sweep(self, text: dict[str, Any], *args: str) -> subprocess.Popen[str]:
        file = self.folder / "sweep.yaml"
        file.write_text(json.dumps(text), encoding="utf-8")
        options = ["--store", str(self.folder / "dask"), "--scheduler", self.address, "--patience", str(START_S), *args]
        return subprocess.Popen([sys.executable, "-m", "weft.sweep", str(file), *options], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def stored(self) -> int:
        file = self.folder / "dask" / "store.sqlite"
        if not file.exists():
            return 0
        with sqlite3.connect(file) as store:
            tables = store.execute("SELECT count(*) FROM sqlite_master WHERE name = 'point'").fetchone()[0]
            return int(store.execute("SELECT count(*) FROM point").fetchone()[0]) if tables else 0

    def await_stored(self, least: int) -> None:
        until = time.monotonic() + START_S
        while self.stored() < least:
            self.assertLess(time.monotonic(), until, "nothing is stored")
            time.sleep(0.05)

    def assert_whole(self, text: dict[str, Any], process: subprocess.Popen[str], code: int = 0) -> None:
        out, err = process.communicate(timeout=600)
        self.assertEqual(process.returncode, code, out + err)
        alone = weft.sweep(text, self.folder / "alone").drop(columns=["key"])
        frame = weft.sweep(text, self.folder / "dask")  # in the order of the points; nothing of it runs
        self.assertEqual(self.stored(), len(alone))  # every point once
        self.assertTrue(frame.drop(columns=["key"]).equals(alone))

    def grid(self, lengths: int) -> dict[str, Any]:
        return {**GRID, "grid": {"seq": [160 + 3 * n for n in range(lengths)], "heads": [1, 2]}}

    def test_a_worker_of_three_is_killed(self) -> None:
        self.scheduler()
        workers = [self.worker() for _ in range(3)]
        text = self.grid(60)
        process = self.sweep(text)
        self.await_stored(20)
        before = self.stored()
        workers[1].send_signal(signal.SIGKILL)
        self.assertLess(before, 240)
        self.assert_whole(text, process)

    def test_the_scheduler_is_killed_and_started_again(self) -> None:
        scheduler = self.scheduler()
        self.worker()
        text = self.grid(60)
        process = self.sweep(text)
        self.await_stored(20)
        scheduler.send_signal(signal.SIGKILL)
        scheduler.wait()
        self.assertLess(self.stored(), 240)
        self.scheduler()
        self.worker()  # Dask's workers end with their scheduler
        self.assert_whole(text, process)

    def test_the_writer_is_killed_and_started_again(self) -> None:
        self.scheduler()
        self.worker()
        text = self.grid(60)
        process = self.sweep(text)
        self.await_stored(20)
        process.kill()
        process.communicate()
        with sqlite3.connect(self.folder / "dask" / "store.sqlite") as store:
            kept = store.execute("SELECT rowid, key FROM point ORDER BY rowid").fetchall()
        self.assertLess(len(kept), 240)
        self.assert_whole(text, self.sweep(text))
        with sqlite3.connect(self.folder / "dask" / "store.sqlite") as store:
            self.assertEqual(store.execute("SELECT rowid, key FROM point ORDER BY rowid").fetchall()[:len(kept)], kept)

    def test_a_full_disk_is_said_and_nothing_is_lost(self) -> None:
        disk = self.folder / "dask"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], capture_output=True, check=False).returncode:
            self.skipTest("needs to mount a small tmpfs, as root")
        try:
            self.scheduler()
            self.worker()
            text = {**self.grid(2000), "fidelity": "analytic"}
            out, err = self.sweep(text).communicate(timeout=300)
            self.assertIn("no room on the disk", err, out)
            self.assertLess(self.stored(), 8000)
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
            self.assert_whole(text, self.sweep(text))
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)  # readers of the store may still be open

    def test_a_worker_without_the_package_fails_no_point(self) -> None:
        self.scheduler()
        self.worker({name: value for name, value in os.environ.items() if name != "PYTHONPATH"})
        out, err = self.sweep(self.grid(4)).communicate(timeout=300)
        self.assertIn("cannot import weft", err, out)
        self.assertEqual(self.stored(), 0)

    def test_statuses_closed_form_and_wrong_input(self) -> None:
        self.scheduler()
        self.worker()
        text = {**GRID, "designs": ["fusemax-16x16"], "points": [
            {"seq": 64}, {"seq": 64, "arch.buffer.bytes": 4096}, {"seq": "16K", "exact": True},
            {"seq": 64, "arch.dram.burst_bytes": 64, "arch.dram.access_bytes": 128}, {"seq": "4K", "fidelity": "analytic"}]}
        out, err = self.sweep(text, "--timeout", "4").communicate(timeout=300)
        self.assertIn("2 ok, 1 infeasible, 1 failed, 1 timed_out", out, err)
        frame = weft.read_store(self.folder / "dask").sort_values(["seq_q", "status"])
        self.assertEqual(sorted(frame["status"]), ["failed", "infeasible", "ok", "ok", "timed_out"])
        closed = {**GRID, "fidelity": "analytic", "grid": {"seq": [100 + n for n in range(1500)]}}
        self.assertEqual(self.sweep(closed).wait(timeout=300), 0)
        self.assertEqual(self.stored(), 5 + 3000)
        for change, args, word in (({"designs": ["flatt"]}, (), "flatt"), ({}, ("--timeout", "0"), "--timeout"),
                                   ({}, ("--jobs", "2"), "--jobs")):
            process = self.sweep({**closed, **change}, *args)
            _, err = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 2)
            self.assertIn(word, err)
        self.address = f"tcp://127.0.0.1:{free_port()}"
        process = self.sweep(closed)
        _, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 2, err)
        self.assertIn("no Dask scheduler", err)

    def test_a_scheduler_that_is_not_there_is_awaited_as_long_as_told(self) -> None:
        begun = time.monotonic()
        import distributed.cli  # noqa: F401  # what starting takes on this machine, with nothing to connect to
        subprocess.run([sys.executable, "-c", "import weft.distribute"], check=True)
        starting = time.monotonic() - begun
        for patience, most in (("0", 4), ("1", 5)):
            begun = time.monotonic()
            _, err = self.sweep(GRID, "--patience", patience).communicate(timeout=60)
            self.assertIn("no Dask scheduler", err)
            self.assertLess(time.monotonic() - begun, 2 * starting + most)
        for patience in ("-1", "nan", "inf"):
            process = self.sweep(GRID, "--patience", patience)
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 2, err)
            self.assertIn("--patience", err)
        self.assertFalse((self.folder / "dask").exists())

    def test_what_is_no_address_is_refused_in_one_line(self) -> None:
        for address in ("foo", "", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:x", "tcp://127.0.0.1:99999", "tcp://:8786",
                        "http://127.0.0.1:80"):
            self.address = address
            process = self.sweep(GRID)
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 2, err)
            self.assertIn("must be tcp://HOST:PORT", err)
            self.assertEqual(err.count("\n"), 1, err)

    @staticmethod
    def children(process: int) -> list[str]:
        tasks = Path(f"/proc/{process}/task").iterdir()
        return [child for task in tasks for child in (task / "children").read_text(encoding="utf-8").split()]

    def test_a_point_that_ends_its_worker_fails_alone(self) -> None:
        self.scheduler()
        workers = [self.worker() for _ in range(2)]
        text = {**GRID, "designs": ["fusemax-16x16"], "points": [{"seq": 64}, {"seq": "16K", "exact": True}, {"seq": 65}]}
        process = self.sweep(text)
        before: set[str] = set()
        until = time.monotonic() + START_S
        while True:  # the process of its own in which a worker simulates stays; others come and go
            now = {child for worker in workers for child in self.children(worker.pid)}
            if before & now or time.monotonic() > until:
                break
            before = now
            time.sleep(4)
        os.kill(int((before & now).pop()), signal.SIGKILL)
        out, err = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 1, out + err)
        frame = weft.sweep(text, self.folder / "dask")
        self.assertEqual(list(frame["status"]), ["ok", "failed", "ok"])
        self.assertIn("Killed", frame["reason"][1])


if __name__ == "__main__":
    unittest.main()
