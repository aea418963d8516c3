"""FuseMax's parameters stand in configs/arch/fusemax-cloud.yaml: what repeats them is equal to it.

The recipe of the libraries reads that file; the RTL's defaults are side 16's, and the page's table is the RTL's. That the simulator
scales the architecture likewise is checked whenever a library is opened (sim/rtl/fusemax_engine_check.cpp), at sides 4, 8 and 16.
"""
from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "scripts" / "rtl" / "build_library.sh"
TOP = (ROOT / "rtl" / "engine" / "weft_fusemax.sv").read_text(encoding="utf-8")
ARCH = (ROOT / "configs" / "arch" / "fusemax-cloud.yaml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "units" / "engine" / "fusemax.md").read_text(encoding="utf-8")


def recipe(side: int, script: Path = RECIPE) -> dict[str, int]:
    done = subprocess.run([str(script), "--side", str(side), "--show"], capture_output=True, text=True, check=True)
    return {name: int(value) for name, value in (line.split("=") for line in done.stdout.splitlines())}


def number(pattern: str, text: str) -> int:
    found = re.findall(pattern, text, re.MULTILINE)
    assert len(found) == 1, (pattern, found)
    return int(found[0])


class ParametersTest(unittest.TestCase):
    def test_the_recipe_scales_the_architecture(self) -> None:
        # By hand, of a side of 256: 6 contexts, 16 MiB, a divider of 13 cycles, 64 requests; at side 64 a quarter of the buffer.
        self.assertEqual(recipe(256), {"SIDE": 256, "CONTEXTS": number(r"tile_contexts: (\d+)", ARCH), "MAX_WIDTH": 128,
                                       "DIVIDE_STAGES": 13, "OUTSTANDING": 64, "BUFFER_BYTES": 16 << 20})
        self.assertEqual(recipe(64) | {"SIDE": 256, "CONTEXTS": 6, "BUFFER_BYTES": 16 << 20}, recipe(256))
        self.assertEqual(recipe(64)["BUFFER_BYTES"], 4 << 20)
        self.assertEqual([recipe(side)["CONTEXTS"] for side in (4, 16, 64, 65, 128)], [3, 3, 3, 4, 4])

    def test_contexts_are_the_simulators(self) -> None:
        """At every side, by the expression that scales the architecture: it means the same in C++, bash and, of whole numbers, here."""
        scaling = (ROOT / "models" / "engine" / "architecture" / "architecture.cpp").read_text(encoding="utf-8")
        of_model = re.findall(r"array\.tile_contexts = ([\w +*()/]+);", scaling)
        of_recipe = re.findall(r'"CONTEXTS=\$\(\(([\w +*()/]+)\)\)"', RECIPE.read_text(encoding="utf-8"))
        self.assertEqual((len(of_model), len(of_recipe)), (1, 1))

        def contexts(expression: str, side: int) -> int:
            return int(eval(expression.replace("/", "//"), {"__builtins__": {}}, {"side": side}))
        for side in range(4, 257):
            self.assertEqual(contexts(of_model[0], side), contexts(of_recipe[0], side), side)
        self.assertEqual(contexts(of_recipe[0], 200), recipe(200)["CONTEXTS"])

    def test_the_widest_row(self) -> None:
        """One number for every unit that has it: the recipe reads the engine's, and the others' defaults are that."""
        found = {file.stem: int(value) for file in sorted((ROOT / "rtl").glob("*/*.sv"))
                 for value in re.findall(r"parameter +int unsigned MAX_WIDTH *= (\d+)", file.read_text(encoding="utf-8"))}
        self.assertGreaterEqual(set(found), {"weft_fusemax", "weft_registers", "weft_vector_array", "weft_vector_lane"})
        self.assertEqual(set(found.values()), {recipe(16)["MAX_WIDTH"]})

    def test_the_recipe_follows_the_architecture(self) -> None:
        """Another divider, another number of requests: nothing of them is written anywhere else."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder)
            for part in ("scripts/rtl", "rtl"):
                shutil.copytree(ROOT / part, copy / part)
            (copy / "configs" / "arch").mkdir(parents=True)
            changed = ARCH.replace("latency_cycles: 13", "latency_cycles: 17").replace("outstanding: 64", "outstanding: 32")
            (copy / "configs" / "arch" / "fusemax-cloud.yaml").write_text(changed, encoding="utf-8")
            found = recipe(16, copy / "scripts" / "rtl" / "build_library.sh")
        self.assertEqual(found | {"DIVIDE_STAGES": 13, "OUTSTANDING": 64}, recipe(16))
        self.assertEqual((found["DIVIDE_STAGES"], found["OUTSTANDING"]), (17, 32))

    def test_the_rtls_defaults_are_side_16s(self) -> None:
        defaults = dict(re.findall(r"^  parameter int unsigned (\w+) = ([\w* ]+),", TOP, re.MULTILINE))
        side = int(defaults["SIDE"])
        expected = recipe(side)
        self.assertEqual(side, 16)
        for name, value in expected.items():
            with self.subTest(name):
                product = 1
                for factor in defaults[name].split("*"):
                    product *= side if factor.strip() == "SIDE" else int(factor)
                self.assertEqual(product, value)

    def test_the_bus(self) -> None:
        """Two bytes an element of a row up to the side that the architecture names, and bursts of 8 beats."""
        widest = number(r"bus_up_to_side: (\d+)", ARCH)
        self.assertEqual(widest, number(r"BEAT_BYTES = SIDE > (\d+) \?", TOP))
        self.assertEqual(2 * widest, number(r"BEAT_BYTES = SIDE > \d+ \? (\d+) :", TOP))
        scaling = (ROOT / "models" / "engine" / "architecture" / "architecture.cpp").read_text(encoding="utf-8")
        self.assertEqual(number(r"kBurstBeats = (\d+);", scaling), number(r"\.BURST_BEATS\((\d+)\)", TOP))

    def test_the_page(self) -> None:
        for name, value in recipe(16).items():
            if name == "BUFFER_BYTES":
                self.assertIn("| `BUFFER_BYTES` | SIDE · 64 KiB |", PAGE)
                self.assertEqual(value, 16 * 64 * 1024)
            else:
                self.assertEqual(number(rf"^\| `{name}` \| (\d+) \|", PAGE), value)


if __name__ == "__main__":
    unittest.main()
