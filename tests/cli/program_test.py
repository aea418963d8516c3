#!/usr/bin/python3
"""Several lengths and decode steps through the command: against each of them by itself, and what is refused."""
from __future__ import annotations

import csv
import json
import shlex
import unittest
from typing import Any

from weft_command import TRACE, FolderTest, run

POINT = ["run", "--workload", "gpt2-small", "--heads", "2", "--width", "32"]


def result(*args: str) -> Any:
    got = run(*POINT, *args, "--json", "-")
    assert got.returncode == 0, got.stderr
    return json.loads(got.stdout)


def bytes_of(document: Any) -> dict[tuple[str, str], tuple[int, int]]:
    return {(t["tensor"], t["level"]): (t["read_bytes"], t["written_bytes"]) for t in document["traffic"]}


def summed(documents: list[Any]) -> dict[tuple[str, str], tuple[int, int]]:
    all_bytes: dict[tuple[str, str], tuple[int, int]] = {}
    for document in documents:
        for key, (read, written) in bytes_of(document).items():
            before = all_bytes.get(key, (0, 0))
            all_bytes[key] = (before[0] + read, before[1] + written)
    return all_bytes


class ProgramTest(FolderTest):
    def test_sequences_of_unequal_lengths_are_each_of_their_own_shape(self) -> None:
        for design in ("fusemax-16x16", "flat-16x16", "fusemax"):
            for fidelity in ("systemc", "analytic"):
                of = ["--design", design, "--fidelity", fidelity]
                document = result(*of, "--seq", "200,1K,7")
                alone = [result(*of, "--batch", "1", "--seq", seq) for seq in ("200", "1K", "7")]
                self.assertEqual([i["seq_kv"] for i in document["invocations"]], [200, 1024, 7])
                self.assertIsNone(document["shape"]["seq_q"])
                self.assertIsNone(document["ranks"])
                self.assertEqual(bytes_of(document), summed(alone), of)
                cycles = sum(one["cycles"] for one in alone)
                if fidelity == "analytic":
                    self.assertEqual(document["cycles"], cycles)
                    simulated = result("--design", design, "--seq", "200,1K,7")["cycles"]
                    self.assertLessEqual(document["bound"]["cycles_at_least"], simulated)
                    self.assertGreaterEqual(document["bound"]["cycles_at_most"], simulated)
                else:
                    self.assertLessEqual(document["cycles"], cycles)
                    self.assertEqual(document["cycles"], result(*of, "--seq", "200,1K,7", "--exact")["cycles"])
                for unit in document["units"]:
                    self.assertEqual(sum(unit[f"{what}_cycles"] for what in ("busy", "stall_in", "stall_out", "idle")), document["cycles"])

    def test_the_longest_position_is_of_one_sequence(self) -> None:
        model = self.put("config.json", json.dumps({"model_type": "gpt2", "n_head": 2, "n_embd": 64, "n_layer": 1, "n_positions": 100}))
        for steps, said in (("3", False), ("4", False), ("5", False), ("6", True)):  # 96 + 5 keys at last
            got = run("run", "--design", "fusemax-8x8", "--workload", str(model), "--seq-q", "4,1", "--seq-kv", "64,96", "--steps", steps,
                      "--json", "-")
            self.assertEqual(got.returncode, 0, got.stderr)
            self.assertEqual(any("100 positions" in text for text in json.loads(got.stdout)["assumptions"]), said, steps)

    def test_decode_steps_each_see_one_key_more(self) -> None:
        of = ["--design", "fusemax-16x16", "--seq-q", "1"]
        document = result(*of, "--seq-kv", "100", "--steps", "5")
        alone = [result(*of, "--seq-kv", str(keys)) for keys in range(100, 105)]
        self.assertEqual([i["seq_kv"] for i in document["invocations"]], list(range(100, 105)))
        self.assertLess(document["cycles"], sum(one["cycles"] for one in alone))
        self.assertEqual(bytes_of(document), summed(alone))

    def test_equal_neighbours_are_one_batch_and_the_command_repeats_the_point(self) -> None:
        document = result("--design", "fusemax-8x8", "--seq-kv", "64,64,8", "--seq-q", "4,4,8", "--steps", "2", "--no-causal")
        told = [(i["batch"], i["seq_q"], i["seq_kv"]) for i in document["invocations"]]
        self.assertEqual(told, [(2, 4, 64), (1, 8, 8), (2, 4, 68), (1, 8, 16)])
        again = run(*shlex.split(document["provenance"]["command"])[1:], "--json", "-")
        self.assertEqual(json.loads(again.stdout), document)
        one = result("--design", "fusemax-8x8", "--seq", "64", "--steps", "1")
        self.assertNotIn("invocations", one)
        self.assertEqual(one["cycles"], result("--design", "fusemax-8x8", "--seq", "64")["cycles"])

    def test_a_table_of_it_leaves_out_what_differs(self) -> None:
        file = self.folder / "rows.csv"
        got = run("compare", "--designs", "fusemax-8x8,flat-8x8", "--workload", "gpt2-small", "--seq", "32,64", "--csv", str(file))
        self.assertEqual(got.returncode, 0, got.stderr)
        rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        self.assertEqual([(r["seq_q"], r["batch"]) for r in rows], [("", "1"), ("", "1")])
        said = run(*POINT, "--design", "fusemax-8x8", "--seq", "32,64").stdout
        self.assertIn("2 invocations, batch 1, 2 heads, 32 to 64 queries on 32 to 64 keys", said)

    def test_what_is_no_program_is_refused_by_its_option(self) -> None:
        cases = [(["--seq", "512,,7"], "--seq"), (["--seq", "512,x"], "--seq"), (["--seq", "512,"], "--seq"),
                 (["--steps", "0"], "--steps"), (["--steps", "1.5"], "--steps"), (["--steps", "99999999"], "--steps"),
                 (["--seq", "8,9", "--batch", "2"], "--batch"), (["--seq-q", "1,2", "--seq-kv", "8,9,10"], "--seq-kv"),
                 (["--seq-q", "1K", "--seq-kv", "64M", "--steps", "2"], "--steps"),
                 (["--seq", ",".join(["8"] * 5000)], "--seq"),
                 (["--seq", "8,9", "--fidelity", "rtl"], "--fidelity")]
        for options, named in cases:
            got = run(*POINT, "--design", "fusemax-8x8", *options)
            self.assertEqual(got.returncode, 2, (options, got.stderr))
            self.assertIn(named, got.stderr)
            self.assertLess(len(got.stderr), 600)
        got = run("run", "--design", "fusemax-8x8", "--values", str(TRACE), "--steps", "2")
        self.assertEqual(got.returncode, 2)
        self.assertIn("--values", got.stderr)


if __name__ == "__main__":
    unittest.main()
