#!/usr/bin/python3
"""The decode step of 32 heads on 8 and on 1 in RTL at 16 x 16: half a million cycles."""
from __future__ import annotations

import unittest

from shared_keys_test import decode, once


class DecodeInRtlTest(unittest.TestCase):
    def test_thirty_two_heads_on_eight_and_on_one(self) -> None:
        for kv_heads in (8, 1):
            rtl, systemc = (decode("fusemax-16x16", 32, kv_heads, 4096, 128, fidelity) for fidelity in ("rtl", "systemc"))
            self.assertEqual(rtl["dram"]["bytes"], once(32, kv_heads, 4096, 128))
            self.assertEqual(rtl["cycles"], systemc["cycles"])


if __name__ == "__main__":
    unittest.main()
