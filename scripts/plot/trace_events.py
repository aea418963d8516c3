"""Reading the trace that `weft run --perfetto` writes: Chrome's JSON trace-event format, 1 µs = 1 cycle."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from results import InputError

ADVANCED = re.compile(r"advanced ([\d,]+) cycles")
LEFT_OUT = re.compile(r"left out ([\d,]+) cycles")


@dataclass(frozen=True)
class Slice:
    """Work of one unit, in cycles."""
    lane: int
    name: str
    start: float
    duration: float
    category: str = "einsum"  # or of data on their way

    @property
    def end(self) -> float:
        return self.start + self.duration


@dataclass(frozen=True)
class Gap:
    """Cycles of which the trace shows nothing: the simulator advanced over them, or they were left out."""
    start: float
    cycles: float

    @property
    def end(self) -> float:
        return self.start + self.cycles


@dataclass
class Trace:
    slices: list[Slice] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    lane_names: dict[int, str] = field(default_factory=dict)
    left_out: list[Gap] = field(default_factory=list)  # cycles whose work the trace does not hold


def read_event(event: dict[str, Any], trace: Trace) -> None:
    kind, name = event["ph"], event["name"]
    if kind == "X" and event["dur"] > 0:
        trace.slices.append(Slice(event["tid"], name, event["ts"], event["dur"], event.get("cat", "einsum")))
    elif kind in ("i", "I") and (match := ADVANCED.search(name)):
        trace.gaps.append(Gap(event["ts"], int(match[1].replace(",", ""))))
    elif kind in ("i", "I") and (match := LEFT_OUT.search(name)):
        trace.left_out.append(Gap(event["ts"], int(match[1].replace(",", ""))))
    elif kind == "M" and name == "thread_name":
        trace.lane_names[event["tid"]] = event["args"]["name"]


def load_trace(path: Path) -> Trace:
    """The slices, gaps and unit names of a trace; at least one slice."""
    trace = Trace()
    try:
        for event in json.loads(path.read_text(encoding="utf-8"))["traceEvents"]:
            read_event(event, trace)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a trace in Chrome's JSON format: {type(error).__name__}: {error}") from error
    if not trace.slices:
        raise InputError(f"{path}: no unit does anything in this trace")
    return trace
