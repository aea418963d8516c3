"""An RTL unit, where its parts stand, and whose build a folder is: what coverage.py, mutate.py and those of engines share."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# What gtest is to run of a bench: not the suites whose names end in Long, of one type or of several (NAMELong/0).
SHORT_SUITES = "-*Long.*:*Long/*"


@dataclass(frozen=True)
class Unit:
    folder: str
    name: str
    root: Path

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def rtl(self) -> Path:
        return self.root / "rtl" / self.folder / f"weft_{self.name}.sv"

    @property
    def bench_folder(self) -> Path:
        return self.root / "tests" / self.folder / self.name

    @property
    def bench(self) -> str:
        return f"weft_{self.folder}_{self.name}_bench"


def check_build(build: Path, root: Path, error: type[Exception]) -> None:
    """`error` where the folder is no build of this repository: what it makes and runs would be another one's."""
    cache = build / "CMakeCache.txt"
    if not cache.is_file():
        raise error(f"--build: {build} has no CMakeCache.txt: configure it first (scripts/build.sh)")
    lines = cache.read_text(encoding="utf-8", errors="replace").splitlines()
    homes = [line.partition("=")[2] for line in lines if line.startswith("CMAKE_HOME_DIRECTORY:")]
    if not homes or Path(homes[0]).resolve() != root.resolve():
        raise error(f"--build: {build} is a build of {homes[0] if homes else 'nothing that it names'}, not of {root}")


def units_with(root: Path, file: str) -> list[Unit]:
    """The units whose bench folder has this file, by name."""
    return [Unit(found.parts[-3], found.parts[-2], root) for found in sorted((root / "tests").glob(f"*/*/{file}"))]


def chosen(units: list[Unit], wanted: list[str], error: type[Exception]) -> list[Unit]:
    """Those that are wanted, all where none is named; `error` names what is not there."""
    unknown = set(wanted) - {str(unit) for unit in units}
    if unknown:
        raise error(f"no such unit: {', '.join(sorted(unknown))}; there are {', '.join(map(str, units)) or 'none'}")
    return [unit for unit in units if not wanted or str(unit) in wanted]
