"""Made-up results and traces in the form that `weft` writes, for the tests of the scripts."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MACCS_2D = (("BQK", 64), ("LM", 1), ("SLN", 7), ("SLD", 1), ("SLNV", 64))
STEPS_1D = (("RM", 1), ("PRM", 7), ("SPD", 1), ("RD", 1), ("SPNV", 64), ("RNV", 64))


def result(design: str = "fusemax", *, cycles: int = 1_000_000, share: float = 0.9, dram_bytes: int = 1 << 30, seq: int = 4096,
           side: int = 256, error: bool = False, **changes: Any) -> dict[str, Any]:
    """A `weft-result/1` whose useful MACs share follows from shape, side and cycles."""
    shape = {"batch": 64, "heads": 12, "kv_heads": 12, "seq_q": seq, "seq_kv": seq, "width_qk": 64, "width_v": 64, "causal": False,
             "phase": "self"}
    macs = 64 * 12 * seq * seq * 128
    return {"schema": "weft-result/1", "design": design, "workload": "bert-base", "fidelity": "systemc", "shape": shape, "status": "ok",
            "reason": None, "clock_hz": 940e6, "cycles": cycles, "seconds": cycles / 940e6,
            "utilisation": {"array_2d": share, "array_1d": share / 2, "useful_macs": macs / (side * side * cycles), "units": {}},
            "bound_by": "array_1d: 138 cycles a tile",
            "dram": {"bytes": dram_bytes, "achieved_bytes_per_s": 1e11, "peak_bytes_per_s": 400 * 2.0 ** 30},
            "error": {"max_abs": 1.5e-3, "rms_relative": 2e-3, "compared": 4096} if error else None, **changes}


def comparison(results: list[dict[str, Any]]) -> dict[str, Any]:
    return {"schema": "weft-comparison/1", "results": results}


def cloud() -> list[dict[str, Any]]:
    """Three designs at 16K, of about the right size."""
    least = 64 * 12 * 16384 * 16384 * 128 // 65536
    return [result("unfused", cycles=least * 12, share=0.08, dram_bytes=int(1.2e12), seq=16384, bound_by="dram: scores between phases"),
            result("flat", cycles=least * 7, share=0.15, dram_bytes=int(4.1e11), seq=16384, bound_by="array_1d: 4 cycles a score"),
            result("fusemax", cycles=int(least * 1.08), share=0.98, dram_bytes=int(1.6e11), seq=16384)]


def tile_events(tile: int, start: int, lag: int) -> list[dict[str, Any]]:
    """The slices of one tile on both arrays, the buffer and the DRAM."""
    events = []
    for tid, steps, begin in ((0, MACCS_2D, start), (1, STEPS_1D, start + lag)):
        now = begin
        for name, cycles in steps:
            now += lag if name == "SLN" else 0
            events.append({"ph": "X", "name": name, "cat": "einsum", "ts": now, "dur": cycles, "pid": 1, "tid": tid,
                           "args": {"tile": tile}})
            now += cycles
    for tid, name, begin, cycles in ((2, "BK", start - 60, 40), (2, "BV", start, 40),
                                     (3, "BK", start - 150, 80), (3, "BV", start - 70, 80)):
        events.append({"ph": "X", "name": name, "cat": "memory", "ts": begin, "dur": cycles, "pid": 1, "tid": tid, "args": {"tile": tile}})
    return events


def trace(tiles: int = 40, gap_after: int | None = 20, skipped: int = 1_380_000, period: int = 138, lag: int = 32) -> dict[str, Any]:
    """A trace of four units; after `gap_after` tiles the simulator advances over `skipped` cycles."""
    events: list[dict[str, Any]] = [{"ph": "M", "name": "thread_name", "pid": 1, "tid": tid, "args": {"name": name}}
                                    for tid, name in enumerate(("array_2d", "array_1d", "global_buffer", "dram"))]
    shift = 0
    for tile in range(tiles):
        if tile == gap_after:
            events.append({"ph": "i", "name": f"advanced {skipped} cycles", "s": "g", "pid": 1, "tid": 0, "ts": 200 + tile * period})
            shift = skipped
        events += tile_events(tile, 200 + tile * period + shift, lag)
    return {"traceEvents": events}


def write(path: Path, document: dict[str, Any]) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def validation(error: float = 0.0) -> dict[str, Any]:
    """A document of weft validate: two designs, two memories, five stall profiles."""
    shape = {"heads": 2, "kv_heads": 2, "seq_q": 17, "seq_kv": 30, "width_qk": 64, "width_v": 64, "causal": False}
    points = [{"design": design, "shape": shape, "memory": memory, "stall_profile": profile,
               "cycles": {"analytic": 990, "systemc": 1000, "rtl": 1000},
               "error": {"analytic_to_systemc": -0.01, "systemc_to_rtl": error}, "values_equal": True, "values_compared": 2176}
              for design in ("fusemax-4x4", "fusemax-8x8") for memory in ("hbm", "slow")
              for profile in ("none", "source", "sink", "both", "bursty")]
    return {"schema": "weft-validation/1", "points": points, "summary": {"points": len(points)}}
