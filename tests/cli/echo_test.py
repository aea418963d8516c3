#!/usr/bin/python3
"""Names of others are never obeyed by the terminal: control characters in files, keys, tensors and options are shown, not sent."""
from __future__ import annotations

import json
import os
import struct
import subprocess
import unittest

from weft_command import WEFT, FolderTest, changed, config, run, safetensors

# ESC and BEL, a new line, the C1 control CSI as UTF-8 and as a byte, marks and overrides of direction, a separator of lines.
NASTY = ["\x1b[31m", "\x07", "a\nb", "\x9b2J", "\u202e", "\u2066", "\u200f", "\u2028", "\x7f"]
HARMLESS = set("\n") | {chr(c) for c in range(32, 127)}
SMALL = ["--workload", "bert-base", "--batch", "1", "--heads", "1", "--seq", "32"]


class EchoTest(FolderTest):
    def clean(self, *args: str | bytes, code: int = 2, lines: int = 1) -> str:
        got = subprocess.run([str(WEFT).encode(), *[os.fsencode(a) if isinstance(a, str) else a for a in args]], capture_output=True,
                             cwd=self.folder, check=False, timeout=120)
        self.assertEqual(got.returncode, code, got.stderr)
        said = (got.stderr + got.stdout).decode("utf-8")
        bad = {c for c in said if c not in HARMLESS and (ord(c) < 0xA0 or c in "\u202e\u2066\u200f\u2028")}
        self.assertEqual(bad, set(), repr(said))
        if lines:
            self.assertEqual(len(said.splitlines()), lines, repr(said))
        return said

    def test_options_and_names(self) -> None:
        for text in NASTY:
            for args in ([text], ["run", f"--{text}"], ["run", "--design", text, *SMALL], ["run", "--design", "flat", "--workload", text],
                         ["run", "--design", "flat", *SMALL, "--fidelity", text], ["run", "--design", "flat", *SMALL, "--seed", text],
                         ["run", "--design", "flat", *SMALL, "--set", f"arch.{text}=1"], ["run", "--design", "flat", *SMALL, "--set", text],
                         ["run", "--design", "flat", *SMALL, "--json", f"no/{text}.json"], ["cost", text], ["analyze", text],
                         ["list", text], ["reproduce", text], ["rtl", text], ["compare", "--designs", f"flat,{text}", *SMALL]):
                with self.subTest(args):
                    self.clean(*args)

    def test_bytes_that_are_no_text(self) -> None:
        for args in (["run", "--design", b"\x9b2J\xff", *SMALL],
                     ["run", b"--\xff"], ["run", "--design", "flat", "--values", b"\x9b.safetensors"]):
            self.assertIn("\\x", self.clean(*args))

    def test_names_of_files(self) -> None:
        for text in NASTY:
            name = f"{text}.yaml"
            self.put(name, changed(config("arch", "fusemax-cloud"), "clock_hz", "clock_hx")[0])
            said = self.clean("run", "--arch", f"./{name}", "--binding", "fusemax", *SMALL, lines=0)
            self.assertIn("clock_hx", said)
            self.clean("run", "--design", "flat", "--values", f"./{text}.safetensors")

    def test_keys_values_and_names_in_yaml(self) -> None:
        for text in NASTY:
            quoted = json.dumps(text)
            self.put("a.yaml", f"{quoted}: 1\n" + config("arch", "fusemax-cloud"))
            self.clean("run", "--arch", "./a.yaml", "--binding", "fusemax", *SMALL)
            self.put("b.yaml", changed(config("arch", "fusemax-cloud"), "kind: spatial", f"kind: {quoted}")[0])
            self.clean("run", "--arch", "./b.yaml", "--binding", "fusemax", *SMALL, lines=0)
            self.put("c.yaml", changed(config("cascade", "matmul"), "einsums:", f"einsums:\n  - {quoted}")[0])
            self.clean("analyze", "./c.yaml", lines=0)

    def test_tensors_and_metadata_of_traces(self) -> None:
        for text in NASTY:
            for data in (safetensors({f"layers.{text}.q": [1, 2, 4]}), safetensors({"layers.0.q": [1, 2, 4]}, {"causal": text}),
                         safetensors({f"layers.0.{n}": [1, 2, 4] for n in "qkv"}, {"causal": text})):
                self.put("t.safetensors", data)
                self.clean("run", "--design", "fusemax-8x8", "--values", "./t.safetensors")
        raw = b'{"\xff\x9b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        self.put("t.safetensors", struct.pack("<Q", len(raw)) + raw + bytes(4))
        self.clean("run", "--design", "fusemax-8x8", "--values", "./t.safetensors")

    def test_tables_for_people(self) -> None:
        """Names of a design, a workload and an array in the tables of `run`, `compare` and `cost`; a source there. A line stays one."""
        plain = run("run", "--design", "fusemax", *SMALL).stdout.count("\n")
        both = run("compare", "--designs", "fusemax,flat", *SMALL).stdout.count("\n")
        priced = run("cost", "horowitz-45nm", "--design", "fusemax").stdout.count("\n")
        for text in NASTY:
            arch, design = f"x{text}.yaml", f"d{text}.yaml"
            self.put(arch, config("arch", "fusemax-cloud"))
            self.put(design, f"arch: {json.dumps('./' + arch)}\nbinding: fusemax\n")
            self.clean("run", "--design", f"./{design}", *SMALL, code=0, lines=plain)
            self.clean("compare", "--designs", f"./{design},flat", *SMALL, code=0, lines=both)
            table, workload = f"t{text}.yaml", f"w{text}.yaml"
            self.put(table, config("cost", "horowitz-45nm"))
            self.clean("cost", f"./{table}", "--design", f"./{design}", code=0, lines=priced)
            self.put(workload, config("workload", "bert-base"))
            self.clean("run", "--design", "fusemax", "--workload", f"./{workload}", *SMALL[2:], code=0, lines=plain)
            lanes = json.dumps(f"array{text}")
            self.put("named.yaml", config("arch", "fusemax-cloud").replace("array_1d", lanes))
            self.put("binding.yaml", config("binding", "fusemax").replace("array_1d", lanes))
            self.clean("run", "--arch", "./named.yaml", "--binding", "./binding.yaml", *SMALL, code=0, lines=plain)
        table, _ = changed(config("cost", "horowitz-45nm"), 'source: "M. Horowitz', 'source: "a\\n\\e[2J\\u202e\\u009b M. Horowitz')
        said = self.clean("cost", str(self.put("mine.yaml", table)), code=0, lines=0)
        self.assertIn("a\\n\\x1b[2J\\u{202e}\\u{009b} M. Horowitz", said)

    def test_names_of_arrays_that_systemc_would_warn_of(self) -> None:
        """Its warnings go to standard output, where the result may be."""
        for name in ("array 1", "array.1", "fetcher", "sequencer", "memory"):
            self.put("a.yaml", config("arch", "fusemax-cloud").replace("array_1d", json.dumps(name)))
            self.put("b.yaml", config("binding", "fusemax").replace("array_1d", json.dumps(name)))
            got = run("run", "--arch", str(self.folder / "a.yaml"), "--binding", str(self.folder / "b.yaml"), *SMALL, "--json", "-")
            self.assertEqual((got.returncode, got.stderr), (0, ""))
            self.assertIn(name, [unit["name"] for unit in json.loads(got.stdout)["units"]])

    def test_json_is_whole_and_harmless(self) -> None:
        name = "d\x1b\u202e\x9b.yaml"
        self.put(name, "arch: fusemax-cloud\nbinding: fusemax\n")
        said = self.clean("run", "--design", f"./{name}", *SMALL, "--json", "-", code=0, lines=0)
        self.assertEqual(json.loads(said)["design"], f"./{name}")
        raw = subprocess.run([str(WEFT).encode(), b"run", b"--design", b"./\xff.yaml", *[s.encode() for s in SMALL], b"--json", b"-"],
                             capture_output=True, cwd=self.folder, check=False)
        self.assertEqual(raw.returncode, 2, "there is no such file")
        (self.folder / "plain.yaml").write_text("arch: fusemax-cloud\nbinding: fusemax\n", encoding="utf-8")
        os.rename(os.fsencode(self.folder / "plain.yaml"), os.fsencode(self.folder) + b"/\xff.yaml")
        raw = subprocess.run([str(WEFT).encode(), b"run", b"--design", b"./\xff.yaml", *[s.encode() for s in SMALL], b"--json", b"-"],
                             capture_output=True, cwd=self.folder, check=False)
        self.assertEqual(json.loads(raw.stdout.decode("utf-8"))["design"], "./\ufffd.yaml")

    def test_words_of_any_language_stay(self) -> None:
        self.assertIn("'größe-日本'", run("run", "--design", "größe-日本", *SMALL).stderr)


if __name__ == "__main__":
    unittest.main()
