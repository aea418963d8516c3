"""What the tests of the command share: running it, and inputs made from the shipped ones by one change."""
from __future__ import annotations

import json
import os
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs"
TRACE = ROOT / "tests" / "data" / "minilm-l6.safetensors"
WEFT = Path(os.environ.get("WEFT", ROOT / "build" / "release" / "bin" / "weft")).resolve()


def run(*args: str, cwd: Path | None = None, timeout: float = 600) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(WEFT), *args], capture_output=True, text=True, timeout=timeout, cwd=cwd, check=False)


def result(*args: str) -> dict[str, Any]:
    """The JSON of a run that succeeds."""
    got = run("run", *args, "--json", "-")
    assert got.returncode == 0, got.stderr
    return json.loads(got.stdout)


# What a stand-in for Verilator writes of the engine's ports: those that rtl/engine/weft_fusemax.interface needs.
_INPUTS = {"axil": "awvalid awaddr wvalid wdata wstrb bready arvalid araddr rready",
           "axi": "arready rvalid rdata rresp rlast awready wready bvalid bresp"}
_OUTPUTS = {"axil": "awready wready bvalid bresp arready rvalid rdata rresp",
            "axi": "arvalid araddr arlen rready awvalid awaddr awlen wvalid wdata wstrb wlast bready"}
VERILATED_HEADER = "".join(
    ["VL_IN8(&clk_i,0,0);\n", "VL_IN8(&rst_ni,0,0);\n"]
    + [f"VL_IN(&{bus}_{port}_i,31,0);\n" for bus, ports in _INPUTS.items() for port in ports.split()]
    + [f"VL_OUT(&{bus}_{port}_o,31,0);\n" for bus, ports in _OUTPUTS.items() for port in ports.split()])


class FolderTest(unittest.TestCase):
    """A test with a folder of its own, `self.folder`."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


def config(kind: str, name: str) -> str:
    return (CONFIGS / kind / f"{name}.yaml").read_text(encoding="utf-8")


def changed(text: str, old: str, new: str) -> tuple[str, int]:
    """The text with the first `old` replaced, and the line on which the two first differ."""
    assert old in text, f"{old!r} is not in the file"
    other = text.replace(old, new, 1)
    before, after = text.splitlines(), other.splitlines()
    line = next((i for i, (a, b) in enumerate(zip(before, after)) if a != b), len(after) - 1)
    return other, line + 1


def safetensors(tensors: dict[str, list[int]], metadata: dict[str, str] | None = None,
                header_edit: tuple[bytes, bytes] = (b"", b"")) -> bytes:
    """F32 tensors, every value 0.5; `header_edit` replaces bytes of the header by as many others."""
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    at = 0
    for name, shape in tensors.items():
        size = 4
        for extent in shape:
            size *= extent
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    if header_edit[0]:
        assert header_edit[0] in text, header_edit
        text = text.replace(*header_edit)
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + struct.pack("<f", 0.5) * (at // 4)
