#!/usr/bin/python3
"""What a run says of itself: what it does not model of its workload, busy and useful shares, and counts near 64 bits."""
from __future__ import annotations

import json
import unittest
from typing import Any

from weft_command import FolderTest, result, run

CLOSED = ("--fidelity", "analytic")
MISTRAL = {"model_type": "mistral", "architectures": ["MistralForCausalLM"], "hidden_size": 4096, "intermediate_size": 14336,
           "max_position_embeddings": 32768, "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
           "sliding_window": 4096}


class AssumptionsTest(FolderTest):
    def config(self, **changes: Any) -> str:
        return str(self.put("config.json", json.dumps({**MISTRAL, **changes})))

    def refused(self, workload: str, *words: str, options: tuple[str, ...] = ()) -> None:
        got = run("run", "--design", "fusemax", "--workload", workload, *CLOSED, *options, "--json", "-")
        self.assertEqual((got.returncode, got.stdout), (2, ""), got.stderr)
        for word in (workload, "--assume full-attention", *words):
            self.assertIn(word, got.stderr)

    def test_what_nobody_gave_is_said(self) -> None:
        shipped = result("--design", "fusemax", "--workload", "bert-base", *CLOSED)
        self.assertEqual(shipped["shape"]["batch"], 64)
        self.assertTrue(any("batch 64" in text for text in shipped["assumptions"]))
        self.assertTrue(any("one of the model's 12 layers" in text for text in shipped["assumptions"]))
        given = result("--design", "fusemax", "--workload", "bert-base", "--batch", "2", "--seq", "2K", *CLOSED)
        self.assertFalse(any("batch" in text or "tokens" in text for text in given["assumptions"]))
        file = result("--design", "fusemax", "--workload", self.config(sliding_window=None), *CLOSED)
        self.assertTrue(any("batch 1:" in text for text in file["assumptions"]))
        self.assertTrue(any("32768 tokens" in text for text in file["assumptions"]))

    def test_the_text_and_a_comparison_say_it_too(self) -> None:
        for command in (("run", "--design", "fusemax"), ("compare", "--designs", "fusemax,flat")):
            got = run(*command, "--workload", "bert-base", *CLOSED)
            self.assertEqual(got.returncode, 0, got.stderr)
            self.assertIn("assumed       batch 64", got.stdout)
        got = run("compare", "--designs", "fusemax,flat", "--workload", "bert-base", *CLOSED, "--json", "-")
        self.assertTrue(all(one["assumptions"] for one in json.loads(got.stdout)["results"]))

    def test_a_window_is_refused_and_assumed_away(self) -> None:
        file = self.config()
        self.refused(file, "sliding_window = '4096'", options=("--seq", "8K"))
        within = result("--design", "fusemax", "--workload", file, "--seq", "4K", *CLOSED)
        self.assertFalse(any("sliding_window" in text for text in within["assumptions"]))
        for word in ("full-attention", "plain"):
            assumed = result("--design", "fusemax", "--workload", file, "--seq", "8K", "--assume", word, *CLOSED)
            self.assertTrue(any("sliding_window = 4096" in text and "full causal attention" in text for text in assumed["assumptions"]))
            self.assertIn(f"--assume {word}", assumed["provenance"]["command"])

    def test_masks_are_told_or_assumed(self) -> None:
        file = self.config(sliding_window=None, is_causal=False)
        self.refused(file, "is_causal = 'false'", "--no-causal")
        for option, causal in ((("--causal",), True), (("--no-causal",), False), (("--assume", "full-attention"), False)):
            got = result("--design", "fusemax", "--workload", file, "--seq", "1K", *option, *CLOSED)
            self.assertEqual(got["shape"]["causal"], causal)
            self.assertTrue(any("is_causal = false" in text for text in got["assumptions"]), got["assumptions"])
            again = run(*got["provenance"]["command"].split()[1:], "--json", "-")
            self.assertEqual(json.loads(again.stdout), got)

    def test_code_of_its_own_and_unknown_models(self) -> None:
        self.refused(self.config(sliding_window=None, auto_map={"AutoModel": "m.M"}), "auto_map")
        unknown = self.config(model_type="never_heard_of")
        got = run("run", "--design", "fusemax", "--workload", unknown, *CLOSED)
        self.assertEqual(got.returncode, 2)
        self.assertIn("--assume plain", got.stderr)
        plain = result("--design", "fusemax", "--workload", unknown, "--seq", "1K", "--assume", "plain", *CLOSED)
        self.assertEqual((plain["shape"]["heads"], plain["shape"]["kv_heads"], plain["shape"]["causal"]), (32, 8, True))
        self.assertTrue(any("never_heard_of" in text for text in plain["assumptions"]))

    def test_a_wrong_word(self) -> None:
        got = run("run", "--design", "fusemax", "--workload", "bert-base", "--assume", "full")
        self.assertEqual(got.returncode, 2)
        self.assertIn("'full-attention'", got.stderr)


class SharesTest(unittest.TestCase):
    def test_flat_is_busy_and_not_useful(self) -> None:
        point = ("--workload", "bert-base", "--batch", "64", "--seq", "4K")
        shares = result("--design", "flat", *point)["utilisation"]
        # Published of FLAT: 64 of 256 rows and columns at each product, two products in four cycles a score.
        self.assertAlmostEqual(shares["useful_macs"], 0.125, delta=1e-4)
        self.assertGreater(shares["array_2d"], 0.5)
        table = run("compare", "--designs", "flat", *point).stdout
        for heading in ("2D busy", "2D useful", "1D busy"):
            self.assertIn(heading, table)
        self.assertIn("12.50 %", table)
        self.assertIn(f"{100 * shares['array_2d']:.2f} %", table)


class LargeCountsTest(unittest.TestCase):
    POINT = ("--design", "flat", "--workload", "bert-base", "--heads", "1", "--width", "1", *CLOSED)

    @staticmethod
    def bytes_of(got: dict[str, Any]) -> int:
        return sum(t["read_bytes"] + t["written_bytes"] for t in got["traffic"] if t["level"] == "dram")

    def test_bytes_beyond_63_bits(self) -> None:
        few = result(*self.POINT, "--batch", "250", "--seq", "40M")
        many = result(*self.POINT, "--batch", "1000", "--seq", "40M")
        self.assertEqual(self.bytes_of(many), 4 * self.bytes_of(few))
        self.assertEqual(many["dram"]["bytes"], self.bytes_of(many))
        self.assertGreater(self.bytes_of(many), 2 ** 63)
        self.assertAlmostEqual(many["cycles"] / 30.9e15, 1, delta=5e-3)
        self.assertLessEqual(many["dram"]["achieved_bytes_per_s"], many["dram"]["peak_bytes_per_s"])
        maccs = next(u for u in many["units"] if u["name"] == "array_2d")["counters"]["macc"]
        self.assertEqual(maccs, 1000 * (40 * 2 ** 20) ** 2 * (1 + 1))

    def test_bytes_beyond_64_bits(self) -> None:
        few = result(*self.POINT, "--batch", "250", "--seq", "48M")
        self.assertGreater(4 * self.bytes_of(few), 2 ** 64)
        got = run("run", *self.POINT, "--batch", "1000", "--seq", "48M", "--json", "-")
        self.assertEqual(got.returncode, 1, got.stderr)
        refused = json.loads(got.stdout)
        self.assertEqual((refused["status"], refused["cycles"], refused["traffic"]), ("infeasible", None, []))
        self.assertIn(f"bytes between the memory and the buffer come to {4 * self.bytes_of(few):.4g}", refused["reason"])
        self.assertIn(refused["reason"], got.stderr)


if __name__ == "__main__":
    unittest.main()
