#!/usr/bin/python3
"""Query heads that share their keys: what `weft run` says of them in every fidelity, and values against NumPy."""
from __future__ import annotations

import unittest
from typing import Any

import numpy as np
import numpy.typing as npt

from values_test import read_trace, trace_bytes
from weft_command import FolderTest, result, run

# The figures of one decode step, K and V of each of their heads once and each query and output once, in bf16.
DECODE = ["--workload", "bert-base", "--batch", "1", "--seq-q", "1", "--no-causal"]


def decode(design: str, heads: int, kv_heads: int, keys: int, width: int, fidelity: str) -> dict[str, Any]:
    return result("--design", design, *DECODE, "--heads", str(heads), "--kv-heads", str(kv_heads), "--seq-kv", str(keys),
                  "--width", str(width), "--fidelity", fidelity)


def once(heads: int, kv_heads: int, keys: int, width: int) -> int:
    return 2 * width * (2 * kv_heads * keys + 2 * heads)


def attention(q: npt.NDArray[np.float32], k: npt.NDArray[np.float32], v: npt.NDArray[np.float32], causal: bool) -> npt.NDArray[np.float64]:
    """[batch, heads, tokens, width], each query head with its own of K and V."""
    group = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, group, axis=1), np.repeat(v, group, axis=1)
    scores = q.astype(np.float64) @ np.swapaxes(k, -1, -2).astype(np.float64) / np.sqrt(q.shape[-1])
    if causal:
        ahead = k.shape[2] - q.shape[2]
        seen = np.arange(k.shape[2])[None, :] <= np.arange(q.shape[2])[:, None] + ahead
        scores = np.where(seen, scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return (weights @ v.astype(np.float64)) / weights.sum(axis=-1, keepdims=True)


class DecodeTest(unittest.TestCase):
    def test_thirty_two_heads_on_eight_and_on_one(self) -> None:
        self.assertEqual([once(32, kv, 4096, 128) for kv in (32, 8, 1)], [67_125_248, 16_793_600, 2_113_536])
        for design in ("fusemax", "flat", "fusemax-16x16"):
            for kv_heads in (8, 1):
                for fidelity in ("analytic", "systemc"):
                    with self.subTest(design=design, kv_heads=kv_heads, fidelity=fidelity):
                        got = decode(design, 32, kv_heads, 4096, 128, fidelity)
                        self.assertEqual(got["dram"]["bytes"], once(32, kv_heads, 4096, 128))
                        self.assertEqual((got["shape"]["heads"], got["shape"]["kv_heads"], got["ranks"]["P"]), (32, kv_heads, 1))

    def test_other_groups_on_other_designs(self) -> None:
        for design, heads, kv_heads, keys, width in (("fusemax", 71, 1, 2048, 64), ("flat-32x32", 28, 4, 1500, 128),
                                                     ("fusemax-8x8", 9, 3, 100, 64), ("fusemax-cascade", 64, 8, 8192, 64)):
            with self.subTest(design=design, heads=heads):
                analytic, systemc = (decode(design, heads, kv_heads, keys, width, f) for f in ("analytic", "systemc"))
                self.assertEqual(analytic["dram"]["bytes"], once(heads, kv_heads, keys, width))
                self.assertEqual(systemc["dram"]["bytes"], once(heads, kv_heads, keys, width))
                apart = decode(design, heads, heads, keys, width, "systemc")
                self.assertLess(systemc["cycles"], apart["cycles"])

    def test_rtl_takes_the_cycles_of_systemc(self) -> None:
        for design, heads, kv_heads, keys, width in (("fusemax-4x4", 8, 2, 96, 32), ("fusemax-4x4", 7, 1, 50, 20),
                                                     ("fusemax-16x16", 32, 1, 1024, 128)):
            with self.subTest(design=design, heads=heads):
                rtl, systemc = (decode(design, heads, kv_heads, keys, width, f) for f in ("rtl", "systemc"))
                self.assertEqual(rtl["cycles"], systemc["cycles"])
                self.assertEqual(rtl["traffic"], systemc["traffic"])


class PrefillTest(FolderTest):
    def test_keys_and_values_of_a_thousand_tokens_come_once(self) -> None:
        for design in ("fusemax", "flat"):
            for causal in ("--causal", "--no-causal"):
                for fidelity in ("analytic", "systemc"):
                    got = result("--design", design, "--workload", "bert-base", "--batch", "2", "--kv-heads", "1", "--seq", "1K", causal,
                                 "--fidelity", fidelity)
                    read = {t["tensor"]: t["read_bytes"] for t in got["traffic"] if t["level"] == "dram"}
                    with self.subTest(design=design, causal=causal, fidelity=fidelity):
                        self.assertEqual((read["K"], read["V"]), (2 * 1024 * 64 * 2, 2 * 1024 * 64 * 2))

    def test_values_are_those_of_numpy_in_systemc_and_rtl(self) -> None:
        random = np.random.default_rng(5)
        points = ((6, 2, 5, 23, True), (5, 1, 1, 40, True), (12, 3, 18, 18, True), (4, 2, 7, 9, False))
        for heads, kv_heads, queries, keys, causal in points:
            tensors = {name: random.standard_normal(shape).astype(np.float32) for name, shape in
                       (("q", (2, heads, queries, 12)), ("k", (2, kv_heads, keys, 12)), ("v", (2, kv_heads, keys, 8)))}
            expected = attention(tensors["q"], tensors["k"], tensors["v"], causal)
            listed = {name: (list(x.shape), x.ravel().tolist()) for name, x in tensors.items()}
            trace = self.put("trace.safetensors", trace_bytes(listed, {"causal": "true"} if causal else None))
            written = {}
            runs = [("fusemax-8x8", "systemc"), ("fusemax-8x8", "rtl"), ("flat-8x8", "systemc"), ("unfused-8x8", "systemc")]
            for design, fidelity in runs:
                with self.subTest(heads=heads, queries=queries, design=design, fidelity=fidelity):
                    out = self.folder / "out.safetensors"
                    got = run("run", "--design", design, "--values", str(trace), "--write-values", str(out), "--fidelity", fidelity)
                    self.assertEqual(got.returncode, 0, got.stderr)
                    shape, values = read_trace(out)["layers.0.out"]
                    computed = np.array(values).reshape(shape)
                    self.assertEqual(computed.shape, expected.shape)
                    self.assertLess(np.abs(computed - expected).max(), 2e-2)
                    if design == "fusemax-8x8":
                        written[fidelity] = out.read_bytes()
            self.assertEqual(written["systemc"], written["rtl"])

    def test_what_no_head_of_a_row_sees_reaches_no_result(self) -> None:
        # Keys 5 to 8 of 9, which queries 0 to 4 do not see, in tiles of rows of four heads.
        random = np.random.default_rng(6)
        clean = {name: random.standard_normal((1, heads, 9, 4)).astype(np.float32) for name, heads in (("q", 8), ("k", 2), ("v", 2))}
        for design, fidelity in (("fusemax-4x4", "systemc"), ("fusemax-4x4", "rtl"), ("flat-4x4", "systemc")):
            rows = []
            for strange in (0.0, np.nan, np.inf):
                tensors = {name: x.copy() for name, x in clean.items()}
                tensors["k"][:, :, 5:] = strange
                tensors["v"][:, :, 5:] = strange
                listed = {name: (list(x.shape), x.ravel().tolist()) for name, x in tensors.items()}
                trace, out = self.put("trace.safetensors", trace_bytes(listed, {"causal": "true"})), self.folder / "out.safetensors"
                run("run", "--design", design, "--values", str(trace), "--write-values", str(out), "--fidelity", fidelity)
                shape, values = read_trace(out)["layers.0.out"]
                rows.append(np.array(values).reshape(shape)[:, :, :5])
            with self.subTest(design=design, fidelity=fidelity):
                self.assertTrue(np.isfinite(rows[0]).all())
                np.testing.assert_array_equal(rows[0], rows[1])
                np.testing.assert_array_equal(rows[0], rows[2])


if __name__ == "__main__":
    unittest.main()
