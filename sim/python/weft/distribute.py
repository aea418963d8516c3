"""A sweep on Dask: its points in chunks to workers that hold no state, and one writer, this process, before one store.

A chunk whose worker is lost goes to another one; when the scheduler is gone, whatever is not stored is given out anew once it is back.
A point that ends its worker whenever it is run is `failed`, alone.
"""
from __future__ import annotations

import itertools
import os
import queue
import time
from functools import lru_cache
from typing import Any, Iterator, Mapping, Sequence

from distributed import Client, Future, KilledWorker
from distributed.comm import parse_address, parse_host_port

from . import _core
from ._core import ConfigError
from .api import roots
from .sweeps import Progress, check_timeout, fidelity_text, source
from .texts import number, path_text, shown

CHUNK = {True: 1000, False: 8}  # points, in closed form or simulated: a tenth of a second and more
WAITING = 4  # chunks a thread that are given out
LOOK_S = 0.2
CONNECT_S = 10
SCHEMES = ("tcp", "tls", "ws", "wss", "ucx")
Row = tuple[int, bytes]


@lru_cache(maxsize=4)
def _points(text: str, file: str, fidelity: str) -> _core.Sweep:
    return _core.Sweep(roots(), text, file, fidelity)


def run_chunk(text: str, file: str, fidelity: str, which: Sequence[int], timeout: float | None) -> list[Row]:
    """On a worker: rows of some points of a sweep, in bytes."""
    return _points(text, file, fidelity).rows(which, timeout)


class _Lost(Exception):
    """The scheduler is not there."""


class _Round:
    """Points given out over one connection."""

    def __init__(self, client: Client, points: _core.Sweep, store: _core.Store, task: tuple[str, str, str], timeout: float | None) -> None:
        self.client, self.points, self.store, self.task, self.timeout = client, points, store, task, timeout
        self.done: queue.Queue[Future] = queue.Queue()
        self.given: dict[str, tuple[Future, Sequence[int]]] = {}
        self.name = f"weft-{os.getpid()}-{time.time_ns()}"
        self.number = itertools.count()

    def give(self, which: Sequence[int]) -> None:
        future = self.client.submit(run_chunk, *self.task, list(which), self.timeout, key=f"{self.name}-{next(self.number)}", pure=False)
        self.given[future.key] = (future, which)
        future.add_done_callback(self.done.put)

    def run(self, pending: Sequence[int], told: Any) -> None:
        size = CHUNK[self.points.is_analytic and self.timeout is None]
        chunks: Iterator[Sequence[int]] = (pending[i:i + size] for i in range(0, len(pending), size))
        threads = max(1, sum(self.client.nthreads().values()))
        for chunk in itertools.islice(chunks, WAITING * threads):
            self.give(chunk)
        while self.given:
            if self.client.status != "running":
                raise _Lost
            try:
                future = self.done.get(timeout=LOOK_S)
            except queue.Empty:
                continue
            _, which = self.given.pop(future.key)
            self.take(future, which, told)
            for chunk in itertools.islice(chunks, 1):
                self.give(chunk)

    def take(self, future: Future, which: Sequence[int], told: Any) -> None:
        if future.status in ("cancelled", "lost"):
            raise _Lost
        try:
            rows = future.result(timeout=30)
        except ConfigError:
            raise  # a worker of another version, or one that does not find the sweep's files: nobody can go on
        except ImportError as error:
            raise ConfigError(f"--scheduler: a worker cannot import weft: {error}") from error
        except OSError as error:  # also a connection that is gone, and a time-out
            raise _Lost from error
        except KilledWorker:
            self.apart(which, "whatever worker ran it ended", told)
        except Exception as error:  # pylint: disable=broad-except  # of a point, whatever it is
            self.apart(which, f"{type(error).__name__}: {error}", told)
        else:
            self.points.keep(self.store, rows)
            told(len(rows))
        future.release()

    def apart(self, which: Sequence[int], reason: str, told: Any) -> None:
        """Points of which one ended its worker: each by itself."""
        if len(which) == 1:
            self.points.keep_failed(self.store, which[0], reason)
            told(1)
            return
        for point in which:
            self.give([point])


def check_address(scheduler: str) -> None:
    """What is no address is told before Dask tries it: a client that could not begin complains once more when it is forgotten."""
    try:
        scheme, place = parse_address(scheduler)
        host, port = ("", 1) if scheme == "inproc" else parse_host_port(place)
        if scheme != "inproc" and (scheme not in SCHEMES or not host or not 1 <= port <= 65535):
            raise ValueError(f"schemes are {', '.join(SCHEMES)}, ports from 1 to 65535")
    except (ValueError, TypeError) as error:
        raise ConfigError(f"--scheduler: {shown(scheduler)}: must be tcp://HOST:PORT: {error}") from error


def _connect(scheduler: str, patience: float) -> Client:
    until = time.monotonic() + patience
    while True:
        try:
            return Client(scheduler, timeout=min(CONNECT_S, max(LOOK_S, until - time.monotonic())), set_as_default=False)
        except (OSError, ValueError) as error:
            if time.monotonic() >= until or isinstance(error, ValueError):  # the latter of what is no address
                raise ConfigError(f"--scheduler: {scheduler}: no Dask scheduler answers there: {error}") from error
        time.sleep(LOOK_S)


def sweep_on(scheduler: str, sweep_file: str | os.PathLike[str] | Mapping[str, Any], store: str | os.PathLike[str], *, fidelity: str = "",
             timeout: float | None = None, retry: bool = False, patience: float = 60, progress: Progress | None = None) -> dict[str, int]:
    """Every point of a sweep that the store has not, on the workers of a Dask scheduler ("tcp://host:port").

    patience: seconds that the scheduler may be away; at the start, at most 10 of them. Gives the counts of points: total, ok,
    infeasible, failed, timed_out, pending.
    ConfigError: wrong input, before any point runs; a scheduler that does not answer; a worker of another version, without this package
    or without the sweep's files. KeyboardInterrupt keeps what is stored.
    """
    check_address(scheduler)
    check_timeout(timeout)
    number("--patience", patience, 0, 1e6)
    folder = path_text("--store", store)
    text, file = source(sweep_file)
    points = _core.Sweep(roots(), text, file, fidelity_text(fidelity))
    client = _connect(scheduler, min(patience, CONNECT_S))
    held = _core.Store(folder, True)
    if retry:
        held.forget_failed()
    points.record(held)
    pending, counts = points.pending(held)
    done = counts["total"] - len(pending)

    def told(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, counts["total"])

    while pending:
        try:
            _Round(client, points, held, (text, file, fidelity), timeout).run(pending, told)
        except _Lost:
            client.close(timeout=1)
            client = _connect(scheduler, patience)
        except BaseException:
            client.close(timeout=1)
            raise
        pending, counts = points.pending(held)
        done = counts["total"] - len(pending)
    client.close(timeout=5)
    return counts
