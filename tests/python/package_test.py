#!/usr/bin/python3
"""The package `weft`: runs, comparisons, analyses and arrays, against the command and NumPy."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any, Callable

import numpy
import weft

ROOT = Path(__file__).resolve().parents[2]
TRACE = ROOT / "tests" / "data" / "minilm-l6.safetensors"
WEFT = os.environ.get("WEFT", str(ROOT / "build" / "release" / "bin" / "weft"))


def command(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([WEFT, *args], capture_output=True, text=True, check=False)


def attention(q: Any, k: Any, v: Any, scale: float) -> Any:
    """In double precision; heads of K and V repeated for the queries'."""
    q, k, v = (numpy.asarray(x, dtype=float) for x in (q, k, v))
    k, v = (numpy.repeat(x, q.shape[-3] // x.shape[-3], axis=-3) for x in (k, v))
    scores = scale * (q @ numpy.swapaxes(k, -1, -2))
    weights = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True) @ v


def to_bfloat16(values: Any) -> Any:
    """Bits, rounded to nearest even."""
    bits = numpy.asarray(values, dtype=numpy.float32).view(numpy.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(numpy.uint16)


class RunTest(unittest.TestCase):
    def test_lists_and_truths_are_said_as_the_command_takes_them(self) -> None:
        got = weft.run("fusemax-16x16", workload="bert-base", heads=2, kv_heads=1, seq=[96, "1K"], causal=True)
        told = command("run", "--design", "fusemax-16x16", "--workload", "bert-base", "--heads", "2", "--kv-heads", "1", "--seq", "96,1K",
                       "--causal", "--json", "-")
        self.assertEqual(got.document, json.loads(told.stdout))
        self.assertEqual((got.shape.seq_q, got.shape.heads, len(got.document["invocations"])), (None, 2, 2))

    def test_fields_are_the_documents(self) -> None:
        options = ["--design", "fusemax-16x16", "--workload", "bert-base", "--batch", "1", "--heads", "2", "--seq", "96", "--causal",
                   "--cost", "horowitz-45nm", "--set", "arch.dram.bandwidth_bytes_per_s=50000000000.0"]
        document = json.loads(command("run", *options, "--json", "-").stdout)
        got = weft.run("fusemax-16x16", workload="bert-base", batch=1, heads=2, seq=96, causal=True, cost="horowitz-45nm",
                       settings={"arch.dram.bandwidth_bytes_per_s": 50e9})
        self.assertEqual(got.document, document)
        self.assertEqual((got.cycles, got.status, got.shape.seq_q, got.shape.causal), (document["cycles"], "ok", 96, True))
        assert got.utilisation is not None and got.energy is not None and got.dram is not None
        self.assertEqual(got.utilisation.array_2d, document["utilisation"]["array_2d"])
        self.assertEqual(got.energy.total, document["energy_pj"]["total"])
        self.assertAlmostEqual(sum(one.pj for one in got.energy.by_component), got.energy.total, delta=1e-6 * got.energy.total)
        for unit in got.units:
            self.assertEqual(unit.busy_cycles + unit.stall_in_cycles + unit.stall_out_cycles + unit.idle_cycles, got.cycles)
        self.assertEqual(got.unit("dram").counters["bytes_read"] + got.unit("dram").counters["bytes_written"], got.dram.bytes)
        self.assertRaises(KeyError, got.unit, "cache")

    def test_an_infeasible_point_is_no_error(self) -> None:
        got = weft.run("fusemax-16x16", workload="bert-base", seq=64, settings={"arch.buffer.bytes": 4096})
        self.assertEqual((got.status, got.ok, got.cycles, got.units), ("infeasible", False, None, ()))
        self.assertIn("4096", got.reason or "")

    def test_architecture_and_binding(self) -> None:
        a = weft.run(arch="fusemax-cloud", binding="fusemax", workload="bert-base", seq="1K", fidelity="analytic")
        b = weft.run("fusemax", workload="bert-base", seq=1024, fidelity="analytic")
        self.assertEqual(a.cycles, b.cycles)

    def test_compare_gives_a_table(self) -> None:
        got = weft.compare(["unfused", "flat", "fusemax"], workload="bert-base", seq="4K", fidelity="analytic")
        document = json.loads(command("compare", "--designs", "unfused,flat,fusemax", "--workload", "bert-base", "--seq", "4K",
                                      "--fidelity", "analytic", "--json", "-").stdout)
        self.assertEqual([one.document for one in got], document["results"])
        frame = got.frame()
        self.assertEqual(list(frame["cycles"]), [one["cycles"] for one in document["results"]])
        self.assertEqual(frame["cycles"].dtype.name, "Int64")
        self.assertIs(got["flat"], got[1])

    def test_analyze(self) -> None:
        got = weft.analyze("attention-3pass", {"M": "16K", "P": 2048})
        document = json.loads(command("analyze", "attention-3pass", "--set", "M=16K", "--set", "P=2K", "--json", "-").stdout)
        self.assertEqual(got.document, document)
        self.assertEqual((got.passes["M"], got.ranks["M"]), (3, 16384))
        self.assertEqual([one.pass_ for one in got.forced_by], [one["pass"] for one in document["forced_by"]])
        self.assertIn("fusemax", weft.names("designs"))

    def test_wrong_input_is_said_as_by_the_command(self) -> None:
        cases: list[tuple[Callable[[], Any], list[str]]] = [
            (lambda: weft.run("fusemaxx", workload="bert-base"), ["run", "--design", "fusemaxx", "--workload", "bert-base"]),
            (lambda: weft.run("flat"), ["run", "--design", "flat"]),
            (lambda: weft.run("flat", workload="bert-base", seq="many"),
             ["run", "--design", "flat", "--workload", "bert-base", "--seq", "many"]),
            (lambda: weft.run("flat", workload="bert-base", heads=12, kv_heads=5),
             ["run", "--design", "flat", "--workload", "bert-base", "--heads", "12", "--kv-heads", "5"]),
            (lambda: weft.run("flat", workload="bert-base", settings={"arch.dram.bandwith": 1}),
             ["run", "--design", "flat", "--workload", "bert-base", "--set", "arch.dram.bandwith=1"]),
            (lambda: weft.run("flat", workload="bert-base", fidelity="exact"),
             ["run", "--design", "flat", "--workload", "bert-base", "--fidelity", "exact"]),
            (lambda: weft.run("flat", values="none.safetensors"), ["run", "--design", "flat", "--values", "none.safetensors"]),
            (lambda: weft.compare(["flat", "x"], workload="bert-base"), ["compare", "--designs", "flat,x", "--workload", "bert-base"]),
            (lambda: weft.analyze("attention-1pas"), ["analyze", "attention-1pas"]),
            (lambda: weft.analyze("attention-1pass", {"Z": 4}), ["analyze", "attention-1pass", "--set", "Z=4"])]
        for call, args in cases:
            with self.subTest(args):
                told = command(*args)
                self.assertEqual(told.returncode, 2)
                with self.assertRaises(weft.ConfigError) as raised:
                    call()
                self.assertIn(str(raised.exception), told.stderr)
                self.assertGreater(len(str(raised.exception)), 10)
        self.assertTrue(issubclass(weft.ConfigError, ValueError))
        for call in (lambda: weft.run(), lambda: weft.run("flat", arch="flat-cloud", workload="bert-base"), lambda: weft.names("colours"),
                     lambda: weft.compare(["flat"], workload="bert-base", colour="red")):
            self.assertRaises(weft.ConfigError, call)


class ValuesTest(unittest.TestCase):
    def tensors(self, seed: int, *leading: int) -> dict[str, Any]:
        rng = numpy.random.default_rng(seed)
        sizes = {"q": (4, 24), "k": (2, 40), "v": (2, 40)}  # heads, tokens
        return {name: rng.standard_normal((*leading, *size, 32)) for name, size in sizes.items()}

    def test_arrays_of_every_type_give_attention(self) -> None:
        tensors = self.tensors(1)
        rounded = {name: weft.bfloat16_values(to_bfloat16(array)) for name, array in tensors.items()}
        want = attention(**rounded, scale=32 ** -0.5)
        made = {"float32": rounded, "float64": {name: array.astype(float) for name, array in rounded.items()},
                "bfloat16": {name: to_bfloat16(array) for name, array in rounded.items()}}
        outputs = {}
        for kind, values in made.items():
            got = weft.run("fusemax-8x8", values=values)
            outputs[kind] = got.values["layers.0.out"]
            self.assertEqual((outputs[kind].shape, outputs[kind].dtype.name), ((4, 24, 32), "float32"))
            self.assertLess(numpy.abs(outputs[kind] - want).max(), 0.02, kind)
            assert got.error is not None
            self.assertAlmostEqual(got.error.max_abs, float(numpy.abs(outputs[kind] - want).max()), delta=1e-6)
            self.assertEqual(got.error.compared, want.size)
        for kind in ("float64", "bfloat16"):  # the same values: the same bits
            self.assertTrue((outputs[kind].view(numpy.uint32) == outputs["float32"].view(numpy.uint32)).all(), kind)
        half = {name: array.astype(numpy.float16) for name, array in tensors.items()}
        got = weft.run("fusemax-8x8", values=half).values["layers.0.out"]
        self.assertLess(numpy.abs(got - attention(**half, scale=32 ** -0.5)).max(), 0.04)

    def test_batches_layers_order_and_scale(self) -> None:
        layers = [self.tensors(seed, 2) for seed in (3, 4)]
        layers[0]["q"] = numpy.asfortranarray(layers[0]["q"]).astype(">f8")  # neither in C's order nor in the machine's
        got = weft.run("flat-8x8", values=layers, scale=0.3)
        for number, layer in enumerate(layers):
            rounded = {name: weft.bfloat16_values(to_bfloat16(array)) for name, array in layer.items()}
            out = got.values[f"layers.{number}.out"]
            self.assertEqual(out.shape, (2, 4, 24, 32))
            self.assertLess(numpy.abs(out - attention(**rounded, scale=0.3)).max(), 0.05)
        self.assertEqual(got.shape.layers, 2)

    def test_files_and_arrays_are_alike(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch, "t.safetensors")
            tensors = self.tensors(5)
            weft.save_trace(file, tensors, causal=False)
            self.assertEqual(os.listdir(scratch), ["t.safetensors"])
            a = weft.run("fusemax-8x8", values=file)
            b = weft.run("fusemax-8x8", values={f"layers.0.{name}": array for name, array in tensors.items()})
            self.assertTrue((a.values["layers.0.out"] == b.values["layers.0.out"]).all())
            self.assertEqual(a.cycles, b.cycles)
            out = Path(scratch, "out.safetensors")
            self.assertEqual(command("run", "--design", "fusemax-8x8", "--values", str(file), "--write-values", str(out)).returncode, 0)
            self.assertTrue((weft.load_trace(out)["layers.0.out"] == a.values["layers.0.out"]).all())
            back = weft.load_trace(file)
            self.assertTrue(all((back[f"layers.0.{name}"] == array).all() for name, array in tensors.items()))
        shipped = weft.load_trace(TRACE)
        self.assertEqual(weft.run("fusemax-16x16", values=TRACE).cycles, 277848)
        self.assertEqual(shipped["layers.0.q"].shape, (12, 110, 32))

    def test_wrong_arrays_are_refused(self) -> None:
        tensors = self.tensors(6)
        for change in ({"q": tensors["q"].astype(int)}, {"k": tensors["k"][:, :3]}, {"v": tensors["v"][0]}, {"q": tensors["q"][:3]},
                       {"q": numpy.zeros((4, 0, 32))}, {"k": numpy.zeros((2, 40, 31))}):
            with self.subTest(change), self.assertRaises(weft.ConfigError):
                weft.run("fusemax-8x8", values={**tensors, **change})
        self.assertRaises(weft.ConfigError, weft.run, "fusemax-8x8", values={"q": tensors["q"]})
        self.assertRaises(weft.ConfigError, weft.run, "fusemax-8x8", values=tensors, fidelity="analytic")
        self.assertRaises(weft.ConfigError, weft.bfloat16_values, tensors["q"])
        with tempfile.TemporaryDirectory() as scratch:
            for content in (b"", b"\x10\0\0\0\0\0\0\0{", b"\xff" * 64):
                Path(scratch, "x").write_bytes(content)
                self.assertRaises(weft.ConfigError, weft.load_trace, Path(scratch, "x"))


class InterpreterTest(unittest.TestCase):
    LONG: dict[str, Any] = {"workload": "bert-base", "batch": 1, "seq": "16K", "exact": True}

    def test_other_threads_go_on_while_one_simulates(self) -> None:
        counted = 0
        done = threading.Event()

        def count() -> None:
            nonlocal counted
            while not done.is_set():
                counted += 1
                time.sleep(0.002)

        other = threading.Thread(target=count)
        other.start()
        weft.run("fusemax-8x8", workload="bert-base", batch=1, heads=1, seq="1K", exact=True)
        done.set()
        other.join()
        self.assertGreater(counted, 20)

    def test_ctrl_c_ends_a_simulation(self) -> None:
        threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        begun = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            weft.run("fusemax-16x16", **self.LONG)
        self.assertLess(time.monotonic() - begun, 20)
        self.assertTrue(weft.run("fusemax-16x16", workload="bert-base", seq=64).ok)  # and the next one runs

    def test_runs_from_several_threads_are_as_from_one(self) -> None:
        want = [weft.run("fusemax-8x8", workload="bert-base", batch=1, heads=1, seq=40 + n).cycles for n in range(6)]
        got: list[Any] = [None] * 6

        def one(n: int) -> None:
            got[n] = weft.run("fusemax-8x8", workload="bert-base", batch=1, heads=1, seq=40 + n).cycles

        threads = [threading.Thread(target=one, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(got, want)

    RTL = {"workload": "bert-base", "batch": 1, "heads": 1, "seq": 12, "fidelity": "rtl"}

    def elsewhere(self, folder: str | Path, *packages: str | Path) -> subprocess.CompletedProcess[str]:
        """Engines in RTL, by an interpreter in a folder of its own, which is told of no library."""
        env = {name: value for name, value in os.environ.items() if name != "WEFT_RTL_PATH"}
        if packages:
            env["PYTHONPATH"] = ":".join(map(str, packages))
        code = f"import weft; print(*(weft.run(d, **{self.RTL!r}).cycles for d in ('fusemax-4x4', 'spatten-rtl-smallest')))"
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=folder, env=env)

    def test_from_the_build_tree_it_finds_the_rtl(self) -> None:
        options = [word for name, value in self.RTL.items() for word in ("--" + name, str(value))]
        told = [json.loads(command("run", "--design", design, *options, "--json", "-").stdout)["cycles"]
                for design in ("fusemax-4x4", "spatten-rtl-smallest")]
        with tempfile.TemporaryDirectory() as scratch:
            got = self.elsewhere(scratch)
            self.assertEqual(got.stdout.split(), [str(cycles) for cycles in told], got.stderr)
            Path(scratch, "weft").symlink_to(Path(weft.__file__).parent)  # as people have it among their own packages
            got = self.elsewhere("/", scratch)
            self.assertEqual(got.stdout.split(), [str(cycles) for cycles in told], got.stderr)

    def test_installed_it_has_its_configurations(self) -> None:
        build = os.environ.get("WEFT_BUILD")
        if build is None:
            self.skipTest("WEFT_BUILD names no build tree")
        with tempfile.TemporaryDirectory() as scratch:
            subprocess.run(["cmake", "--install", build, "--component", "python", "--prefix", scratch], check=True, capture_output=True)
            self.assertTrue(Path(scratch, "weft", "configs", "design", "flat.yaml").exists())
            code = "import weft; print(weft.__file__, weft.run('flat-8x8', workload='bert-base', heads=1, seq=64).cycles)"
            got = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=scratch,
                                 env={**os.environ, "PYTHONPATH": scratch}).stdout.split()
            self.assertEqual(got, [f"{scratch}/weft/__init__.py", str(weft.run("flat-8x8", workload="bert-base", heads=1, seq=64).cycles)])
            rtl = self.elsewhere(scratch, scratch)  # the libraries that the build has are installed beside it
            self.assertEqual(rtl.stdout.split()[0], str(weft.run("fusemax-4x4", **self.RTL).cycles), rtl.stderr)

    def test_it_is_typed_and_told(self) -> None:
        package = Path(weft.__file__).parent
        self.assertTrue((package / "py.typed").exists())
        self.assertTrue((package / "_core.pyi").exists())
        for name in weft.__all__:
            if not name.startswith("_"):
                self.assertTrue(getattr(weft, name).__doc__, name)
        code = "import weft, sys; print(weft.__version__, weft.ConfigError.__module__)"
        self.assertEqual(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()[1], "weft")


if __name__ == "__main__":
    unittest.main()
