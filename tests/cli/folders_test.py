#!/usr/bin/python3
"""Configurations of one's own beside the shipped ones, values set within lists, and outputs on standard output."""
from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import unittest
from pathlib import Path

from weft_command import CONFIGS, ROOT, WEFT, FolderTest, changed, config, result, run

SMALL = ["--workload", "minilm-l6", "--heads", "1", "--seq", "64"]
GUIDE = ROOT / "docs" / "guides" / "describe-an-accelerator.md"


def run_in(folders: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(WEFT), *args], env=os.environ | {"WEFT_CONFIGS": folders}, capture_output=True, text=True, check=False,
                          timeout=120)


class OwnFoldersTest(FolderTest):
    def own(self, folder: str, kind: str, name: str, text: str) -> Path:
        path = self.folder / folder / kind / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return self.folder / folder

    def listed(self, folders: str) -> dict[str, list[str]]:
        got = run_in(folders, "list", "--json", "-")
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        return json.loads(got.stdout)

    def test_own_names_are_added_to_the_shipped(self) -> None:
        mine = self.own("mine", "workload", "tiny", changed(config("workload", "minilm-l6"), "heads: 12", "heads: 1")[0])
        shipped, listed = json.loads(run("list", "--json", "-").stdout), self.listed(str(mine))
        self.assertEqual(listed["workloads"], sorted([*shipped["workloads"], "tiny"]))
        self.assertEqual(listed["designs"], shipped["designs"])
        got = run_in(str(mine), "run", "--design", "fusemax-16x16", "--workload", "tiny", "--seq", "64", "--json", "-")
        self.assertEqual(json.loads(got.stdout)["shape"]["heads"], 1)

    def test_an_own_file_goes_before_a_shipped_one_of_its_name(self) -> None:
        slow = changed(config("arch", "fusemax-cloud"), "latency_cycles: ", "latency_cycles: 9")[0]
        mine = self.own("mine", "arch", "fusemax-cloud", slow)
        args = ["run", "--design", "fusemax-16x16", *SMALL, "--json", "-"]
        theirs, ours = json.loads(run(*args).stdout), json.loads(run_in(str(mine), *args).stdout)
        self.assertNotEqual(ours["provenance"]["config_sha256"], theirs["provenance"]["config_sha256"])
        self.assertEqual(self.listed(str(mine))["archs"], json.loads(run("list", "archs", "--json", "-").stdout)["archs"])

    def test_several_folders_the_first_first(self) -> None:
        one = self.own("one", "workload", "tiny", changed(config("workload", "minilm-l6"), "heads: 12", "heads: 1")[0])
        two = self.own("two", "workload", "tiny", changed(config("workload", "minilm-l6"), "heads: 12", "heads: 2")[0])
        self.own("two", "workload", "other", config("workload", "minilm-l6"))
        for folders, heads in ((f"{one}:{two}", 1), (f"{two}:{one}", 2), (f":{one}::{two}:", 1)):
            got = run_in(folders, "run", "--design", "fusemax-16x16", "--workload", "tiny", "--seq", "64", "--json", "-")
            self.assertEqual(json.loads(got.stdout)["shape"]["heads"], heads, folders)
            self.assertLessEqual({"tiny", "other", "bert-base"}, set(self.listed(folders)["workloads"]))
        self.assertEqual(json.loads(run_in(f"{one}:{two}", "doctor", "--json", "-").stdout)["configs"], f"{one}:{two}:{CONFIGS}")

    def test_a_folder_that_is_none_is_named(self) -> None:
        mine = self.own("mine", "workload", "tiny", config("workload", "minilm-l6"))
        got = run_in(f"{mine}:/nowhere", "list")
        self.assertEqual(got.returncode, 2)
        self.assertIn("WEFT_CONFIGS = '/nowhere'", got.stderr)

    def test_the_published_figures_are_found_all_the_same(self) -> None:
        mine = self.own("mine", "workload", "tiny", config("workload", "minilm-l6"))
        self.assertEqual(run_in(str(mine), "reproduce", "fusemax", "--fidelity", "rules").returncode, 0)


class SettingsTest(FolderTest):
    def test_an_entry_of_a_list(self) -> None:
        args = ["--design", "streaming-softmax", *SMALL]
        links = "  - {from: softmax_unit, to: array_2d, latency_cycles: 1}"
        arch = self.put("a.yaml", changed(config("arch", "streaming-16x16"), links, links.replace("cycles: 1", "cycles: 7"))[0])
        want = result("--arch", str(arch), "--binding", "streaming-softmax", *SMALL)["cycles"]
        self.assertNotEqual(result(*args)["cycles"], want)
        hashes = set()
        for path in ("arch.links.1.latency_cycles", "arch.links[1].latency_cycles"):
            got = result(*args, "--set", f"{path}=7")
            self.assertEqual(got["cycles"], want, path)
            self.assertEqual(result(*shlex.split(got["provenance"]["command"])[2:]), got)
            hashes.add(got["provenance"]["config_sha256"])
        self.assertEqual(len(hashes), 1)
        steps = result(*args, "--set", "binding.groups.0.steps.0.stationary=Q")
        self.assertEqual(steps["cycles"], result(*args)["cycles"])

    def test_entries_that_are_not_there(self) -> None:
        for path, says in (("arch.links.5.latency_cycles", ["no entry '5'", "0 to 4"]), ("arch.links.x.hops", ["no entry 'x'"]),
                           ("arch.links.-1.hops", ["no entry '-1'"]), ("arch.links.0.latency", ["'latency_cycles'"]),
                           ("arch.links.1.hops", ["hops", "'diagonal'", "'rows'"]),
                           ("arch.links[99999999999999999999].hops", ["no entry"])):
            got = run("run", "--design", "streaming-softmax", *SMALL, "--set", f"{path}=diagonal")
            self.assertEqual((got.returncode, got.stdout), (2, ""), path)
            for words in [path.split("[")[0], *says]:
                self.assertIn(words, got.stderr)

    def test_a_fault_that_a_setting_made_is_said_of_it(self) -> None:
        got = run("run", "--design", "streaming-softmax", *SMALL, "--set", "arch.links.1.to=array_3d")
        self.assertEqual(got.returncode, 2)
        self.assertIn("--set arch.links.1.to=array_3d: links[1].to = 'array_3d'", got.stderr)


class OutputTest(FolderTest):
    def test_a_timeline_on_standard_output(self) -> None:
        path = self.folder / "t.json"
        args = ["run", "--design", "fusemax-16x16", *SMALL, "--perfetto"]
        self.assertEqual(run(*args, str(path)).returncode, 0)
        got = run(*args, "-")
        self.assertEqual((got.returncode, got.stderr, got.stdout), (0, "", path.read_text(encoding="utf-8")))
        events = json.loads(got.stdout)["traceEvents"]
        self.assertTrue(any(e["ph"] == "M" for e in events))
        for event in events:
            self.assertTrue(event["cat"], event)

    def test_two_outputs_that_want_standard_output(self) -> None:
        for one, other in (("--json", "--perfetto"), ("--csv", "--perfetto"), ("--json", "--csv")):
            got = run("run", "--design", "fusemax-16x16", *SMALL, one, "-", other, "-")
            self.assertEqual((got.returncode, got.stdout), (2, ""))
            self.assertIn(other, got.stderr)
            self.assertIn(f"only one output can go to standard output, and {one} does", got.stderr)

    def test_a_design_without_a_spatial_array_has_no_use_of_its_macs(self) -> None:
        arch = """description: lanes alone
source: ours
clock_hz: 1e9
arrays:
  lanes:
    kind: vector
    lanes: 16
    operations:
      macc: {interval_cycles: 1, latency_cycles: 1}
"""
        tail = config("arch", "streaming-16x16")
        mine = self.put("a.yaml", arch + tail[tail.index("buffer:"):])
        binding = config("binding", "projection").replace("array_2d.rows", "16").replace("array_2d.columns", "16")
        binding, _ = changed(binding, "{einsum: Z, on: array_2d, space: [m, n], stationary: Z}", "{einsum: Z, on: lanes, lanes: n}")
        pair = ["--arch", str(mine), "--binding", str(self.put("b.yaml", binding))]
        got = result(*pair, *SMALL)
        self.assertGreater(got["cycles"], 0)
        self.assertEqual((got["utilisation"]["useful_macs"], got["utilisation"]["array_2d"]), (None, None))
        self.assertRegex(run("run", *pair, *SMALL).stdout, r"\nuseful MACs +-\n")
        row = run("run", *pair, *SMALL, "--csv", "-").stdout.splitlines()
        self.assertEqual(dict(zip(row[0].split(","), row[1].split(",")))["useful_macs"], "")
        design = self.put("d.yaml", "arch: ./a.yaml\nbinding: ./b.yaml\n")
        table = run("compare", "--designs", str(design), *SMALL).stdout.splitlines()
        self.assertIn("-", table[2].split())
        self.assertNotIn("0.00 %", table[2])

    def test_a_list_says_from_which_side_a_design_scales(self) -> None:
        text = run("list", "designs").stdout
        self.assertNotIn("scale with N/256.", text)
        for design, side in (("fusemax", 256), ("streaming-softmax", 16)):
            self.assertRegex(text, rf"\n  {design} .* {side}\n")
            own = result("--design", design, *SMALL, "--fidelity", "analytic")["dram"]["peak_bytes_per_s"]
            small = result("--design", f"{design}-8x8", *SMALL, "--fidelity", "analytic")["dram"]["peak_bytes_per_s"]
            self.assertAlmostEqual(small / own, 8 / side, delta=1e-9)


class GuideTest(unittest.TestCase):
    def test_the_result_in_the_guide_is_that_of_its_command(self) -> None:
        section = GUIDE.read_text(encoding="utf-8").split("## Reading the result")[1]
        found = re.match(r"\n```sh\nweft (.*)\n```\n```\n(.*?)```\n", section, re.DOTALL)
        assert found is not None
        got = run(*shlex.split(found[1])).stdout
        lines = [line for line in found[2].splitlines() if line]
        self.assertGreaterEqual(len(lines), 6)
        for line in lines:
            self.assertIn(line + "\n", got)


if __name__ == "__main__":
    unittest.main()
