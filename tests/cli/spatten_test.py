"""The SpAtten engine from outside: rows of a file, values, and what is refused."""
from __future__ import annotations

import json
import unittest
from typing import Any

from weft_command import ROOT, TRACE, FolderTest, run

HEADER = ("iteration_id,layer_id,head_id,embedding_length_D,sentence_length_L,key_fetch_num,quant_key_bit,quant_query_bit,"
          "auto_requant_thres,if_requant,auto_requant_incre,value_fetch_num,quant_value_bit,if_accumulate_importance,"
          "if_rescale_previous_importance,if_topk,topk\n")


def rows() -> str:
    """Two heads, two layers; half of the tokens are left behind the first."""
    text = HEADER
    for layer, keys in enumerate((64, 32)):
        for head in range(2):
            selects = "True,32" if (layer, head) == (0, 1) else "False,-1"
            text += f"0,{layer},{head},64.0,64,{keys},6,16,0.05,{head == 0},4,{keys // 4},6,True,False,{selects}\n"
    return text + "a comment,,,,,,,,,,,,,,,,\n"


def result(*args: str) -> Any:
    got = run("run", *args, "--json", "-")
    assert got.returncode == 0, got.stderr
    return json.loads(got.stdout)


class SpattenTest(FolderTest):
    def file(self, text: str) -> str:
        path = self.folder / "rows.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def test_rows_of_a_file(self) -> None:
        for design in ("spatten", "spatten-eighth"):
            got = result("--design", design, "--workload", self.file(rows()))
            asked = 96 * (2 * 48 + 32) + 2 * 24 * 48
            moved = sum(t["read_bytes"] for t in got["traffic"] if t["level"] == "dram")
            self.assertEqual(moved, got["dram"]["bytes"])
            chip = {t["tensor"]: t["read_bytes"] + t["written_bytes"] for t in got["traffic"] if t["level"] == "buffer"}
            self.assertEqual(chip, {"Q": 4 * 96, "AV": 4 * 96})  # a query of two heads in two layers, 64 elements of 12 bits
            self.assertEqual(moved - got["dram"]["beyond_need_bytes"], asked)
            self.assertIsNone(got["error"])
            self.assertIn("drawn", got["assumptions"][0])
            for unit in got["units"]:
                self.assertEqual(sum(unit[f"{what}_cycles"] for what in ("busy", "stall_in", "stall_out", "idle")), got["cycles"])
            self.assertIn(got["bound_by"].split(":")[0], {u["name"] for u in got["units"]})

    def test_lower_bits_of_a_head_come_once(self) -> None:
        got = result("--design", "spatten-dense", "--values", str(TRACE), "--set", "binding.run.numbers.key=8+4",
                     "--set", "binding.run.numbers.recompute_below=1")
        confidence = next(u for u in got["units"] if u["name"] == "confidence")["counters"]
        self.assertEqual(confidence["recomputed"], 6 * 12 * 110)
        asked = got["dram"]["bytes"] - got["dram"]["beyond_need_bytes"]
        self.assertEqual(asked, 6 * 12 * 110 * (32 + 16 + 48))  # a key's two planes and a value, each once a head

    def test_what_is_taken_in_place_of_values_is_said(self) -> None:
        shape = ("--workload", "bert-base", "--batch", "1", "--heads", "4", "--seq", "20")
        for design, says in (("spatten", "scores: drawn by the seed"), ("spatten-rtl-smallest", "operands: drawn by the seed")):
            got = result("--design", design, *shape)
            self.assertTrue(any(text.startswith(says) for text in got["assumptions"]), got["assumptions"])
            self.assertFalse(any("shares none" in text for text in got["assumptions"]))
            shared = result("--design", design, *shape, "--kv-heads", "2")
            self.assertIn("keys and values of 2 heads: stored and fetched for each of 4 query heads, since this engine shares none",
                          shared["assumptions"])
        self.assertFalse(any("drawn" in text for text in result("--design", "spatten", "--values", str(TRACE))["assumptions"]))
        self.assertFalse(any("drawn" in text for text in result("--design", "fusemax-4x4", *shape)["assumptions"]))

    def test_steps_and_a_schedule(self) -> None:
        """Rows asked for by hand: two layers, of which the second keeps half of the tokens, two steps."""
        path = self.folder / "steps.yaml"
        path.write_text("source: a test\nheads: 2\nseq: 1\nseq_kv: 40\nsteps: 2\nwidth_qk: 64\nlayers: 2\nmodel_width: 128\n"
                        "feed_forward_width: 128\nphase: decode\nall_layers: true\nschedule:\n"
                        "  pruning: {tokens: {by_layer: [0, 0.5]}, values: 0.5}\n"
                        "  numbers: {query: '12', key: '6+4', value: '6', recompute_share: 1}\n", encoding="utf-8")
        keys = [40, 20, 41, 21]
        got = result("--design", "spatten", "--workload", str(path))
        self.assertEqual(got["dram"]["bytes"] - got["dram"]["beyond_need_bytes"], 2 * sum(k * 80 + (k - k // 2) * 48 for k in keys))
        dense = result("--design", "spatten-dense", "--workload", str(path))
        self.assertEqual(dense["dram"]["bytes"] - dense["dram"]["beyond_need_bytes"], 2 * 2 * (40 + 41) * 2 * 96)
        first = result("--design", "spatten", "--workload", str(path), "--set", "binding.run.takes=nothing",
                       "--set", "binding.run.pruning.tokens.average=0", "--set", "binding.run.pruning.heads.average=0",
                       "--set", "binding.run.pruning.values=0")
        self.assertEqual(first["dram"]["bytes"], dense["dram"]["bytes"])
        fusemax = result("--design", "fusemax-16x16", "--workload", str(path))
        self.assertEqual(fusemax["shape"]["layers"], 2)
        bad = path.with_name("bad.yaml")
        bad.write_text(path.read_text(encoding="utf-8").replace("values: 0.5", "valus: 0.5"), encoding="utf-8")
        refused = run("run", "--design", "spatten", "--workload", str(bad))
        self.assertEqual(refused.returncode, 2)
        self.assertIn("valus", refused.stderr)

    def test_energy_is_of_what_the_units_count(self) -> None:
        got = result("--design", "spatten", "--workload", self.file(rows()), "--cost", "spatten-40nm")
        units = {u["name"]: u["counters"] for u in got["units"]}
        by_component = {(a["component"], a["action"]): a["count"] for a in got["energy_pj"]["by_component"]}
        products = units["qk"]["multiplications"] + units["prob_v"]["multiplications"]
        self.assertEqual(by_component["multipliers", "dot_array.multiplications"], products)
        self.assertEqual(by_component["dram", "read"] * 2, got["dram"]["bytes"])
        self.assertAlmostEqual(got["energy_pj"]["total"], sum(a["pj"] for a in got["energy_pj"]["by_component"]), places=3)
        refused = run("run", "--design", "spatten", "--workload", self.file(rows()), "--cost", "horowitz-45nm")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("unit_energy", refused.stderr)

    def test_faults_of_units_and_of_the_shape_together(self) -> None:
        got = run("run", "--design", "spatten", "--workload", "bert-base", "--seq", "64", "--batch", "2",
                  "--set", "arch.assembly.units.qk.attributes.multipliers=0")
        self.assertEqual(got.returncode, 2)
        self.assertIn("multipliers", got.stderr)
        self.assertIn("--batch", got.stderr)

    def test_values_and_what_is_alive(self) -> None:
        got = result("--design", "spatten", "--values", str(TRACE))
        kept = [set(s["tokens_kept"]) for s in got["selection"]]
        self.assertEqual([s["layer"] for s in got["selection"]], list(range(6)))
        self.assertTrue(all(after <= before for before, after in zip(kept, kept[1:])))
        self.assertLess(len(kept[-1]), len(kept[0]))
        self.assertEqual(len(got["error_by_layer"]), 6)
        dense = result("--design", "spatten-dense", "--values", str(TRACE))
        self.assertLess(dense["error"]["rms_relative"], 0.005)
        self.assertLess(got["dram"]["bytes"], dense["dram"]["bytes"])

    def test_a_timeline_shows_units_queries_and_memory(self) -> None:
        path = self.folder / "t.json"
        for design in ("spatten", "fusemax-pruned"):
            args = ["run", "--design", design, "--workload", self.file(rows()), "--json", "-"]
            with_it, without = run(*args, "--perfetto", str(path)), run(*args)
            self.assertEqual((with_it.returncode, with_it.stderr), (0, ""))
            whole = json.loads(with_it.stdout)
            self.assertEqual(whole["units"], json.loads(without.stdout)["units"])
            events = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
            threads = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
            for unit in (u for u in whole["units"] if u["name"] != "dram"):
                busy = sum(e["dur"] for e in events if e["name"] == "busy" and threads[e["tid"]] == unit["name"])
                self.assertEqual(busy, unit["busy_cycles"], unit["name"])
            self.assertEqual(sum(e.get("cat") == "query" for e in events), 4)
            self.assertIn("dram bytes a cycle", {e["name"] for e in events if e["ph"] == "C"})

    def test_the_command_repeats_the_point(self) -> None:
        args = ("--design", "spatten", "--workload", self.file(rows()), "--seed", "5",
                "--set", "arch.assembly.units.softmax.attributes.parallelism=4")
        first = result(*args)
        again = run(*first["provenance"]["command"].split()[1:], "--json", "-")
        self.assertEqual(json.loads(again.stdout), first)
        self.assertNotEqual(result(*args[:-2])["provenance"]["config_sha256"], first["provenance"]["config_sha256"])

    def refused(self, code: int, says: list[str], *args: str) -> None:
        got = run(*args)
        self.assertEqual(got.returncode, code, got.stderr)
        for part in says:
            self.assertIn(part, got.stderr)

    def test_conventions_are_the_engines_own(self) -> None:
        on = ("--design", "spatten", "--workload", "bert-base", "--batch", "1", "--heads", "2", "--seq", "20", "--causal")
        plain = result(*on)
        for option, own, other in (("--causal-alignment", "bottom-right", "top-left"), ("--empty-rows", "zero", "mean")):
            self.assertEqual(result(*on, option, own)["cycles"], plain["cycles"])
            self.refused(2, [option, f"'{other}'", own], "run", *on, option, other)

    def test_what_is_refused(self) -> None:
        file = self.file(rows())
        on = ("run", "--design", "spatten", "--workload", file)
        self.refused(2, ["--fidelity", "systemc"], *on, "--fidelity", "analytic")
        self.refused(2, ["--cost"], *on, "--cost", "horowitz-45nm")
        self.refused(2, ["rows say"], *on, "--seq", "5")
        self.refused(2, ["designs that prune"], "run", "--design", "fusemax-16x16", "--workload", file)
        self.refused(2, ["--batch"], "run", "--design", "spatten", "--workload", "bert-base")
        self.refused(2, ["-NxN"], "run", "--design", "spatten-16x16", "--workload", "bert-base")
        self.refused(1, ["1024 keys at most"], "run", "--design", "spatten", "--workload", "bert-base", "--batch", "1", "--seq", "2K")
        self.refused(2, ["--set arch.assembly.units", "parallelism"], *on, "--set", "arch.assembly.units.softmax.attributes.paralelism=8")
        self.refused(2, ["no field 'x'"], *on, "--set", "arch.clock_hz.x=8")
        self.refused(2, ["rows.csv:3", "key_fetch_num"], "run", "--design", "spatten", "--workload",
                     self.file(rows().replace("0,0,1,64.0,64,64", "0,0,1,64.0,64,65")))
        self.refused(2, ["no table prices"], "cost", "horowitz-45nm", "--design", "spatten")

    def test_a_schedule_is_checked_by_designs_that_have_no_use_for_it(self) -> None:
        shipped = (ROOT / "configs/workload/spatten/bert-base-cola.yaml").read_text(encoding="utf-8")
        path = self.folder / "own.yaml"
        path.write_text(shipped.replace("tokens: {", "tokenx: {"), encoding="utf-8")
        for design in ("spatten", "fusemax", "h100"):
            self.refused(2, ["own.yaml:", "tokenx", "did you mean 'tokens'?"], "run", "--design", design, "--workload", str(path))

    def test_links_to_units_that_there_are_not_are_named_with_file_and_line(self) -> None:
        shipped = (ROOT / "configs/arch/spatten-eighth.yaml").read_text(encoding="utf-8")
        line = next(n for n, text in enumerate(shipped.splitlines(), start=1) if "to: qk.in" in text)
        path = self.folder / "own.yaml"
        path.write_text(shipped.replace(" qk: {", " qkx: {"), encoding="utf-8")
        self.refused(2, [f"own.yaml:{line}:", "assembly.links", "did you mean 'qkx.in'?"], "run", "--arch", str(path),
                     "--binding", "cascade-pruning", "--workload", "bert-base", "--batch", "1", "--seq", "256")


if __name__ == "__main__":
    unittest.main()
