#!/usr/bin/python3
"""Stands in for `weft` in the tests of the scripts: answers with made-up results. FAKE_WEFT_FAIL names a command that fails."""
from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import samples  # noqa: E402 (found by the line above)

HELP = """Weft
Usage: weft [OPTIONS] SUBCOMMAND

Options:
  -h,--help                   Print this help message and exit

Subcommands:
  list                        What is there
  run                         One design on one workload
  compare                     Several designs side by side
  validate                    Fidelities side by side
"""
OPTIONS = "  --design TEXT  a design\n  --designs TEXT  several\n  --json TEXT\n  --seq N\n  --seq-q N\n"
NAMES = {"designs": [{"name": n, "arch": n, "binding": n, "cascade": "attention-1pass"} for n in ("flat", "fusemax", "fusemax-cascade")],
         "workloads": ["bert-base", "trxl"], "cascades": ["attention-1pass", "matmul"],
         "costs": ["as-published", "horowitz"]}


def option(name: str) -> str | None:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else None


def put(name: str, document: object) -> None:
    if target := option(name):
        text = json.dumps(document)
        if target == "-":
            print(text)
        else:
            Path(target).write_text(text, encoding="utf-8")


def main() -> int:
    with open(os.environ.get("FAKE_WEFT_LOG", os.devnull), "a", encoding="utf-8") as log:
        print(*sys.argv[1:], file=log)
    command = sys.argv[1]
    if command == os.environ.get("FAKE_WEFT_FAIL"):
        print(f"{command}: made to fail", file=sys.stderr)
        return 2
    if "--help" in sys.argv:
        print(HELP if command == "--help" else OPTIONS, end="")
    elif command == "list":
        put("--json", {"schema": "weft-list/1"} | NAMES)
    elif command == "run":
        put("--json", samples.result(option("--design") or ""))
        put("--perfetto", samples.trace())
    elif command == "compare":
        put("--json", samples.comparison([samples.result(d, error="--values" in sys.argv) for d in (option("--designs") or "").split(",")]))
    elif command == "validate":
        put("--json", samples.validation())
        print("a table\n\n10 points, all equal\nSystemC to RTL: worst 0.000 %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
