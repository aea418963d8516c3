"""A unit of the RTL, and Yosys that reads it."""
from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "check"))
from manifests import files  # noqa: E402

RTL = Path(__file__).resolve().parents[2] / "rtl"


class SynthesisError(Exception):
    """What Yosys or OpenSTA said."""


@dataclass(frozen=True)
class Unit:
    module: str
    parameters: dict[str, str]

    @property
    def name(self) -> str:
        return " ".join([self.module] + [f"{name}={value}" for name, value in self.parameters.items()])


def unit_of(text: str) -> Unit:
    module, _, rest = text.partition(":")
    parameters = dict(part.split("=", 1) for part in rest.split(",") if "=" in part)
    if not re.fullmatch(r"weft_\w+", module) or any(not re.fullmatch(r"\w+", value) for value in parameters.values()):
        raise argparse.ArgumentTypeError(f"'{text}' is no unit; weft_fp32_macc:STAGES=3 is one")
    return Unit(module, parameters)


def read(unit: Unit, instead: dict[str, str] | None = None) -> list[str]:
    """Commands that read all of rtl/ (`instead`: other files than those of these names) and elaborate the unit."""
    setting = "".join(f" -set {name} {value}" for name, value in unit.parameters.items())
    sources = [(instead or {}).get(name, name) for name in files(RTL)]
    # Not hierarchy's -chparam, with which Yosys (0.23, 0.70) ends in an assertion where it reads the top a second time; then the
    # top has another name.
    return [f"read_verilog -sv -DSYNTHESIS {' '.join(sources)}", *([f"chparam{setting} {unit.module}"] if setting else []),
            f"hierarchy -check -top {unit.module}", f"rename -top {unit.module}"]


def yosys(commands: list[str]) -> str:
    """Runs the commands and returns what it printed."""
    with tempfile.NamedTemporaryFile("w", suffix=".ys") as script:
        script.write("\n".join(commands) + "\n")
        script.flush()
        done = subprocess.run(["yosys", "-s", script.name], cwd=RTL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SynthesisError("\n".join((done.stdout + done.stderr).splitlines()[-4:]))
    return done.stdout
