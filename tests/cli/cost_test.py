#!/usr/bin/python3
"""`weft cost`, and what `weft run` makes of a cost table: numbers with their sources, nodes, areas, Accelergy's files."""
from __future__ import annotations

import json
import math
import re
import shlex
import unittest
from pathlib import Path
from typing import Any

from bad_costs import ERT, FRAME, HOROWITZ
from weft_command import FolderTest, result, run

SMALL = ["--design", "fusemax-16x16", "--workload", "bert-base", "--batch", "1", "--heads", "2", "--seq", "100"]
TABLES = ["fusemax-as-published-45nm", "horowitz-45nm"]
ARRAYS = {"array_1d": 16, "array_2d": 256}  # of fusemax-16x16: elements


def cost(*args: str) -> dict[str, Any]:
    got = run("cost", *args, "--json", "-")
    assert (got.returncode, got.stderr) == (0, ""), got.stderr
    return json.loads(got.stdout)


def accelergy(text: str, root: str, number: str) -> dict[tuple[str, str], float]:
    """The numbers of an Accelergy file by component and action; without an action, ''. Checks the file's head."""
    head, *lines = text.splitlines()
    assert head == f"{root}:" and lines[0] == "  version: '0.4'", text[:60]
    found: dict[tuple[str, str], float] = {}
    component = action = ""
    for line in lines:
        if match := re.fullmatch(r"    - name: (\S+)", line):
            component, action = match[1], ""
        elif match := re.fullmatch(r"        - name: (\S+)", line):
            action = match[1]
        elif match := re.fullmatch(rf" +{number}: (\S+)", line):
            assert (component, action) not in found, line
            found[component, action] = float(match[1])
    return found


class CostTest(FolderTest):
    def test_every_number_has_its_source_below(self) -> None:
        for table in TABLES:
            text = run("cost", table).stdout
            priced = cost(table)
            self.assertIn(f"{table}: {priced['description']}\n45 nm at 0.9 V\n", text)
            notes = dict(re.findall(r"^  \[(\d+)\] (.+)$", text, re.M))
            self.assertEqual(list(notes), [str(n + 1) for n in range(len(notes))])
            rows = {name.strip(): (value, notes[mark])
                    for name, value, mark in re.findall(r"^(\S.*?)  +([\d.e+-]+) +\[(\d+)\]$", text.split("area   ")[0], re.M)}
            for name, operation in priced["operations"].items():
                self.assertAlmostEqual(float(rows[name][0]), operation["energy"]["pj"], delta=1e-5 * operation["energy"]["pj"])
                self.assertEqual(rows[name][1], operation["energy"]["source"])
            self.assertEqual(rows["DRAM, bit"], ("3.9", priced["dram_per_bit"]["source"]))
            self.assertEqual(rows["register file, word read"][1], priced["register_file"]["read"]["source"])
            for entry in priced["buffer_area"]:
                self.assertIn(entry["source"], notes.values())

    def test_json_has_the_tables_numbers(self) -> None:
        got = cost("horowitz-45nm")
        self.assertEqual((got["schema"], got["table"], got["node"], got["voltage_v"]), ("weft-cost/1", "horowitz-45nm", "45", 0.9))
        self.assertEqual((got["scaled_from"], got["design"]), (None, None))
        self.assertEqual({name: o["energy"]["pj"] for name, o in got["operations"].items()},
                         {"macc": 2.0, "multiply": 1.1, "add": 0.9, "max": 0.1, "exp": 12.0, "divide": 2.5})
        self.assertEqual(got["operations"]["divide"]["area"]["um2"], 23740.9375)
        self.assertIsNone(got["operations"]["multiply"]["area"])
        self.assertEqual((got["register_file"]["charged"], got["register_file"]["reads_per_macc"]), ("every_element", 3))
        self.assertEqual([(b["bytes"], b["row_bytes"], b["read_pj"]) for b in got["buffer_energy"]],
                         [(8192, 8, 10), (32768, 8, 20), (1048576, 8, 100)])
        self.assertEqual(len(got["buffer_area"]), 12)

    def test_area_of_a_design(self) -> None:
        area = cost("horowitz-45nm", "--design", "fusemax-16x16")["design"]["area_um2"]
        element = {"macc": 1545, "max": 49.28944, "register_file": 16791.04}
        want = {f"array_2d.{part}": 256 * each for part, each in element.items()}
        want |= {f"array_1d.{part}": 16 * each for part, each in (element | {"divide": 23740.9375}).items()}
        got = {item["component"]: item["um2"] for item in area["by_component"]}
        self.assertEqual(set(got), set(want))
        for component, um2 in want.items():
            self.assertAlmostEqual(got[component], um2, delta=1e-9 * um2)
        self.assertAlmostEqual(area["total"], math.fsum(want.values()), delta=1e-9 * area["total"])
        self.assertEqual(area["missing"],
                         ["buffer: no area of 1048576 bytes in rows of about 64 in table horowitz-45nm", "dram: off the chip"])
        text = run("cost", "horowitz-45nm", "--design", "fusemax-16x16").stdout
        self.assertRegex(text, rf"\ntotal +{math.fsum(want.values()) * 1e-6:.6f}\n")
        self.assertIn("not in it: dram: off the chip", text)

    def test_what_a_design_lacks_is_said(self) -> None:
        report = cost("horowitz-45nm", "--design", "fusemax")["design"]
        self.assertEqual(report["area_um2"]["missing"],
                         ["buffer: no area of 16777216 bytes in rows of about 1024 in table horowitz-45nm", "dram: off the chip"])
        self.assertTrue(report["buffer_word"]["source"].startswith("extrapolated between 32 KiB and 1 MiB to 16 MiB"))
        self.assertAlmostEqual(report["buffer_word"]["read_pj"], 25 * 16 ** (math.log(5) / math.log(32)), delta=1e-9)
        self.assertIn("not in it: buffer: no area", run("cost", "horowitz-45nm", "--design", "fusemax").stdout)

    def test_another_node_by_the_papers_example(self) -> None:
        table = self.put("mine.yaml", HOROWITZ.replace("node: 45", "node: 65").replace("voltage_v: 0.9", "voltage_v: 1.3"))
        own = cost(str(table))
        got = cost(str(table), "--node", "32", "--voltage", "0.9")
        self.assertEqual((got["node"], got["voltage_v"], got["scaled_from"]), ("32", 0.9, {"node": "65", "voltage_v": 1.3}))
        for name, operation in got["operations"].items():
            self.assertAlmostEqual(operation["energy"]["pj"] / own["operations"][name]["energy"]["pj"], 0.1755, delta=1e-4)
            self.assertIn("scaled from 65 nm 1.3 V to 32 nm 0.9 V after Stillmaker and Baas 2017", operation["energy"]["source"])
        self.assertAlmostEqual(got["buffer_area"][0]["um2"] / own["buffer_area"][0]["um2"], 0.66 * 0.46, delta=1e-9)
        self.assertEqual(got["dram_per_bit"], own["dram_per_bit"])

    def test_without_a_voltage_the_tables_own(self) -> None:
        self.assertEqual(cost("horowitz-45nm", "--node", "7"), cost("horowitz-45nm", "--node", "7", "--voltage", "0.9"))
        self.assertEqual(cost("horowitz-45nm", "--node", "45.0"), cost("horowitz-45nm"))
        self.assertIn("28 nm interpolated between 32 and 20 nm", run("cost", "horowitz-45nm", "--node", "28").stdout)

    def test_the_examples_run(self) -> None:
        tried = 0
        for line in run("cost", "--help").stdout.split("Examples:")[1].splitlines():
            words = shlex.split(line.split("  (")[0])
            if words:
                got = run(*words[1:], cwd=self.folder)
                self.assertEqual((got.returncode, got.stderr), (0, ""), line)
                tried += 1
        self.assertEqual(tried, 4)


class ExchangeTest(FolderTest):
    def test_tables_of_a_design_for_accelergy(self) -> None:
        ert, art = self.folder / "ERT.yaml", self.folder / "ART.yaml"
        got = run("cost", "horowitz-45nm", "--design", "fusemax-16x16", "--ert", str(ert), "--art", str(art))
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        energies = accelergy(ert.read_text(), "ERT", "energy")
        self.assertEqual(energies["engine.array_2d.macc", "compute"], 2.0)
        self.assertEqual(energies["engine.array_1d.divide", "compute"], 2.5)
        self.assertNotIn(("engine.array_2d.divide", "compute"), energies)
        self.assertEqual(energies["engine.buffer", "read"], 25)
        self.assertEqual(energies["engine.dram", "write"], 16 * 3.9)
        areas = accelergy(art.read_text(), "ART", "area")
        total = sum(um2 * ARRAYS.get(component.split(".")[1], 1) for (component, _), um2 in areas.items())
        want = cost("horowitz-45nm", "--design", "fusemax-16x16")["design"]["area_um2"]["total"]
        self.assertAlmostEqual(total, want, delta=1e-9 * total)

    def test_a_file_alone_on_standard_output(self) -> None:
        files = {"--ert": self.folder / "ert", "--art": self.folder / "art", "--json": self.folder / "json"}
        run("cost", "horowitz-45nm", "--design", "flat-16x16", *[word for option, path in files.items() for word in (option, str(path))])
        for option, path in files.items():
            got = run("cost", "horowitz-45nm", "--design", "flat-16x16", option, "-")
            self.assertEqual((got.returncode, got.stderr, got.stdout), (0, "", path.read_text()))
        self.assertEqual(run("cost", "horowitz-45nm", "--json", str(self.folder / "json")).stdout, "")

    def test_scaled_energies_are_exported(self) -> None:
        got = run("cost", "horowitz-45nm", "--design", "fusemax-16x16", "--node", "7", "--voltage", "0.7", "--ert", "-").stdout
        self.assertEqual(accelergy(got, "ERT", "energy")["engine.array_2d.macc", "compute"],
                         cost("horowitz-45nm", "--node", "7", "--voltage", "0.7")["operations"]["macc"]["energy"]["pj"])

    def test_what_was_written_is_read(self) -> None:
        own = cost("horowitz-45nm", "--design", "fusemax-16x16")
        ert, art = str(self.folder / "ERT.yaml"), str(self.folder / "ART.yaml")
        run("cost", "horowitz-45nm", "--design", "fusemax-16x16", "--ert", ert, "--art", art)
        got = cost("--import-ert", ert, "--import-art", art, "--import-node", "45", "--import-voltage", "0.9", "--import-buffer", "1MiB",
                   "--design", "fusemax-16x16")
        for name in ("macc", "add", "max", "divide"):
            self.assertEqual(got["operations"][name]["energy"]["pj"], own["operations"][name]["energy"]["pj"])
        self.assertEqual(got["design"]["buffer_word"]["read_pj"], 25)
        self.assertAlmostEqual(got["design"]["area_um2"]["total"], own["design"]["area_um2"]["total"], delta=1e-3)

    def test_an_ert_of_another_hand(self) -> None:
        path = self.put("theirs.yaml", ERT)
        args = ["--import-ert", str(path), *FRAME]
        for component, size in (("buffer", 64), ("register_file", 4), ("dram", 16)):
            args += ["--import-action-bytes", f"{component}={size}"]
        got = cost(*args)
        self.assertEqual((got["table"], got["node"], got["voltage_v"]), ("theirs", "45", 0.9))
        self.assertEqual(got["operations"]["macc"]["energy"], {"pj": 1.5, "source": f"Accelergy ERT {path}, table chip.pe[0..15].macc"})
        self.assertEqual((got["register_file"]["read"]["pj"], got["register_file"]["write"]["pj"]), (2, 4))  # of 2 bytes out of 4
        self.assertEqual(got["buffer_energy"][0], {"bytes": 65536, "row_bytes": 64, "read_pj": 128, "write_pj": 160,
                                                   "source": f"Accelergy ERT {path}, table chip.buffer"})
        self.assertEqual(got["dram_per_bit"]["pj"], 4)  # 512 pJ of 128 bits
        self.assertEqual(got["buffer_area"], [])
        self.assertIn("no areas", run("cost", *args).stdout)
        scaled = cost(*args, "--node", "7", "--voltage", "0.7")
        self.assertEqual(scaled["scaled_from"], {"node": "45", "voltage_v": 0.9})
        self.assertLess(scaled["operations"]["macc"]["energy"]["pj"], 1.5)


class RunTest(FolderTest):
    def run_into(self, folder: Path, *args: str) -> tuple[dict[str, Any], dict[str, dict[tuple[str, str], float]]]:
        got = result(*args, "--accelergy", str(folder))
        self.assertEqual(sorted(p.name for p in folder.iterdir()), ["ART.yaml", "ERT.yaml", "action_counts.yaml"])
        roots = {"ERT": "energy", "ART": "area", "action_counts": "counts"}
        return got, {root: accelergy((folder / f"{root}.yaml").read_text(), root, number) for root, number in roots.items()}

    def test_reference_times_counts_is_the_energy(self) -> None:
        tried = 0
        for table in TABLES:
            for args in ([*SMALL], [*SMALL, "--causal"], [*SMALL, "--fidelity", "analytic"], [*SMALL, "--cost-node", "7@0.7"],
                         ["--design", "flat-16x16", *SMALL[2:]], ["--design", "unfused-16x16", *SMALL[2:]],
                         ["--design", "segments-serial", *SMALL[2:]], ["--design", "streaming-softmax", *SMALL[2:]]):
                got, files = self.run_into(self.folder / f"run{tried}", *args, "--cost", table)
                self.assertLessEqual(set(files["action_counts"]), set(files["ERT"]))
                total = math.fsum(count * files["ERT"][action] for action, count in files["action_counts"].items())
                self.assertGreater(total, 0)
                self.assertAlmostEqual(total, got["energy_pj"]["total"], delta=1e-9 * total)
                for action in got["energy_pj"]["by_component"]:
                    self.assertEqual(files["action_counts"]["engine." + action["component"], action["action"]], action["count"])
                tried += 1
        self.assertEqual(tried, 16)

    def test_areas_are_those_of_the_design(self) -> None:
        _, files = self.run_into(self.folder / "out", *SMALL, "--cost", "horowitz-45nm")
        want = run("cost", "horowitz-45nm", "--design", "fusemax-16x16", "--art", "-").stdout
        self.assertEqual(files["ART"], accelergy(want, "ART", "area"))

    def test_a_folder_that_is_there_keeps_its_other_files(self) -> None:
        self.put("notes.txt", "mine")
        self.put("ERT.yaml", "old")
        got = run("run", *SMALL, "--cost", "horowitz-45nm", "--accelergy", str(self.folder) + "/")
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        self.assertIn("energy ", got.stdout)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["ART.yaml", "ERT.yaml", "action_counts.yaml", "notes.txt"])
        self.assertTrue((self.folder / "ERT.yaml").read_text().startswith("ERT:\n"))
        got = run("run", *SMALL, "--cost", "horowitz-45nm", "--accelergy", "new", cwd=self.folder)
        self.assertEqual((got.returncode, len(list((self.folder / "new").iterdir()))), (0, 3))

    def test_an_operation_without_energy_that_was_not_done(self) -> None:
        no_divide = HOROWITZ[:HOROWITZ.index("  divide:\n")] + HOROWITZ[HOROWITZ.index("register_file:"):]
        table = self.put("mine.yaml", no_divide)
        got, files = self.run_into(self.folder / "out", "--design", "projection-16x16", *SMALL[2:], "--cost", str(table))
        self.assertNotIn(("engine.array_1d.divide", "compute"), files["ERT"])
        self.assertEqual(got["energy_pj"]["table"], "mine")

    def test_an_infeasible_point_writes_no_tables(self) -> None:
        got = run("run", "--design", "unfused-16x16", "--workload", "bert-base", "--seq", "1M", "--cost", "horowitz-45nm",
                  "--accelergy", str(self.folder / "out"))
        self.assertEqual(got.returncode, 1, got.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_another_node_scales_all_but_dram(self) -> None:
        args = [*SMALL, "--cost", "horowitz-45nm"]
        own, scaled = result(*args), result(*args, "--cost-node", "7@0.7")
        factor = cost("horowitz-45nm", "--node", "7", "--voltage", "0.7")["operations"]["macc"]["energy"]["pj"] / 2.0
        self.assertGreater(len(own["energy_pj"]["by_component"]), 5)
        for before, after in zip(own["energy_pj"]["by_component"], scaled["energy_pj"]["by_component"], strict=True):
            self.assertEqual((before["component"], before["count"]), (after["component"], after["count"]))
            want = before["pj"] * (1 if before["component"] == "dram" else factor)
            self.assertAlmostEqual(after["pj"], want, delta=1e-9 * want)
            self.assertEqual("scaled from 45 nm 0.9 V to 7 nm 0.7 V" in after["source"], before["component"] != "dram")

    def test_the_command_repeats_the_node_and_the_hash_covers_it(self) -> None:
        args = [*SMALL, "--cost", "horowitz-45nm"]
        hashes = set()
        for node, canonical in (("7@0.7", "7@0.7"), ("7", "7@0.9"), ("28.0@0.80", "28@0.8"), ("45", "45@0.9")):
            got = result(*args, "--cost-node", node)
            self.assertIn(f" --cost horowitz-45nm --cost-node {canonical}", got["provenance"]["command"])
            self.assertEqual(result(*shlex.split(got["provenance"]["command"])[2:]), got)
            hashes.add(got["provenance"]["config_sha256"])
        self.assertEqual(len(hashes), 4)
        self.assertIn(result(*args)["provenance"]["config_sha256"], hashes)  # the table's own process is the table itself

    def test_a_comparison_at_another_node(self) -> None:
        got = run("compare", "--designs", "flat-16x16,fusemax-16x16", *SMALL[2:], "--cost", "horowitz-45nm", "--cost-node", "7@0.7",
                  "--json", "-")
        results = json.loads(got.stdout)["results"]
        self.assertEqual(results[1]["energy_pj"], result(*SMALL, "--cost", "horowitz-45nm", "--cost-node", "7@0.7")["energy_pj"])


if __name__ == "__main__":
    unittest.main()
