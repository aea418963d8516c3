"""What docs/adr/0032 says of cases and assertions in rtl/, held to the files."""
from __future__ import annotations

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADR = (ROOT / "docs" / "adr" / "0032-where-the-rtl-asserts.md").read_text(encoding="utf-8")


def texts() -> dict[str, str]:
    return {file.stem: re.sub(r"//.*", "", file.read_text(encoding="utf-8")) for file in sorted((ROOT / "rtl").glob("*/*.sv"))}


class StyleTest(unittest.TestCase):
    def test_cases_name_everything(self) -> None:
        for name, text in texts().items():
            with self.subTest(name):
                self.assertNotRegex(text, r"(?<!unique )\bcase[xz]? *\(", "a case that is not unique")
                for line in re.findall(r"^\s*default *:.*$", text, re.MULTILINE):
                    self.assertRegex(line, r"= (1'b|')x;", "a default that is not unknown")

    def test_who_keeps_state_asserts(self) -> None:
        """But for those that the record names; and it names none that does."""
        silent = {name for name, text in texts().items() if "assert property" not in text}
        of_record = set(re.findall(r"`(weft_\w+)`", ADR[ADR.index("| module |"):ADR.index("**Every AXI")])) - {"weft_step"}
        keeping = {name for name in silent if re.search(r"always_ff|_ready_[io]\b", texts()[name])}
        self.assertEqual(keeping - of_record, set(), "modules with state or a handshake that assert nothing")
        self.assertEqual(of_record - silent, set(), "modules that the record says assert nothing")

    def test_every_channel_has_a_struct(self) -> None:
        package = texts()["weft_axi_pkg"]
        self.assertEqual(set(re.findall(r"^  \} (\w+);", package, re.MULTILINE)), {"ax_t", "w_t", "r_t", "b_t"})

    def test_no_array_of_structures(self) -> None:
        """Yosys makes one element of it (findings/struct-arrays.sh)."""
        structures = [name for text in texts().values() for name in re.findall(r"^  \} (\w+_t);", text, re.MULTILINE)]
        self.assertIn("tile_t", structures)
        array = re.compile(rf"\b(?:{'|'.join(structures)})\b(?: *\[| +\w+ *\[)")
        self.assertRegex("weft_engine_pkg::tile_t ring_q [4];", array)
        self.assertRegex("tile_t [3:0] ring_q;", array)
        for name, text in texts().items():
            with self.subTest(name):
                self.assertNotRegex(text, array)


if __name__ == "__main__":
    unittest.main()
