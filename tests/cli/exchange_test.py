#!/usr/bin/python3
"""What one command writes another reads: cost tables as JSON, Accelergy's tables under names of another hand, prices by direction."""
from __future__ import annotations

import json
import math
import unittest
from typing import Any

from bad_costs import FRAME, HOROWITZ
from weft_command import FolderTest, result, run

SMALL = ["--design", "fusemax-16x16", "--workload", "bert-base", "--batch", "1", "--heads", "2", "--seq", "100"]

# As Accelergy writes it for an accelerator of another's: its own names, actions by arguments, a summary, dearer writes.
THEIRS = """ERT:
  version: '0.4'
  tables:
    - name: chip.pe[0..255].mac
      actions:
        - {name: mac_random, arguments: {}, energy: 2.5}
        - {name: mac_gated, arguments: {}, energy: 0.1}
    - name: chip.pe[0..255].weight_spad
      actions:
        - {name: read, arguments: {address_delta: 0, data_delta: 0}, energy: 0.01}
        - {name: read, arguments: {address_delta: 1, data_delta: 1}, energy: 0.5}
        - {name: write, arguments: {address_delta: 0, data_delta: 0}, energy: 0.02}
        - {name: write, arguments: {address_delta: 1, data_delta: 1}, energy: 0.75}
    - name: chip.pe[0..255].psum_spad
      actions:
        - {name: read, arguments: {}, energy: 9}
    - name: chip.shared_glb
      actions:
        - {name: read, arguments: {}, energy: 40}
        - {name: write, arguments: {}, energy: 56}
        - {name: leak, arguments: {global_cycles: 1}, energy: 0.3}
    - name: chip.noc[0..3]
      actions:
        - {name: transfer, arguments: {}, energy: 3}
    - name: chip.DRAM
      actions:
        - {name: read, arguments: {}, energy: 512}
        - {name: write, arguments: {}, energy: 640}
ERT_summary:
  version: '0.4'
  table_summary:
    - name: chip.pe[0..255].mac
      actions: [{name: mac_random, energy: 2.5}]
      primitive_estimation(s): [{chip.pe.mac: {estimator: Table}}]
"""
MAP = """map:
  - {component: "chip.pe[0..255].mac", is: macc, compute: mac_random}
  - {component: chip.pe.weight_spad, is: register_file, arguments: {address_delta: 1, data_delta: 1}}
  - {component: "*_spad", is: nothing}
  - {component: chip.shared_*, is: buffer}
  - {component: chip.noc, is: nothing}
  - {component: chip.DRAM, is: dram}
"""


def cost(*args: str) -> dict[str, Any]:
    got = run("cost", *args, "--json", "-")
    assert (got.returncode, got.stderr) == (0, ""), got.stderr
    return json.loads(got.stdout)


class CostDocumentTest(FolderTest):
    def test_a_table_as_json_is_that_table(self) -> None:
        for args, again in ((["horowitz-45nm"], ["--cost", "horowitz-45nm"]),
                            (["fusemax-as-published-45nm", "--design", "fusemax-16x16"], ["--cost", "fusemax-as-published-45nm"]),
                            (["horowitz-45nm", "--node", "7", "--voltage", "0.7"], ["--cost", "horowitz-45nm", "--cost-node", "7@0.7"])):
            path = self.folder / "t.json"
            self.assertEqual(run("cost", *args, "--json", str(path)).returncode, 0)
            self.assertEqual(result(*SMALL, "--cost", str(path))["energy_pj"], result(*SMALL, *again)["energy_pj"], args)
            own, back = cost(*args), cost(str(path))
            self.assertEqual(back, own | {"design": None, "scaled_from": None})

    def test_an_imported_table_is_used_by_its_name(self) -> None:
        ert, path = self.folder / "ERT.yaml", self.folder / "t.json"
        run("cost", "horowitz-45nm", "--design", "fusemax-16x16", "--ert", str(ert))
        got = run("cost", "--import-ert", str(ert), "--import-node", "45", "--import-voltage", "0.9", "--import-buffer", "1MiB",
                  "--json", str(path))
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        mine, theirs = result(*SMALL, "--cost", str(path))["energy_pj"], result(*SMALL, "--cost", "horowitz-45nm")["energy_pj"]
        self.assertEqual(mine["table"], "ERT")
        self.assertAlmostEqual(mine["total"], theirs["total"], delta=1e-9 * theirs["total"])

    def test_the_written_table_scales_like_its_own(self) -> None:
        path = self.folder / "t.json"
        run("cost", "horowitz-45nm", "--json", str(path))
        self.assertEqual(cost(str(path), "--node", "28"), cost("horowitz-45nm", "--node", "28"))

    def test_other_documents_are_refused_by_their_schema(self) -> None:
        for args in (["run", *SMALL], ["list"], ["analyze", "matmul"]):
            path = self.folder / "other.json"
            self.assertEqual(run(*args, "--json", str(path)).returncode, 0)
            got = run("run", *SMALL, "--cost", str(path))
            self.assertEqual(got.returncode, 2)
            self.assertIn("other.json:2", got.stderr)
            self.assertIn("must be 'weft-cost/1'", got.stderr)


class MappingTest(FolderTest):
    def setUp(self) -> None:
        super().setUp()
        self.ert = self.put("theirs.yaml", THEIRS)

    def imported(self, text: str) -> list[str]:
        return ["--import-ert", str(self.ert), "--import-map", str(self.put("map.yaml", text)), *FRAME,
                "--import-action-bytes", "buffer=8", "--import-action-bytes", "dram=8"]

    def refused(self, text: str, *says: str) -> None:
        got = run("cost", *self.imported(text))
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        for words in says:
            self.assertIn(words, got.stderr)

    def test_names_of_another_hand(self) -> None:
        got = cost(*self.imported(MAP))
        self.assertEqual({name: each["energy"]["pj"] for name, each in got["operations"].items()}, {"macc": 2.5})
        self.assertEqual((got["register_file"]["read"]["pj"], got["register_file"]["write"]["pj"]), (0.5, 0.75))
        self.assertEqual([(b["bytes"], b["row_bytes"], b["read_pj"], b["write_pj"]) for b in got["buffer_energy"]], [(65536, 8, 40, 56)])
        self.assertEqual((got["dram_per_bit"]["pj"], got["dram_write_per_bit"]["pj"]), (8, 10))
        self.assertTrue(got["dram_write_per_bit"]["source"].endswith("theirs.yaml, table chip.DRAM"))

    def test_one_action_of_theirs_may_be_both_of_ours(self) -> None:
        self.ert.write_text(THEIRS.replace("{name: read, arguments: {}, energy: 512}", "{name: access, arguments: {}, energy: 512}"),
                            encoding="utf-8")
        got = cost(*self.imported(MAP.replace("is: dram}", "is: dram, read: access, write: access}")))
        self.assertEqual(got["dram_per_bit"]["pj"], 8)
        self.assertNotIn("dram_write_per_bit", got)

    def test_without_a_map_the_names_are_refused(self) -> None:
        got = run("cost", "--import-ert", str(self.ert), *FRAME)
        self.assertEqual(got.returncode, 2)
        for words in ("chip.pe[0..255].mac", "chip.shared_glb", "chip.DRAM", "did you mean 'macc'", "a map"):
            self.assertIn(words, got.stderr)

    def test_faults_of_a_map(self) -> None:
        self.refused(MAP.replace("is: macc", "is: mac"), "map.yaml:2", "map[0].is = 'mac'", "did you mean 'macc'", "'nothing'")
        self.refused(MAP.replace("compute: mac_random", "read: mac_random"), "map[0].read = 'mac_random'", "register_file, buffer or dram")
        self.refused(MAP.replace("compute: mac_random", "compute: mac"), "map.yaml:2", "map[0].compute = 'mac'", "no such action")
        self.refused(MAP.replace("is: dram}", "is: dram, read: rd, write: write}"), "map[5].read = 'rd'", "no such action",
                     "missing action: 'read'")
        self.refused(MAP.replace("chip.noc,", "chip.nok,"), "map.yaml:6", "'chip.nok'", "no component has this name", "chip.noc[0..3]")
        self.refused(MAP.replace(", arguments: {address_delta: 1, data_delta: 1}", ""), "a second number of 'register_file read'",
                     "arguments")
        self.refused(MAP.replace("chip.DRAM, is: dram", "chip.DRAM, is: nothing"), "missing action: 'read'", "'dram'")
        self.refused("map: []\n", "map.yaml", "a list of one or more")
        got = run("cost", "horowitz-45nm", "--import-map", str(self.folder / "map.yaml"))
        self.assertEqual(got.returncode, 2)
        self.assertIn("--import-map", got.stderr)

    def test_the_directions_cost_what_they_cost(self) -> None:
        """Bytes of the result, read and written, each by its own price."""
        table = self.put("mine.yaml", HOROWITZ + "dram_write_per_bit: {pj: 7.5, source: ours}\n")
        got = result(*SMALL, "--cost", str(table))
        moved = [t for t in got["traffic"] if t["level"] == "dram"]
        charged = {item["action"]: item for item in got["energy_pj"]["by_component"] if item["component"] == "dram"}
        for action, key, price in (("read", "read_bytes", 3.9), ("write", "written_bytes", 7.5)):
            bits = 8 * sum(t[key] for t in moved)
            self.assertGreater(bits, 0)
            self.assertAlmostEqual(charged[action]["pj"], bits * price, delta=1e-9 * bits)
        self.assertEqual(charged["write"]["source"], "ours")
        one = result(*SMALL, "--cost", "horowitz-45nm")["energy_pj"]
        others = [{k: v for k, v in item.items()} for item in one["by_component"] if item["component"] != "dram"]
        self.assertEqual([item for item in got["energy_pj"]["by_component"] if item["component"] != "dram"], others)
        written = 8 * sum(t["written_bytes"] for t in moved)
        self.assertAlmostEqual(got["energy_pj"]["total"] - one["total"], written * 3.6, delta=1e-6 * one["total"])

    def test_the_price_of_writes_goes_everywhere(self) -> None:
        table = self.put("mine.yaml", HOROWITZ + "dram_write_per_bit: {pj: 7.5, source: ours}\n")
        text = run("cost", str(table)).stdout
        self.assertRegex(text, r"\nDRAM, bit read +3\.9 ")
        self.assertRegex(text, r"\nDRAM, bit written +7\.5 ")
        document = self.put("t.json", run("cost", str(table), "--json", "-").stdout)
        self.assertEqual(result(*SMALL, "--cost", str(document))["energy_pj"]["by_component"],
                         result(*SMALL, "--cost", str(table))["energy_pj"]["by_component"])
        ert = run("cost", str(table), "--design", "fusemax-16x16", "--ert", "-").stdout
        self.assertIn(f"energy: {16 * 3.9:.3g}", ert)
        self.assertIn("energy: 120", ert)
        back = cost("--import-ert", str(self.put("E.yaml", ert)), *FRAME)
        self.assertTrue(math.isclose(back["dram_write_per_bit"]["pj"], 7.5))
        self.assertEqual(cost(str(table), "--node", "7")["dram_write_per_bit"]["pj"], 7.5)
        refused = run("reproduce", "fusemax", "--fidelity", "rules", "--cost", str(table))
        self.assertEqual(refused.returncode, 2)
        self.assertIn("dram_write_per_bit", refused.stderr)

    def test_a_table_with_one_price_says_nothing_of_two(self) -> None:
        self.assertNotIn("dram_write_per_bit", cost("horowitz-45nm"))


if __name__ == "__main__":
    unittest.main()
