"""What a run gives, as dataclasses. Each keeps the whole JSON document (schema weft-result/1, weft-analysis/1) as `document`."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Iterator, Mapping

import numpy
import pandas

PLAIN = ("design", "workload", "fidelity", "status", "reason", "clock_hz", "cycles", "seconds", "bound_by")
EXTENTS = ("batch", "heads", "kv_heads", "seq_q", "seq_kv", "width_qk", "width_v")
REAL = ("seconds", "peak_bytes_per_s", "peak_macs_per_s", "utilisation_2d", "utilisation_1d", "useful_macs", "energy_pj")


@dataclass(frozen=True)
class Shape:
    """Of the attention that ran. A program of several shapes has None for what they differ in."""
    batch: int | None
    heads: int | None
    kv_heads: int | None
    seq_q: int | None  # tokens
    seq_kv: int | None
    width_qk: int | None  # of a head
    width_v: int | None
    causal: bool
    phase: str | None
    layers: int | None


@dataclass(frozen=True)
class Utilisation:
    """Shares from 0 to 1."""
    array_2d: float | None  # of its issue slots; None where the engine has no such array
    array_1d: float | None
    useful_macs: float | None  # MACs of QKᵀ and AV alone ÷ (MAC slots × cycles)
    units: Mapping[str, float]


@dataclass(frozen=True)
class Unit:
    """One unit; its four figures add up to the cycles of the run."""
    name: str
    busy_cycles: int
    stall_in_cycles: int
    stall_out_cycles: int
    idle_cycles: int
    counters: Mapping[str, int]


@dataclass(frozen=True)
class Traffic:
    tensor: str
    level: str  # "dram" or "buffer"
    read_bytes: int
    written_bytes: int


@dataclass(frozen=True)
class Dram:
    bytes: int
    achieved_bytes_per_s: float
    peak_bytes_per_s: float


@dataclass(frozen=True)
class EnergyComponent:
    component: str
    action: str
    count: int
    pj_per_action: float
    pj: float
    source: str


@dataclass(frozen=True)
class Energy:
    """Of the cost table that was named, in pJ."""
    table: str
    total: float
    by_component: tuple[EnergyComponent, ...]


@dataclass(frozen=True)
class Error:
    """Of computed values against the cascade itself in double precision."""
    max_abs: float
    rms_relative: float
    compared: int
    not_finite: int


@dataclass(frozen=True)
class Result:
    """One design at one point.

    status: "ok", "infeasible" (then `reason` has the constraint that binds, and all figures are None), "failed" or "timed_out".
    cycles, seconds: simulated, of all heads, batches and layers. values: by name, "layers.0.out" of [heads, seq_q, width_v] in float32
    (a batch before where Q has one), where values flowed. document: the whole of weft-result/1.
    """
    design: str
    workload: str
    fidelity: str
    shape: Shape
    status: str
    reason: str | None
    clock_hz: float
    cycles: int | None
    seconds: float | None
    utilisation: Utilisation | None
    bound_by: str | None
    units: tuple[Unit, ...]
    traffic: tuple[Traffic, ...]
    dram: Dram | None
    energy: Energy | None
    error: Error | None
    assumptions: tuple[str, ...]
    command: str  # of `weft`, which repeats it
    config_sha256: str
    document: Mapping[str, Any] = field(repr=False)
    values: Mapping[str, numpy.ndarray] = field(repr=False, default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.status == "ok"

    @classmethod
    def of(cls, document: Mapping[str, Any], values: Mapping[str, numpy.ndarray] | None = None) -> Result:
        """Of a weft-result/1 document, such as a line of `weft sweep --export jsonl`."""
        def made(kind: type, name: str) -> Any:
            held = document[name]
            return None if held is None else kind(**{key: held[key] for key in kind.__dataclass_fields__})

        energy = document["energy_pj"]
        return cls(
            **{name: document[name] for name in PLAIN},
            shape=made(Shape, "shape"), utilisation=made(Utilisation, "utilisation"), dram=made(Dram, "dram"), error=made(Error, "error"),
            units=tuple(Unit(**unit) for unit in document["units"] or ()),
            traffic=tuple(Traffic(**moved) for moved in document["traffic"] or ()),
            energy=None if energy is None else Energy(energy["table"], energy["total"],
                                                      tuple(EnergyComponent(**one) for one in energy["by_component"])),
            assumptions=tuple(document["assumptions"]), command=document["provenance"]["command"],
            config_sha256=document["provenance"]["config_sha256"], document=document, values=values or {})

    def unit(self, name: str) -> Unit:
        """KeyError where the design has no such unit."""
        for unit in self.units:
            if unit.name == name:
                return unit
        raise KeyError(f"{self.design} has no unit '{name}': it has {', '.join(unit.name for unit in self.units)}")

    def row(self) -> dict[str, Any]:
        """What tables show: the columns of a sweep's store that a result has."""
        dram = self.dram
        use = self.utilisation
        shape = {name: getattr(self.shape, name) for name in EXTENTS + ("causal",)}
        return {"design": self.design, "workload": self.workload, "fidelity": self.fidelity, "status": self.status,
                "reason": self.reason, **shape,
                "cycles": self.cycles, "seconds": self.seconds, "dram_bytes": None if dram is None else dram.bytes,
                "peak_bytes_per_s": None if dram is None else dram.peak_bytes_per_s,
                "utilisation_2d": None if use is None else use.array_2d, "utilisation_1d": None if use is None else use.array_1d,
                "useful_macs": None if use is None else use.useful_macs, "energy_pj": None if self.energy is None else self.energy.total,
                "bound_by": None if self.bound_by is None else self.bound_by.split(":")[0]}


@dataclass(frozen=True)
class Comparison:
    """Several designs at one point, in the order in which they were named."""
    results: tuple[Result, ...]

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, which: int | str) -> Result:
        """By place, or by the design's name."""
        if not isinstance(which, str):
            return self.results[which]
        for result in self.results:
            if result.design == which:
                return result
        raise KeyError(which)

    def frame(self) -> pandas.DataFrame:
        """A row a design."""
        return typed(pandas.DataFrame([result.row() for result in self.results], dtype=object))


@dataclass(frozen=True)
class ForcedPass:
    """Why a rank is gone over once more: `einsum` waits for all of `tensor`."""
    rank: str
    pass_: int
    einsum: str
    tensor: str


@dataclass(frozen=True)
class Analysis:
    """What a cascade needs at some extents, whatever runs it."""
    cascade: str
    ranks: Mapping[str, int]
    passes: Mapping[str, int]  # over each rank before it is partitioned
    passes_within: Mapping[str, int]  # over a partition
    forced_by: tuple[ForcedPass, ...]
    operations: Mapping[str, int]
    footprint: Mapping[str, int]  # live elements by tensor
    least_traffic_elements: int
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, text: str) -> Analysis:
        document = json.loads(text)
        forced = tuple(ForcedPass(one["rank"], one["pass"], one["einsum"], one["tensor"]) for one in document["forced_by"])
        plain = ("cascade", "ranks", "passes", "passes_within", "operations", "least_traffic_elements")
        footprint = {one["tensor"]: one["live_elements"] for one in document["footprint"]}
        return cls(**{name: document[name] for name in plain}, forced_by=forced, footprint=footprint, document=document)


def typed(frame: pandas.DataFrame) -> pandas.DataFrame:
    """Of objects as they came. Whole numbers stay whole where a point has none (Int64), figures are float64, `causal` is a truth."""
    kinds: dict[str, Any] = {name: "Int64" for name in EXTENTS + ("cycles", "dram_bytes")}
    kinds |= {name: "float64" for name in REAL} | {"causal": "boolean"}
    return frame.astype({name: kind for name, kind in kinds.items() if name in frame.columns})
