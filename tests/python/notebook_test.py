#!/usr/bin/python3
"""The notebook of docs/ runs from top to bottom."""
from __future__ import annotations

import os
import unittest
from pathlib import Path

try:
    import nbformat
    from nbclient import NotebookClient
    import ipykernel  # noqa: F401
except ImportError:
    NotebookClient = None

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "notebook.ipynb"


class NotebookTest(unittest.TestCase):
    @unittest.skipIf(NotebookClient is None, "needs python3-nbclient and python3-ipykernel")
    def test_it_runs_from_top_to_bottom(self) -> None:
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for cell in cells:
            self.assertEqual(cell.outputs, [], "the notebook is kept without outputs")
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": os.fspath(NOTEBOOK.parent)}}).execute()
        texts = ["".join(output.get("text", "") for output in cell.outputs) for cell in cells]
        self.assertIn("cycles", texts[0])
        self.assertIn("attention-3pass 3 passes", texts[2])
        self.assertTrue(any("image/png" in output.get("data", {}) for output in cells[-2].outputs))


if __name__ == "__main__":
    unittest.main()
