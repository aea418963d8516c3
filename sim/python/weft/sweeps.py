"""Sweeps into a store, and stores as tables."""
from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Mapping

import pandas

from . import _core
from ._core import ConfigError
from .api import roots
from .results import typed
from .texts import DEEPEST, mapping, number, path_text, plain, shown

Progress = Callable[[int, int], None]


def _written(name: str, value: Any, depth: int = 0) -> Any:
    """A sweep's values as JSON has them: mappings and lists of what `plain` makes."""
    if depth > DEEPEST:
        raise ConfigError(f"{name[:100]}: is nested more than {DEEPEST} deep")
    if isinstance(value, Mapping):
        return {key: _written(f"{name}.{key}", held, depth + 1) for key, held in mapping(name, value, "names and values").items()}
    if isinstance(value, (list, tuple)):
        return [_written(name, one, depth + 1) for one in value]
    return plain(name, value)


def source(sweep_file: str | os.PathLike[str] | Mapping[str, Any]) -> tuple[str, str]:
    """Text and file of a sweep: of a file, a name of `weft.names("sweeps")`, or a mapping with the keys of one."""
    if isinstance(sweep_file, Mapping):
        try:
            return json.dumps(_written("sweep", sweep_file)), "sweep"
        except ValueError as error:  # a number with more digits than Python writes
            raise ConfigError(f"sweep: {error}") from error
    if not isinstance(sweep_file, (str, os.PathLike)):
        raise ConfigError(f"sweep: {shown(sweep_file)}: must be a file, a name, or a mapping with the keys of one")
    file, text = _core.sweep_file(roots(), os.fspath(sweep_file))
    return text, file


def fidelity_text(fidelity: str) -> str:
    """Empty where the sweep's own counts."""
    if not isinstance(fidelity, str):
        raise ConfigError(f"--fidelity: {shown(fidelity)}: must be text, empty for the sweep's own")
    return fidelity


def load(sweep_file: str | os.PathLike[str] | Mapping[str, Any], fidelity: str = "") -> _core.Sweep:
    """A sweep whose points have all been checked."""
    return _core.Sweep(roots(), *source(sweep_file), fidelity_text(fidelity))


def check_timeout(timeout: float | None) -> None:
    if timeout is not None:
        number("--timeout", timeout, 0.001, 1e6)


def sweep(sweep_file: str | os.PathLike[str] | Mapping[str, Any], store: str | os.PathLike[str] | None = None, *, jobs: int | None = None,
          fidelity: str = "", timeout: float | None = None, retry: bool = False, progress: Progress | None = None) -> pandas.DataFrame:
    """Every point of a sweep, run where the store has it not yet: what `weft sweep` does.

    sweep_file: a YAML file, a name, or a mapping with the same keys: {"name": "s", "designs": ["flat"], "workloads": ["bert-base"],
    "grid": {"seq": ["1K", "4K"]}}. store: its folder, made where it is not there; one of its own that goes again where none is named.
    jobs: threads (closed form) or processes (simulated), one a core unless given. fidelity: over the file's own. timeout: seconds a point.
    retry: run again what failed or took too long. progress(done, total) is called some ten times a second.

    Gives a row a point in the order of the points, with the columns of `read_store`. ConfigError: wrong input, in the command's words,
    before any point runs. KeyboardInterrupt keeps in the store what is done.
    """
    jobs = number("--jobs", jobs if jobs is not None else os.cpu_count() or 1, 1, 1024, whole=True)
    check_timeout(timeout)
    if progress is not None and not callable(progress):
        raise ConfigError(f"progress: {shown(progress)}: must be a function of what is done and the total")
    chosen = None if store is None else path_text("--store", store)
    points = load(sweep_file, fidelity)
    with tempfile.TemporaryDirectory(prefix="weft-sweep-") as scratch:
        folder = scratch if chosen is None else chosen
        held = _core.Store(folder, True)
        if retry:
            held.forget_failed()
        points.record(held)
        points.run(held, jobs, timeout, progress)
        return frame_of(points, Path(folder))


def frame_of(points: _core.Sweep, store: Path) -> pandas.DataFrame:
    """The points of a sweep that a store has, in their order; one that the sweep has twice, twice."""
    frame = read_store(store)
    place = {key: number for number, key in enumerate(frame["key"])}
    return frame.iloc[[place[key] for key in points.keys() if key in place]].reset_index(drop=True)


def read_store(store: str | os.PathLike[str], where: str = "") -> pandas.DataFrame:
    """All points of a store, in the order in which they were done.

    where: a condition in SQL over the columns, such as "utilisation_2d > 0.9 AND seq_q >= 4096". Columns: key, design, workload, settings,
    fidelity, status, reason, batch, heads, kv_heads, seq_q, seq_kv, width_qk, width_v, causal, cycles, seconds, dram_bytes,
    peak_bytes_per_s, peak_macs_per_s, utilisation_2d, utilisation_1d, useful_macs, energy_pj (pJ), bound_by; null where a point has none.
    ConfigError where there is no store, one of another version, or the condition is none.
    """
    _core.Store(path_text("store", store), False)  # refuses what is none, or of another version
    file = Path(store).resolve() / "store.sqlite"
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as opened:
        try:
            cursor = opened.execute("SELECT * FROM points" + (f" WHERE {where}" if where else ""))
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise ConfigError(f"where: {where}: {error}" if where else f"{file}: {error}") from error
    return typed(pandas.DataFrame(rows, columns=names, dtype=object))


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise ConfigError(f"--export: parquet: needs pyarrow, which Debian does not have: {error}") from error
    return pyarrow


def _checked_target(out: str | os.PathLike[str]) -> Path:
    """Where an export goes, before anything is read for it."""
    target = Path(path_text("--export", out))
    if target.suffix not in (".parquet", ".csv"):
        raise ConfigError(f"--export: {target}: must end in .parquet or .csv")
    if target.is_dir():
        raise ConfigError(f"--export: {target}: is a folder; it must name a file")
    if not target.parent.is_dir():
        raise ConfigError(f"--export: {target}: there is no folder {target.parent}")
    if target.suffix == ".parquet":
        _pyarrow()
    return target


def _write_parquet(frame: pandas.DataFrame, file: Path) -> None:
    """A column of text is one where no point has any, too: files of several stores are read as one table."""
    pyarrow = _pyarrow()
    kinds = {"Int64": pyarrow.int64(), "float64": pyarrow.float64(), "boolean": pyarrow.bool_()}
    schema = pyarrow.schema([(name, kinds.get(str(kind), pyarrow.string())) for name, kind in frame.dtypes.items()])
    frame.to_parquet(file, engine="pyarrow", index=False, schema=schema)


def export(store: str | os.PathLike[str], out: str | os.PathLike[str]) -> None:
    """The points of the last sweep that was run on a store, as the ending of `out` says: .csv, or .parquet where pyarrow is installed.

    ConfigError where there is no store, or `out` cannot be written; nothing is left of it then.
    """
    target = _checked_target(out)
    held = _core.Store(path_text("store", store), False)
    _name, file, folder, text, fidelity = held.recorded()
    back = os.getcwd()
    try:
        if os.path.isdir(folder):
            os.chdir(folder)  # where the files are that it names
        points = _core.Sweep(roots(), text, file, fidelity)
        frame = frame_of(points, Path(back, store))
    finally:
        os.chdir(back)
    beside = target.with_name(target.name + f".{os.getpid()}.partial")
    try:
        if target.suffix == ".parquet":
            _write_parquet(frame, beside)
        else:
            frame.to_csv(beside, index=False)
        os.replace(beside, target)
    except OSError as error:
        raise ConfigError(f"--export: {target}: cannot be written: {error.strerror or error}") from error
    finally:
        try:
            beside.unlink(missing_ok=True)
        except OSError:  # where it could not be made either
            pass
