"""Two circuits of gates as one question for ABC: is what each register takes, and each output, the same in both?

A circuit is a module that Yosys writes as JSON, of $_AND_, $_NOT_, flip-flops ($_DFF_…, $_ALDFF_…) and instances of other modules.
Registers are paired by the names that the source gives them, and are inputs and outputs from then on: where their values are the
same in both, so are their next values, their clocks and their resets, or the circuits differ. One that only one of them has may
have any value. Instances likewise: what they give is an input, what they take an output, so that circuits are the same where
instances of one name are. What is undefined (x) is 0.
"""
from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Bit = int | str  # of a net, or a constant: "0", "1", "x"


class Unlike(Exception):
    """Why the circuits cannot be compared; the text says what one has and the other lacks."""


@dataclass(frozen=True)
class Register:
    """One bit. `reset` is the value that an asynchronous reset gives; empty without one."""
    next: Bit
    clock: Bit
    falling: bool
    reset: str
    when: Bit
    when_low: bool

    @classmethod
    def of(cls, cell: dict[str, Any]) -> Register:
        pins = {name: bits[0] for name, bits in cell["connections"].items()}
        if match := re.fullmatch(r"\$_DFF_([PN])_", cell["type"]):
            return cls(pins["D"], pins["C"], match[1] == "N", "", "0", False)
        if match := re.fullmatch(r"\$_DFF_([PN])([PN])([01])_", cell["type"]):
            return cls(pins["D"], pins["C"], match[1] == "N", match[3], pins["R"], match[2] == "N")
        if (match := re.fullmatch(r"\$_ALDFF_([PN])([PN])_", cell["type"])) and pins["AD"] in ("0", "1"):
            return cls(pins["D"], pins["C"], match[1] == "N", str(pins["AD"]), pins["L"], match[2] == "N")
        raise Unlike(f"a cell {cell['type']}")


@dataclass(frozen=True)
class Logic:
    """Combinational, in lines of BLIF."""
    inputs: list[str]
    outputs: list[str]
    body: list[str]


Module = dict[str, Any]


def modules(file: Path) -> dict[str, Module]:
    """Of a file that write_json made."""
    return dict(json.loads(file.read_text(encoding="utf-8"))["modules"])


def top(found: dict[str, Module]) -> str:
    return next(name for name, module in found.items() if int(module["attributes"].get("top", "0"), 2))


class Circuit:
    def __init__(self, module: Module) -> None:
        self.takes: dict[str, list[Bit]] = {}  # what comes from without, or from an instance
        self.gives: dict[str, list[Bit]] = {}
        for name, port in module["ports"].items():
            (self.takes if port["direction"] == "input" else self.gives)[name] = port["bits"]
        self.gates: list[tuple[Bit, ...]] = []  # output, then inputs
        self.registers: dict[Bit, Register] = {}
        for own, cell in module["cells"].items():
            pins = cell["connections"]
            if not cell["type"].startswith("$_"):
                for name, bits in pins.items():
                    given = cell["port_directions"][name] == "output"
                    (self.takes if given else self.gives)[f"{own}.{name}"] = bits
                continue
            if cell["type"] == "$_AND_":
                self.gates.append((pins["Y"][0], pins["A"][0], pins["B"][0]))
            elif cell["type"] == "$_NOT_":
                self.gates.append((pins["Y"][0], pins["A"][0]))
            else:
                self.registers[pins["Q"][0] if "Q" in pins else cell["type"]] = Register.of(cell)
        self.nets: dict[str, list[Bit]] = {name: net["bits"] for name, net in module["netnames"].items() if not net["hide_name"]}
        self.names: dict[Bit, set[str]] = {}
        for name, bits in self.nets.items():
            self._name(name, bits)

    def _name(self, name: str, bits: list[Bit]) -> None:
        for place, bit in enumerate(bits):
            self.names.setdefault(bit, set()).add(f"{name}[{place}]")

    def name_words(self, like: Circuit) -> None:
        """Arrays that are one net here and one a word there have names as there too. The first word is the uppermost."""
        for name, bits in like.nets.items():
            match = re.fullmatch(r"(.+)\[(\d+)\]", name)
            if match and match[1] in self.nets and name not in self.nets:
                whole, end = self.nets[match[1]], int(match[2]) * len(bits)
                self._name(name, whole[max(0, len(whole) - end - len(bits)):len(whole) - end])

    def logic(self, own: str, paired: dict[Bit, str], side: int) -> Logic:
        """Of BLIF, with nets and outputs of names that begin with `own`; `paired` names the registers, `side` is the circuit's own."""
        inputs, outputs, body = list[str](), list[str](), [f".names {own}0", f".names {own}1", "1"]

        def net(bit: Bit) -> str:
            return own + (bit if isinstance(bit, str) else f"n{bit}")

        def take(name: str, bit: Bit) -> None:
            inputs.append(name)
            body.extend((f".names {name} {net(bit)}", "1 1"))

        def give(name: str, bit: Bit, inverted: bool = False) -> None:
            outputs.append(name)
            body.extend((f".names {net(bit)} {own}{name}", f"{0 if inverted else 1} 1"))

        for ends, connect in ((self.takes, take), (self.gives, give)):
            for name, bits in ends.items():
                for place, bit in enumerate(bits):
                    connect(f"{name}[{place}]", bit)
        for bit, register in self.registers.items():
            if bit not in paired:  # anything: what it is must not count
                take(f"alone:{side}:{bit}", bit)
                continue
            name = paired[bit]
            take(f"value:{name}", bit)
            give(f"next:{name}", register.next)
            give(f"clock:{name}", register.clock, register.falling)
            if register.reset:
                give(f"reset-to-{register.reset}:{name}", register.when, register.when_low)
        for output, *of in self.gates:
            body += [f".names {' '.join(net(bit) for bit in (*of, output))}", "11 1" if len(of) == 2 else "0 1"]
        return Logic(inputs, outputs, body)


def combinational(logic: Logic) -> str:
    """Registers' values are inputs, what they take are outputs."""
    ends = (f".inputs {' '.join(logic.inputs)}", f".outputs {' '.join(logic.outputs)}")
    return "\n".join([".model top", *ends, *logic.body, ".end", ""])


def sequential(one: Logic, other: Logic, registers: dict[str, Register]) -> str:
    """Both beside one set of registers that take what `one` says: is `differs` ever set? Those with a reset begin as it leaves them,
    the others with any value. `registers` are those of `one`, by name."""
    ports = [name for name in one.inputs if not name.startswith("value:")]
    free = [f"begin:{name}" for name, register in registers.items() if not register.reset]
    lines = [".model top", f".inputs {' '.join(ports + free)}", ".outputs differs", *one.body, *other.body,
             ".names none", ".latch none first 1"]
    for name, register in registers.items():
        if register.reset:
            value = register.reset
            lines += [f".names one:reset-to-{value}:{name} one:next:{name} takes:{name}"]
            lines += [*(("1- 1", "-1 1") if value == "1" else ("01 1",)), f".latch takes:{name} value:{name} {value}"]
        else:
            lines += [f".latch one:next:{name} kept:{name} 0", f".names first begin:{name} kept:{name} value:{name}", "11- 1", "0-1 1"]
    so_far = "none"
    for place, name in enumerate(one.outputs):
        lines += [f".names {so_far} one:{name} other:{name} differs{place}", "1-- 1", "-10 1", "-01 1"]
        so_far = f"differs{place}"
    return "\n".join([*lines, f".names {so_far} differs", "1 1", ".end", ""])


def pairs(one: Circuit, other: Circuit) -> tuple[dict[Bit, str], dict[Bit, str]]:
    """What the registers of each are called, that they have one name in both."""
    one.name_words(other)
    other.name_words(one)
    there = {name: bit for bit in other.registers for name in other.names.get(bit, ())}
    first, second = dict[Bit, str](), dict[Bit, str]()
    for bit in one.registers:
        common = min((name for name in one.names.get(bit, ()) if name in there), default="")
        if common and there[common] not in second:
            first[bit] = second[there[common]] = common
    return first, second


def alone(circuit: Circuit, paired: dict[Bit, str]) -> list[str]:
    """Registers that the other has not."""
    return sorted(min(circuit.names.get(bit, {"without a name"})) for bit in circuit.registers if bit not in paired)


def abc(commands: str, place: Path, seconds: float) -> str:
    done = subprocess.run(["yosys-abc", "-c", commands], cwd=place, capture_output=True, text=True, timeout=seconds)
    return done.stdout + done.stderr


def difference(one: Module, other: Module, place: Path, seconds: float) -> str:
    """Empty where the circuits of two modules are proved the same; what differs where they are not. Writes into `place`.

    In every state that the registers can have, or else in every one that they come to: cases that name the states which there are
    may do anything in the others."""
    try:
        circuits = Circuit(one), Circuit(other)
        named = pairs(*circuits)
    except Unlike as error:
        return str(error)
    logics = [circuit.logic("", names, side) for side, (circuit, names) in enumerate(zip(circuits, named))]
    if left := set(logics[0].outputs) ^ set(logics[1].outputs):
        return f"outputs of one alone: {', '.join(sorted(left)[:6])}"
    inputs = sorted({name for logic in logics for name in logic.inputs})  # what an instance gives and nothing takes may be left out
    # In one order, or ABC searches for hours where both are the same gate by gate.
    logics = [Logic(inputs, sorted(logic.outputs), logic.body) for logic in logics]
    for file, logic in zip(("one.blif", "other.blif"), logics):
        (place / file).write_text(combinational(logic), encoding="utf-8")
    said = abc("cec one.blif other.blif", place, seconds)
    if "Networks are equivalent" in said:
        return ""
    one_clock = {(register.clock, register.falling) for register in circuits[0].registers.values()}
    if len(one_clock) == 1:
        first, second = (circuit.logic(own, names, side)
                         for side, (circuit, own, names) in enumerate(zip(circuits, ("one:", "other:"), named)))
        registers = {name: circuits[0].registers[bit] for bit, name in named[0].items()}
        (place / "both.blif").write_text(sequential(first, second, registers), encoding="utf-8")
        if "Property proved" in abc("read_blif both.blif; strash; fraig; pdr", place, seconds):
            return ""
    lacking = [name for circuit, names in zip(circuits, named) for name in alone(circuit, names)]
    reason = [f"registers of one alone: {', '.join(lacking[:6])}"] if lacking else []
    return "\n".join(reason + said.splitlines()[-6:])
