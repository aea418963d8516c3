#!/usr/bin/python3
"""What strains a reader: each budget of each one exceeded by a small file, what is no regular file, and pipes without a reader.

Every refusal is one message, within a second and 200 MB. No file here could hang or crash another program: the budgets are
lowered instead."""
from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import time
import unittest
from pathlib import Path

from weft_command import TRACE, WEFT, FolderTest, config, safetensors

# AddressSanitizer keeps what is freed, and takes its time: the bars are of a build without it.
STRAIN = 5 if b"__asan_init" in WEFT.read_bytes() else 1
SECONDS = 1.0 * STRAIN
MEGABYTES = 200 * STRAIN
SHAPE = [1, 8, 32]
GOOD_TRACE = safetensors({f"layers.0.{name}": SHAPE for name in "qkv"})
MODEL = json.dumps({"model_type": "bert", "hidden_size": 64, "num_attention_heads": 2, "num_hidden_layers": 2,
                    "intermediate_size": 128, "max_position_embeddings": 64})
WORKLOAD = "description: d\nsource: s\nmodel_width: 64\nheads: 2\nwidth_qk: 32\nlayers: 1\nfeed_forward_width: 128\nseq: 64\n"
CASCADE = config("cascade", "attention-1pass")


def measured(*args: str, limits: str = "", cwd: Path | None = None) -> tuple[subprocess.CompletedProcess[str], float, float]:
    """The run, its CPU seconds (the machine may be busy) and its peak of memory in MB."""
    env = dict(os.environ, WEFT_LIMITS=limits) if limits else None
    with subprocess.Popen([str(WEFT), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=cwd) as process:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            out, err = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return subprocess.CompletedProcess(process.args, process.returncode, out, err), seconds, after.ru_maxrss / 1024


class ReaderTest(FolderTest):
    def refused(self, *args: str, says: str, limits: str = "") -> None:
        got, seconds, megabytes = measured(*args, limits=limits, cwd=self.folder)
        self.assertEqual(got.returncode, 2, got.stderr)
        self.assertEqual(got.stdout, "")
        self.assertIn(says, got.stderr)
        self.assertEqual(got.stderr.count("weft " + args[0] + ": "), 1, "one message")
        self.assertNotIn("internal error", got.stderr)
        self.assertLess(seconds, SECONDS)
        self.assertLess(megabytes, MEGABYTES)
        self.assertLess(len(got.stderr), 20_000)


class BudgetTest(ReaderTest):
    """One row a budget: the file is taken by the default and refused by a lower one."""

    def check(self, setting: str, *args: str) -> None:
        name, value = setting.split("=")
        self.refused(*args, says=f"the limit {name} is {value};", limits=setting)
        got, _, _ = measured(*args, cwd=self.folder)
        self.assertNotIn("the limit", got.stderr, "the default takes it")

    def test_yaml(self) -> None:
        self.put("w.yaml", WORKLOAD)
        self.put("deep.yaml", WORKLOAD + "name: {a: {b: {c: 1}}}\n")
        self.put("alias.yaml", WORKLOAD + "a: &a [1, 1, 1, 1]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n")
        self.put("text.yaml", WORKLOAD + "a: &a 0123456789012345678901234567890123456789\nb: [*a, *a, *a, *a]\n")
        self.put("ahead.yaml", WORKLOAD + "a: [" + " " * 5000 + "]\n")
        run = ["run", "--design", "fusemax-8x8", "--workload"]
        for setting, name in [("yaml.bytes=100", "w"), ("yaml.nodes=10", "w"), ("yaml.key_bytes=8", "w"), ("yaml.depth=3", "deep"),
                              ("yaml.expanded=100", "alias"), ("yaml.expanded_bytes=250", "text"),
                              ("yaml.ahead=2000", "ahead")]:
            with self.subTest(setting):
                self.check(setting, *run, f"./{name}.yaml")

    def test_every_yaml_reader(self) -> None:
        for kind, name, args in [("arch", "fusemax-cloud", ["run", "--binding", "fusemax", "--workload", "bert-base", "--arch"]),
                                 ("binding", "fusemax", ["run", "--arch", "fusemax-cloud", "--workload", "bert-base", "--binding"]),
                                 ("cascade", "attention-1pass", ["analyze"]), ("cost", "horowitz-45nm", ["cost"]),
                                 ("workload", "bert-base", ["run", "--design", "fusemax", "--workload"])]:
            with self.subTest(kind):
                self.put("x.yaml", config(kind, name))
                self.refused(*args, "./x.yaml", says="the limit yaml.nodes is 8;", limits="yaml.nodes=8")

    def test_ert(self) -> None:
        self.put("e.yaml", "ERT:\n  version: '0.4'\n  tables:\n  - name: a.macc\n    actions:\n    - {name: compute, energy: 1}\n")
        self.check("yaml.nodes=5", "cost", "--import-ert", "./e.yaml", "--import-node", "45", "--import-voltage", "1",
                   "--import-buffer", "1K")

    def test_config_json(self) -> None:
        self.put("config.json", MODEL)
        self.put("deep.json", MODEL[:-1] + ', "x": [[[[1]]]]}')
        run = ["run", "--design", "fusemax-8x8", "--workload"]
        self.check("json.bytes=20", *run, "./config.json")
        self.check("json.nodes=6", *run, "./config.json")
        self.check("json.depth=3", *run, "./deep.json")

    def test_safetensors(self) -> None:
        self.put("t.safetensors", GOOD_TRACE)
        run = ["run", "--design", "fusemax-8x8", "--values", "./t.safetensors"]
        for setting in ("safetensors.bytes=1000", "safetensors.header=50", "safetensors.nodes=9", "json.depth=2"):
            with self.subTest(setting):
                self.check(setting, *run)

    def test_cascade(self) -> None:
        self.put("c.yaml", CASCADE)
        deep = CASCADE.replace("  - BQK[", "  - DEEP[m1,m0,p] = ((((K[e,m1,m0])))) * Q[e,p]\n  - BQK[", 1)
        self.put("deep.yaml", deep)
        for setting in ("cascade.ranks=2", "cascade.names=1", "cascade.einsums=3", "cascade.terms=9", "cascade.einsum_bytes=9"):
            with self.subTest(setting):
                self.check(setting, "analyze", "./c.yaml")
        self.check("cascade.depth=3", "analyze", "./deep.yaml")

    def test_csv(self) -> None:
        for setting in ("csv.bytes=50", "csv.rows=3", "csv.columns=4"):  # the published figures, small files
            with self.subTest(setting):
                self.refused("reproduce", "fusemax", "--fidelity", "rules", says=f"the limit {setting.split('=')[0]} is", limits=setting)

    def test_a_wrong_limit_is_bad_input(self) -> None:
        self.put("w.yaml", WORKLOAD)
        for setting, says in [("yaml.node=5", "did you mean 'yaml.nodes'?"), ("yaml.depth=1000", "from 1 to 256"),
                              ("yaml.nodes", "NAME=N")]:
            got, _, _ = measured("list", limits=setting)
            self.assertEqual(got.returncode, 2)
            self.assertIn(says, got.stderr)
            self.assertIn("WEFT_LIMITS", got.stderr)


class StrainTest(ReaderTest):
    """At the default budgets: as much as they let through, and what no budget is needed for."""

    def test_a_hundred_thousand_unknown_keys(self) -> None:
        self.put("w.yaml", WORKLOAD + "".join(f"unknown_key_{i}: 1\n" for i in range(100_000)))
        started = resource.getrusage(resource.RUSAGE_CHILDREN)
        got, _, megabytes = measured("run", "--design", "fusemax-8x8", "--workload", "./w.yaml", cwd=self.folder)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertEqual(got.returncode, 2)
        self.assertIn("unknown_key_0: unknown key", got.stderr)
        self.assertRegex(got.stderr, re.compile(r"and 99,?98\d more"))
        self.assertLess(len(got.stderr), 20_000)
        self.assertLess(used.ru_utime - started.ru_utime, 5 * STRAIN)
        self.assertLess(megabytes, MEGABYTES)

    def test_other_tensors_of_a_trace(self) -> None:
        count = 40_000
        header = {"__metadata__": {"k": "v"}}
        at = 0
        for name in [f"layers.0.{x}" for x in "qkv"] + [f"model.other.{i}" for i in range(count)]:
            size = 4 * SHAPE[0] * SHAPE[1] * SHAPE[2] if name.startswith("layers") else 1
            header[name] = {"dtype": "F32" if size > 1 else "U8", "shape": SHAPE if size > 1 else [1], "data_offsets": [at, at + size]}
            at += size
        text = json.dumps(header).encode()
        self.put("t.safetensors", struct.pack("<Q", len(text)) + text + struct.pack("<f", 0.5) * 768 + b"\0" * count)
        got, seconds, megabytes = measured("run", "--design", "fusemax-8x8", "--values", "./t.safetensors", "--json", "-", cwd=self.folder)
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertLess(seconds, 3 * STRAIN)
        self.assertLess(megabytes, MEGABYTES)

    def test_ten_thousand_einsums(self) -> None:
        lines = [f"  - T{i}[m] = T{i - 1}[m] + 1\n" for i in range(1, 10_000)]
        self.put("c.yaml", "description: d\nsource: s\nranks: {M: keys}\ntensors: {A: [M]}\noutputs: [T9999]\neinsums:\n"
                 "  - T0[m] = A[m]\n" + "".join(lines))
        got, seconds, megabytes = measured("analyze", "./c.yaml", "--json", "-", cwd=self.folder)
        self.assertEqual(got.returncode, 0, got.stderr[:500])
        self.assertLess(seconds, 10 * STRAIN)
        self.assertLess(megabytes, MEGABYTES)

    def test_what_is_no_regular_file(self) -> None:
        os.mkfifo(self.folder / "pipe.yaml")
        (self.folder / "zero.yaml").symlink_to("/dev/zero")
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(self.folder / "s.yaml"))
            for name, kind in [("pipe", "pipe"), ("zero", "device"), ("s", "socket")]:
                for ending in ("yaml", "json", "safetensors"):
                    path = self.folder / f"{name}.{ending}"
                    if not path.exists():
                        path.symlink_to(self.folder / f"{name}.yaml")
                path = f"./{name}"
                for args in (["run", "--design", "fusemax-8x8", "--workload", path + ".yaml"],
                             ["run", "--design", "fusemax-8x8", "--workload", path + ".json"],
                             ["run", "--design", "fusemax-8x8", "--values", path + ".safetensors"],
                             ["run", "--design", path + ".yaml", "--workload", "bert-base"],
                             ["run", "--arch", path + ".yaml", "--binding", "fusemax", "--workload", "bert-base"],
                             ["run", "--design", "fusemax-8x8", "--workload", "bert-base", "--cost", path + ".yaml"],
                             ["analyze", path + ".yaml"], ["cost", path + ".yaml"]):
                    with self.subTest(kind=kind, args=args):
                        self.refused(*args, says=f"must be a regular file, not a {kind}")

    def test_sparse_files_are_not_read(self) -> None:
        for name, args in [("w.yaml", ["--workload", "./w.yaml"]), ("w.json", ["--workload", "./w.json"]),
                           ("w.safetensors", ["--values", "./w.safetensors"])]:
            with open(self.put(name, b""), "wb") as file:
                file.truncate(1 << 33)
            self.refused("run", "--design", "fusemax-8x8", *args, says=name)


class PipeTest(FolderTest):
    """Outputs into pipes: with a reader they work; without one the command waits and can be stopped."""

    RUN = ("run", "--design", "fusemax-8x8", "--values", str(TRACE))

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([str(WEFT), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def test_without_a_reader_a_signal_ends_it(self) -> None:
        os.mkfifo(self.folder / "pipe")
        for option in ("--json", "--csv", "--perfetto", "--write-values"):
            for number, code in [(signal.SIGINT, 130), (signal.SIGTERM, 143)]:
                with self.subTest(option, signal=number):
                    process = self.start(*self.RUN, option, "pipe", *(["--csv", "other.csv"] if option == "--json" else []))
                    time.sleep(2)
                    self.assertIsNone(process.poll(), "it waits for a reader")
                    process.send_signal(number)
                    self.assertEqual(process.wait(10), code)
                    self.assertEqual([p.name for p in self.folder.iterdir()], ["pipe"], "nothing else is written")

    def test_with_a_reader_it_is_written(self) -> None:
        os.mkfifo(self.folder / "pipe")
        process = self.start(*self.RUN, "--json", "pipe")
        with open(self.folder / "pipe", encoding="utf-8") as pipe:
            self.assertEqual(json.load(pipe)["schema"], "weft-result/1")
        self.assertEqual(process.wait(30), 0)

    def test_a_reader_that_does_not_read(self) -> None:
        os.mkfifo(self.folder / "pipe")
        process = self.start(*self.RUN, "--write-values", "pipe")  # more than a pipe holds
        with open(self.folder / "pipe", "rb"):
            time.sleep(3)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(10), 143)

    def test_devices(self) -> None:
        process = self.start(*self.RUN, "--json", "/dev/stdout", "--csv", "/dev/null")
        out, _ = process.communicate(timeout=120)
        self.assertEqual(json.loads(out)["schema"], "weft-result/1")
        self.assertEqual(process.returncode, 0)
        with open(self.folder / "out", "wb") as out_file:
            out_file.write(b"before\n")
            out_file.flush()
            got = subprocess.run([str(WEFT), *self.RUN, "--json", "/dev/stdout"], stdout=out_file, check=False, timeout=120)
        self.assertEqual(got.returncode, 0)
        self.assertTrue((self.folder / "out").read_text(encoding="utf-8").startswith('before\n{'), "as `-` does, in its place")
        process = self.start(*self.RUN, "--json", "/dev/full")
        _, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 2, error)
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(self.folder / "s"))
            process = self.start(*self.RUN, "--json", "s")
            _, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 2)
        self.assertIn(b"socket", error)


if __name__ == "__main__":
    unittest.main()
