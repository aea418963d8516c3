"""The MiniLM-L6 sentence encoder (a BERT of 6 layers) in numpy, with Q, K and V of every layer.

Weights are single precision; everything is computed in double precision, so that the order in which a BLAS library
adds does not survive the rounding to bf16, and a trace is the same, byte for byte, on another machine.
"""
from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import safetensors_file
from wordpiece import WordPiece

Array = NDArray[np.float64]
erf = np.vectorize(math.erf, otypes=[np.float64])


@dataclass(frozen=True)
class Layer:
    """One attention layer's operands, each [heads, tokens, width]."""
    q: Array
    k: Array
    v: Array


def layer_norm(x: Array, weight: Array, bias: Array, epsilon: float) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + epsilon) * weight + bias


def gelu(x: Array) -> Array:
    return 0.5 * x * (1.0 + erf(x / math.sqrt(2.0)))


def attention(layer: Layer) -> Array:
    """softmax(QKᵀ/√width)·V, [heads, tokens, width]."""
    scores = layer.q @ layer.k.transpose(0, 2, 1) / math.sqrt(layer.q.shape[-1])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True) @ layer.v


class Encoder:
    """Reads config.json, vocab.txt and model.safetensors of `folder`."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if config["model_type"] != "bert" or config["hidden_act"] != "gelu":
            raise SystemExit(f"{folder / 'config.json'}: not a BERT with GELU")
        self.layers: int = config["num_hidden_layers"]
        self.heads: int = config["num_attention_heads"]
        self.epsilon: float = config["layer_norm_eps"]
        self.longest: int = config["max_position_embeddings"]
        self.tokenizer = WordPiece(folder / "vocab.txt")
        self.weights = safetensors_file.read(folder / "model.safetensors")

    def weight(self, name: str) -> Array:
        return self.weights[name].astype(np.float64)

    def linear(self, x: Array, name: str) -> Array:
        return x @ self.weight(f"{name}.weight").T + self.weight(f"{name}.bias")

    def norm(self, x: Array, name: str) -> Array:
        return layer_norm(x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), self.epsilon)

    def by_head(self, x: Array) -> Array:
        return x.reshape(len(x), self.heads, -1).transpose(1, 0, 2)

    def run(self, ids: list[int]) -> tuple[Array, list[Layer]]:
        """The last hidden state, [tokens, width], and the operands of every layer."""
        if len(ids) > self.longest:
            raise SystemExit(f"{len(ids)} tokens; at most {self.longest} are allowed")
        x = self.weight("embeddings.word_embeddings.weight")[ids]
        x = x + self.weight("embeddings.position_embeddings.weight")[: len(ids)] + self.weight("embeddings.token_type_embeddings.weight")[0]
        x = self.norm(x, "embeddings.LayerNorm")
        layers = []
        for n in range(self.layers):
            block = f"encoder.layer.{n}"
            q, k, v = (self.by_head(self.linear(x, f"{block}.attention.self.{part}")) for part in ("query", "key", "value"))
            layers.append(Layer(q, k, v))
            context = attention(layers[-1]).transpose(1, 0, 2).reshape(x.shape)
            x = self.norm(x + self.linear(context, f"{block}.attention.output.dense"), f"{block}.attention.output.LayerNorm")
            inner = gelu(self.linear(x, f"{block}.intermediate.dense"))
            x = self.norm(x + self.linear(inner, f"{block}.output.dense"), f"{block}.output.LayerNorm")
        return x, layers

    def embed(self, sentence: str) -> Array:
        """The sentence's embedding: the mean of the last hidden state, of length 1."""
        mean = self.run(self.tokenizer.encode(sentence))[0].mean(axis=0)
        return mean / np.linalg.norm(mean)
