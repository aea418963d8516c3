"""NumPy arrays as traces: real Q, K and V, in and out of .safetensors, without another library.

Arrays are float32, float64, float16, or bfloat16. NumPy has no bfloat16 of its own: uint16 holds its bits (the upper half of a float32's),
and arrays of `ml_dtypes.bfloat16` are taken as they are.
"""
from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy

from ._core import ConfigError
from .texts import listed, mapping, number

_WRITTEN = {"float32": "F32", "float64": "F64", "float16": "F16", "uint16": "BF16", "bfloat16": "BF16"}
_READ = {"F32": "<f4", "F64": "<f8", "F16": "<f2", "BF16": "<u2"}
ALLOWED = "float32, float64, float16, uint16 (bits of bfloat16) or ml_dtypes.bfloat16"

HOLDS = "q, k and v and their arrays"

Layer = Mapping[str, Any]


def bfloat16_values(bits: numpy.ndarray) -> numpy.ndarray:
    """float32 of bfloat16's bits (uint16, any shape), exact."""
    array = numpy.asarray(bits)
    if array.dtype != numpy.uint16:
        raise ConfigError(f"bits: {array.dtype}: must be uint16, the bits of bfloat16")
    return (array.astype(numpy.uint32) << 16).view(numpy.float32)


def scale_text(scale: Any) -> str:
    return repr(float(number("scale", scale, -1e30, 1e30)))


def named_tensors(values: Mapping[str, Any] | Sequence[Layer]) -> dict[str, Any]:
    """Tensors by their names in a trace: of {"q", "k", "v"}, of a list of such layers, or of names as they are."""
    if not isinstance(values, Mapping):
        layers = [mapping(f"values: layer {n}", layer, HOLDS) for n, layer in enumerate(listed("values", values))]
        return {f"layers.{n}.{name}": array for n, layer in enumerate(layers) for name, array in layer.items()}
    mapping("values", values, HOLDS)
    if any(name.startswith("layers.") for name in values):
        return dict(values)
    return {f"layers.0.{name}": array for name, array in values.items()}


def trace_bytes(values: Mapping[str, Any] | Sequence[Layer], metadata: Mapping[str, str] | None = None) -> bytes:
    """A .safetensors file of arrays, in memory."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    body = []
    at = 0
    for name, held in named_tensors(values).items():
        try:
            array = numpy.asarray(held)
        except ValueError as error:  # of rows of unequal lengths
            raise ConfigError(f"values: {name}: must be an array of {ALLOWED}: {error}") from error
        kind = _WRITTEN.get(array.dtype.name)
        if kind is None:
            raise ConfigError(f"values: {name}: {array.dtype}: must be an array of {ALLOWED}")
        little = array.astype(array.dtype.newbyteorder("<")) if array.dtype.name != "bfloat16" else array
        data = numpy.ascontiguousarray(little).tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [at, at + len(data)]}
        body.append(data)
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(body)


def save_trace(path: str | os.PathLike[str], values: Mapping[str, Any] | Sequence[Layer], *, scale: float | None = None,
               causal: bool | None = None) -> None:
    """Writes arrays as a trace that `weft run --values` takes.

    values: {"q", "k", "v"} of one layer, a list of such, or arrays by their names in the file ("layers.0.q"). Shapes: q [heads, seq_q,
    width_qk], k [kv_heads, seq_kv, width_qk], v [kv_heads, seq_kv, width_v], a leading batch allowed. scale: s of softmax(s·QKᵀ)·V, else
    1/√width_qk. ConfigError for arrays of other types.
    """
    metadata = {}
    if scale is not None:
        metadata["scale"] = scale_text(scale)
    if causal is not None:
        metadata["causal"] = "true" if causal else "false"
    target = Path(path)
    beside = target.with_name(target.name + f".{os.getpid()}.partial")
    try:
        beside.write_bytes(trace_bytes(values, metadata))
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def load_trace(path: str | os.PathLike[str]) -> dict[str, numpy.ndarray]:
    """Arrays of a .safetensors file by their names: as they are, bfloat16 as its bits in uint16. ConfigError for what is no such file."""
    data = Path(path).read_bytes()
    try:
        (length,) = struct.unpack_from("<Q", data)
        header = json.loads(data[8:8 + length])
        made = {}
        for name, about in header.items():
            if name == "__metadata__" or about["dtype"] not in _READ:
                continue
            begin, end = about["data_offsets"]
            made[name] = numpy.frombuffer(data[8 + length + begin:8 + length + end], dtype=_READ[about["dtype"]]).reshape(about["shape"])
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path}: is no .safetensors file: {error}") from error
    return made
