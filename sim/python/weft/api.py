"""Runs, comparisons and analyses."""
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Mapping, Sequence

from . import _core
from ._core import ConfigError
from .arrays import Layer, scale_text, trace_bytes
from .results import Analysis, Comparison, Result
from .texts import listed, mapping, text_of

KINDS = ("cascades", "archs", "bindings", "designs", "workloads", "costs", "drams", "mappings", "schedules", "sweeps")
_BESIDE = str(Path(__file__).parent / "configs")  # of a wheel


def roots() -> list[str]:
    """Where shipped configurations are looked for; `WEFT_CONFIGS` goes before."""
    return [_BESIDE]


def _options(named: Mapping[str, Any], sets: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    given = [(option, text_of(f"--{option}", value))
             for option, value in ((name.replace("_", "-"), value) for name, value in named.items()) if value is not None]
    return given + [("set", f"{path}={text_of(f'settings: {path}', value)}")
                    for path, value in mapping("settings", {} if sets is None else sets, "paths of the configuration and values").items()]


def _run(designs: Sequence[Sequence[str]], options: Mapping[str, Any], sets: Mapping[str, Any] | None,
         values: str | os.PathLike[str] | Mapping[str, Any] | Sequence[Layer] | None, scale: float | None) -> list[Result]:
    trace = None
    named = dict(options)
    if isinstance(values, (str, os.PathLike)):
        named["values"] = values
        if scale is not None:
            raise ConfigError("scale: goes with arrays; a file's metadata has its own")
    elif values is not None:
        trace = trace_bytes(values, None if scale is None else {"scale": scale_text(scale)})
    made = _core.run(roots(), designs, _options(named, sets), trace, values is not None)
    return [Result.of(json.loads(text), arrays) for text, arrays in made]


def run(design: str | os.PathLike[str] | None = None, *, arch: str | os.PathLike[str] | None = None,
        binding: str | os.PathLike[str] | None = None, workload: str | os.PathLike[str] | None = None,
        seq: int | str | Sequence[int | str] | None = None, seq_q: int | str | Sequence[int | str] | None = None,
        seq_kv: int | str | Sequence[int | str] | None = None, steps: int | str | None = None, batch: int | str | None = None,
        heads: int | str | None = None, kv_heads: int | str | None = None, width: int | str | None = None,
        width_qk: int | str | None = None, width_v: int | str | None = None, causal: bool | None = None, assume: str | None = None,
        causal_alignment: str | None = None, empty_rows: str | None = None, fidelity: str = "systemc", exact: bool = False,
        seed: int = 0, stall_profile: str = "none", cost: str | os.PathLike[str] | None = None, cost_node: str | float | None = None,
        settings: Mapping[str, Any] | None = None,
        values: str | os.PathLike[str] | Mapping[str, Any] | Sequence[Layer] | None = None, scale: float | None = None) -> Result:
    """One design on one workload: what `weft run` does, with its options as arguments.

    design: a name (`weft.names("designs")`, any with "-16x16" and the like behind it) or a YAML file; or `arch` and `binding`. Lengths are
    in tokens, 4096 or "4K"; a list, a range or an array of one dimension gives one to each sequence. settings: values of the
    configuration by their paths, such as {"arch.dram.bandwidth_bytes_per_s": 100e9}. fidelity: "analytic", "systemc" or "rtl".

    values: a .safetensors file, or arrays: {"q", "k", "v"} of one layer or a list of those; q [heads, seq_q, width_qk],
    k [kv_heads, seq_kv, width_qk], v [kv_heads, seq_kv, width_v], a leading batch allowed; float32, float64, float16, bfloat16 (its bits in
    uint16, or ml_dtypes'). The shape is then theirs, and `Result.values` holds the output in float32: "layers.0.out" of
    [heads, seq_q, width_v], with a batch before where Q has one.
    scale: s of softmax(s·QKᵀ)·V, 1/√width_qk unless given. `Result.command` cannot repeat a run of arrays: it names them "arrays".

    ConfigError: wrong input, in the command's words. A point that cannot work is no error: status "infeasible" and its reason.
    KeyboardInterrupt ends a run within a fraction of a second. Simulations of several threads take turns; closed forms do not.
    """
    if design is not None and (arch is not None or binding is not None):
        raise ConfigError(f"--design: {text_of('--design', design)}: give either --design, or --arch and --binding")
    if design is None and (arch is None or binding is None):
        raise ConfigError("--design: missing: name a design, or --arch and --binding; designs: " + ", ".join(names("designs")))
    named = [text_of("--design", design)] if design is not None else [text_of("--arch", arch), text_of("--binding", binding)]
    options = {"workload": workload, "seq": seq, "seq_q": seq_q, "seq_kv": seq_kv, "steps": steps, "batch": batch, "heads": heads,
               "kv_heads": kv_heads, "width": width, "width_qk": width_qk, "width_v": width_v, "causal": causal, "assume": assume,
               "causal_alignment": causal_alignment, "empty_rows": empty_rows, "fidelity": fidelity, "exact": exact, "seed": seed,
               "stall_profile": stall_profile, "cost": cost, "cost_node": cost_node}
    return _run([named], options, settings, values, scale)[0]


def compare(designs: Sequence[str | os.PathLike[str]], *, settings: Mapping[str, Any] | None = None,
            values: str | os.PathLike[str] | Mapping[str, Any] | Sequence[Layer] | None = None, scale: float | None = None,
            **options: Any) -> Comparison:
    """Several designs on one workload; further arguments are those of `run`. `.frame()` is a table of them.

    ConfigError: wrong input, in the command's words; an argument that `run` does not have, too.
    """
    if isinstance(designs, (str, os.PathLike)):
        designs = text_of("--designs", designs).split(",")
    named = [[text_of("--designs", design)] for design in listed("--designs", designs)]
    return Comparison(tuple(_run(named, options, settings, values, scale)))


def analyze(cascade: str | os.PathLike[str], extents: Mapping[str, int | str] | None = None,
            occupancies: Mapping[str, Sequence[int]] | None = None) -> Analysis:
    """A cascade's passes and what forces them, operations, live footprint and least traffic, in elements.

    cascade: a name (`weft.names("cascades")`) or a YAML file. extents: of ranks, {"M": "16K"}; 1024 unless given, widths (E, F) 64, inner
    partitions 256. occupancies: of dynamic ranks, how many coordinates they hold, {"S": [64, 128]}. ConfigError as the command.
    """
    ranks = mapping("extents", {} if extents is None else extents, "ranks and extents")
    dynamic = mapping("occupancies", {} if occupancies is None else occupancies, "ranks and lists of counts")
    sets = [f"{rank}={text_of(f'extents: {rank}', extent)}" for rank, extent in ranks.items()]
    held = [f"{rank}={text_of(f'occupancies: {rank}', counts)}" for rank, counts in dynamic.items()]
    return Analysis.of(_core.analyze(roots(), text_of("CASCADE", cascade), sets, held))


def names(kind: str) -> list[str]:
    """Names of what is shipped or in $WEFT_CONFIGS: "designs", "workloads", "cascades" and so on, as `weft list` has them."""
    if kind not in KINDS:
        raise ConfigError(f"kind: {kind}: allowed: {', '.join(KINDS)}")
    return _core.names(roots(), kind[:-1])
