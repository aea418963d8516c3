#!/usr/bin/python3
"""`weft accuracy`: single queries of the committed trace; with the model's weights at WEFT_MINILM, embeddings beside NumPy's."""
from __future__ import annotations

import json
import os
import sys
import unittest
from pathlib import Path
from typing import Any

from weft_command import ROOT, TRACE, FolderTest, run

MODEL = os.environ.get("WEFT_MINILM", "")
TEXTS = ROOT / "tests" / "data" / "plain-english.txt"
SCHEDULES = ROOT / "configs" / "schedule"


class AccuracyTest(FolderTest):
    def json(self, *args: str) -> Any:
        got = run("accuracy", *args, "--json", "-", timeout=600)
        self.assertEqual(got.returncode, 0, got.stderr)
        return json.loads(got.stdout)

    def refused(self, *args: str, says: tuple[str, ...]) -> None:
        got = run("accuracy", *args)
        self.assertEqual(got.returncode, 2, got.stderr)
        self.assertEqual(got.stdout, "")
        for part in says:
            self.assertIn(part, got.stderr)

    def schedule(self, text: str) -> str:
        path = self.folder / "own.yaml"
        path.write_text("query: {bits: 8}\nkey: {bits: 8}\nvalue: {bits: 8}\n" + text, encoding="utf-8")
        return str(path)


class Trace(AccuracyTest):
    def test_single_queries_of_a_trace(self) -> None:
        got = self.json("--values", str(TRACE), "--schedules", "single-12,single-5-values-60")
        self.assertEqual([s["schedule"] for s in got["schedules"]], ["single-12", "single-5-values-60"])
        for schedule in got["schedules"]:
            self.assertEqual(schedule["bytes"]["fetched"], sum(layer["bytes"]["fetched"] for layer in schedule["layers"]))
            self.assertEqual(len(schedule["output_cosine_by_layer"]), 6)
        self.assertGreater(min(got["schedules"][0]["output_cosine_by_layer"]), 0.9999)
        dense, pruned = (s["single_queries"] for s in got["schedules"])
        self.assertEqual(dense["steps"], 55)
        self.assertEqual(dense["bytes"]["fetched"], dense["bytes"]["dense_12bit"])
        self.assertEqual(pruned["bytes"]["dense_12bit"], dense["bytes"]["dense_12bit"])
        self.assertGreaterEqual(pruned["cosine_mean"], 0.99)
        self.assertGreaterEqual(pruned["reduction_median"], 3)
        for layer in pruned["layers"]:
            spared = layer["bytes"]
            left = spared["dense_12bit"] - sum(spared[f"spared_by_{t}"] for t in ("tokens", "heads", "values", "bits"))
            self.assertEqual(spared["fetched"], left + spared["lower_planes"] + spared["scales"])
            self.assertEqual(spared["fetched"], sum(layer["tensors"][t] for t in ("query", "key", "value")))

    def test_a_folder_of_schedules_and_a_table(self) -> None:
        got = run("accuracy", "--values", str(TRACE), "--schedules", f"{SCHEDULES}/decoder/")
        self.assertEqual(got.returncode, 0, got.stderr)
        for path in (SCHEDULES / "decoder").glob("*.yaml"):
            self.assertIn(path.stem, got.stdout)
        again = run("accuracy", "--values", str(TRACE), "--schedules", f"{SCHEDULES}/decoder/")
        self.assertEqual(got.stdout, again.stdout)

    def test_bad_input(self) -> None:
        values = ("--values", str(TRACE))
        self.refused("--schedules", "bits-8", says=("--model", "missing"))
        self.refused(*values, says=("--schedules", "missing", "bits-8"))
        self.refused(*values, "--schedules", "bits-9", says=("bits-9", "did you mean"))
        self.refused(*values, "--schedules", "", says=("--schedules",))
        self.refused(*values, "--texts", str(TEXTS), "--schedules", "bits-8", says=("--texts", "--values"))
        self.refused(*values, "--embeddings", "e.safetensors", "--schedules", "bits-8", says=("--embeddings", "--values"))
        self.refused(*values, "--schedules", str(self.folder) + "/", says=("no YAML file",))
        self.refused(*values, "--schedules", self.schedule("tokens: {averge: 0.1}\n"), says=("own.yaml:4", "averge", "average"))
        self.refused(*values, "--schedules", self.schedule("tokens: {average: 0.9}\n"), says=("own.yaml:4", "below 1"))
        self.refused(*values, "--schedules", self.schedule("lower_bits_below: 0.1\n"), says=("own.yaml:4", "two planes"))
        self.refused("--model", str(self.folder), "--texts", str(TEXTS), "--schedules", "bits-8", says=("config.json",))
        self.refused("--values", "nowhere.safetensors", "--schedules", "bits-8", says=("nowhere.safetensors",))


@unittest.skipUnless(MODEL, "no weights: set WEFT_MINILM to the folder that scripts/trace/fetch_model.sh fills")
class Model(AccuracyTest):
    def test_dense_embeddings_are_those_of_numpy(self) -> None:
        sys.path.insert(0, str(ROOT / "scripts" / "trace"))
        import numpy as np
        import safetensors_file
        from minilm import Encoder

        texts = TEXTS.read_text(encoding="utf-8").splitlines()[:2] + ["Café déjà-vu, naïve £5 — “so” she said… 中文 x²", "ÆON Straße Łódź"]
        file = self.folder / "texts.txt"
        file.write_text("\n\n".join(texts) + "\n", encoding="utf-8")
        out = self.folder / "e.safetensors"
        got = self.json("--model", MODEL, "--texts", str(file), "--schedules", "dense-12", "--embeddings", str(out))
        found = safetensors_file.read(out)
        encoder = Encoder(Path(MODEL))
        exact = np.stack([encoder.embed(text) for text in texts])
        self.assertEqual([t["tokens"] for t in got["schedules"][0]["texts"]], [len(encoder.tokenizer.encode(t)) for t in texts])
        self.assertLess(np.abs(found["dense"] - exact).max(), 1e-4)
        cosine = (found["dense"] * found["schedules.0"]).sum(axis=1)
        for text, here in zip(got["schedules"][0]["texts"], cosine):
            self.assertAlmostEqual(text["cosine"], here, 5)

    def test_what_it_must_show(self) -> None:
        names = ("bits-4-values-20", "bits-8", "bits-8-values-35", "bits-8-tokens-12")
        got = self.json("--model", MODEL, "--texts", str(TEXTS), "--schedules", ",".join(names))
        quantised, bits, *pruned = got["schedules"]
        self.assertGreaterEqual(len(quantised["texts"]), 10)
        self.assertTrue(all(200 <= t["tokens"] <= 500 for t in quantised["texts"]))
        self.assertGreaterEqual(quantised["reduction_median"], 3)
        self.assertGreaterEqual(quantised["cosine_median"], 0.99)
        for schedule in pruned:
            self.assertGreaterEqual(bits["bytes"]["fetched"] / schedule["bytes"]["fetched"], 1.1, schedule["schedule"])
            self.assertGreaterEqual(schedule["cosine_median"], 0.985, schedule["schedule"])

    def test_a_bad_text_is_refused_with_its_line(self) -> None:
        file = self.folder / "texts.txt"
        for text, says in (("one\n\nword " + "word " * 600 + "\n", ("texts.txt:3", "512")), ("a\nत\n", ("texts.txt:2", "U+0924")),
                           ("\n \n", ("texts.txt", "one a line"))):
            file.write_text(text, encoding="utf-8")
            self.refused("--model", MODEL, "--texts", str(file), "--schedules", "bits-8", says=says)


if __name__ == "__main__":
    unittest.main()
