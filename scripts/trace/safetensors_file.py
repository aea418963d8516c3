"""Reading and writing .safetensors with numpy alone; bf16 as uint16 bit patterns."""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DTYPES = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8"), "BF16": np.dtype("<u2")}


def read(path: Path) -> dict[str, NDArray]:
    """Every tensor of a trusted file."""
    data = path.read_bytes()
    body = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:body]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        flat = np.frombuffer(data[body + begin:body + end], DTYPES[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def to_bf16(values: NDArray[np.floating]) -> NDArray[np.uint16]:
    """Round to nearest, ties to even. The values must be finite and already single precision or wider."""
    bits = values.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_bf16(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    return (bits.astype(np.uint32) << 16).view(np.float32)


def bf16_bytes(tensors: dict[str, NDArray[np.uint16]], metadata: dict[str, str]) -> bytes:
    """A file of bf16 tensors in order of name: the same input, the same bytes."""
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    offset = 0
    names = sorted(tensors)
    for name in names:
        tensor = tensors[name]
        header[name] = {"dtype": "BF16", "shape": list(tensor.shape), "data_offsets": [offset, offset + 2 * tensor.size]}
        offset += 2 * tensor.size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(tensors[n].astype("<u2").tobytes() for n in names)
