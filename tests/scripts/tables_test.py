"""scripts/rtl/library_tables.sh: what an interface file declares must fit the ports that Verilator's class has."""
from __future__ import annotations

import subprocess
import tempfile
import unittest
from pathlib import Path

from support import SCRIPTS

LITE = ("awvalid awaddr wvalid wdata wstrb bready arvalid araddr rready", "awready wready bvalid bresp arready rvalid rdata rresp")
HEADER = ["VL_IN8(&ck,0,0);", "VL_IN8(&rst,0,0);", "VL_OUTW(&wide,95,0,3);", "VL_OUT64(&long_o,39,0);"]
HEADER += [f"VL_IN(&csr_{name}_i,31,0);" for name in LITE[0].split()] + [f"VL_OUT(&csr_{name}_o,31,0);" for name in LITE[1].split()]
INTERFACE = "engine tiny\nclock ck\nreset rst\n"


class TablesTest(unittest.TestCase):
    def made(self, header: list[str], interface: str, *parameters: str) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "V.h").write_text("class V {\n    // PORTS\n    " + "\n    ".join(header) + "\n};\n", encoding="utf-8")
            (folder / "t.interface").write_text(interface, encoding="utf-8")
            return subprocess.run([str(SCRIPTS / "rtl/library_tables.sh"), "V.h", "t.interface", "tiny_top", "ab12", *parameters],
                                  cwd=folder, capture_output=True, text=True, check=False)

    def refused(self, interface: str, says: str, header: list[str] | None = None) -> None:
        got = self.made(header or HEADER, interface)
        self.assertEqual(got.returncode, 2, got.stdout)
        self.assertIn(says, got.stderr)

    def test_tables(self) -> None:
        got = self.made(HEADER, INTERFACE + "registers csr # comment\n\nregister a 0x10 64\nregister b 24 32\n", "SIDE=4", "MAX_W=128")
        self.assertEqual(got.returncode, 0, got.stderr)
        for line in ('{"ck", WEFT_RTL_CLOCK, 1u}', '{"rst", WEFT_RTL_RESET, 1u}', '{"wide", WEFT_RTL_OUTPUT, 96u}',
                     '{"long_o", WEFT_RTL_OUTPUT, 40u}', '{"csr_wdata_i", WEFT_RTL_INPUT, 32u}', '{"a", 16u, 64u}', '{"b", 24u, 32u}',
                     '{"side", 4ull}', '{"max_w", 128ull}', 'kRegisterBus = "csr"', 'kTop = "tiny_top"', "return top.ck;"):
            self.assertIn(line, got.stdout)

    def test_what_does_not_fit_is_named(self) -> None:
        self.refused("engine tiny\nclock clk\nreset rst\n", "t.interface:2: the engine has no port 'clk' that is an input")
        self.refused("engine tiny\nclock wide\nreset rst\n", "no port 'wide' that is an input")
        self.refused(INTERFACE + "memory mem\n", "t.interface:4: the engine has no port 'mem_arready_i'")
        without = [line for line in HEADER if "csr_wstrb_i" not in line]
        self.refused(INTERFACE + "registers csr\n", "no port 'csr_wstrb_i'", without)
        self.refused("engine tiny\n", "engine, clock and reset are needed")

    def test_registers(self) -> None:
        with_bus = INTERFACE + "registers csr\n"
        self.refused(INTERFACE + "register a 0 32\n", "registers need 'registers NAME'")
        self.refused(with_bus + "register a 0 32\nregister a 4 32\n", "t.interface:6: register 'a' stands here twice")
        self.refused(with_bus + "register a 8 64\nregister b 0xC 32\n", "register 'b' lies on 'a'")
        self.refused(with_bus + "register a 0x6 32\n", "offset '0x6': must be a multiple of 4")
        self.refused(with_bus + "register a 08 32\n", "offset '08': must be a number")
        self.refused(with_bus + "register a 8 16\n", "bits '16': must be 32 or 64")
        self.refused(with_bus + "register a 8\n", "'register' has 2 values; 3 are wanted")

    def test_lines_that_are_none(self) -> None:
        self.refused(INTERFACE + "wires a\n", "'wires': must be engine, clock, reset, registers, register or memory")
        self.refused('engine ti"ny\nclock ck\nreset rst\n', "must be a name of letters, digits and _")

    def test_ports_that_have_no_place_in_the_table(self) -> None:
        self.refused(INTERFACE, "one packed dimension", [*HEADER, "VL_IN8((&many)[4],7,0);"])
        self.refused(INTERFACE, "one packed dimension", [*HEADER, "VL_INOUT8(&both,7,0);"])
        self.refused(INTERFACE, "has no ports", ["int x;"])


if __name__ == "__main__":
    unittest.main()
