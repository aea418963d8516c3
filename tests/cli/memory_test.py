#!/usr/bin/python3
"""`weft memory`: a stream through a DRAM part, its JSON, its completions, and what it refuses."""
from __future__ import annotations

import csv
import json
import unittest
from typing import Any

from weft_command import ROOT, FolderTest, config, run

REFERENCE = ROOT / "tests" / "data" / "hbm-streams.csv"


class MemoryTest(FolderTest):
    def document(self, *args: str) -> dict[str, Any]:
        got = run("memory", *args, "--json", "-")
        self.assertEqual(got.returncode, 0, got.stderr)
        return json.loads(got.stdout)

    def refused(self, *args: str, says: list[str]) -> None:
        got = run("memory", *args)
        self.assertEqual(got.returncode, 2, got.stdout)
        self.assertEqual(got.stdout, "")
        for part in says:
            self.assertIn(part, got.stderr)

    def test_rows_of_the_reference(self) -> None:
        lines = [line for line in REFERENCE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        rows = [row for row in csv.DictReader(lines) if row["outstanding"] == "16"]
        self.assertEqual(len(rows), 14)
        for row in rows:
            pattern = row["pattern"].removesuffix("_xmany")
            got = self.document("--part", "hbm2", "--pattern", pattern, "--bytes-per-row", row["bytes_per_row"],
                                "--mapping", row["mapping"], "--outstanding", "16", "--requests", row["requests"])
            for key in ("cycles", "requests", "bytes", "activates", "refreshes"):
                self.assertEqual(got[key], int(row[key]), row)
            self.assertAlmostEqual(got["share_of_peak"], float(row["share_of_peak"]), delta=0.00006)
            if row["mean_read_latency_ns"]:
                latency = got["read_latency_cycles"]
                self.assertAlmostEqual(latency["mean"], float(row["mean_read_latency_ns"]), delta=0.0051)
                self.assertEqual(latency["p99"], float(row["p99_read_latency_ns"]))
                self.assertEqual(sum(bar["reads"] for bar in got["histogram"]), got["reads"])
            else:
                self.assertIsNone(got["read_latency_cycles"])

    def test_completions_are_a_trace(self) -> None:
        trace = self.put("mine.txt", "0 R\n32 W\n")
        done = self.folder / "done.csv"
        got = run("memory", "--part", "hbm2", "--trace", str(trace), "--refresh", "none", "--completions", str(done))
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(done.read_text(encoding="utf-8"), "address,write,done_cycle\n32,1,14\n0,0,45\n")
        again = self.document("--part", "hbm2", "--trace", str(done), "--refresh", "none")
        self.assertEqual((again["requests"], again["pattern"], again["bytes_per_row"]), (2, None, None))

    def test_commands_of_one_read(self) -> None:
        trace = self.put("mine.txt", "0x8000 R\n")
        got = run("memory", "--part", "hbm2", "--trace", str(trace), "--commands", "-")
        self.assertEqual(got.stdout, "channel,cycle,command,bank,row\n0,1,ACT,0,1\n0,16,RD,0,1\n")

    def test_half_clocks_say_how_long_they_are(self) -> None:
        got = self.document("--part", "hbm3", "--pattern", "seq_read", "--requests", "1K")
        self.assertEqual((got["tck_ps"], got["cycles_per_clock"], got["peak_bytes_per_s"]), (312.5, 2, 51.2e9))
        self.assertAlmostEqual(got["seconds"], got["cycles"] * 312.5e-12)

    def test_channels_share_a_stream(self) -> None:
        one = self.document("--part", "hbm2", "--pattern", "seq_read", "--requests", "16K")
        sixteen = self.document("--part", "hbm2", "--pattern", "seq_read", "--requests", "256K", "--channels", "16")
        self.assertEqual(one["cycles"], sixteen["cycles"])
        self.assertEqual(16 * one["activates"], sixteen["activates"])
        self.assertAlmostEqual(one["share_of_peak"], sixteen["share_of_peak"])

    def test_long_streams_are_passed_over_and_the_same(self) -> None:
        for part in ("hbm2", "lpddr5"):
            stream = ["--part", part, "--pattern", "seq_read", "--requests", "128K", "--outstanding", "16"]
            self.assertEqual(self.document(*stream), self.document(*stream, "--exact"))

    def test_a_part_and_a_mapping_of_ones_own(self) -> None:
        part = self.put("mine.yaml", config("dram", "hbm2").replace("rcd_read: 14", "rcd_read: 20"))
        mapping = self.put("map.yaml", "low_to_high: [column, pseudochannel, bank_group, bank, row]\n")
        trace = self.put("one.txt", "0\n")
        got = self.document("--part", str(part), "--mapping", str(mapping), "--trace", str(trace))
        self.assertEqual(got["cycles"], 1 + 21 + 16)

    def test_text_for_people(self) -> None:
        got = run("memory", "--part", "hbm2", "--pattern", "random_row")
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertIn("bound by row bus: busy 8", got.stdout)
        self.assertIn("30.1 % of 32.0", got.stdout)

    def test_bad_input(self) -> None:
        stream = ["--part", "hbm2", "--pattern", "seq_read"]
        self.refused("--pattern", "seq_read", says=["--part", "'hbm2'", "'hbm3'"])
        self.refused("--part", "hbm4", "--pattern", "seq_read", says=["'hbm4'", "did you mean 'hbm2'"])
        self.refused("--part", "hbm2", says=["--pattern", "one of the two"])
        self.refused(*stream, "--trace", "x.csv", says=["--trace", "one of the two"])
        self.refused("--part", "hbm2", "--pattern", "seq_raed", says=["--pattern", "'seq_raed'", "seq_read"])
        self.refused(*stream, "--channels", "3", says=["--channels", "'3'", "power of two"])
        self.refused(*stream, "--interleave", "16", says=["--interleave", "'16'", "32"])
        self.refused(*stream, "--page", "ajar", says=["--page", "'ajar'", "'open'"])
        self.refused(*stream, "--refresh", "all", says=["--refresh", "'all-bank'"])
        self.refused(*stream, "--scheduler", "fcfs", says=["--scheduler", "fr-fcfs"])
        self.refused(*stream, "--mapping", "RoBa", says=["'RoBa'", "'RoBaRaCoCh'"])
        self.refused(*stream, "--outstanding", "0", says=["--outstanding", "'0'"])
        self.refused(*stream, "--requests", "-1", says=["--requests", "'-1'"])
        self.refused(*stream, "--bytes-per-row", "64", says=["--bytes-per-row", "random_row"])
        self.refused("--part", "hbm2", "--trace", str(self.put("bad.txt", "0 R\nzero R\n")), says=["bad.txt:2", "'zero R'"])
        self.refused("--part", "hbm2", "--trace", str(self.put("far.txt", "0xffffffffff R\n")), says=["far.txt:1", "below the 2147483648"])
        bad = self.put("bad.yaml", config("dram", "hbm2").replace("rc: 48", "rc: 40"))
        self.refused("--part", str(bad), "--pattern", "seq_read", says=["bad.yaml:21", "clocks.rc", "ras 34 + rp 14"])

    def test_ddr4_takes_accesses_of_64_bytes(self) -> None:
        got = self.document("--part", "ddr4", "--pattern", "seq_read", "--requests", "4K")
        self.assertEqual((got["bytes"], got["cycles_per_clock"]), (4096 * 64, 1))
        self.assertGreater(got["share_of_peak"], 0.5)
        self.refused("--part", "ddr4", "--pattern", "seq_read", "--refresh", "per-bank", says=["--refresh", "refi_bank"])


SMALL = ["--workload", "bert-base", "--batch", "1", "--heads", "1", "--seq", "256"]


class PartOfADesignTest(FolderTest):
    """`--set arch.dram.part=…`: DRAM with state behind an engine."""

    def document(self, *args: str) -> dict[str, Any]:
        got = run("run", *args, "--json", "-")
        self.assertEqual(got.returncode, 0, got.stderr)
        return json.loads(got.stdout)

    def refused(self, *args: str, says: list[str], code: int = 2) -> None:
        got = run("run", *args)
        self.assertEqual(got.returncode, code, got.stdout)
        for part in says:
            self.assertIn(part, got.stderr)

    def test_every_design_runs_on_every_part(self) -> None:
        designs = json.loads(run("list", "designs", "--json", "-").stdout)["designs"]
        self.assertGreater(len(designs), 8)
        for design in designs:
            text = config("arch", design["arch"])
            assembled = "\nengine:" in text  # at its own size, and of 32 bytes a request
            side = design["name"] + ("" if assembled else "-16x16")
            shape = ["--workload", "bert-base", "--batch", "1", "--heads", "2", "--seq", "64"] if assembled else SMALL
            point = ["--design", side, *shape]
            if assembled and "\nengine: spatten\n" not in text:  # computed or measured
                self.refused(*point, "--set", "arch.dram.part=hbm2", says=["arch.dram.part", "not simulated"])
                continue
            plain = self.document(*point)
            for part in ("hbm2", "hbm3") if assembled else ("hbm2", "hbm3", "ddr4", "lpddr5"):
                got = self.document(*point, "--set", f"arch.dram.part={part}")
                self.assertEqual(got["status"], plain["status"], side)
                if plain["status"] != "ok":
                    continue
                self.assertGreaterEqual(got["dram"]["bytes"], plain["dram"]["bytes"], side)
                if f"part: {part}" not in text:  # which it has as it is
                    self.assertNotEqual(got["provenance"]["config_sha256"], plain["provenance"]["config_sha256"])
                dram = next(unit for unit in got["units"] if unit["name"] == "dram")
                cycles = sum(dram[key] for key in ("busy_cycles", "stall_in_cycles", "stall_out_cycles", "idle_cycles"))
                self.assertEqual(cycles, got["cycles"], side)
                self.assertGreater(dram["counters"]["activates"], 0, side)
                moved = dram["counters"]["bytes_read"] + dram["counters"]["bytes_written"]
                self.assertEqual(moved, got["dram"]["bytes"], side)

    def test_exact_and_not_are_the_same_and_values_flow(self) -> None:
        for part in ("hbm2", "hbm3", "lpddr5"):
            point = ["--design", "fusemax-16x16", *SMALL, "--set", f"arch.dram.part={part}"]
            one, other = self.document(*point), self.document(*point, "--exact")
            for document in (one, other):
                del document["provenance"]
            self.assertEqual(one, other)
            self.assertEqual(one["advance"], {"periods": 0, "cycles": 0})
        trace = str(ROOT / "tests" / "data" / "minilm-l6.safetensors")
        plain = self.document("--design", "fusemax-16x16", "--values", trace)
        banked = self.document("--design", "fusemax-16x16", "--values", trace, "--set", "arch.dram.part=hbm2")
        self.assertEqual(banked["error"], plain["error"])

    def test_what_bound_it_is_told(self) -> None:
        point = ["--design", "unfused-16x16", *SMALL, "--set", "arch.dram.part=hbm2"]
        got = self.document(*point)["dram"]
        self.assertRegex(got["bound_by"], "^(data bus|row bus|column bus): busy|: no command goes for it|: nothing waits")
        moved = got["bytes"] / got["peak_bytes_per_s"] * self.document(*point)["clock_hz"]
        self.assertAlmostEqual(got["data_bus_share"], moved / self.document(*point)["cycles"], delta=0.01)
        self.assertLessEqual(sum(got["waits"].values()), 1)
        text = run("run", *point)
        self.assertIn("in the DRAM   " + got["bound_by"], text.stdout)
        self.assertNotIn("bound_by", self.document(*point[:-2])["dram"])
        pruned = self.document("--design", "spatten-eighth", "--workload", "bert-base", "--batch", "1", "--heads", "2", "--seq", "64",
                               "--set", "arch.dram.part=hbm3")["dram"]
        self.assertGreater(pruned["row_bus_share"], 0)

    def test_the_closed_form_takes_a_part_and_bounds_it(self) -> None:
        points = [("fusemax-16x16", "hbm2", "RoBaRaCoCh", 1), ("flat-16x16", "hbm3", "MOP4CLXOR", 2),
                  ("unfused-16x16", "hbm2", "RoBaRaCoCh", 1), ("unfused-32x32", "ddr4", "MOP4CLXOR", 1),
                  ("fusemax-architecture-32x32", "ddr4-3200", "RoBaRaCoCh", 2), ("fusemax-cascade-64x64", "hbm3", "RoBaRaCoCh", 1),
                  ("fusemax-16x16", "lpddr5", "RoBaRaCoCh", 2), ("unfused-16x16", "lpddr5", "MOP4CLXOR", 1)]
        for design, part, mapping, heads in points:
            point = ["--design", design, "--workload", "bert-base", "--batch", "1", "--heads", str(heads), "--seq", "256",
                     "--set", f"arch.dram.part={part}", "--set", f"arch.dram.mapping={mapping}"]
            simulated, told = self.document(*point), self.document(*point, "--fidelity", "analytic")
            low, high = told["bound"]["cycles_at_least"], told["bound"]["cycles_at_most"]
            self.assertTrue(low <= simulated["cycles"] <= high, (design, part, low, simulated["cycles"], high))
            self.assertTrue(low <= told["cycles"] <= high, design)
            self.assertLess(abs(told["cycles"] / simulated["cycles"] - 1), 0.4, design)
            self.assertEqual(told["dram"]["bytes"], simulated["dram"]["bytes"] - simulated["dram"]["beyond_need_bytes"], design)
            self.assertEqual(told["dram"]["peak_bytes_per_s"], simulated["dram"]["peak_bytes_per_s"])
            self.assertNotIn("bound_by", told["dram"])

    def test_channels_and_how_they_are_run(self) -> None:
        point = ["--design", "unfused-16x16", *SMALL, "--set", "arch.dram.part=hbm2"]
        one = self.document(*point)
        self.assertEqual(one["dram"]["peak_bytes_per_s"], 32e9)
        four = self.document(*point, "--set", "arch.dram.channels=4", "--set", "arch.dram.interleave_bytes=128")
        self.assertEqual(four["dram"]["peak_bytes_per_s"], 128e9)
        self.assertLess(four["cycles"], one["cycles"])
        mapped = self.document(*point, "--set", "arch.dram.mapping=MOP4CLXOR", "--set", "arch.dram.refresh=none",
                               "--set", "arch.dram.page=closed", "--set", "arch.dram.scheduler=row-hit-first")
        self.assertNotEqual(mapped["cycles"], one["cycles"])
        cloud = self.document("--design", "fusemax", "--workload", "bert-base", "--batch", "1", "--heads", "1", "--seq", "1K",
                              "--set", "arch.dram.part=hbm2")
        self.assertEqual(cloud["dram"]["peak_bytes_per_s"], 16 * 32e9)

    def test_a_part_of_ones_own_stands_in_the_hash_by_its_values(self) -> None:
        mine = self.put("mine.yaml", config("dram", "hbm2"))
        point = ["--design", "fusemax-16x16", *SMALL, "--set"]
        first = self.document(*point, f"arch.dram.part={mine}")
        slower = config("dram", "hbm2").replace("cl: 14", "cl: 15").replace("read_to_write: 13", "read_to_write: 14")
        mine.write_text(slower, encoding="utf-8")
        second = self.document(*point, f"arch.dram.part={mine}")
        self.assertNotEqual(first["provenance"]["config_sha256"], second["provenance"]["config_sha256"])
        self.assertGreater(second["cycles"], first["cycles"])

    def test_bad_input(self) -> None:
        point = ["--design", "fusemax-16x16", *SMALL, "--set"]
        self.refused(*point, "arch.dram.part=hbm4", says=["'hbm4'", "did you mean 'hbm2'"])
        self.refused(*point, "arch.dram.channels=4", says=["dram.channels", "only with dram.part"])
        part = [*point, "arch.dram.part=hbm2", "--set"]
        self.refused(*part, "arch.dram.channels=3", says=["dram.channels", "power of two"])
        self.refused(*part, "arch.dram.interleave_bytes=16", says=["interleave_bytes", "32"])
        self.refused(*part, "arch.dram.mapping=Ro", says=["'Ro'", "RoBaRaCoCh"])
        self.refused(*part, "arch.dram.page=ajar", says=["'ajar'", "open"])
        self.refused(*point, "arch.dram.part=ddr4", "--set", "arch.dram.refresh=per-bank", says=["dram.refresh", "no refresh of one bank"])
        self.refused(*point, "arch.dram.part=hbm2", "--fidelity", "rtl", says=["arch.dram.part"])


if __name__ == "__main__":
    unittest.main()
