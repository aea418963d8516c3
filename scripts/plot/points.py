"""The CSV files of `weft reproduce fusemax`: one point a row, each at a fidelity, and which fidelity of a point is drawn."""
from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results import InputError

DESIGNS = ("unfused", "flat", "fusemax-cascade", "fusemax-architecture", "fusemax")
WORKLOADS = ("bert-base", "trxl", "t5-small", "xlm")
COMPUTED = ("systemc", "analytic", "rules")  # the most exact first
PUBLISHED = "published"

Row = dict[str, Any]  # the columns by name, a value that is not there as None, and "line"
Check = Callable[[list[Row]], None]

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class RowError(Exception):
    """A row that is not what it should be; `read` adds the file."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


@dataclass(frozen=True)
class Column:
    name: str
    parse: Callable[[str], Any]  # a ValueError says what the text is not
    is_key: bool = False         # says which point; never empty


def word(text: str) -> str:
    if not text:
        raise ValueError("a name")
    return text


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return text
    return parse


def whole(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d*", text):
        raise ValueError("a whole number of 1 or more")
    return int(text)


def number(most: float = math.inf, above_zero: bool = False) -> Callable[[str], float]:
    """Plain finite numbers from 0 to `most`, rounding of the last digits forgiven."""
    allowed = "a number above 0" if above_zero else "a number of 0 or more" if math.isinf(most) else f"a number from 0 to {most:g}"

    def parse(text: str) -> float:
        value = float(text) if NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(value) or value < 0 or value > most + 1e-6 or (above_zero and value == 0):
            raise ValueError(allowed)
        return value
    return parse


FIDELITY = Column("fidelity", one_of((PUBLISHED, *reversed(COMPUTED))), is_key=True)
WORKLOAD = Column("workload", word, is_key=True)
PLACE = (Column("design", one_of(DESIGNS), is_key=True), WORKLOAD, Column("seq", whole, is_key=True))


def read(path: Path, columns: Sequence[Column], check: Check | None = None) -> list[Row]:
    """The rows of a file with at least these columns, in any order. Every problem is an InputError that names file and line."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            rows = rows_of(reader, next(reader, []), columns)
        no_duplicates(rows, [c.name for c in columns if c.is_key])
        if check:
            check(rows)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text") from error
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: {error}") from error
    except RowError as error:
        raise InputError(f"{path}:{error.line}: {error}") from error
    if not rows:
        raise InputError(f"{path}: no points")
    for column in columns:
        if all(row[column.name] is None for row in rows):
            raise InputError(f"{path}: column '{column.name}' is empty on every line")
    return rows


def rows_of(reader: Any, header: list[str], columns: Sequence[Column]) -> list[Row]:
    absent = [c.name for c in columns if c.name not in header]
    if absent:
        raise RowError(1, f"no column {', '.join(absent)}; there are {', '.join(header) or 'none'}")
    rows = []
    for cells in reader:
        if not cells:  # an empty line
            continue
        if len(cells) != len(header):
            raise RowError(reader.line_num, f"{len(cells)} cells under {len(header)} columns")
        row: Row = {"line": reader.line_num}
        for column in columns:
            text = cells[header.index(column.name)]
            try:
                row[column.name] = column.parse(text) if text or column.is_key else None
            except ValueError as error:
                raise RowError(reader.line_num, f"{column.name}: '{text}' is not {error}") from error
        rows.append(row)
    return rows


def no_duplicates(rows: Iterable[Row], keys: Sequence[str]) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(row[name] for name in keys)
        if key in seen:
            raise RowError(row["line"], f"{', '.join(map(str, key))} is there already, on line {seen[key]}")
        seen[key] = row["line"]


@dataclass(frozen=True)
class Place:
    """What the fidelities say at one place of a picture."""
    computed: dict[str, Any]  # by fidelity, the most exact first: that one is drawn
    published: Any            # None: not published

    @property
    def fidelity(self) -> str | None:
        return next(iter(self.computed), None)

    @property
    def drawn(self) -> Any:
        return next(iter(self.computed.values()), None)

    @property
    def others(self) -> dict[str, Any]:
        return dict(list(self.computed.items())[1:])


def places(rows: Iterable[Row], keys: Sequence[str], value: str) -> dict[tuple[Any, ...], Place]:
    """The values of one column by place; places without a value are left out."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        if row[value] is not None:
            found.setdefault(tuple(row[key] for key in keys), {})[row["fidelity"]] = row[value]
    return {key: Place({f: at[f] for f in COMPUTED if f in at}, at.get(PUBLISHED)) for key, at in found.items()}


def ordered(values: Iterable[str], known: Sequence[str]) -> list[str]:
    """Each value once: the known ones in their order, then the others as they come."""
    present = list(dict.fromkeys(values))
    return [v for v in known if v in present] + [v for v in present if v not in known]


def tokens_text(tokens: int) -> str:
    """1K, 4K … 1M; K is 1024."""
    for unit, shift in (("M", 20), ("K", 10)):
        if tokens % (1 << shift) == 0:
            return f"{tokens >> shift}{unit}"
    return str(tokens)
