"""Reading `weft-result/1` and `weft-comparison/1`, and what the plots and tables derive from them."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Result = dict[str, Any]


class InputError(Exception):
    """A file that is not what it should be; the text names it."""


def load_results(path: Path) -> list[Result]:
    """The results of a comparison, or the one result of a run."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema == "weft-comparison/1":
        results = document["results"]
    elif schema == "weft-result/1":
        results = [document]
    else:
        raise InputError(f"{path}: schema {schema!r}, expected 'weft-comparison/1' or 'weft-result/1'")
    if not results:
        raise InputError(f"{path}: no results")
    return results


def score_pairs(shape: dict[str, Any]) -> int:
    """Pairs of query and key that attention looks at, all heads and batches. Causal: ends aligned."""
    queries, keys = shape["seq_q"], shape["seq_kv"]
    pairs = queries * keys
    if shape["causal"]:
        pairs -= queries * (queries - 1) // 2
    return pairs * shape["batch"] * shape["heads"]


def layers_of(result: Result) -> int:
    """Layers that the cycles cover: those of a trace, else one."""
    return int(result["shape"].get("layers") or result.get("layers") or 1)


def mac_slots(result: Result) -> float:
    """MACs a cycle at full use, rows × columns of the 2D array: `mac_slots`, or from the definition of useful_macs."""
    if result.get("mac_slots"):
        return float(result["mac_slots"])
    shape, share = result["shape"], result["utilisation"]["useful_macs"]
    if not share or not result["cycles"]:
        raise InputError(f"design {result['design']}: utilisation.useful_macs or cycles is missing or zero")
    macs = score_pairs(shape) * (shape["width_qk"] + shape["width_v"]) * layers_of(result)
    return round(macs / (share * result["cycles"]))


def useful_macs(result: Result) -> float:
    """MACs of QKᵀ and AV alone."""
    return float(result["utilisation"]["useful_macs"] * mac_slots(result) * result["cycles"])


def shape_text(result: Result) -> str:
    """The workload in a few words."""
    shape = result["shape"]
    lengths = f"{shape['seq_q']}" if shape["seq_q"] == shape["seq_kv"] else f"{shape['seq_q']}×{shape['seq_kv']}"
    layers = f"{layers_of(result)} layers, " if layers_of(result) > 1 else ""
    batch = f"batch {shape['batch']}, " if shape["batch"] > 1 else ""
    return (f"{result['workload']}: {layers}{batch}{shape['heads']} heads, {lengths} tokens"
            f"{', causal' if shape['causal'] else ''}, {result['fidelity']}")


def with_unit(value: float, unit: str, step: int = 1000, digits: int | None = None) -> str:
    """`value` with a prefix and four significant digits (or `digits` behind the point): 1.234 ms, 56.78 MiB."""
    if value == 0:
        return f"0 {unit}"
    prefixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi"] if step == 1024 else ["p", "n", "µ", "m", "", "k", "M", "G", "T", "P"]
    index = prefixes.index("")
    while abs(value) >= step and index + 1 < len(prefixes):
        value, index = value / step, index + 1
    while abs(value) < 1 and index > 0:
        value, index = value * step, index - 1
    if digits is None:
        digits = max(0, 4 - len(str(int(abs(value)))))
    return f"{value:.{digits}f} {prefixes[index]}{unit}"
