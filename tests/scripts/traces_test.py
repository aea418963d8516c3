"""The traces guide's example, run as it stands there; and the table of headers against the format's own reader.

Where the safetensors package is not installed, a writer with the fault of its release 0.8.0 stands in for it.
"""
from __future__ import annotations

import importlib.util
import json
import re
import struct
import sys
import types
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from support import ROOT, SCRIPTS, TreeTest

sys.path.insert(0, str(SCRIPTS / "trace"))
import safetensors_file  # noqa: E402

GUIDE = ROOT / "docs" / "guides" / "traces.md"
HEADERS = ROOT / "tests" / "workload" / "safetensors_headers.json"
INSTALLED = importlib.util.find_spec("safetensors") is not None


def example() -> str:
    """The one Python block of the guide that writes a trace."""
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found = [block for block in blocks if "save_file" in block]
    assert len(found) == 1, found
    return found[0]


def save_as_memory_lies(tensors: dict[str, np.ndarray], path: str, metadata: dict[str, str] | None = None) -> None:
    """What safetensors.numpy.save_file of release 0.8.0 does with a view: its shape, over its memory in the order of memory."""
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    body = b""
    for name, array in tensors.items():
        data = array.ravel(order="K").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + body)


def writer_of_the_fault() -> dict[str, types.ModuleType]:
    package, numpy_part = types.ModuleType("safetensors"), types.ModuleType("safetensors.numpy")
    setattr(numpy_part, "save_file", save_as_memory_lies)
    setattr(package, "numpy", numpy_part)
    return {"safetensors": package, "safetensors.numpy": numpy_part}


def views() -> dict[str, np.ndarray]:
    """Q, K, V of [heads, sequence, width] as models give them: [sequence, heads × width], heads brought to the front; K turned."""
    q = np.arange(5 * 6, dtype=np.float32).reshape(5, 2, 3).transpose(1, 0, 2)
    k = np.arange(100, 100 + 2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5).swapaxes(1, 2)
    v = np.arange(200, 200 + 2 * 5 * 6, dtype=np.float32).reshape(2, 5, 6)[:, :, ::2]
    assert not any(array.flags["C_CONTIGUOUS"] for array in (q, k, v))
    return {"q": q, "k": k, "v": v}


class GuideTest(TreeTest):
    def written(self) -> dict[str, np.ndarray]:
        code = example().replace('"my.safetensors"', repr(str(self.tree / "my.safetensors")))
        self.assertIn(str(self.tree), code)
        exec(compile(code, str(GUIDE), "exec"), views())
        return safetensors_file.read(self.tree / "my.safetensors")

    def check(self) -> None:
        tensors = self.written()
        for name, array in views().items():
            np.testing.assert_array_equal(tensors[f"layers.0.{name}"], array)

    def test_every_view_is_written_in_its_own_order(self) -> None:
        with mock.patch.dict(sys.modules, writer_of_the_fault()):
            self.check()

    def test_the_writer_of_the_fault_would_be_noticed(self) -> None:
        save_as_memory_lies({"layers.0.q": views()["q"]}, str(self.tree / "v.safetensors"))
        wrong = safetensors_file.read(self.tree / "v.safetensors")["layers.0.q"]
        self.assertFalse(np.array_equal(wrong, views()["q"]))

    @unittest.skipUnless(INSTALLED, "the safetensors package is not installed")
    def test_with_the_package_itself(self) -> None:
        self.check()


class HeadersTest(unittest.TestCase):
    def test_the_table_has_no_row_twice_and_a_reason_for_each_difference(self) -> None:
        rows = json.loads(HEADERS.read_text(encoding="utf-8"))
        self.assertEqual(len({row["name"] for row in rows}), len(rows))
        for row in rows:
            self.assertEqual("why" in row, row["reference_reads"] != row["weft_reads"], row["name"])

    @unittest.skipUnless(INSTALLED, "the safetensors package is not installed")
    def test_the_reference_reads_what_the_table_says(self) -> None:
        import safetensors
        if safetensors.__version__ != "0.8.0":
            self.skipTest(f"the table is of release 0.8.0, not {safetensors.__version__}")
        for row in json.loads(HEADERS.read_text(encoding="utf-8")):
            header = row["header"].encode("latin-1")
            with self.subTest(row["name"]):
                try:
                    safetensors.deserialize(struct.pack("<Q", len(header)) + header + bytes(row["body_bytes"]))
                    read = True
                except safetensors.SafetensorError:
                    read = False
                self.assertEqual(read, row["reference_reads"])


if __name__ == "__main__":
    unittest.main()
