"""Designs that are not simulated, from outside: platforms that were measured, A3, MNNFast, and this machine."""
from __future__ import annotations

import json
import unittest
from typing import Any

from weft_command import TRACE, FolderTest, run

BASELINES = ("a3", "mnnfast", "titan-xp", "xeon-e5-2640", "h100", "h200", "host-cpu")
HEADER = ("iteration_id,layer_id,head_id,embedding_length_D,sentence_length_L,key_fetch_num,quant_key_bit,quant_query_bit,"
          "auto_requant_thres,if_requant,auto_requant_incre,value_fetch_num,quant_value_bit,if_accumulate_importance,"
          "if_rescale_previous_importance,if_topk,topk\n")


def result(design: str, *args: str) -> Any:
    got = run("run", "--design", design, *args, "--json", "-")
    assert got.returncode == 0, got.stderr
    return json.loads(got.stdout)


class BaselineTest(FolderTest):
    def test_every_one_runs_at_both_fidelities(self) -> None:
        for design in BASELINES:
            for fidelity in ("systemc", "analytic"):
                got = result(design, "--workload", "gpt2-small", "--fidelity", fidelity)
                self.assertGreater(got["seconds"], 0)
                self.assertIn(got["time_from"], ("measured", "interpolated", "published", "computed"))
                self.assertIn(got["bound_by"].split(":")[0], {u["name"] for u in got["units"]})
                for unit in got["units"]:
                    self.assertEqual(sum(unit[f"{w}_cycles"] for w in ("busy", "stall_in", "stall_out", "idle")), got["cycles"])
            self.assertNotEqual(run("run", "--design", design, "--workload", "gpt2-small", "--fidelity", "rtl").returncode, 0)
        self.assertTrue(any("depends on that machine" in text for text in result("host-cpu", "--workload", "gpt2-small")["assumptions"]))

    def test_a_measured_call(self) -> None:
        got = result("h200", "--workload", "bert-base", "--seq", "4K", "--batch", "16")
        self.assertEqual(got["time_from"], "measured")
        self.assertAlmostEqual(got["seconds"], 1.7886e-3, delta=1e-9)  # as in the file of measurements
        self.assertAlmostEqual(got["joules"], 1.18386, places=4)
        step = result("h200", "--workload", "gpt2-small", "--seq-q", "1", "--seq-kv", "1024")
        self.assertAlmostEqual(step["seconds"], 5.75e-6, delta=1e-9)

    def test_outside_of_what_was_measured(self) -> None:
        for args in (("--seq", "64"), ("--heads", "64"), ("--width", "32")):
            got = run("run", "--design", "h100", "--workload", "bert-base", *args, "--json", "-")
            self.assertEqual(got.returncode, 1)
            data = json.loads(got.stdout)
            self.assertEqual(data["status"], "infeasible")
            self.assertTrue(data["reason"].startswith("not measured"), data["reason"])
            self.assertIsNone(data["seconds"])

    def test_rows_and_steps_are_dense_attention(self) -> None:
        rows = self.folder / "rows.csv"
        rows.write_text(HEADER + "".join(f"{i},{layer},{head},64.0,{100 + i},20,6,16,0.05,False,4,5,6,True,False,False,-1\n"
                                         for i in range(3) for layer in range(2) for head in range(4)), encoding="utf-8")
        for design, bits in (("titan-xp", 32), ("a3", 9)):
            got = result(design, "--workload", str(rows))
            self.assertEqual(got["dram"]["bytes"], 2 * 4 * (100 + 101 + 102) * 64 * 2 * bits // 8)
        flops = 2 * 4 * (100 + 101 + 102) * 64 * 4
        self.assertAlmostEqual(result("titan-xp", "--workload", str(rows))["seconds"], flops / 0.01e12, delta=1e-9)
        steps = result("mnnfast", "--workload", "gpt2-small", "--seq-q", "1", "--seq-kv", "100", "--steps", "3")
        self.assertEqual(steps["dram"]["bytes"], 12 * (100 + 101 + 102) * 64 * 2 * 4)

    def test_values(self) -> None:
        for design, most in (("a3", 0.6), ("mnnfast", 0.3)):
            got = result(design, "--values", str(TRACE))
            self.assertGreater(got["error"]["compared"], 0)
            self.assertGreater(got["error"]["rms_relative"], 0)
            self.assertLess(got["error"]["rms_relative"], most)
        # Nothing left out: attention itself.
        whole = result("mnnfast", "--values", str(TRACE), "--set", "arch.model.skip_share=0")
        self.assertLess(whole["error"]["max_abs"], 1e-9)
        refused = run("run", "--design", "h100", "--values", str(TRACE))
        self.assertNotEqual(refused.returncode, 0)

    def test_faults_of_a_model(self) -> None:
        for key, text in (("operand_bits=0", "operand_bits"), ("misspelt=1", "misspelt")):
            got = run("run", "--design", "titan-xp", "--workload", "bert-base", "--set", f"arch.model.{key}")
            self.assertEqual(got.returncode, 2, got.stderr)
            self.assertIn(text, got.stderr)


if __name__ == "__main__":
    unittest.main()
