"""scripts/build.sh with a stand-in for CMake: what it configures and builds; and what the demo asks it for."""
from __future__ import annotations

import json
import re
import shutil
import subprocess
import unittest

from support import ROOT, SCRIPTS, TreeTest, run

OFF = "-DWEFT_TESTS=OFF -DWEFT_BENCHMARKS=OFF"


class BuildTest(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("scripts/unused")
        for name in ("build", "stopping"):
            shutil.copy(SCRIPTS / f"{name}.sh", self.tree / f"scripts/{name}.sh")
        self.command("bin/cmake", '#!/bin/sh\necho "$*" >> log\n')

    def build(self, *options: str) -> subprocess.CompletedProcess[str]:
        return run(self.tree / "scripts/build.sh", *options, PATH=f"{self.tree / 'bin'}:/usr/bin:/bin", WEFT_JOBS="3")

    def log(self) -> list[str]:
        return (self.tree / "log").read_text(encoding="utf-8").splitlines()

    def test_everything_of_the_preset(self) -> None:
        got = self.build()
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        self.assertEqual(self.log(), ["--preset release", "--build build/release --parallel 3"])

    def test_targets_without_tests(self) -> None:
        self.assertEqual(self.build("--no-tests", "asan", "weft", "other").returncode, 0)
        self.assertEqual(self.log(), [f"--preset asan {OFF}", "--build build/asan --parallel 3 --target weft other"])

    def test_tests_that_are_configured_stay(self) -> None:
        for cached, settings in (("ON", ""), ("OFF", " " + OFF)):
            self.put("build/release/CMakeCache.txt", f"CMAKE_BUILD_TYPE:STRING=Release\nWEFT_TESTS:BOOL={cached}\n")
            (self.tree / "log").unlink(missing_ok=True)
            self.assertEqual(self.build("--no-tests", "release", "weft").returncode, 0)
            self.assertEqual(self.log()[0], f"--preset release{settings}", cached)

    def test_wrong_arguments(self) -> None:
        for arguments in (["--no-test"], ["--no-tests", "fast"], ["fast"]):
            self.assertEqual(self.build(*arguments).returncode, 2, arguments)


class PresetTest(unittest.TestCase):
    def test_a_preset_configures_the_tests_again(self) -> None:
        presets = json.loads((ROOT / "CMakePresets.json").read_text(encoding="utf-8"))["configurePresets"]
        base = next(preset for preset in presets if preset["name"] == "base")
        for option in ("WEFT_TESTS", "WEFT_BENCHMARKS"):
            self.assertEqual(base["cacheVariables"][option], "ON")
        self.assertTrue(all(preset.get("inherits") == "base" for preset in presets if preset is not base))


class DemoTest(TreeTest):
    def test_it_builds_what_it_runs(self) -> None:
        """The command and the libraries of the sides whose RTL it validates; no tests."""
        self.put("scripts/unused")
        for name in ("demo", "stopping"):
            shutil.copy(SCRIPTS / f"{name}.sh", self.tree / f"scripts/{name}.sh")
        self.command("scripts/setup.sh", '#!/bin/sh\necho "setup $*" >> log\n')
        self.command("scripts/build.sh", '#!/bin/sh\necho "build $*" >> log\nexit 9\n')
        self.assertNotEqual(run(self.tree / "scripts/demo.sh").returncode, 0)
        sides = sorted(set(re.findall(r"validate --design fusemax-(\d+)x\1", (SCRIPTS / "demo.sh").read_text(encoding="utf-8"))))
        self.assertEqual(len(sides), 1)
        wanted = " ".join(["weft", *(f"weft_rtl_library_{side}" for side in sides)])
        self.assertEqual((self.tree / "log").read_text(encoding="utf-8").splitlines(),
                         ["setup --quiet", f"build --no-tests release {wanted}"])
