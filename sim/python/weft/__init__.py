"""Weft: design, simulate and verify attention accelerators, from Python.

    import weft
    result = weft.run("fusemax", workload="bert-base", batch=64, seq="16K")
    result.cycles, result.utilisation.array_2d, result.bound_by

`run`, `compare` and `analyze` give dataclasses, `sweep` and `read_store` a pandas DataFrame. What is wrong with an input raises
`ConfigError` with the words of the command `weft`. Simulations leave the interpreter to other threads, and Ctrl-C ends them.
"""
from __future__ import annotations

from ._core import ConfigError, version as __version__
from .api import analyze, compare, names, run
from .arrays import bfloat16_values, load_trace, save_trace
from .results import (Analysis, Comparison, Dram, Energy, EnergyComponent, Error, ForcedPass, Result, Shape, Traffic, Unit,
                      Utilisation)
from .sweeps import export, read_store, sweep

__all__ = ["Analysis", "Comparison", "ConfigError", "Dram", "Energy", "EnergyComponent", "Error", "ForcedPass", "Result", "Shape",
           "Traffic", "Unit", "Utilisation", "__version__", "analyze", "bfloat16_values", "compare", "export", "load_trace", "names",
           "read_store", "run", "save_trace", "sweep"]
