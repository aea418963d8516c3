"""What Python holds, as the command takes it: one rule for runs and sweeps."""
from __future__ import annotations

import os
from typing import Any, Iterable, Mapping

from ._core import ConfigError

ALLOWED = "a number, a text, a truth, or a list of those"
DEEPEST = 8  # lists in lists; nothing takes more than two


def plain(name: str, value: Any, depth: int = 0) -> Any:
    """The value without NumPy's and pandas' types, ranges, tuples and paths, for JSON. ConfigError names what it belongs to."""
    if hasattr(value, "tolist"):  # NumPy's numbers and arrays, a pandas Series
        value = value.tolist()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (list, tuple, range)):
        if depth == DEEPEST:  # also a list that holds itself
            raise ConfigError(f"{name}: lists in more than {DEEPEST} lists: must be {ALLOWED}")
        return [plain(name, one, depth + 1) for one in value]
    raise ConfigError(f"{name}: {shown(value)}: must be {ALLOWED}")


def shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError as error:  # of a number with more digits than Python writes
        text = f"{type(value).__name__} ({error})"
    return text if len(text) <= 100 else text[:99] + "…"


def scalar_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        text = "" if value is None or isinstance(value, list) else str(value)
        text.encode()
    except ValueError as error:  # too many digits; half of a surrogate pair
        raise ConfigError(f"{name}: {shown(value)}: is no text: {error}") from error
    if not text:
        raise ConfigError(f"{name}: {shown(value)}: must be {ALLOWED}")
    return text


def path_text(name: str, value: Any) -> str:
    """Of a path, which is not empty; ConfigError for what is none."""
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value) or not isinstance(os.fspath(value), str):
        raise ConfigError(f"{name}: {shown(value)}: must be a path")
    return os.fspath(value)


def text_of(name: str, value: Any) -> str:
    """A value as the command takes it: True as true, a list with commas, a path as it is. ConfigError where it is empty or nested."""
    held = plain(name, value)
    if not isinstance(held, list):
        return scalar_text(name, held)
    if not held:
        raise ConfigError(f"{name}: {shown(value)}: is empty: must be {ALLOWED}")
    return ",".join(scalar_text(name, one) for one in held)


def mapping(name: str, value: Any, holds: str) -> Mapping[str, Any]:
    """The mapping; ConfigError for what is none, or has other keys than names."""
    if not isinstance(value, Mapping):
        raise ConfigError(f"{name}: {shown(value)}: must be a mapping of {holds}")
    for key in value:
        if not isinstance(key, str) or not key:
            raise ConfigError(f"{name}: {shown(key)}: must be a mapping of {holds}")
    return value


def number(name: str, value: Any, least: float, most: float, whole: bool = False) -> Any:
    """An int or a float within limits; ConfigError names the option."""
    held = plain(name, value)
    kind = "a whole number" if whole else "a number"
    if isinstance(held, bool) or not isinstance(held, int if whole else (int, float)) or not least <= held <= most:
        raise ConfigError(f"{name}: {shown(value)}: must be {kind} from {least:.12g} to {most:.12g}")
    return held


def listed(name: str, value: Any) -> Iterable[Any]:
    """One or more of what the sequence holds, NumPy's too; ConfigError for another thing, and for none."""
    held = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(held, (list, tuple, range)) or not held:
        raise ConfigError(f"{name}: {shown(value)}: must be a list of one or more")
    return held
