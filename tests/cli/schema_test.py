#!/usr/bin/python3
"""Every JSON document of the command against its schema in docs/schema/, which leaves no key unsaid."""
from __future__ import annotations

import copy
import json
import re
import unittest
from pathlib import Path
from typing import Any

import jsonschema
from weft_command import CONFIGS, ROOT, TRACE, FolderTest, config, run

SCHEMAS = ROOT / "docs" / "schema"
SMALL = ["--workload", "bert-base", "--batch", "1", "--heads", "2", "--seq", "100"]
KINDS = ["accuracy", "analysis", "comparison", "cost", "doctor", "list", "memory", "reproduction", "result", "sweep", "validation"]


def closed(schema: Any) -> Any:
    """The schema with nothing beside what it names: in documents of this version every key is described."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return closed(json.loads((SCHEMAS / schema["$ref"]).read_text(encoding="utf-8")))
    own = {key: closed(part) for key, part in schema.items()}
    if "properties" in own and "required" in own:
        own.setdefault("additionalProperties", False)
    return own


def validator(kind: str) -> jsonschema.Draft202012Validator:
    schema = closed(json.loads((SCHEMAS / f"weft-{kind}-1.json").read_text(encoding="utf-8")))
    return jsonschema.Draft202012Validator(schema)


def errors(kind: str, document: Any) -> list[str]:
    return [f"{'/'.join(str(p) for p in e.absolute_path)}: {e.message[:200]}" for e in validator(kind).iter_errors(document)]


class SchemaTest(FolderTest):
    def document(self, *args: str, code: int = 0) -> Any:
        got = run(*args, "--json", str(self.folder / "out.json"), timeout=300)
        self.assertEqual(got.returncode, code, got.stderr)
        return json.loads((self.folder / "out.json").read_text(encoding="utf-8"))

    def check(self, *args: str, code: int = 0) -> Any:
        document = self.document(*args, code=code)
        kind = document["schema"].removeprefix("weft-").removesuffix("/1")
        self.assertIn(kind, KINDS)
        self.assertEqual(errors(kind, document), [], f"{args}: a key that is new stands in docs/schema/weft-{kind}-1.json too")
        return document

    def test_the_schemas_are_schemas_of_draft_2020_12(self) -> None:
        self.assertEqual(sorted(p.name for p in SCHEMAS.glob("*.json")), [f"weft-{kind}-1.json" for kind in KINDS])
        for path in SCHEMAS.glob("*.json"):
            schema = json.loads(path.read_text(encoding="utf-8"))
            self.assertEqual(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
            jsonschema.Draft202012Validator.check_schema(schema)
            self.assertEqual(schema["properties"]["schema"], {"const": re.sub(r"-1\.json$", "/1", path.name)})

    def test_every_document_of_the_sources_has_a_schema(self) -> None:
        written = set()
        for source in [*(ROOT / "models").rglob("*.cpp"), *(ROOT / "sim").rglob("*.cpp")]:
            written |= set(re.findall(r'field\("schema", "weft-([a-z]+)/1"\)', source.read_text(encoding="utf-8")))
        self.assertEqual(sorted(written), KINDS)

    def test_lists_analyses_and_the_doctor(self) -> None:
        self.check("list")
        for kind in ("cascades", "archs", "bindings", "designs", "workloads", "costs", "drams", "mappings", "schedules", "sweeps"):
            self.assertEqual(set(self.check("list", kind)), {"schema", kind})
        for cascade in sorted(p.stem for p in (CONFIGS / "cascade").glob("*.yaml")):
            self.check("analyze", cascade)
        self.check("doctor")

    def test_memory_of_reads_of_writes_and_of_a_trace(self) -> None:
        self.check("memory", "--part", "hbm2", "--pattern", "random_row", "--requests", "1K")
        self.check("memory", "--part", "hbm3", "--pattern", "seq_write", "--requests", "1K")
        trace = self.put("t.csv", "address,write\n0,1\n64,0\n")
        self.check("memory", "--part", "hbm2", "--trace", str(trace))

    def test_the_accuracy_of_schedules(self) -> None:
        for schedules in ("single-5-values-60,planes-4-below-10", "bits-8-tokens-30"):
            self.check("accuracy", "--values", str(TRACE), "--schedules", schedules)

    def test_results_of_every_kind(self) -> None:
        for design in ("fusemax-16x16", "flat-16x16", "unfused-16x16", "streaming-softmax", "segments-serial", "projection"):
            for fidelity in ("analytic", "systemc"):
                self.check("run", "--design", design, *SMALL, "--fidelity", fidelity)
        self.check("run", "--design", "fusemax-16x16", *SMALL, "--causal", "--cost", "horowitz-45nm", "--stall-profile", "both",
                   "--seed", "3")
        self.check("run", "--design", "fusemax-8x8", "--values", str(TRACE))
        self.check("run", "--design", "spatten", "--values", str(TRACE))
        self.check("run", "--design", "spatten-eighth", *SMALL)
        for fidelity in ("analytic", "systemc"):
            self.check("run", "--design", "flat-16x16", *SMALL, "--set", "arch.dram.part=hbm2", "--fidelity", fidelity)
        self.check("run", "--design", "unfused-16x16", "--workload", "bert-base", "--seq", "1M", code=1)

    def test_comparisons(self) -> None:
        both = self.check("compare", "--designs", "flat-16x16,fusemax-16x16", *SMALL, "--cost", "horowitz-45nm")
        self.assertEqual(len(both["results"]), 2)

    def test_cost_tables(self) -> None:
        for table in sorted(p.stem for p in (CONFIGS / "cost").glob("*.yaml")):
            self.check("cost", table)
            self.check("cost", table, "--node", "7", "--design", "fusemax-16x16")
        two = self.put("two.yaml", config("cost", "horowitz-45nm") + "dram_write_per_bit: {pj: 5, source: ours}\n")
        self.assertIn("dram_write_per_bit", self.check("cost", str(two)))

    def test_the_status_of_a_sweep(self) -> None:
        sweep = self.put("s.yaml", "name: s\ndesigns: [fusemax-8x8]\nworkloads: [bert-base]\ngrid: {seq: [8, 9]}\n")
        self.assertEqual(self.check("sweep", str(sweep), "--store", str(self.folder / "store"))["points"]["ok"], 2)

    def test_the_reproduction(self) -> None:
        self.check("reproduce", "fusemax", "--fidelity", "rules")

    def test_a_validation(self) -> None:
        """Its real output is made by the RTL, in validate_test.py; here the schema refuses what lacks its figures."""
        self.assertTrue(errors("validation", {"schema": "weft-validation/1", "points": []}))

    def test_the_schemas_can_refuse(self) -> None:
        result = self.check("run", "--design", "fusemax-16x16", *SMALL, "--cost", "horowitz-45nm")
        refused = 0
        for key in result:
            self.assertTrue(errors("result", {k: v for k, v in result.items() if k != key}), f"without {key}")
            refused += 1
        self.assertGreater(refused, 20)
        for path, value in ((["cycles"], -1), (["cycles"], None), (["cycles"], 1.5), (["status"], "good"), (["reason"], "none"),
                            (["provenance", "config_sha256"], "x"), (["shape", "phase"], "sleep"), (["utilisation", "array_2d"], 1.5),
                            (["units", 0, "counters", "tiles"], "many"), (["traffic", 0, "level"], "cache"), (["new_key"], 1),
                            (["energy_pj", "by_component", 0, "source"], ""), (["units", 0, "new_key"], 1)):
            wrong = copy.deepcopy(result)
            at = wrong
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = value
            self.assertTrue(errors("result", wrong), f"{path} = {value}")


class ShippedTest(unittest.TestCase):
    def test_the_page_of_the_command_names_the_folder(self) -> None:
        self.assertIn("schema/", Path(ROOT / "docs/cli.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
