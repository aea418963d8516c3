"""Cost tables, nodes, imports and their outputs that are wrong."""
from __future__ import annotations

from bad_options import Case
from weft_command import config

HOROWITZ = config("cost", "horowitz-45nm")

# An ERT of another's hand: buffer, register file and DRAM as they must be, and one operation.
ERT = """ERT:
  version: '0.4'
  tables:
    - name: chip.pe[0..15].macc
      actions:
        - {name: compute, arguments: {}, energy: 1.5}
        - {name: leak, arguments: {}, energy: 0.01}
    - name: chip.pe[0..15].register_file
      actions:
        - {name: read, arguments: {}, energy: 4}
        - {name: write, arguments: {}, energy: 8}
    - name: chip.buffer
      actions:
        - {name: read, arguments: {}, energy: 128}
        - {name: write, arguments: {}, energy: 160}
    - name: chip.dram
      actions:
        - {name: read, arguments: {}, energy: 512}
        - {name: write, arguments: {}, energy: 512}
"""
FRAME = ["--import-node", "45", "--import-voltage", "0.9", "--import-buffer", "64KiB"]


def line_of(text: str, needle: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), 1) if needle in line)


def tables() -> list[Case]:
    source = ', source: "M. Horowitz, ISSCC 2014, 45 nm at 0.9 V: FP16 multiply, for bf16 operands"'
    unsourced = HOROWITZ.replace(source, "")
    assert unsourced != HOROWITZ
    without_divide = HOROWITZ.replace("  divide:\n", "  add2:\n")
    feeble = HOROWITZ.replace("voltage_v: 0.9", "voltage_v: 0.1")
    return [
        Case("no cost table", ["cost"], ["TABLE", "missing", "'horowitz-45nm'", "--import-ert"]),
        Case("unknown cost table", ["cost", "horowitz"], ["'horowitz'", "'horowitz-45nm'"]),
        Case("cost table without a file", ["cost", "{folder}/none.yaml"], ["none.yaml", "no such file"]),
        Case("two cost tables", ["cost", "horowitz-45nm", "fusemax-as-published-45nm"], ["'fusemax-as-published-45nm'"]),
        Case("cost table without a source", ["cost", "{folder}/mine.yaml"],
             [f"mine.yaml:{line_of(unsourced, '{pj: 1.1}')}", "operations.multiply.energy.source", "missing"],
             files={"mine.yaml": unsourced}),
        Case("cost of an unknown operation", ["cost", "{folder}/mine.yaml"],
             [f"mine.yaml:{line_of(without_divide, 'add2:')}", "operations.add2", "unknown operation", "'add'"],
             files={"mine.yaml": without_divide}),
        Case("cost table with a supply too low to scale", ["cost", "{folder}/mine.yaml", "--node", "7", "--voltage", "0.7"],
             [f"mine.yaml:{line_of(feeble, 'voltage_v')}", "voltage_v", "'0.1'", "rises again"], files={"mine.yaml": feeble}),
        Case("cost of an unknown design", ["cost", "horowitz-45nm", "--design", "fusemx"], ["'fusemx'", "did you mean 'fusemax'"]),
        Case("misspelt option of cost", ["cost", "horowitz-45nm", "--desing", "flat"], ["'--desing'", "did you mean '--design'"]),
    ]


def nodes() -> list[Case]:
    cost = ["cost", "horowitz-45nm"]
    run = ["run", "--design", "fusemax-16x16", "--workload", "bert-base", "--seq", "64"]
    priced = [*run, "--cost", "horowitz-45nm", "--cost-node"]
    allowed = "130, 90, 65, 45, 32, 20, 16, 14, 10, 7 or a number between"
    return [
        Case("node below all", [*cost, "--node", "5"], ["--node", "'5'", allowed]),
        Case("node above all", [*cost, "--node", "180"], ["--node", "'180'", allowed]),
        Case("node with its unit", [*cost, "--node", "7nm"], ["--node", "'7nm'", allowed]),
        Case("voltage without a node", [*cost, "--voltage", "0.7"], ["--voltage", "'0.7'", "--node"]),
        Case("voltage that is no number", [*cost, "--node", "7", "--voltage", "low"], ["--voltage", "'low'", "from 0.1 to 10"]),
        Case("voltage out of range", [*cost, "--node", "7", "--voltage", "11"], ["--voltage", "'11'", "from 0.1 to 10"]),
        Case("voltage below the polynomials", [*cost, "--node", "65", "--voltage", "0.5"],
             ["--voltage", "'0.5'", "0.586 V or more", "65 nm"]),
        Case("node of no costs", [*run, "--cost-node", "7"], ["--cost-node", "'7'", "--cost"]),
        Case("node of a run below all", [*priced, "5"], ["--cost-node", "'5'", allowed]),
        Case("node of a run without its voltage", [*priced, "7@"], ["--cost-node", "'7@'", "7@0.7"]),
        Case("voltage of a run without its node", [*priced, "@0.7"], ["--cost-node", "'@0.7'", "7@0.7"]),
        Case("voltage of a run that is no number", [*priced, "7@low"], ["--cost-node", "'low'", "from 0.1 to 10"]),
        Case("voltage of a run below the polynomials", [*priced, "65@0.5"], ["--cost-node", "'0.5'", "0.586 V or more"]),
        Case("unknown cost table of a run", [*run, "--cost", "horowitz"], ["'horowitz'", "'horowitz-45nm'"]),
    ]


def imports() -> list[Case]:
    imported = ["cost", "--import-ert", "{folder}/ert.yaml"]
    whole = [*imported, *FRAME]
    files: dict[str, str | bytes] = {"ert.yaml": ERT}
    unknown = ERT.replace("chip.dram", "chip.sram")
    return [
        Case("import of no frame", imported, ["--import-node", "--import-voltage", "--import-buffer", "missing"], files=files),
        Case("import without its voltage", [*imported, "--import-node", "45", "--import-buffer", "64KiB"], ["--import-voltage", "missing"],
             files=files),
        Case("import of an unknown node", [*imported, "--import-node", "3", *FRAME[2:]], ["--import-node", "'3'", "a node in nm"],
             files=files),
        Case("import of a voltage out of range", [*imported, *FRAME[:2], "--import-voltage", "0", *FRAME[4:]],
             ["--import-voltage", "'0'", "from 0.1 to 10"], files=files),
        Case("import of no buffer", [*imported, *FRAME[:4], "--import-buffer", "0"], ["--import-buffer", "'0'", "whole number from 1"],
             files=files),
        Case("import of actions without bytes", [*whole, "--import-action-bytes", "buffer"],
             ["--import-action-bytes", "'buffer'", "COMPONENT=BYTES"], files=files),
        Case("import of actions of nothing known", [*whole, "--import-action-bytes", "bufer=64"],
             ["--import-action-bytes", "'bufer'", "did you mean 'buffer'"], files=files),
        Case("import of actions of no bytes", [*whole, "--import-action-bytes", "dram=0"],
             ["--import-action-bytes dram", "'0'", "whole number from 1"], files=files),
        Case("import of actions larger than the buffer", [*whole, "--import-action-bytes", "buffer=128KiB"],
             ["--import-buffer", "'64KiB'", "131072 bytes"], files=files),
        Case("import of a file that is not there", ["cost", "--import-ert", "{folder}/none.yaml", *FRAME], ["none.yaml", "cannot be read"]),
        Case("import of an unknown component", whole, [f"ert.yaml:{line_of(unknown, 'sram')}", "'chip.sram'", "'dram'", "missing action"],
             files={"ert.yaml": unknown}),
        Case("import of what is no ert", whole, ["ert.yaml:1", "unknown key", "'ERT'"],
             files={"ert.yaml": "ART: {version: '0.4', tables: []}\n"}),
        Case("import beside a table", ["cost", "horowitz-45nm", "--import-ert", "{folder}/ert.yaml", *FRAME],
             ["--import-ert", "TABLE", "not both"], files=files),
        Case("areas without energies", ["cost", "horowitz-45nm", "--import-art", "{folder}/ert.yaml"],
             ["--import-art", "--import-ert"], files=files),
        Case("frame of no import", ["cost", "horowitz-45nm", "--import-buffer", "64KiB"], ["--import-buffer", "'64KiB'", "--import-ert"]),
    ]


def outputs() -> list[Case]:
    cost = ["cost", "horowitz-45nm"]
    designed = [*cost, "--design", "fusemax-16x16"]
    run = ["run", "--design", "fusemax-16x16", "--workload", "bert-base", "--seq", "64"]
    priced = [*run, "--cost", "horowitz-45nm"]
    no_divide = HOROWITZ[:HOROWITZ.index("  divide:\n")] + HOROWITZ[HOROWITZ.index("register_file:"):]
    return [
        Case("ert of no design", [*cost, "--ert", "{folder}/ERT.yaml"], ["--ert", "ERT.yaml", "--design"]),
        Case("art of no design", [*cost, "--art", "-"], ["--art", "'-'", "--design"]),
        Case("ert and art on standard output", [*designed, "--ert", "-", "--art", "-"], ["--art", "--ert"], own_output=True),
        Case("ert onto the art", [*designed, "--ert", "{folder}/x", "--art", "{folder}/x"], ["--art", "the same file as --ert"]),
        Case("ert into no folder", [*designed, "--ert", "{folder}/none/ERT.yaml"], ["--ert", "no folder"]),
        Case("ert of a design that does what has no energy",
             ["cost", "{folder}/mine.yaml", "--design", "fusemax-16x16", "--art", "{folder}/ART.yaml", "--ert", "{folder}/ERT.yaml"],
             ["operations.divide", "mine", "'macc'"], files={"mine.yaml": no_divide}),
        Case("accelergy of a run without costs", [*run, "--accelergy", "{folder}/out"], ["--accelergy", "out", "--cost"]),
        Case("accelergy on standard output", [*priced, "--accelergy", "-"], ["--accelergy", "'-'", "folder"]),
        Case("accelergy onto a file", [*priced, "--accelergy", "{folder}/file"], ["--accelergy", "is a file"], files={"file": "x"}),
        Case("accelergy below no folder", [*priced, "--accelergy", "{folder}/none/out"], ["--accelergy", "no folder"]),
        Case("accelergy onto the result", [*priced, "--json", "{folder}/ERT.yaml", "--accelergy", "{folder}"],
             ["--accelergy", "the same file as --json"], own_output=True),
        Case("accelergy of several designs", ["compare", "--designs", "flat", "--workload", "bert-base", "--accelergy", "{folder}"],
             ["unknown option '--accelergy'"]),
    ]


def cases() -> list[Case]:
    return [*tables(), *nodes(), *imports(), *outputs()]
