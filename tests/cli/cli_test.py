#!/usr/bin/python3
"""The command as scripts use it: JSON keys of the interface, clean standard output, exit codes, the same bytes for the same input."""
from __future__ import annotations

import csv
import json
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import time
import unittest

from weft_command import CONFIGS, TRACE, WEFT, FolderTest, config, result, run, safetensors

SMALL = ["--design", "fusemax-16x16", "--workload", "bert-base", "--batch", "1", "--heads", "2", "--seq", "100"]
DESIGNS = ["flat", "fusemax", "fusemax-architecture", "fusemax-cascade", "unfused"]

RESULT_KEYS = {"schema", "provenance", "design", "workload", "fidelity", "shape", "ranks", "status", "reason", "clock_hz", "cycles",
               "seconds", "advance",
               "utilisation", "bound_by", "units", "traffic", "dram", "energy_pj", "error", "selection"}


class HelpTest(unittest.TestCase):
    def test_every_command_has_help_with_examples(self) -> None:
        for args in ([], ["doctor"], ["list"], ["cost"], ["analyze"], ["run"], ["compare"], ["validate"], ["rtl"]):
            got = run(*args, "--help")
            self.assertEqual((got.returncode, got.stderr), (0, ""), args)
            self.assertIn("Examples:", got.stdout)
            self.assertIn(" ".join(["Usage: weft", *args]), got.stdout)

    def test_the_examples_of_list_and_analyze_run(self) -> None:
        tried = 0
        for command in ("list", "analyze"):
            for line in run(command, "--help").stdout.split("Examples:")[1].splitlines():
                words = shlex.split(line.split("  (")[0]) if line.strip().startswith("weft") else []
                if words and "my-" not in line:
                    self.assertEqual(run(*words[1:]).returncode, 0, line)
                    tried += 1
        self.assertGreaterEqual(tried, 4)

    def test_version(self) -> None:
        version = re.search(r"project\(weft VERSION ([\d.]+)", (CONFIGS.parent / "CMakeLists.txt").read_text())
        assert version
        self.assertEqual(run("--version").stdout, f"weft {version[1]}\n")

    def test_doctor_names_what_is_installed(self) -> None:
        got = run("doctor")
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        for name in ("compiler", "CMake", "SystemC", "fmt", "yaml-cpp", "CLI11", "Boost", "Verilator", "Yosys", "matplotlib"):
            self.assertRegex(got.stdout, rf"{re.escape(name)} +(not found|.*\d)")
        found = json.loads(run("doctor", "--json", "-").stdout)
        self.assertEqual(found["configs"], str(CONFIGS))

    def test_the_configuration_folder_can_be_named(self) -> None:
        got = subprocess.run([str(WEFT), "list"], env=os.environ | {"WEFT_CONFIGS": "/nowhere"}, capture_output=True, text=True,
                             check=False)
        self.assertEqual(got.returncode, 2)
        self.assertIn("WEFT_CONFIGS = '/nowhere'", got.stderr)


class ListTest(FolderTest):
    def test_all_kinds(self) -> None:
        listed = json.loads(run("list", "--json", "-").stdout)
        self.assertEqual(listed["schema"], "weft-list/1")
        for kind, folder in (("cascades", "cascade"), ("archs", "arch"), ("bindings", "binding"), ("workloads", "workload")):
            self.assertEqual(listed[kind], sorted(p.stem for p in (CONFIGS / folder).rglob("*.yaml")), kind)
            self.assertGreater(len(listed[kind]), 0)
        self.assertLessEqual(set(DESIGNS), {d["name"] for d in listed["designs"]})
        fusemax = next(d for d in listed["designs"] if d["name"] == "fusemax")
        self.assertEqual(fusemax, {"name": "fusemax", "arch": "fusemax-cloud", "binding": "fusemax", "cascade": "attention-1pass"})

    def test_one_kind_alone_as_json_and_as_text(self) -> None:
        self.assertEqual(set(json.loads(run("list", "archs", "--json", "-").stdout)), {"schema", "archs"})
        text = run("list", "designs").stdout
        for design in DESIGNS:
            self.assertIn(design, text)
        self.assertIn("-NxN", text)

    def test_a_reader_that_goes_is_no_error(self) -> None:
        got = subprocess.run(["bash", "-c", f"set -o pipefail; {WEFT} list | true"], capture_output=True, text=True, check=False)
        self.assertEqual((got.returncode, got.stderr), (0, ""))

    def test_a_full_device_is_an_error(self) -> None:
        with open("/dev/full", "w", encoding="utf-8") as full:
            got = subprocess.run([str(WEFT), "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(got.returncode, 2)
        self.assertIn("standard output", got.stderr)


class AnalyzeTest(FolderTest):
    def test_passes_and_who_forces_them(self) -> None:
        got = json.loads(run("analyze", "attention-3pass", "--json", "-").stdout)
        self.assertEqual(got["schema"], "weft-analysis/1")
        self.assertEqual(got["passes"]["M"], 3)
        self.assertEqual([(f["rank"], f["pass"], f["einsum"], f["tensor"]) for f in got["forced_by"]],
                         [("M", 2, "SN", "GM"), ("M", 3, "A", "SD")])
        self.assertEqual(got["operations"]["macc"], 2 * 64 * 1024 * 1024)
        self.assertEqual(got["least_traffic_elements"], 4 * 64 * 1024)
        self.assertEqual({f["tensor"] for f in got["footprint"]}, {"QK", "GM", "SN", "SD", "A"})

    def test_passes_within_a_partition_and_extents(self) -> None:
        got = json.loads(run("analyze", "attention-1pass", "--set", "M=4K", "--set", "M0=128", "--json", "-").stdout)
        self.assertEqual((got["passes"]["M"], got["passes_within"]), (1, {"M0": 2}))
        self.assertEqual((got["ranks"]["M"], got["ranks"]["M1"], got["ranks"]["M0"]), (4096, 32, 128))

    def test_text_names_the_einsum(self) -> None:
        self.assertIn("forced by SN, which waits for all of GM", run("analyze", "attention-3pass").stdout)

    def test_counts_by_occupancy(self) -> None:
        sets = [word for extent in ("H=3", "E=8", "F=5", "M=40", "P=7", "N=2") for word in ("--set", extent)]
        got = json.loads(run("analyze", "attention-pruned", *sets, "--occupancy", "S=0,13", "--json", "-").stdout)
        for point, kept in zip(got["by_occupancy"], (0, 13), strict=True):
            self.assertEqual(point["occupancies"], {"S": kept})
            self.assertEqual(point["operations"]["macc"], 3 * 13 * (40 * 7 + kept * 2))
            self.assertEqual(point["least_traffic_elements"], 3 * 13 * (40 + 7 + kept + 2) + 40 + 2 * kept)
        self.assertEqual(got["of_occupancy"]["rank"], "S")
        self.assertEqual(got["of_occupancy"]["operations"]["macc"], [3 * 13 * 40 * 7, 3 * 13 * 2, 0])
        self.assertEqual(got["of_occupancy"]["least_traffic_elements"], [3 * 13 * 49 + 40, 3 * 13 + 2, 0])
        quarters = json.loads(run("analyze", "attention-pruned", *sets, "--set", "S=6", "--json", "-").stdout)["by_occupancy"]
        self.assertEqual([point["occupancies"]["S"] for point in quarters], [1, 3, 4, 6])
        self.assertIn("macc = 10,920 + 78 * S", run("analyze", "attention-pruned", *sets).stdout)
        self.assertNotIn("by_occupancy", json.loads(run("analyze", "matmul", "--json", "-").stdout))

    def test_a_file_of_the_users(self) -> None:
        path = self.put("mine.yaml", config("cascade", "matmul"))
        self.assertEqual(json.loads(run("analyze", str(path), "--json", "-").stdout)["cascade"], "mine")


class RunTest(FolderTest):
    def check_result(self, got: dict) -> None:
        self.assertLessEqual(RESULT_KEYS, set(got))
        self.assertEqual((got["schema"], got["status"], got["reason"]), ("weft-result/1", "ok", None))
        self.assertEqual(set(got["provenance"]) & {"version", "config_sha256", "seed", "command"},
                         {"version", "config_sha256", "seed", "command"})
        self.assertLessEqual({"batch", "heads", "kv_heads", "seq_q", "seq_kv", "width_qk", "width_v", "causal", "phase"}, set(got["shape"]))
        self.assertEqual(set(got["advance"]), {"periods", "cycles"})
        self.assertEqual(set(got["utilisation"]), {"array_2d", "array_1d", "useful_macs", "units"})
        self.assertEqual(set(got["dram"]), {"bytes", "achieved_bytes_per_s", "peak_bytes_per_s"})
        names = [u["name"] for u in got["units"]]
        self.assertGreaterEqual(len(names), 4)
        self.assertEqual(set(got["utilisation"]["units"]), set(names))
        for unit in got["units"]:
            self.assertEqual(unit["busy_cycles"] + unit["stall_in_cycles"] + unit["stall_out_cycles"] + unit["idle_cycles"], got["cycles"],
                             unit["name"])
        self.assertIn(re.split(r"\W", got["bound_by"])[0], names)
        moved = sum(t["read_bytes"] + t["written_bytes"] for t in got["traffic"] if t["level"] == "dram")
        self.assertEqual(moved, got["dram"]["bytes"])
        self.assertAlmostEqual(got["seconds"], got["cycles"] / got["clock_hz"], delta=1e-12 * got["seconds"])

    def test_every_design_at_both_fidelities(self) -> None:
        for design in DESIGNS:
            for fidelity in ("analytic", "systemc"):
                got = result("--design", f"{design}-8x8", *SMALL[2:], "--fidelity", fidelity)
                self.assertEqual((got["design"], got["fidelity"], got["workload"]), (f"{design}-8x8", fidelity, "bert-base"))
                self.check_result(got)

    def test_useful_macs_are_those_of_the_two_products(self) -> None:
        for causal, pairs in (([], 100 * 100), (["--causal"], sum(range(1, 101)))):
            got = result(*SMALL, *causal)
            useful = 1 * 2 * pairs * (64 + 64) / (16 * 16 * got["cycles"])
            self.assertAlmostEqual(got["utilisation"]["useful_macs"], useful, delta=1e-9 * useful)

    def test_another_clock_does_not_change_the_memory(self) -> None:
        tiny = ["--design", "fusemax-16x16", "--workload", "minilm-l6", "--batch", "1", "--heads", "1", "--width", "16",
                "--seq-q", "1", "--seq-kv", "16"]
        slow = ["--set", "arch.clock_hz=94e6"]
        self.assertEqual(result(*tiny)["cycles"], 349)
        self.assertEqual(result(*tiny, *slow)["cycles"], 165)
        self.assertEqual(result(*tiny, *slow, "--set", "arch.dram.latency_cycles=100")["cycles"], 345)

    def test_same_input_same_bytes_and_the_command_repeats_it(self) -> None:
        first = run("run", *SMALL, "--causal", "--set", "arch.dram.latency_cycles=70", "--seed", "9", "--json", "-")
        command = shlex.split(json.loads(first.stdout)["provenance"]["command"])
        self.assertEqual(command[:2], ["weft", "run"])
        self.assertEqual(run(*command[1:], "--json", "-").stdout, first.stdout)

    def test_the_hash_moves_with_every_input_and_not_with_exact(self) -> None:
        def sha(*args: str) -> str:
            return result(*SMALL, "--fidelity", "analytic", *args)["provenance"]["config_sha256"]
        base = sha()
        self.assertEqual(sha("--exact"), base)
        others = [sha("--seed", "1"), sha("--causal"), sha("--kv-heads", "1"), sha("--set", "arch.dram.latency_cycles=70"),
                  sha("--set", "binding.tiles_in_flight=1")]
        others.append(result("--design", "fusemax-16x16", "--workload", "bert-base", "--fidelity",
                             "analytic")["provenance"]["config_sha256"])
        self.assertEqual(len({base, *others}), 1 + len(others))

    def test_nothing_but_json_on_standard_output(self) -> None:
        for args in (SMALL, ["--design", "fusemax-8x8", "--values", str(TRACE)]):
            got = run("run", *args, "--json", "-")
            json.loads(got.stdout)
            self.assertEqual((got.returncode, got.stderr), (0, ""))

    def test_text_without_json(self) -> None:
        got = run("run", *SMALL)
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        for words in ("cycles", "useful MACs", "DRAM", "bound by", "array_2d", "stall in"):
            self.assertIn(words, got.stdout)
        self.assertNotIn("\x1b", got.stdout)

    def test_files_and_nothing_on_standard_output(self) -> None:
        out = {name: self.folder / name for name in ("r.json", "r.csv", "r.trace")}
        got = run("run", *SMALL, "--json", str(out["r.json"]), "--csv", str(out["r.csv"]), "--perfetto", str(out["r.trace"]))
        self.assertEqual((got.returncode, got.stdout, got.stderr), (0, "", ""))
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), sorted(out))
        row, = csv.DictReader(out["r.csv"].read_text().splitlines())
        whole = json.loads(out["r.json"].read_text())
        self.assertEqual((int(row["cycles"]), float(row["utilisation_2d"]), row["bound_by"]),
                         (whole["cycles"], whole["utilisation"]["array_2d"], whole["bound_by"]))

    def test_timeline(self) -> None:
        path = self.folder / "t.json"
        run("run", *SMALL, "--perfetto", str(path))
        trace = json.loads(path.read_text())
        events = trace["traceEvents"]
        slices = [e for e in events if e["ph"] == "X"]
        threads = {e["tid"]: e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
        self.assertLessEqual({e["tid"] for e in slices}, set(threads))
        self.assertLessEqual({"array_1d", "array_2d"}, set(threads.values()))
        self.assertLessEqual({"BQK", "SLNV", "AV"}, {e["name"] for e in slices})
        last: dict[int, float] = {}
        for e in slices:
            self.assertGreaterEqual(e["ts"], last.get(e["tid"], 0), "slices of one thread must not overlap")
            last[e["tid"]] = e["ts"] + e["dur"]
        self.assertLessEqual(max(last.values()), trace["otherData"]["cycles"])

    def test_an_infeasible_point_is_exit_1_with_its_json(self) -> None:
        out = self.folder / "r.json"
        got = run("run", "--design", "unfused-16x16", "--workload", "bert-base", "--seq", "1M", "--json", str(out))
        self.assertEqual((got.returncode, got.stdout), (1, ""))
        whole = json.loads(out.read_text())
        self.assertEqual((whole["status"], whole["cycles"], whole["utilisation"]), ("infeasible", None, None))
        self.assertIn(whole["reason"], got.stderr)
        self.assertLessEqual(RESULT_KEYS, set(whole))

    def test_lengths_heads_and_widths_over_the_workloads(self) -> None:
        shape = result("--design", "fusemax-16x16", "--workload", "bert-base", "--fidelity", "analytic", "--batch", "2", "--heads", "6",
                       "--seq", "2K", "--width", "32")["shape"]
        self.assertEqual([shape[k] for k in ("batch", "heads", "kv_heads", "seq_q", "seq_kv", "width_qk", "width_v", "phase")],
                         [2, 6, 6, 2048, 2048, 32, 32, "self"])
        shape = result("--design", "fusemax-16x16", "--workload", "bert-base", "--fidelity", "analytic", "--seq-q", "1",
                       "--causal")["shape"]
        self.assertEqual([shape[k] for k in ("seq_q", "seq_kv", "causal", "phase")], [1, 1024, True, "decode"])

    def test_architecture_and_binding_in_files_of_the_users(self) -> None:
        arch = self.put("mine.yaml", config("arch", "fusemax-cloud").replace("rows: 256", "rows: 16").replace("columns: 256",
                                                                                                              "columns: 32"))
        got = result("--arch", str(arch), "--binding", "fusemax", *SMALL[2:], "--fidelity", "analytic")
        self.check_result(got)
        design = self.put("design.yaml", "arch: ./mine.yaml\nbinding: fusemax\n")
        self.assertEqual(result("--design", str(design), *SMALL[2:], "--fidelity", "analytic")["cycles"], got["cycles"])


class MaskTest(FolderTest):
    def test_a_mask_that_reaches_far_beyond_the_keys_hides_none(self) -> None:
        """Its offset, 64 times 64M keys, takes more than 32 bits."""
        cascade = (CONFIGS / "cascade/attention-1pass-causal.yaml").read_text(encoding="utf-8")
        self.assertIn("m <= p + M - P", cascade)
        (self.folder / "far.yaml").write_text(cascade.replace("m <= p + M - P", "m <= p + 64*M - P"), encoding="utf-8")
        binding = (CONFIGS / "binding/fusemax.yaml").read_text(encoding="utf-8")
        (self.folder / "binding.yaml").write_text(
            re.sub("causal_cascade: .*", f"causal_cascade: {self.folder}/far.yaml", binding), encoding="utf-8")
        point = ["--workload", "bert-base", "--heads", "1", "--batch", "1", "--seq-q", "1", "--seq-kv", "64M", "--causal", "--fidelity",
                 "analytic"]
        far = result("--arch", "fusemax-cloud", "--binding", f"{self.folder}/binding.yaml", *point)
        last = result("--design", "fusemax", *point)  # the last query, which sees all keys
        self.assertEqual((far["cycles"], far["dram"]), (last["cycles"], last["dram"]))


class ValuesTest(FolderTest):
    def test_values_flow_and_are_written(self) -> None:
        out = self.folder / "out.safetensors"
        trace = self.put("t.safetensors", safetensors({f"layers.{n}.{x}": [2, 9, 16] for n in (0, 1) for x in "qkv"}))
        got = result("--design", "fusemax-8x8", "--values", str(trace), "--write-values", str(out))
        self.assertEqual((got["shape"]["heads"], got["shape"]["seq_q"], got["shape"]["layers"], got["workload"]), (2, 9, 2, "t"))
        self.assertEqual(got["error"]["compared"], 2 * 2 * 9 * 16)
        self.assertEqual(len(got["error_by_layer"]), 2)
        data = out.read_bytes()
        size = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:8 + size])
        self.assertEqual({k: v["shape"] for k, v in header.items() if k != "__metadata__"},
                         {"layers.0.out": [2, 9, 16], "layers.1.out": [2, 9, 16]})
        values = struct.unpack(f"<{2 * 2 * 9 * 16}f", data[8 + size:])
        self.assertTrue(all(abs(v - 0.5) < 2 ** -7 for v in values), "the mean of equal values is that value")

    def test_every_type_of_the_same_values_gives_the_same(self) -> None:
        """Small whole numbers, which F16 and BF16 hold; beside them what nobody uses, and metadata as others write it."""
        values = [(7 * i) % 33 - 16 for i in range(3 * 2 * 9 * 16)]
        formats = {"F32": "<{}f", "F64": "<{}d", "F16": "<{}e"}
        outputs = []
        for dtype, form in formats.items():
            body = struct.pack(form.format(len(values)), *values)
            size = len(body) // 3
            header: dict[str, object] = {"__metadata__": {"causal": "True"}} if dtype == "F64" else {"__metadata__": None}
            for i, name in enumerate("qkv"):
                header[f"layers.0.{name}"] = {"dtype": dtype, "shape": [2, 9, 16], "data_offsets": [i * size, (i + 1) * size]}
            for i, (other, shape) in enumerate((("F8_E8M0", [1]), ("F4", [2]), ("LATER", [7]))):
                header[f"other.{i}"] = {"dtype": other, "shape": shape, "data_offsets": [3 * size + i, 3 * size + i + 1]}
            text = json.dumps(header).encode()
            trace = self.put(f"{dtype}.safetensors", struct.pack("<Q", len(text)) + text + body + bytes(3))
            out = self.folder / "out.safetensors"
            causal = [] if dtype == "F64" else ["--causal"]
            got = result("--design", "fusemax-8x8", "--values", str(trace), *causal, "--write-values", str(out))
            outputs.append((got["cycles"], got["error"], got["shape"], out.read_bytes()))
        self.assertTrue(outputs[0][2]["causal"])
        for other in outputs[1:]:
            self.assertEqual(other, outputs[0])

    def test_causal_by_option(self) -> None:
        trace = self.put("t.safetensors", safetensors({f"layers.0.{x}": [1, 20, 16] for x in "qkv"}))
        full, causal = (result("--design", "fusemax-8x8", "--values", str(trace), *more) for more in ([], ["--causal"]))
        self.assertEqual((full["shape"]["causal"], causal["shape"]["causal"]), (False, True))
        self.assertLess(causal["cycles"], full["cycles"])
        self.assertLess(causal["error"]["rms_relative"], 2 ** -7)


class CompareTest(FolderTest):
    def test_side_by_side(self) -> None:
        names = ["flat-16x16", "fusemax-16x16"]
        out = self.folder / "both.csv"
        got = run("compare", "--designs", ",".join(names), *SMALL[2:], "--json", "-", "--csv", str(out))
        self.assertEqual(got.returncode, 0, got.stderr)
        both = json.loads(got.stdout)
        self.assertEqual((both["schema"], [r["design"] for r in both["results"]]), ("weft-comparison/1", names))
        for one in both["results"]:
            alone = run(*shlex.split(one["provenance"]["command"])[1:], "--json", "-")
            self.assertEqual(json.loads(alone.stdout), one)
        self.assertEqual([row["design"] for row in csv.DictReader(out.read_text().splitlines())], names)

    def test_a_design_whose_tile_does_not_fit_is_one_infeasible_row(self) -> None:
        got = run("compare", "--designs", "flat-16x16,unfused-16x16", *SMALL[2:], "--set", "arch.buffer.bytes=10K", "--json", "-")
        self.assertEqual(got.returncode, 1, got.stderr)
        rows = {r["design"]: (r["status"], r["cycles"] is None) for r in json.loads(got.stdout)["results"]}
        self.assertEqual(rows, {"flat-16x16": ("infeasible", True), "unfused-16x16": ("ok", False)})

    def test_table(self) -> None:
        text = run("compare", "--designs", "flat-16x16,unfused-16x16", *SMALL[2:]).stdout
        for words in ("design", "cycles", "time", "2D", "1D", "DRAM", "max error", "bound by", "flat-16x16", "unfused-16x16"):
            self.assertIn(words, text)


class InterruptTest(FolderTest):
    LONG = ["run", "--design", "fusemax-8x8", "--workload", "bert-base", "--seq", "4K", "--exact"]

    def start(self, *args: str, **streams: object) -> subprocess.Popen[str]:
        process = subprocess.Popen([str(WEFT), *self.LONG, *args], text=True, **streams)  # type: ignore[call-overload]
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_control_c_ends_it_soon_and_leaves_no_file(self) -> None:
        process = self.start("--json", str(self.folder / "out.json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        self.assertIsNone(process.poll(), "the run is too short for this test")
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        out, err = process.communicate(timeout=120)
        self.assertLess(time.monotonic() - begin, 10)
        self.assertEqual((process.returncode, out, err), (130, "", ""))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_progress_on_a_terminal_alone(self) -> None:
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = self.start(stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        time.sleep(2.5)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=120)
        shown = os.read(ours, 1 << 16).decode()
        self.assertRegex(shown, r"fusemax-8x8 \[[#.]{30}\] +\d+ %")
        self.assertNotIn("\x1b", shown)
        self.assertEqual(process.returncode, 143)


if __name__ == "__main__":
    unittest.main()
