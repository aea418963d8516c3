"""scripts/completion/weft.bash: what TAB offers, with a stand-in for `weft`."""
from __future__ import annotations

from pathlib import Path

from support import SCRIPTS, TreeTest, run

PROGRAM = """
source {completion}
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_weft
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


class CompletionTest(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        (self.tree / "bin").mkdir()
        (self.tree / "bin/weft").symlink_to(Path(__file__).with_name("fake_weft.py"))

    def offered(self, words: str, **environment: str) -> list[str]:
        program = PROGRAM.format(completion=SCRIPTS / "completion/weft.bash", words=words)
        got = run("bash", "-c", program, PATH=f"{self.tree / 'bin'}:/usr/bin:/bin", XDG_CACHE_HOME=str(self.tree / "cache"),
                  FAKE_WEFT_LOG=str(self.tree / "log"), **environment)
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        return got.stdout.split()

    def test_commands(self) -> None:
        self.assertEqual(self.offered("weft ''"), ["list", "run", "compare", "validate", "--help"])
        self.assertEqual(self.offered("weft ru"), ["run"])

    def test_options_of_a_command(self) -> None:
        self.assertEqual(self.offered("weft run --seq"), ["--seq", "--seq-q"])

    def test_names(self) -> None:
        self.assertEqual(self.offered("weft run --design fus"), ["fusemax", "fusemax-cascade"])
        self.assertEqual(self.offered("weft run --workload ''"), ["bert-base", "trxl"])
        self.assertEqual(self.offered("weft analyze m"), ["matmul"])
        self.assertEqual(self.offered("weft list d"), ["designs", "drams"])
        self.assertEqual(self.offered("weft cost ''"), ["as-published", "horowitz"])
        self.assertEqual(self.offered("weft cost horowitz --design fl"), ["flat"])
        self.assertEqual(self.offered("weft run --cost h"), ["horowitz"])

    def test_what_follows_reproduce_and_rtl(self) -> None:
        self.assertEqual(self.offered("weft reproduce ''"), ["fusemax", "spatten"])
        self.assertEqual(self.offered("weft reproduce fusemax ''"), [])
        self.assertEqual(self.offered("weft reproduce fusemax --fidelity ''"), ["rules", "analytic", "systemc"])
        self.assertEqual(self.offered("weft run --fidelity r"), ["rtl"])
        self.assertEqual(self.offered("weft rtl ''"), ["build"])
        self.assertEqual(self.offered("weft rtl b"), ["build"])
        (self.tree / "art").mkdir()
        self.assertEqual(self.offered(f"weft reproduce fusemax --out {self.tree}/ar"), [f"{self.tree}/art"])

    def test_memory(self) -> None:
        self.assertEqual(self.offered("weft memory --pattern seq"), ["seq_read", "seq_write"])
        self.assertEqual(self.offered("weft memory --refresh p"), ["per-bank"])
        self.assertEqual(self.offered("weft memory --scheduler r"), ["row-hit-first"])
        self.assertEqual(self.offered("weft memory --page ''"), ["open", "closed"])

    def test_nodes(self) -> None:
        for words in ("weft cost horowitz --node 1", "weft cost --import-node 1", "weft run --cost-node 1"):
            self.assertEqual(self.offered(words), ["130", "16", "14", "10"])

    def test_files_and_folders(self) -> None:
        (self.tree / "art").mkdir()
        (self.tree / "ert.yaml").write_text("")
        for option in ("--ert", "--art", "--import-ert", "--import-art", "--import-map"):
            self.assertEqual(self.offered(f"weft cost {option} {self.tree}/ert"), [f"{self.tree}/ert.yaml"])
        self.assertEqual(self.offered(f"weft run --accelergy {self.tree}/e"), [])
        self.assertEqual(self.offered(f"weft run --accelergy {self.tree}/ar"), [f"{self.tree}/art"])

    def test_a_list_of_designs_goes_on_behind_the_comma(self) -> None:
        self.assertEqual(self.offered("weft compare --designs flat,fusemax-"), ["flat,fusemax-cascade"])

    def test_names_are_cached(self) -> None:
        first = self.offered("weft run --design ''")
        asked = (self.tree / "log").read_text(encoding="utf-8")
        self.assertEqual(self.offered("weft run --design ''"), first)
        self.assertEqual((self.tree / "log").read_text(encoding="utf-8"), asked)

    def test_names_of_own_folders_are_asked_each_time(self) -> None:
        self.offered("weft run --design ''", WEFT_CONFIGS="mine")
        asked = (self.tree / "log").read_text(encoding="utf-8")
        self.assertEqual(self.offered("weft run --design ''", WEFT_CONFIGS="mine"), self.offered("weft run --design ''"))
        self.assertGreater(len((self.tree / "log").read_text(encoding="utf-8")), len(asked))

    def test_a_command_that_fails_offers_nothing_and_caches_nothing(self) -> None:
        self.assertEqual(self.offered("weft run --design ''", FAKE_WEFT_FAIL="list"), [])
        self.assertEqual(len(self.offered("weft run --design ''")), 3)

    def test_without_the_command(self) -> None:
        (self.tree / "bin/weft").unlink()
        self.assertEqual(self.offered("weft run --design ''"), [])
