#!/usr/bin/python3
"""What the package takes in place of numbers, lists and mappings, one rule for runs and sweeps, and that it refuses all else in
words of its own: no TypeError, and nothing that is taken for what was not asked."""
from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Any

import numpy
import pandas
import weft

SWEEP: dict[str, Any] = {"name": "s", "designs": ["flat-8x8"], "workloads": ["bert-base"]}
LENGTHS: list[tuple[Any, list[int]]] = [
    (96, [96]), ("96", [96]), (numpy.int64(96), [96]), (numpy.array(96), [96]), ([40, "48"], [40, 48]), ((40, 48), [40, 48]),
    (range(40, 56, 8), [40, 48]), (numpy.array([40, 48]), [40, 48]), (numpy.array([40, 48], dtype=numpy.uint16), [40, 48]),
    (pandas.Series([40, 48]), [40, 48]), ([numpy.int32(40), 48], [40, 48])]
NO_LENGTHS: list[Any] = [[], (), range(0), numpy.array([]), "", [""], [[40], [48]], numpy.array([[40, 48], [56, 64]]), {}, {"a": 40}, {40},
                         object(), 40.5, [40.5], numpy.array([40.5]), True, [True], b"40", None.__class__, iter([40]), float("nan"), [None],
                         "a", 0, -1, [40, 0], numpy.array([0]), 10 ** 5000, "\udc80"]
ITSELF: list[Any] = []
ITSELF.append(ITSELF)
NO_LENGTHS.append(ITSELF)


def run(**options: Any) -> weft.Result:
    return weft.run("flat-8x8", workload="bert-base", heads=1, fidelity="analytic", **options)


class LengthsTest(unittest.TestCase):
    def test_runs_take_any_sequence_of_whole_numbers(self) -> None:
        for given, lengths in LENGTHS:
            with self.subTest(given=given):
                got = run(seq=given)
                of = [one["seq_kv"] for one in got.document["invocations"]] if len(lengths) > 1 else [got.shape.seq_kv]
                self.assertEqual(of, lengths)

    def test_sweeps_take_the_same(self) -> None:
        for given, lengths in LENGTHS:
            many = given if len(lengths) > 1 else [given]
            with self.subTest(given=given):
                frame = weft.sweep({**SWEEP, "grid": {"seq": many, "heads": [1]}})
                self.assertEqual(list(frame["seq_kv"]), lengths)
                frame = weft.sweep({**SWEEP, "zip": {"seq": many, "batch": numpy.arange(1, 1 + len(lengths))}})
                self.assertEqual(list(frame["batch"]), list(range(1, 1 + len(lengths))))
                point = weft.sweep({**SWEEP, "points": [{"seq": given, "heads": numpy.int64(1)}]})  # a program of all of them
                self.assertEqual(list(point["cycles"]), [run(seq=given).cycles])

    def test_all_else_is_refused_by_both(self) -> None:
        for number, given in enumerate(NO_LENGTHS):  # some have no text
            with self.subTest(number=number):
                with self.assertRaises(weft.ConfigError) as raised:
                    run(seq=given)
                self.assertIn("--seq", str(raised.exception))
                for sweep in ({"grid": {"seq": [given]}}, {"points": [{"seq": given}]}, {"zip": {"seq": [given]}}):
                    self.assertRaises(weft.ConfigError, weft.sweep, {**SWEEP, **sweep})
        for none in ([], (), range(0), numpy.array([]), {}, {"a": 1}, 5, "64", None, object()):
            with self.subTest(none=none):
                self.assertRaises(weft.ConfigError, weft.sweep, {**SWEEP, "grid": {"seq": none}})

    def test_an_empty_text_is_no_option_left_out(self) -> None:
        for option in ("seq_q", "seq_kv", "steps", "batch", "heads", "kv_heads", "width", "assume", "causal_alignment", "cost", "cost_node",
                       "fidelity", "stall_profile", "seed", "workload"):
            for empty in ("", [], ()):
                with self.subTest(option=option, empty=empty), self.assertRaises(weft.ConfigError) as raised:
                    weft.run("flat-8x8", **{"workload": "bert-base", "fidelity": "analytic", option: empty})
                self.assertIn("--" + option.replace("_", "-"), str(raised.exception))


class OthersTest(unittest.TestCase):
    def refused(self, word: str, call: Any, *args: Any, **named: Any) -> None:
        with self.subTest(args=ascii(args), named=ascii(named)), self.assertRaises(weft.ConfigError) as raised:
            call(*args, **named)
        self.assertIn(word, str(raised.exception))

    def test_settings(self) -> None:
        got = run(seq=40, settings={"arch.dram.outstanding": numpy.int64(4), "arch.dram.bandwidth_bytes_per_s": numpy.float64(50e9)})
        self.assertEqual(got.dram.peak_bytes_per_s if got.dram else 0, 50e9)
        for settings in ([("arch.dram.outstanding", 4)], ["arch.dram.outstanding=4"], "arch.dram.outstanding=4", 4, [()], object(),
                         {4: 4}, {"": 4}, {None: 4}, {"arch.dram.outstanding": None}, {"arch.dram.outstanding": {}},
                         {"arch.dram.outstanding": []}, {"arch.dram.outstanding": object()}):
            self.refused("settings", run, seq=40, settings=settings)
        self.refused("settings", weft.compare, ["flat-8x8"], workload="bert-base", settings=[("a", 1)])

    def test_designs(self) -> None:
        for designs in ([], (), numpy.array([]), {}, {"flat-8x8"}, None, 4):
            self.refused("--designs", weft.compare, designs, workload="bert-base")
        for designs in ("", [""], [None], [[]], ["flat-8x8", {}]):
            self.refused("--designs", weft.compare, designs, workload="bert-base")
        for designs in (["flat-8x8", "fusemax-8x8"], ("flat-8x8", Path("fusemax-8x8")), numpy.array(["flat-8x8", "fusemax-8x8"]),
                        "flat-8x8,fusemax-8x8"):
            self.assertEqual(len(weft.compare(designs, workload="bert-base", seq=40, fidelity="analytic").frame()), 2)
        both = weft.compare(["flat-8x8", "fusemax-8x8"], workload="bert-base", seq=40, fidelity="analytic")
        self.assertEqual([both[which].design for which in (numpy.int64(1), -1, "flat-8x8")], ["fusemax-8x8", "fusemax-8x8", "flat-8x8"])
        self.assertRaises(KeyError, both.__getitem__, "flat")
        self.assertRaises(IndexError, both.__getitem__, 2)
        self.refused("--design", weft.run, "", workload="bert-base")
        self.refused("--design", weft.run, "\udc80", workload="bert-base")
        self.refused("--arch", weft.run, arch=[], binding="flat", workload="bert-base")

    def test_truths(self) -> None:
        for told in (True, numpy.True_):
            self.assertTrue(weft.run("fusemax-8x8", workload="bert-base", seq=40, fidelity="analytic", causal=told).shape.causal)
        self.refused("causal", run, seq=40, causal=2)

    def test_values(self) -> None:
        ones = numpy.ones((1, 4, 4), dtype=numpy.float32)
        layer = {"q": ones, "k": ones, "v": ones}
        self.assertEqual(weft.run("fusemax-4x4", values=[layer], scale=numpy.float32(0.5)).values["layers.0.out"].shape, (1, 4, 4))
        for values in ([], [4], [[]], 4, [layer, None], {1: ones}, {**layer, "q": [[1.0], [1.0, 2.0]]}, {**layer, "q": "text"}):
            self.refused("values", weft.run, "fusemax-4x4", values=values)
        self.refused("layers.0.q", weft.run, "fusemax-4x4", values={})
        for scale in ("x", "", [0.5], float("nan"), float("inf"), None.__class__, True):
            self.refused("scale", weft.run, "fusemax-4x4", values=layer, scale=scale)

    def test_analyses(self) -> None:
        self.assertEqual(weft.analyze("attention-3pass", {"M": numpy.int64(64)}).ranks["M"], 64)
        for extents in ([("M", 64)], 64, "M=64", {64: 64}, {"M": None}, {"M": []}):
            self.refused("extents", weft.analyze, "attention-3pass", extents)
        for occupancies in ([("S", [64])], {"S": None}, {"S": []}, {"S": {}}):
            self.refused("occupancies", weft.analyze, "attention-pruned", None, occupancies)

    def test_sweeps(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            for options in ({"jobs": "2"}, {"jobs": 1.5}, {"jobs": True}, {"jobs": []}, {"timeout": "1"}, {"timeout": float("nan")},
                            {"timeout": -1}, {"fidelity": 4}, {"fidelity": ["analytic"]}):
                self.refused("--" + next(iter(options)), weft.sweep, SWEEP, Path(scratch, "none"), **options)
            for sweep in ({**SWEEP, 4: 4}, {**SWEEP, "grid": {4: [4]}}, {**SWEEP, "grid": {("a", "b"): [4]}}):
                self.refused("must be a mapping of", weft.sweep, sweep, Path(scratch, "none"))
            for store in (4, "", b"s", []):
                self.refused("store", weft.sweep, SWEEP, store)
                self.refused("store", weft.read_store, store)
            self.refused("progress", weft.sweep, SWEEP, Path(scratch, "none"), progress=4)
            for sweep in (4, None, ["name"], object()):
                self.refused("sweep", weft.sweep, sweep, Path(scratch, "none"))
            self.assertEqual(list(Path(scratch).iterdir()), [])
            self.assertEqual(len(weft.sweep(SWEEP, jobs=numpy.int64(1), timeout=numpy.float32(9))), 1)


if __name__ == "__main__":
    unittest.main()
