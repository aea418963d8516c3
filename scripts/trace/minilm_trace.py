#!/usr/bin/env python3
"""Runs the MiniLM-L6 sentence encoder over a text and writes Q, K and V of its layers as a trace in bf16.

`make_trace.sh` fetches the model and calls this. `--check` proves the encoder against published similarities first.
"""
from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path

import numpy as np

import safetensors_file
from minilm import Encoder, Layer

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# The opening of Herman Melville, Moby-Dick (1851); in the public domain.
TEXT = (
    "Call me Ishmael. Some years ago - never mind how long precisely - having little or no money in my purse, and nothing "
    "particular to interest me on shore, I thought I would sail about a little and see the watery part of the world. "
    "It is a way I have of driving off the spleen and regulating the circulation. Whenever I find myself growing grim "
    "about the mouth; whenever it is a damp, drizzly November in my soul; then, I account it high time to get to sea as soon as I can."
)

# The example of the sentence-transformers documentation for all-MiniLM-L6-v2, to its four decimals.
PUBLISHED_SENTENCES = ("The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium.")
PUBLISHED_SIMILARITIES = np.array([[1.0000, 0.6660, 0.1046], [0.6660, 1.0000, 0.1411], [0.1046, 0.1411, 1.0000]])

# From BERT's public uncased vocabulary.
KNOWN_IDS = {"Hello, world!": [101, 7592, 1010, 2088, 999, 102], "embeddings": [101, 7861, 8270, 4667, 2015, 102]}

PARAPHRASES = (
    ("A man is playing a guitar on stage.", "Someone performs guitar music before an audience."),
    ("The cat sleeps on the warm windowsill.", "A kitten is napping by the sunny window."),
    ("How do I reset my password?", "What are the steps to change a forgotten password?"),
)


def similarities(encoder: Encoder, sentences: list[str]) -> np.ndarray:
    embeddings = np.stack([encoder.embed(s) for s in sentences])
    return embeddings @ embeddings.T


def check(encoder: Encoder) -> list[str]:
    """What is wrong with the encoder; empty when nothing is. Prints the figures."""
    wrong = []
    for text, ids in KNOWN_IDS.items():
        if encoder.tokenizer.encode(text) != ids:
            wrong.append(f"tokens of {text!r}: {encoder.tokenizer.encode(text)}, expected {ids}")
    error = np.abs(similarities(encoder, list(PUBLISHED_SENTENCES)) - PUBLISHED_SIMILARITIES).max()
    print(f"published similarities: largest difference {error:.1e} (they have four decimals)")
    if error > 6e-5:
        wrong.append(f"similarities differ from the published ones by {error:.1e}")
    table = similarities(encoder, [s for pair in PARAPHRASES for s in pair])
    same = [table[2 * i, 2 * i + 1] for i in range(len(PARAPHRASES))]
    other = [table[i, j] for i in range(len(table)) for j in range(i) if i // 2 != j // 2]
    print(f"paraphrases {min(same):.3f} to {max(same):.3f}, unrelated sentences {min(other):.3f} to {max(other):.3f}")
    if min(same) < max(other) + 0.2:
        wrong.append("paraphrases are not clearly nearer than unrelated sentences")
    return wrong


def trace_bytes(layers: list[Layer]) -> bytes:
    tensors = {}
    for n, layer in enumerate(layers):
        for part in "qkv":
            tensors[f"layers.{n}.{part}"] = safetensors_file.to_bf16(getattr(layer, part))
    return safetensors_file.bf16_bytes(tensors, {"causal": "false", "model": "all-MiniLM-L6-v2", "text": TEXT})


def write_beside_and_rename(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="folder with model.safetensors, config.json and vocab.txt")
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "data" / "minilm-l6.safetensors",
                        help="the trace (default: %(default)s)")
    parser.add_argument("--check", action="store_true",
                        help="check the encoder, and that --out holds what would be written; write nothing")
    args = parser.parse_args(argv)
    for name in ("model.safetensors", "config.json", "vocab.txt"):
        if not (args.model / name).is_file():
            print(f"{args.model / name}: no such file", file=sys.stderr)
            return 2
    digest = hashlib.sha256((args.model / "model.safetensors").read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        print(f"{args.model / 'model.safetensors'}: sha256 {digest}, expected {WEIGHTS_SHA256}", file=sys.stderr)
        return 2
    encoder = Encoder(args.model)
    ids = encoder.tokenizer.encode(TEXT)
    data = trace_bytes(encoder.run(ids)[1])
    print(f"{len(ids)} tokens, {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")
    if not args.check:
        write_beside_and_rename(args.out, data)
        return 0
    wrong = check(encoder)
    if not args.out.is_file() or args.out.read_bytes() != data:
        wrong.append(f"{args.out} is not what the model gives")
    print("\n".join(wrong) if wrong else "all checks passed")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
