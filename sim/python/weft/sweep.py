"""`python3 -m weft.sweep FILE --store DIR [--scheduler tcp://HOST:PORT]`: a sweep here, or on the workers of a Dask scheduler."""
from __future__ import annotations

import argparse
import sys
import time
from typing import Sequence

import weft
from weft import _core
from weft.sweeps import load


class _Told:
    """How far it is, once a second, on standard error."""

    def __init__(self, name: str) -> None:
        self.name, self.begun, self.said = name, time.monotonic(), 0.0
        self.first: int | None = None

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self.first is None:
            self.first = done
        if now - self.said < 1 or not sys.stderr.isatty():
            return
        self.said = now
        rate = (done - self.first) / max(now - self.begun, 1e-3)
        left = f", {(total - done) / rate:.0f} s left" if rate > 0 else ""
        print(f"\r{self.name}: {done:,} of {total:,}, {rate:,.0f}/s{left}   ", end="", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m weft.sweep", description=__doc__)
    parser.add_argument("file", nargs="?", metavar="FILE", help="a sweep file, or a name")
    parser.add_argument("--store", required=True, metavar="DIR", help="folder of the store")
    parser.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="of Dask; here unless given")
    parser.add_argument("--fidelity", default="", metavar="analytic|systemc|rtl", help="over the file's own")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="longest time for a point")
    parser.add_argument("--retry", action="store_true", help="run again what failed or took too long")
    parser.add_argument("--jobs", type=int, metavar="N", help="threads or processes, without a scheduler")
    parser.add_argument("--patience", type=float, default=60, metavar="SECONDS",
                        help="that the scheduler may be away (60), at the start at most 10")
    parser.add_argument("--export", metavar="FILE", help="the store's points into FILE, .csv or .parquet (needs pyarrow)")
    return parser


def _run(o: argparse.Namespace) -> dict[str, int]:
    if o.scheduler is None:
        weft.sweep(o.file, o.store, jobs=o.jobs, fidelity=o.fidelity, timeout=o.timeout, retry=o.retry, progress=_Told("sweep"))
        return load(o.file, o.fidelity).pending(_core.Store(o.store, False))[1]
    if o.jobs is not None:
        raise weft.ConfigError(f"--jobs: {o.jobs}: with a scheduler, its workers say how many run at once")
    from weft.distribute import sweep_on  # Dask is needed for this alone
    return sweep_on(o.scheduler, o.file, o.store, fidelity=o.fidelity, timeout=o.timeout, retry=o.retry, patience=o.patience,
                    progress=_Told("sweep"))


def main(argv: Sequence[str] | None = None) -> int:
    o = _parser().parse_args(argv)
    try:
        if (o.file is None) == (o.export is None):
            raise weft.ConfigError("FILE: name a sweep file, or --export")
        if o.export is not None:
            weft.export(o.store, o.export)
            return 0
        counts = _run(o)
    except weft.ConfigError as error:
        print(f"weft.sweep: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("weft.sweep: interrupted: the same command goes on with what is not stored", file=sys.stderr)
        return 130
    told = ", ".join(f"{counts[status]:,} {status}" for status in ("ok", "infeasible", "failed", "timed_out", "pending") if counts[status])
    print(f"{counts['total']:,} points: {told}")
    return 1 if counts["failed"] + counts["timed_out"] else 0


if __name__ == "__main__":
    sys.exit(main())
else:  # `import weft.sweep` gives the function of that name, which this module would hide
    sys.modules[__name__] = weft.sweep  # type: ignore[assignment]
