#!/usr/bin/python3
"""`--fidelity rtl`, waves and the libraries behind them, from outside. Needs the libraries of sides 4 and 8."""
from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import time
import unittest
from fractions import Fraction
from pathlib import Path

from values_test import read_trace, trace_bytes
from weft_command import WEFT, FolderTest, result, run, safetensors

SMALL = ["--design", "fusemax-4x4", "--workload", "bert-base", "--batch", "1", "--heads", "1", "--seq", "16"]
LIBRARIES = WEFT.parent.parent / "lib" / "weft-rtl"


def with_path(path: Path | str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(WEFT), *args], env=os.environ | {"WEFT_RTL_PATH": str(path)}, capture_output=True, text=True, check=False)


class RunTest(FolderTest):
    def test_the_result_is_that_of_systemc(self) -> None:
        for stalls in ("none", "bursty"):
            more = ["--stall-profile", stalls, "--seed", "5"]
            rtl, systemc = result(*SMALL, *more, "--fidelity", "rtl"), result(*SMALL, *more, "--fidelity", "systemc", "--exact")
            self.assertGreater(rtl["cycles"], 2000)
            for key in ("provenance", "fidelity"):
                self.assertNotEqual(rtl.pop(key), systemc.pop(key), key)
            self.assertEqual(rtl, systemc)

    def test_the_same_bytes_twice(self) -> None:
        args = ["run", *SMALL, "--fidelity", "rtl", "--json", "-"]
        first = run(*args)
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertEqual(first.stdout, run(*args).stdout)

    def test_values(self) -> None:
        trace = self.put("trace.safetensors", safetensors({f"layers.0.{n}": [2, 9, 20] for n in "qkv"}))
        written = {}
        for fidelity in ("rtl", "systemc"):
            file = self.folder / fidelity
            got = result("--design", "fusemax-8x8", "--values", str(trace), "--fidelity", fidelity, "--write-values", str(file))
            self.assertEqual(got["error"]["compared"], 2 * 9 * 20)
            self.assertLess(got["error"]["rms_relative"], 2 ** -7)
            written[fidelity] = file.read_bytes()
        self.assertEqual(written["rtl"], written["systemc"])

    def test_what_a_mask_hides_reaches_no_result(self) -> None:
        # Values of keys 5 to 8, which queries 0 to 4 of 9 do not see, in tiles of 4 and of 8.
        clean = [math.sin(i) for i in range(9 * 4)]
        for strange in (math.nan, math.inf, -math.inf, 3e38):
            tensors = {name: ([1, 9, 4], [*clean[:20], *[strange] * 16] if name != "q" else clean) for name in "qkv"}
            trace = self.put("trace.safetensors", trace_bytes(tensors, {"causal": "true"}))
            for side in (4, 8):
                rows = {}
                for fidelity in ("rtl", "systemc"):
                    file = self.folder / fidelity
                    run("run", "--design", f"fusemax-{side}x{side}", "--values", str(trace), "--fidelity", fidelity,
                        "--write-values", str(file))
                    rows[fidelity] = read_trace(file)["layers.0.out"][1]
                self.assertTrue(all(math.isfinite(x) for x in rows["rtl"][:5 * 4]), (strange, side))
                self.assertEqual(str(rows["rtl"]), str(rows["systemc"]))

    def test_conventions_that_it_does_not_have_are_refused(self) -> None:
        for more, says in ((["--seq-q", "5", "--seq-kv", "2"], "must see a key"), (["--causal-alignment", "top-left"], "bottom-right")):
            got = run("run", *SMALL[:-2], *(more if "--seq-q" in more else [*SMALL[-2:], *more]), "--causal", "--fidelity", "rtl")
            self.assertEqual(got.returncode, 2, got.stderr)
            self.assertIn(says, got.stderr)

    def test_the_command_in_the_result_repeats_it(self) -> None:
        first = result(*SMALL, "--fidelity", "rtl", "--seed", "3", "--stall-profile", "sink")
        self.assertEqual(result(*first["provenance"]["command"].split()[2:]), first)

    def test_interrupted_it_leaves_nothing(self) -> None:
        args = ["run", "--design", "fusemax-8x8", "--workload", "bert-base", "--seq", "4K", "--fidelity", "rtl",
                "--wave", "run.vcd", "--wave-cycles", "0:1K", "--json", "out.json"]
        with subprocess.Popen([str(WEFT), *args], cwd=self.folder, stderr=subprocess.PIPE) as process:
            time.sleep(1.5)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(list(self.folder.iterdir()), [])


class WaveTest(FolderTest):
    def wave(self, *args: str) -> tuple[list[str], str, int]:
        """Lines of the wave, the code of its clock, and the cycles of the run."""
        file = self.folder / "run.vcd"
        cycles = result(*SMALL, "--fidelity", "rtl", "--wave", str(file), *args)["cycles"]
        lines = file.read_text(encoding="ascii").splitlines()
        clocks = [line.split()[3] for line in lines if line.startswith("$var") and "clk_i" in line.split()]
        self.assertGreater(len(clocks), 0)
        return lines, clocks[0], cycles

    def test_the_clock_runs_as_long_as_the_result_says(self) -> None:
        lines, clock, cycles = self.wave()
        self.assertIn("$enddefinitions $end", lines)
        edges = lines.count("1" + clock)
        self.assertGreaterEqual(edges, cycles)
        self.assertLessEqual(edges, cycles + 500, "programming and reading back take a few cycles")
        for name in ("busy_o", "axi_arvalid_o", "irq_o"):
            self.assertTrue(any(name in line.split() for line in lines if line.startswith("$var")), name)

    def test_a_window(self) -> None:
        lines, clock, _ = self.wave("--wave-cycles", "100:140")
        self.assertEqual(lines.count("1" + clock), 40)

    def test_a_window_after_the_end_is_said(self) -> None:
        file = self.folder / "run.vcd"
        cycles = result(*SMALL, "--fidelity", "rtl")["cycles"]
        for window, said in ((f"{cycles}:{cycles + 10}", True), ("1M:2M", True), (f"{cycles - 1}:1M", False), ("0:1M", False)):
            got = run("run", *SMALL, "--fidelity", "rtl", "--wave", str(file), "--wave-cycles", window, "--json", "-")
            self.assertEqual((got.returncode, json.loads(got.stdout)["cycles"]), (0, cycles), got.stderr)
            self.assertEqual("--wave-cycles" in got.stderr, said, window)
            self.assertEqual(f"{window}: the run has ended by then, after {cycles} cycles" in got.stderr, said, got.stderr)

    def changes(self, lines: list[str], code: str) -> list[tuple[int, str]]:
        """The times at which the signal of one bit changes, and what to; its first value among them."""
        now, found = 0, []
        for line in lines[lines.index("$enddefinitions $end"):]:
            if line.startswith("#"):
                now = int(line[1:])
            elif line in ("0" + code, "1" + code):
                found.append((now, line[0]))
        return found

    def test_cycles_stand_at_their_time(self) -> None:
        for hz in (940_000_000, 1_370_000_000, 1_000_000_000):
            more = ["--set", f"arch.clock_hz={hz}"]
            lines, clock, cycles = self.wave(*more)
            self.assertIn("1fs", " ".join(lines[:lines.index("$enddefinitions $end")]))
            half = [round(Fraction(n * 10 ** 15, 2 * hz)) for n in range(2 * cycles)]
            self.assertEqual(self.changes(lines, clock)[:2 * cycles], [(at, "01"[n % 2 == 0]) for n, at in enumerate(half)])
            lines, clock, _ = self.wave("--wave-cycles", "100:140", *more)
            self.assertEqual([at for at, to in self.changes(lines, clock) if to == "1"], half[200:280:2])

    def test_its_cycles_are_those_of_the_timeline(self) -> None:
        lines, _, _ = self.wave()
        code = next(line.split()[3] for line in lines if line.startswith("$var") and "fire_2d_valid_o" in line.split())
        file = self.folder / "t.json"
        cycles = result(*SMALL, "--exact", "--perfetto", str(file))["cycles"]
        events = json.loads(file.read_text(encoding="utf-8"))["traceEvents"]
        unit = next(e["tid"] for e in events if e["ph"] == "M" and e["args"]["name"] == "array_2d")
        begins = sorted(e["ts"] for e in events if e["ph"] == "X" and e["tid"] == unit)
        self.assertGreater(len(begins), 20)
        changes = self.changes(lines, code)
        fired, at, value = [], 0, "0"
        for n in range(cycles):  # as it stands in the middle of each cycle, with its inputs settled
            middle = round(Fraction((2 * n + 1) * 10 ** 15, 2 * 940_000_000))
            while at < len(changes) and changes[at][0] <= middle:
                value, at = changes[at][1], at + 1
            if value == "1":
                fired.append(n)
        self.assertEqual(fired[:len(begins)], begins)

    def test_a_window_shows_what_the_whole_shows(self) -> None:
        whole, window = (self.busy_edges(*args) for args in ([], ["--wave-cycles", "0:60"]))
        self.assertEqual(window, {at for at in whole if at in window})
        self.assertGreater(len(window), 0)

    def busy_edges(self, *args: str) -> set[str]:
        """The times at which a request to memory begins."""
        lines, _, _ = self.wave(*args)
        code = next(line.split()[3] for line in lines if line.startswith("$var") and "axi_arvalid_o" in line.split())
        times, now = set(), ""
        for line in lines:
            now = line if line.startswith("#") else now
            if line == "1" + code:
                times.add(now)
        return times

    def test_a_file_is_replaced_only_by_a_whole_one(self) -> None:
        file = self.put("run.vcd", "old")
        got = run("run", *SMALL, "--fidelity", "rtl", "--wave", str(file), "--set", "arch.arrays.array_2d.tile_contexts=4", "--json", "-")
        self.assertEqual((got.returncode, file.read_text()), (2, "old"))
        result(*SMALL, "--fidelity", "rtl", "--wave", str(file))
        self.assertTrue(file.read_text().startswith("$version"))
        self.assertEqual(list(self.folder.iterdir()), [file])

    def test_through_a_symbolic_link(self) -> None:
        (self.folder / "there").mkdir()
        file = self.put("there/run.vcd", "old")
        (self.folder / "link").symlink_to(file)
        result(*SMALL, "--fidelity", "rtl", "--wave", str(self.folder / "link"))
        self.assertTrue(file.read_text().startswith("$version"))

    def test_a_full_disk(self) -> None:
        got = run("run", *SMALL, "--fidelity", "rtl", "--wave", "/dev/full", "--json", "-")
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        self.assertIn("--wave: cannot be written: No space left on device", got.stderr)


class LibraryTest(FolderTest):
    def refused(self, says: str) -> None:
        got = with_path(self.folder, "run", *SMALL, "--fidelity", "rtl", "--json", "-")
        self.assertEqual((got.returncode, got.stdout), (2, ""), got.stderr)
        self.assertIn(says, got.stderr)
        self.assertIn("libweft_fusemax_4.so", got.stderr)

    def test_values_of_another_machine(self) -> None:
        for option, value, says in [("arch.arrays.array_1d.operations.divide.latency_cycles", "1", "the RTL has 13"),
                                    ("arch.arrays.array_2d.tile_contexts", "4", "the RTL has 3"),
                                    ("arch.buffer.bytes", "1MiB", "the RTL takes at most 262144"),
                                    ("arch.dram.latency_cycles", "4", "at least 8 cycles"),
                                    ("arch.dram.bus_bytes", "16", "the RTL has 8"), ("arch.dram.outstanding", "32", "the RTL has 64")]:
            got = run("run", *SMALL, "--fidelity", "rtl", "--set", f"{option}={value}")
            self.assertEqual(got.returncode, 2, option)
            self.assertIn(option, got.stderr)
            self.assertIn(says, got.stderr)
        got = run("run", *SMALL, "--fidelity", "rtl", "--width", "256")
        self.assertEqual(got.returncode, 2)
        self.assertIn("the RTL takes at most 128", got.stderr)

    def test_values_that_the_rtl_leaves_free(self) -> None:
        slow = result(*SMALL, "--fidelity", "rtl", "--set", "arch.dram.latency_cycles=300", "--set", "arch.clock_hz=500e6")
        self.assertGreater(slow["cycles"], result(*SMALL, "--fidelity", "rtl")["cycles"])

    def test_the_memory_keeps_its_time_at_another_clock(self) -> None:
        for clock in ("94e6", "500e6"):
            args = [*SMALL, "--set", f"arch.clock_hz={clock}"]
            self.assertEqual(result(*args, "--fidelity", "rtl")["cycles"], result(*args)["cycles"], clock)
        got = run("run", *SMALL, "--fidelity", "rtl", "--set", "arch.clock_hz=50e6")
        self.assertEqual(got.returncode, 2)
        self.assertIn("arch.dram.latency_s = '1.0638e-07': 6 cycles; beside the RTL memory takes at least 8 cycles", got.stderr)

    def test_no_library_of_ours(self) -> None:
        self.put("libweft_fusemax_4.so", "text")
        self.refused("cannot be opened as a library")

    def test_a_library_of_something_else(self) -> None:
        source = self.put("other.c", "int answer(void) { return 42; }\n")
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(self.folder / "libweft_fusemax_4.so"), str(source)], check=True)
        self.refused("weft_rtl_table")

    def test_a_library_of_another_version(self) -> None:
        """As the table was when its ports were one engine's: version, sizes of two structs, waves, engine."""
        source = self.put("old.c", "static const struct {unsigned v[4]; const char* engine;} t = {{2, 136, 200, 1}, \"fusemax\"};\n"
                          "const void* weft_rtl_table(void) { return &t; }\n")
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(self.folder / "libweft_fusemax_4.so"), str(source)], check=True)
        self.refused("abi_version = '2': this program takes 3; build the library again with 'weft rtl build'")

    def test_a_library_built_from_other_sources(self) -> None:
        """The hash in a copy of the library with one digit changed."""
        code = (LIBRARIES / "libweft_fusemax_4.so").read_bytes()
        text = run("doctor", "--json", "-").stdout
        self.assertIn("rtl_libraries", text)
        hashes = [match.start(1) for match in re.finditer(rb"\0([0-9a-f]{64})\0", code)]
        self.assertEqual(len(hashes), 1)
        at = hashes[0]
        other = code[:at] + (b"0" if code[at] != 48 else b"1") + code[at + 1:]
        self.put("libweft_fusemax_4.so", other)
        self.refused("weft rtl build --side 4")

    def test_the_path_goes_first_and_the_builds_own_folder_last(self) -> None:
        (self.folder / "libweft_fusemax_4.so").symlink_to(LIBRARIES / "libweft_fusemax_4.so")
        found = json.loads(with_path(f"/nowhere:{self.folder}", "doctor", "--json", "-").stdout)["rtl_libraries"]
        built = {entry["side"]: entry["path"] for entry in found if entry.get("side") in (4, 8, 16)}  # others may have been added
        self.assertEqual(built,
                         {4: str(self.folder / "libweft_fusemax_4.so"), 8: str(LIBRARIES / "libweft_fusemax_8.so"),
                          16: str(LIBRARIES / "libweft_fusemax_16.so")})
        self.assertTrue(all(entry["trouble"] is None for entry in found))

    def place(self, checked: str, fast: str) -> None:
        """A folder with libraries of side 4: the build's own by name, or a file that is none."""
        for name, kind in (("libweft_fusemax_4.so", checked), ("libweft_fusemax_4_fast.so", fast)):
            if kind == "own":
                (self.folder / name).symlink_to(LIBRARIES / name)
            elif kind == "text":
                self.put(name, "text")

    def test_a_run_takes_the_fast_one_and_a_wave_the_other(self) -> None:
        self.place("own", "text")
        got = with_path(self.folder, "run", *SMALL, "--fidelity", "rtl")
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        self.assertIn("libweft_fusemax_4_fast.so", got.stderr)
        wave = self.folder / "wave.vcd"
        got = with_path(self.folder, "run", *SMALL, "--fidelity", "rtl", "--wave", str(wave), "--wave-cycles", "0:2")
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertIn("$var", wave.read_text())

    def test_validation_takes_the_one_with_assertions(self) -> None:
        self.place("text", "own")
        got = with_path(self.folder, "validate", "--design", "fusemax-4x4")
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        self.assertIn("libweft_fusemax_4.so", got.stderr)

    def test_the_fast_one_alone_has_no_waves(self) -> None:
        self.place("", "own")
        self.assertEqual(with_path(self.folder, "run", *SMALL, "--fidelity", "rtl").returncode, 0)
        got = with_path(self.folder, "run", *SMALL, "--fidelity", "rtl", "--wave", str(self.folder / "wave.vcd"))
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        self.assertIn("libweft_fusemax_4_fast.so: has neither assertions nor waves", got.stderr)
        self.assertFalse((self.folder / "wave.vcd").exists())

    def test_either_gives_the_same_bytes(self) -> None:
        self.place("own", "")
        args = ["run", *SMALL, "--stall-profile", "both", "--fidelity", "rtl", "--json", "-"]
        checked, fast = with_path(self.folder, *args), run(*args)
        self.assertEqual((checked.returncode, fast.returncode), (0, 0), checked.stderr)
        self.assertEqual(checked.stdout, fast.stdout)
        found = json.loads(with_path(self.folder, "doctor", "--json", "-").stdout)["rtl_libraries"]
        self.assertEqual([entry["fast"] for entry in found if entry.get("side") in (4, 8)],
                         [None, str(LIBRARIES / "libweft_fusemax_8_fast.so")])

    def test_doctor_says_which_cannot_be_used(self) -> None:
        self.put("libweft_fusemax_5.so", "text")
        got = with_path(self.folder, "doctor")
        self.assertEqual(got.returncode, 0)
        self.assertRegex(got.stdout, r"side 5 +cannot be used: .*libweft_fusemax_5.so")
        self.assertRegex(got.stdout, r"side 4 +/")


class BuildTest(FolderTest):
    def fake_tools(self, verilator: str) -> dict[str, str]:
        """A folder of tools in which `verilator` is that script."""
        (self.folder / "bin").mkdir()
        tool = self.put("bin/verilator", "#!/bin/sh\n" + verilator)
        tool.chmod(0o755)
        return os.environ | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}

    def test_without_verilator(self) -> None:
        got = subprocess.run([str(WEFT), "rtl", "build", "--side", "5", "--out", str(self.folder)], env=os.environ | {"PATH": "/nowhere"},
                             capture_output=True, text=True, check=False)
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        self.assertIn("'verilator': is not installed", got.stderr)

    def test_where_nothing_can_be_written_nothing_is_built(self) -> None:
        env = self.fake_tools(f"touch '{self.folder}/started'; exit 1\n")
        for out, more, says in (("/proc/weft/rtl", {}, "--out: '/proc/weft/rtl': cannot be made"),
                                ("", {"WEFT_RTL_PATH": "/proc/weft"}, "WEFT_RTL_PATH: '/proc/weft': cannot be")):
            got = subprocess.run([str(WEFT), "rtl", "build", "--side", "5", *(["--out", out] if out else [])], env=env | more,
                                 capture_output=True, text=True, check=False)
            self.assertEqual((got.returncode, got.stdout), (2, ""))
            self.assertIn(says, got.stderr)
        self.assertFalse((self.folder / "started").exists())

    def test_a_verilator_that_fails(self) -> None:
        env = self.fake_tools("echo '%Error: weft_fusemax.sv:3: a fault' >&2; exit 1\n")
        out = self.folder / "out"
        got = subprocess.run([str(WEFT), "rtl", "build", "--side", "5", "--out", str(out)], env=env, capture_output=True, text=True,
                             check=False)
        self.assertEqual((got.returncode, got.stdout), (1, ""))
        self.assertIn("%Error: weft_fusemax.sv:3: a fault", got.stderr)
        self.assertIn("the library of side 5 failed", got.stderr)
        self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main()
