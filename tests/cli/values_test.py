#!/usr/bin/python3
"""Values through the command: cascades of any rank, values that are not finite, conventions. scripts/test.sh runs this under
sanitizers too."""
from __future__ import annotations

import json
import math
import random
import struct
import unittest
from pathlib import Path
from typing import Any

from weft_command import ROOT, FolderTest, run

CASCADES = ROOT / "tests" / "engine" / "cascades"
Tensors = dict[str, tuple[list[int], list[float]]]


def rounded(value: float) -> float:
    """To bf16, ties to even."""
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    return struct.unpack("<f", struct.pack("<I", (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000))[0]


def trace_bytes(tensors: Tensors, metadata: dict[str, str] | None = None) -> bytes:
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    body = b""
    for name, (shape, values) in tensors.items():
        data = struct.pack(f"<{len(values)}f", *values)
        header[f"layers.0.{name}"] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def read_trace(path: Path) -> Tensors:
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    body = content[8 + size:]
    tensors: Tensors = {}
    for name, entry in json.loads(content[8:8 + size]).items():
        begin, end = entry["data_offsets"]
        tensors[name] = entry["shape"], list(struct.unpack(f"<{(end - begin) // 4}f", body[begin:end]))
    return tensors


class ValuesTest(FolderTest):
    def setUp(self) -> None:
        super().setUp()
        self.random = random.Random(5)

    def tensor(self, *shape: int) -> tuple[list[int], list[float]]:
        return list(shape), [rounded(self.random.uniform(-2, 2)) for _ in range(math.prod(shape))]

    def attention(self, heads: int, queries: int, keys: int, width: int) -> Tensors:
        return {"q": self.tensor(heads, queries, width), "k": self.tensor(heads, keys, width), "v": self.tensor(heads, keys, width)}

    def go(self, tensors: Tensors, *args: str, code: int = 0,
           metadata: dict[str, str] | None = None) -> tuple[dict[str, Any], Tensors, str]:
        trace = self.put("trace.safetensors", trace_bytes(tensors, metadata))
        out, values = self.folder / "out.json", self.folder / "out.safetensors"
        for path in (out, values):
            path.unlink(missing_ok=True)
        got = run("run", *args, "--values", str(trace), "--json", str(out), "--write-values", str(values))
        self.assertEqual(got.returncode, code, got.stderr)
        self.assertNotIn("internal error", got.stderr)
        if code == 2:
            self.assertFalse(out.exists() or values.exists(), "no output of bad input")
            return {}, {}, got.stderr
        return json.loads(out.read_text(encoding="utf-8")), read_trace(values), got.stderr

    def custom(self, name: str) -> list[str]:
        return ["--arch", "streaming-16x16", "--binding", str(CASCADES / f"{name}-binding.yaml")]

    def test_linear_attention_is_compared_with_itself(self) -> None:
        result, _, _ = self.go(self.attention(3, 40, 29, 12), *self.custom("linear-attention"))
        self.assertLess(result["error"]["rms_relative"], 0.01)
        self.assertEqual(result["error"]["compared"], 3 * 40 * 12)
        self.assertIsNone(result["error_to_attention"])

    def test_tensors_of_other_ranks(self) -> None:
        queries, width, features = 11, 5, 3
        tensors = self.attention(2, queries, 4, width)
        tensors["v"] = self.tensor(2, 4, features)
        tensors["g"] = self.tensor(2, queries)
        tensors["W"] = self.tensor(1, queries, width, features)
        result, values, _ = self.go(tensors, *self.custom("other-ranks"))
        self.assertEqual(result["error"]["compared"], 2 * queries * (1 + width * features))
        self.assertEqual(values["layers.0.out"][0], [2, queries])
        self.assertEqual(values["layers.0.t"][0], [2, queries, features, width])
        held = [tensors["q"][1][i] * tensors["g"][1][i // width] for i in range(2 * queries * width)]
        for row in range(2 * queries):
            self.assertAlmostEqual(values["layers.0.out"][1][row], sum(held[row * width:(row + 1) * width]), places=4)
            for f in range(features):
                for e in range(width):
                    weight = tensors["W"][1][(row % queries * width + e) * features + f]
                    self.assertAlmostEqual(values["layers.0.t"][1][(row * features + f) * width + e], weight * held[row * width + e],
                                           places=4)

    def test_inputs_of_other_shapes_are_refused(self) -> None:
        tensors = self.attention(2, 11, 4, 5)
        for shape in ([2, 10], [11], [2, 11, 1], [3, 11], [2, 2, 11]):
            tensors["g"] = self.tensor(*shape)
            tensors["W"] = self.tensor(2, 11, 5, 5)
            message = self.go(tensors, *self.custom("other-ranks"), code=2)[2]
            for needle in ("G", "layers.0.g", "[11]", "other-ranks.yaml"):
                self.assertIn(needle, message)
        del tensors["g"]
        self.assertIn("missing tensor layers.0.g", self.go(tensors, *self.custom("other-ranks"), code=2)[2])

    def test_an_overflow_of_finite_operands_fails(self) -> None:
        tensors = self.attention(1, 8, 8, 4)
        tensors["q"][1][0:4] = tensors["k"][1][0:4] = [3e38] * 4
        for design in ("fusemax-4x4", "flat-4x4"):
            result, values, message = self.go(tensors, "--design", design, code=1)
            self.assertGreaterEqual(result["error"]["not_finite"], 4)
            self.assertEqual(result["error"]["not_finite"] + result["error"]["compared"], 32)
            self.assertEqual(result["status"], "failed")
            self.assertGreater(result["cycles"], 0)
            self.assertIn("AV[0, 0]", message)
            self.assertFalse(math.isfinite(values["layers.0.out"][1][0]), "outputs are written all the same")

    def test_operands_that_are_not_finite_are_counted_apart(self) -> None:
        tensors = self.attention(2, 6, 6, 4)
        tensors["k"][1][5 * 4] = math.nan  # of head 0, key 5: under a causal mask query 5 alone sees it
        result, values, _ = self.go(tensors, "--design", "fusemax-8x8", metadata={"causal": "true"})
        self.assertEqual([result["error"][key] for key in ("operands_not_finite", "rows_apart", "compared", "not_finite")], [1, 1, 44, 0])
        self.assertEqual([math.isnan(x) for x in values["layers.0.out"][1]], [False] * 20 + [True] * 4 + [False] * 24)

    def test_operands_of_zero(self) -> None:
        tensors = {name: ([1, 4, 4], [0.0] * 16) for name in "qkv"}
        self.assertEqual(self.go(tensors, "--design", "fusemax-4x4")[0]["error"]["rms_relative"], 0)

    def test_conventions(self) -> None:
        tensors: Tensors = {"q": ([1, 5, 2], [0.0] * 10), "k": self.tensor(1, 2, 2), "v": ([1, 2, 2], [1.0, 2.0, 3.0, 6.0])}
        rows = {"bottom-right": {"zero": [0, 0] * 3 + [1, 2, 2, 4], "mean": [2, 4] * 3 + [1, 2, 2, 4]},
                "top-left": {"zero": [1, 2] + [2, 4] * 4, "mean": [1, 2] + [2, 4] * 4}}
        for alignment, by_empty in rows.items():
            for empty, expected in by_empty.items():
                options = ["--causal-alignment", alignment, "--empty-rows", empty]
                for design in ("fusemax-4x4", "flat-4x4", "unfused-4x4", "two-pass"):
                    result, values, _ = self.go(tensors, "--design", design, "--causal", *options)
                    self.assertEqual(values["layers.0.out"][1], expected, (design, options))
                    self.assertEqual(result["conventions"], {"causal_alignment": alignment, "empty_rows": empty})
                    self.assertLess(result["error"]["max_abs"], 1e-6)
                told = {"causal": "true", "causal_alignment": alignment, "empty_rows": empty}
                self.assertEqual(self.go(tensors, "--design", "flat-4x4", metadata=told)[1]["layers.0.out"][1], expected)
        message = self.go(tensors, "--design", "flat-4x4", "--causal-alignment", "left", code=2)[2]
        self.assertIn("top-left", message)
        message = self.go(tensors, "--design", "flat-4x4", "--empty-rows", "mean", code=2, metadata={"empty_rows": "zero"})[2]
        self.assertIn("the trace says zero", message)
        analytic = run("run", "--design", "fusemax-4x4", "--workload", "bert-base", "--seq-q", "50", "--seq-kv", "20", "--heads", "1",
                       "--batch", "1", "--causal", "--fidelity", "analytic", "--json", "-")
        self.assertEqual(analytic.returncode, 0, analytic.stderr)


if __name__ == "__main__":
    unittest.main()
