#!/usr/bin/python3
"""Tensors of few bits through the command: values against NumPy's computation of the same quantisation, and what is refused."""
from __future__ import annotations

import json
import re
import unittest
from typing import Any

import numpy as np
import numpy.typing as npt

from values_test import Tensors, read_trace, trace_bytes
from weft_command import TRACE, FolderTest, run

Floats = npt.NDArray[np.float32]
FORMATS = [f"int{bits}{scale}" for bits in (1, 4, 6, 12)
           for scale in ("", "-per-head", "-per-channel", "-per-token", "-per-block-8")]
FORMATS += ["int2", "int8-per-token", "int16", "int24", "int32"]


def quantised(x: Floats, text: str) -> Floats:
    """x [..., tokens, channels] to integers and back: symmetric, the largest magnitude of each scale at the largest integer."""
    match = re.fullmatch(r"int(\d+)(?:-per-(\w+)|-(within))?(?:-([\d.]+))?", text)
    assert match
    bits, scale = int(match[1]), match[2] or match[3] or "tensor"
    block = int(match[4] or 0) if scale == "block" else 0
    magnitude = np.abs(x)
    if scale == "within":
        largest = np.full(x.shape, np.float32(match[4]))
    elif scale == "block":
        parts = [np.broadcast_to(magnitude[..., i:i + block].max(axis=-1, keepdims=True), magnitude[..., i:i + block].shape)
                 for i in range(0, x.shape[-1], block)]
        largest = np.concatenate(parts, axis=-1)
    else:
        axes = {"tensor": None, "head": (-2, -1), "channel": -2, "token": -1}[scale]
        largest = np.broadcast_to(magnitude.max(axis=axes, keepdims=True), x.shape)
    most = 2**(bits - 1) - 1 if bits > 1 else 1
    step = (largest.astype(np.float64) / most).astype(np.float32).astype(np.float64)
    integers = np.clip(np.rint(x / step), -most, most) if bits > 1 else np.where(x < 0, -1, 1)
    return (integers * step).astype(np.float32)


def attention(q: Floats, k: Floats, v: Floats) -> npt.NDArray[np.float64]:
    scores = q.astype(np.float64) @ np.swapaxes(k, -1, -2).astype(np.float64) / np.sqrt(q.shape[-1])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights @ v.astype(np.float64) / weights.sum(axis=-1, keepdims=True)


class FormatsTest(FolderTest):
    def setUp(self) -> None:
        super().setUp()
        self.random = np.random.default_rng(7)

    def normal(self, *shape: int) -> Floats:
        return self.random.standard_normal(shape).astype(np.float32)

    def out(self, tensors: dict[str, Floats], formats: dict[str, str], *args: str, metadata: dict[str, str] | None = None,
            code: int = 0) -> tuple[Floats, str]:
        listed: Tensors = {name: (list(x.shape), x.ravel().tolist()) for name, x in tensors.items()}
        trace, written = self.put("trace.safetensors", trace_bytes(listed, metadata)), self.folder / "out.safetensors"
        sets = [f"--set=binding.tensors.{name}.format={text}" for name, text in formats.items()]
        got = run("run", "--design", "fusemax-16x16", "--values", str(trace), "--write-values", str(written), *sets, *args)
        self.assertEqual(got.returncode, code, got.stderr)
        if code != 0:
            return np.zeros(0, np.float32), got.stderr
        shape, values = read_trace(written)["layers.0.out"]
        return np.array(values, np.float32).reshape(shape), got.stdout

    def selecting(self, batch: int, heads: int, kv_heads: int, tokens: int, width: int) -> dict[str, Floats]:
        """Query i sees key i alone, for what the others weigh is zero in fp32: the output is V, to the last bit."""
        own = np.broadcast_to(16 * np.eye(tokens, dtype=np.float32), (batch, heads, tokens, tokens))
        return {"q": own, "k": own[:, :kv_heads], "v": self.normal(batch, kv_heads, tokens, width)}

    def test_values_are_those_of_numpy_bit_for_bit(self) -> None:
        tensors = self.selecting(2, 4, 2, 40, 20)
        tensors["v"][0, 1, 3] *= 5  # heads and tokens of different magnitude
        for text in FORMATS:
            got, _ = self.out(tensors, {"V": text, "AV": "fp32"}, metadata={"scale": "1"})
            expected = np.repeat(quantised(tensors["v"], text), 2, axis=1)
            np.testing.assert_array_equal(got, expected, text)
            self.assertGreater(np.abs(expected).max(), 0)

    def test_a_trace_keeps_fp32_until_a_format_rounds_it(self) -> None:
        tensors = self.selecting(1, 2, 2, 20, 9)
        v = tensors["v"]
        got, _ = self.out(tensors, {"V": "fp32", "AV": "fp32"}, metadata={"scale": "1"})
        np.testing.assert_array_equal(got, v)
        bits = v.view(np.uint32)
        rounded = ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(np.float32)
        got, _ = self.out(tensors, {"V": "bf16", "AV": "fp32"}, metadata={"scale": "1"})
        np.testing.assert_array_equal(got, rounded)
        self.assertTrue((v != rounded).any())

    def test_attention_is_that_of_the_quantised_operands(self) -> None:
        q, k, v = self.normal(1, 3, 50, 24), self.normal(1, 3, 50, 24), self.normal(1, 3, 50, 24)
        for formats in ({"Q": "int4", "K": "int1", "V": "int6"}, {"Q": "int12-per-head", "K": "int4-per-token", "V": "int4-per-channel"},
                        {"Q": "int6-per-block-8", "K": "int6", "V": "int1-per-token"}):
            got, _ = self.out({"q": q, "k": k, "v": v}, formats)
            expected = attention(quantised(q, formats["Q"]), quantised(k, formats["K"]), quantised(v, formats["V"]))
            exact = attention(q, k, v)

            def apart(reference: npt.NDArray[np.float64]) -> float:
                return float(np.sqrt(((got - reference)**2).sum() / (reference**2).sum()))
            self.assertLess(apart(expected), 0.005, formats)
            self.assertGreater(apart(exact), 10 * apart(expected), formats)

    def test_outputs_are_those_of_numpy_bit_for_bit(self) -> None:
        tensors = {"q": self.normal(2, 4, 50, 24), "k": self.normal(2, 2, 70, 24), "v": self.normal(2, 2, 70, 20)}
        tensors["v"][0, 1, :, 3] *= 5
        plain, _ = self.out(tensors, {"AV": "fp32"})
        different = 0
        for bits in (1, 4, 6, 12):
            for text in (f"int{bits}-per-token", f"int{bits}-per-block-8", f"int{bits}-within-0.5", f"int{bits}-within-20"):
                got, _ = self.out(tensors, {"AV": text})
                np.testing.assert_array_equal(got, quantised(plain, text), text)
                different += int((got != plain).any())
        self.assertEqual(different, 16)

    def test_rows_of_a_mean_are_rounded_as_any_other(self) -> None:
        tensors = {"q": self.normal(1, 2, 20, 8), "k": self.normal(1, 2, 12, 8), "v": self.normal(1, 2, 12, 8)}
        mask = ["--causal", "--empty-rows", "mean"]
        plain, _ = self.out(tensors, {"AV": "fp32"}, *mask)
        for text in ("int6-per-token", "int6-per-block-3", "int4-within-1"):
            got, _ = self.out(tensors, {"AV": text}, *mask)
            np.testing.assert_array_equal(got, quantised(plain, text), text)
            self.assertTrue((got != 0).any(axis=-1).all())

    def test_what_is_made_within_is_numpys(self) -> None:
        """The weights of one tile of keys as integers: each rounded by itself, and the sums those of what was rounded."""
        q, k, v = self.normal(1, 3, 16, 24), self.normal(1, 3, 16, 24), self.normal(1, 3, 16, 24)
        for bits in (4, 6, 12):
            formats = dict.fromkeys(["Q", "K", "V", "AV"], "fp32") | {"SLN": f"int{bits}-within-1"}
            got, _ = self.out({"q": q, "k": k, "v": v}, formats)
            scores = q.astype(np.float64) @ np.swapaxes(k, -1, -2).astype(np.float64) / np.sqrt(24)
            weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
            rounded = quantised(weights.astype(np.float32), f"int{bits}-within-1").astype(np.float64)
            expected = rounded @ v.astype(np.float64) / rounded.sum(axis=-1, keepdims=True)
            # The engine's exponential is within 3e-6: of twelve bits one weight in a hundred may round the other way.
            apart = np.abs(got - expected)
            self.assertLess(apart.max(), 3 / 2**(bits - 1) if bits == 12 else 1e-4)
            self.assertLess(np.mean(apart > 2e-5 + 2e-4 * np.abs(expected)), 0.03)
            if bits < 12:
                self.assertGreater(np.abs(got - attention(q, k, v)).max(), 0.01)

    def test_the_error_is_against_the_same_operands(self) -> None:
        got = run("run", "--design", "fusemax-16x16", "--values", str(TRACE), "--set", "binding.tensors.K.format=int4", "--json", "-")
        result: dict[str, Any] = json.loads(got.stdout)
        self.assertLess(result["error"]["rms_relative"], 0.005)
        self.assertLess(result["error_to_attention"]["rms_relative"], 0.005)

    def test_what_has_no_code_is_refused(self) -> None:
        tensors = {name: self.normal(1, 2, 8, 4) for name in "qkv"}
        tensors["k"][0, 1, 2, 3] = np.inf
        _, says = self.out(tensors, {"K": "int8"}, code=2)
        self.assertIn("binding.tensors.K.format: 'int8': layers.0.k of the trace has 1 value that is not finite", says.replace(" = ", ": "))
        self.out(tensors, {"V": "int8"})

    def test_refused_where_an_engine_cannot(self) -> None:
        run_it = ["run", "--design", "fusemax-16x16", "--workload", "minilm-l6", "--seq", "64"]
        for name, text, says in (("SLN", "int8", "made tile by tile"), ("RM", "int8-per-head", "'int8-within-1'"),
                                 ("AV", "int8", "or a scale per token or block"), ("AV", "int8-per-channel", "made tile by tile"),
                                 ("SLN", "int8-per-token", "the cascade reads this tensor"),
                                 ("RNV", "int8-per-block-8", "'int8-within-1'")):
            got = run(*run_it, "--set", f"binding.tensors.{name}.format={text}")
            self.assertEqual(got.returncode, 2)
            self.assertIn(f"tensors.{name}.format", got.stderr)
            self.assertIn(says, got.stderr)
        got = run(*run_it, "--fidelity", "rtl", "--set", "binding.tensors.K.format=int8")
        self.assertEqual(got.returncode, 2)
        self.assertIn("binding.tensors.K.format = 'int8': the RTL has bf16", got.stderr)
        got = run("run", "--design", "projection", "--workload", "minilm-l6", "--set", "binding.tensors.B.format=int4-per-token")
        self.assertEqual(got.returncode, 2)
        self.assertIn("group projection cuts its rows over N", got.stderr)
        for text in ("int0", "int33", "fp8", "int4-per-row", "int4-within-0", "int4-within-x"):
            got = run(*run_it, "--set", f"binding.tensors.K.format={text}")
            self.assertEqual(got.returncode, 2)
            self.assertIn("'int1' to 'int32'", got.stderr)


if __name__ == "__main__":
    unittest.main()
