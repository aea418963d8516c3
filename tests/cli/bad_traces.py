"""Traces that are cut short, lie about themselves, or do not hold an attention."""
from __future__ import annotations

import json
import struct

from bad_options import Case
from weft_command import TRACE, safetensors

SHAPE = [1, 8, 32]
QKV = {f"layers.0.{name}": SHAPE for name in "qkv"}


def trace(name: str, content: bytes, says: list[str]) -> Case:
    return Case(f"trace: {name}", ["run", "--design", "fusemax-8x8", "--values", "{folder}/bad.safetensors"], ["bad.safetensors", *says],
                {"bad.safetensors": content})


def damaged() -> list[Case]:
    good = safetensors(QKV)
    size = struct.unpack("<Q", good[:8])[0]

    def lie(old: bytes, new: bytes) -> bytes:
        return safetensors(QKV, header_edit=(old, new))
    return [
        trace("empty", b"", []),
        trace("shorter than its length", good[:6], []),
        trace("header cut", good[:40], []),
        trace("body missing", good[:8 + size], []),
        trace("body cut", good[:-700], []),
        trace("body too long", good + b"\0" * 64, []),
        trace("header of 2^64 bytes", b"\xff" * 8 + good[8:], []),
        trace("header past the end", struct.pack("<Q", 2 * len(good)) + good[8:], []),
        trace("header not JSON", good[:8] + b"x" * (len(good) - 8), ["header"]),
        trace("header a list", struct.pack("<Q", 8) + b"[1, 2]  ", ["header"]),
        trace("offsets past the end", lie(b"3072", b"9072"), ["layers.0.v"]),
        trace("offsets backwards", lie(b"[1024, 2048]", b"[2048, 1024]"), ["layers.0.k"]),
        trace("offsets that overlap", lie(b"[1024, 2048]", b"[1020, 2048]"), ["layers.0.k"]),
        trace("shape larger than its bytes", lie(b"[1, 8, 32]", b"[9, 8, 32]"), ["layers.0.", ".shape"]),
        trace("negative extent", lie(b"[1, 8, 32]", b"[1,-8, 32]"), ["layers.0.", ".shape"]),
        trace("extents that overflow", lie(b"[1, 8, 32]", b"[4294967296, 4294967296, 32]"), ["layers.0.", ".shape"]),
        trace("extent that is no whole number", lie(b"[1, 8, 32]", b"[1, 8.5, 32]"), ["layers.0.", ".shape"]),
        trace("unknown type", lie(b'"F32"', b'"Z32"'), ["layers.0", "Z32", "F16 or F64"]),
        trace("nested without end", struct.pack("<Q", 100_000) + b"[" * 100_000, ["header"]),
    ]


def shapes() -> list[Case]:
    def of(**shape: list[int]) -> bytes:
        return safetensors({f"layers.0.{name}": shape.get(name, SHAPE) for name in "qkv"})
    return [
        trace("no K", safetensors({f"layers.0.{name}": SHAPE for name in "qv"}), ["layers.0.k", "missing"]),
        trace("no attention", safetensors({"weights": [4]}), ["layers.0.q"]),
        trace("gap between layers", safetensors(QKV | {f"layers.2.{n}": SHAPE for n in "qkv"}), ["layers.1.q", "without gaps"]),
        trace("layer that is no number", safetensors(QKV | {f"layers.x.{n}": SHAPE for n in "qkv"}), ["layers.x.", "whole number"]),
        trace("two extents", of(q=[8, 32]), ["layers.0.q", "[heads, sequence, width]"]),
        trace("K of another width", of(k=[1, 8, 16]), ["layers.0.k", "width of q"]),
        trace("V of another length", of(v=[1, 9, 32]), ["layers.0.v", "sequence length of k"]),
        trace("K with heads that do not divide", of(q=[3, 8, 32], k=[2, 8, 32], v=[2, 8, 32]), ["layers.0.k", "divides"]),
        trace("length 0", of(q=[1, 0, 32]), ["layers.0.q", "at least 1"]),
        trace("layers of two shapes", safetensors(QKV | {f"layers.1.{n}": [1, 4, 32] for n in "qkv"}), ["layers.1", "layer 0"]),
        trace("scale that is no number", safetensors(QKV, {"scale": "large"}), ["scale", "'large'"]),
        trace("scale 0", safetensors(QKV, {"scale": "0"}), ["scale", "'0'"]),
        trace("perhaps causal", safetensors(QKV, {"causal": "perhaps"}), ["causal", "'perhaps'", "true or false"]),
    ]


def contradictions() -> list[Case]:
    run = ["run", "--design", "fusemax-8x8", "--values", str(TRACE)]
    causal = safetensors(QKV, {"causal": "true"})
    return [
        Case("trace: other heads", [*run, "--heads", "3"], ["--heads", "'3'", "minilm-l6.safetensors", "12"]),
        Case("trace: other length", [*run, "--seq", "1K"], ["--seq", "'1K'", "minilm-l6.safetensors"]),
        Case("trace: other width", [*run, "--width-qk", "64"], ["--width-qk", "'64'", "32"]),
        Case("trace: other workload", [*run, "--workload", "bert-base"], ["bert-base", "width_qk is 64", "32"]),
        Case("trace: not causal after all", ["run", "--design", "fusemax-8x8", "--values", "{folder}/c.safetensors", "--no-causal"],
             ["--no-causal", "c.safetensors"],
             {"c.safetensors": causal}),
        Case("trace: no such file", ["run", "--design", "fusemax-8x8", "--values", "{folder}/none.safetensors"], ["none.safetensors"]),
        Case("trace: a folder", ["run", "--design", "fusemax-8x8", "--values", "{folder}"], ["older"]),
        Case("trace: JSON in place of tensors", ["run", "--design", "fusemax-8x8", "--values", "{folder}/j.safetensors"], ["j.safetensors"],
             {"j.safetensors": json.dumps({"layers": []})}),
    ]


def cases() -> list[Case]:
    return [*damaged(), *shapes(), *contradictions()]
