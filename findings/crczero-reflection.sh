#!/usr/bin/env bash
# crcZero generates parallel CRC circuits: crc_out to be chained to crc_in for the next word. Where the input is reflected and the
# output is not, or the other way round, it reflects the register after each word in place of after the last. Seen on 2026-11-30 with
# crczero 1.2.0, its Verilog for all 120 algorithms of its catalogue, fed as the files' own usage notes say:
#
#   CRC of "123456789"                                  right     Verilog, 8 bits a clock
#   CRC-12/UMTS, ref_in no, ref_out yes                 0xDAF     0x1BB     its header: Check 0xDAF
#   - in one word of 72 bits                            0xDAF     0xDAF
#   - by the portable C that the same command writes    0xDAF         -
#   CRC-16 0x1021, --ref-in alone                       0x9184    0xCB11
#   CRC-16 0x1021, --ref-out alone                      0xC38C    0xB808
#   the other 119: both or neither                      right     right     at 8 and at 24 bits
#
# The self-checking bench expects 0x1BB too, so it passes: its vectors are made a word at a time. The AXI-Stream wrapper chains so too.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q crczero==1.2.0
cd "$work"
PATH="$work/venv/bin:$PATH" venv/bin/python - <<'PYTHON'
import re
import subprocess
from functools import reduce

MESSAGE = b"123456789"
changed = False


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:36}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


def run(*options: str) -> str:
    return subprocess.run(["crcZero", *options], check=True, capture_output=True, text=True).stdout


def reflected(value: int, width: int) -> int:
    return int(f"{value:0{width}b}"[::-1], 2)


def by_definition(noted: dict[str, str]) -> int:
    """The CRC of the message a bit at a time, by the six parameters."""
    width, polynomial = int(noted["CRC width"].split()[0]), int(noted["Polynomial"], 16)
    register = int(noted["Init"], 16)
    for byte in MESSAGE:
        bits = f"{byte:08b}"[::-1] if noted["RefIn"] == "True" else f"{byte:08b}"
        for bit in bits:
            top = register >> (width - 1) ^ int(bit)
            register = (register << 1) % (1 << width) ^ (polynomial if top else 0)
    register = reflected(register, width) if noted["RefOut"] == "True" else register
    return register ^ int(noted["XorOut"], 16)


def generated(bits: int, *algorithm: str) -> tuple[int, int, int]:
    """The CRC by the definition, by the generated equations, and the file's check."""
    run(*algorithm, "--data-width", str(bits), "--lang", "verilog", "--output", "crc.v")
    with open("crc.v") as file:
        text = file.read()
    noted = dict(re.findall(r"^// (\w[\w ]*?)\s*: (.*)$", text, re.MULTILINE))
    equations = [(int(bit), re.findall(r"(crc_in|data_in)\[(\d+)\]", terms))
                 for bit, terms in re.findall(r"assign crc_out\[(\d+)\] = (.*?);", text, re.DOTALL)]
    assert len(equations) == int(noted["CRC width"].split()[0])
    start = re.search(r"Set crc_in = \d+'h([0-9A-Fa-f]+)", text)
    register = int(start[1], 16)
    for word in range(0, len(MESSAGE), bits // 8):  # the first byte is the first to go in
        data = int.from_bytes(MESSAGE[word:word + bits // 8], "little" if noted["RefIn"] == "True" else "big")
        ports = {"crc_in": register, "data_in": data}
        register = sum(reduce(lambda a, b: a ^ b, (ports[port] >> int(i) & 1 for port, i in terms)) << bit for bit, terms in equations)
    return by_definition(noted), register ^ int(noted["XorOut"], 16), int(noted.get("Check", "0"), 16)


names = [line.split("  ")[0] for line in run("--list-algorithms").splitlines() if re.match(r"CRC-.*0x", line)]
report("algorithms", len(names), 120)
for bits in (8, 24):
    values = {name: generated(bits, "--algorithm", name) for name in names}
    report(f"wrong at {bits} bits", [name for name, (right, made, _) in values.items() if made != right], ["CRC-12/UMTS"])
    report("- by their own check", [name for name, (right, _, check) in values.items() if check != right], [])
for bits, made in ((8, 0x1BB), (72, 0xDAF)):
    report(f"CRC-12/UMTS at {bits} bits", generated(bits, "--algorithm", "CRC-12/UMTS"), (0xDAF, made, 0xDAF))
for option, right, made in (("--ref-in", 0x9184, 0xCB11), ("--ref-out", 0xC38C, 0xB808)):
    found = generated(8, "--poly", "0x1021", "--width", "16", "--init", "0x0", option, "--name", "mine")
    report(f"0x1021 {option}", [f"{value:#x}" for value in found[:2]], [f"{right:#x}", f"{made:#x}"])
run("--algorithm", "CRC-12/UMTS", "--data-width", "8", "--lang", "verilog", "--testbench", "--output", "crc")
with open("crc_tb.v") as file:
    report("the bench after nine bytes", re.search(r"tv_expected\[8\] = (\S+);", file.read())[1], "12'h1BB")
raise SystemExit(changed)
PYTHON
