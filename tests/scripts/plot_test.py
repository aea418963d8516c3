"""scripts/plot: the table, the roofline and the timeline, on made-up results and traces."""
from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import samples
from support import SCRIPTS, TreeTest, run

import accuracy
import latency
import results
import roofline
import sweep
import table
import timeline
import trace_events

PNG = b"\x89PNG\r\n\x1a\n"


def png_size(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert data.startswith(PNG), path
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


class UnitsTest(TreeTest):
    def test_prefixes(self) -> None:
        for value, unit, step, expected in ((0.0012345, "s", 1000, "1.234 ms"), (0, "B", 1024, "0 B"), (1536, "B", 1024, "1.500 KiB"),
                                            (940e6, "Hz", 1000, "940.0 MHz"), (999, "B", 1024, "999.0 B"),
                                            (5e12, "MAC/s", 1000, "5.000 TMAC/s"), (3.2e-9, "s", 1000, "3.200 ns")):
            self.assertEqual(results.with_unit(value, unit, step), expected)

    def test_pairs_of_causal_attention(self) -> None:
        for queries, keys in ((1, 1), (4, 4), (3, 7), (1, 9)):
            visible = sum(1 for i in range(queries) for j in range(keys) if j <= i + keys - queries)
            shape = {"seq_q": queries, "seq_kv": keys, "causal": True, "batch": 2, "heads": 3}
            self.assertEqual(results.score_pairs(shape), 6 * visible)
            self.assertEqual(results.score_pairs(shape | {"causal": False}), 6 * queries * keys)

    def test_mac_slots_from_the_definition_of_the_share(self) -> None:
        self.assertEqual(results.mac_slots(samples.result(side=16, cycles=123_456_789)), 256)
        self.assertEqual(results.mac_slots(samples.result(side=256)), 65536)
        self.assertEqual(results.mac_slots(samples.result(mac_slots=77)), 77)
        six = samples.result(side=16, cycles=123_456_789, layers=6)
        six["utilisation"]["useful_macs"] *= 6
        self.assertEqual(results.mac_slots(six), 256)
        self.assertIn("6 layers", results.shape_text(six))


class LatencyTest(TreeTest):
    DOCUMENT = {"schema": "weft-memory/1", "part": "hbm3", "mapping": "RoBaRaCoCh", "pattern": "seq_read", "trace": None,
                "bytes_per_row": None, "outstanding": 4, "page": "closed", "refresh": "all-bank", "scheduler": "fr-fcfs",
                "tck_ps": 312.5, "share_of_peak": 0.25, "bound_by": "row bus",
                "read_latency_cycles": {"mean": 40.0, "p50": 40, "p99": 60, "max": 63},
                "histogram": [{"from_cycles": 0, "reads": 0}, {"from_cycles": 32, "reads": 30}, {"from_cycles": 64, "reads": 10}]}

    def put(self, name: str, **changed: Any) -> Path:
        path = self.tree / name
        path.write_text(json.dumps(self.DOCUMENT | changed), encoding="utf-8")
        return path

    def test_edges_are_of_nanoseconds_and_shares_add_up(self) -> None:
        edges, shares = latency.steps(self.DOCUMENT)
        self.assertEqual(edges, [0.0, 10.0, 20.0, 30.0])
        self.assertEqual(shares, [0.0, 0.75, 0.25])
        self.assertIn("closed", latency.label(self.DOCUMENT))
        self.assertNotIn("fr-fcfs", latency.label(self.DOCUMENT))

    def test_a_picture_of_two_is_taller_than_of_one(self) -> None:
        sizes = []
        for names in (["a.json"], ["a.json", "b.json"]):
            out = self.tree / "latency.png"
            self.assertEqual(latency.main([str(self.put(name)) for name in names] + ["--out", str(out)]), 0)
            sizes.append(png_size(out))
        self.assertEqual(sizes[0][0], sizes[1][0])
        self.assertGreater(sizes[1][1], sizes[0][1])

    def test_what_is_no_such_document_is_refused(self) -> None:
        out = self.tree / "none.png"
        for path in (self.put("r.json", schema="weft-result/1"), self.put("w.json", histogram=None), self.tree / "missing.json"):
            got = run("/usr/bin/python3", str(SCRIPTS / "plot/latency.py"), str(path), "--out", str(out))
            self.assertEqual(got.returncode, 2)
            self.assertIn(path.name, got.stderr)
            self.assertFalse(out.exists())


class SweepTest(TreeTest):
    """A store as `weft sweep` leaves it, by the columns of its view."""

    def store(self, points: list[dict[str, Any]]) -> Path:
        folder = self.tree / "store"
        folder.mkdir()
        with sqlite3.connect(folder / "store.sqlite") as opened:
            opened.execute(f"CREATE TABLE points({', '.join(sweep.COLUMNS)})")
            for point in points:
                opened.execute(f"INSERT INTO points VALUES({', '.join('?' * len(sweep.COLUMNS))})", [point[name] for name in sweep.COLUMNS])
        return folder

    def point(self, design: str, seconds: float, dram_bytes: int, **others: Any) -> dict[str, Any]:
        shape = {"batch": 1, "heads": 4, "kv_heads": 4, "seq_q": 1024, "seq_kv": 1024, "width_qk": 64, "width_v": 64, "causal": 0}
        return {"design": design, "workload": "bert-base", "settings": None, "fidelity": "analytic", **shape, "cycles": 100,
                "seconds": seconds, "dram_bytes": dram_bytes, "peak_bytes_per_s": 1e9, "peak_macs_per_s": 1e12, "utilisation_2d": 0.5,
                "useful_macs": 0.4, "energy_pj": None, **others}

    def test_pictures_and_their_points(self) -> None:
        points = [self.point("flat", 2e-3, 100), self.point("fusemax", 1e-3, 200), self.point("unfused", 2e-3, 300),
                  self.point("flat", 3e-3, 50, seq_kv=2048), self.point("none", 0, 0, cycles=None)]
        got = run(SCRIPTS / "plot/sweep.py", self.store(points), self.tree / "out")
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        for name in ("utilisation", "time", "roofline", "front"):
            self.assertGreater(min(png_size(self.tree / "out" / f"{name}.png")), 400)
        rows = list(csv.DictReader((self.tree / "out/front.csv").read_text(encoding="utf-8").splitlines()))
        self.assertEqual([(r["design"], r["seq_kv"]) for r in rows], [("fusemax", "1024"), ("flat", "1024"), ("flat", "2048")])

    def test_the_roofline_of_a_point(self) -> None:
        # 0.4 of 10^12 MACs a second for 2 ms are 8 x 10^8 MACs, for 4 x 10^6 bytes 200 each
        got = sweep.roofline_of(self.point("flat", 2e-3, 4_000_000))
        self.assertAlmostEqual(got[0], 200)
        self.assertAlmostEqual(got[1], 4e11)

    def test_lines_are_called_by_what_varies(self) -> None:
        points = [self.point("flat", 1, 1, settings="arch.dram.x=1e9"), self.point("flat", 1, 1, settings="arch.dram.x=2e9", seq_kv=7)]
        self.assertEqual(list(sweep.lines(points, "seconds")), ["flat, x=1e9", "flat, x=2e9"])
        heads = [self.point("flat", 1, 1), self.point("flat", 1, 1, workload="xlm", heads=16)]
        self.assertEqual(list(sweep.lines(heads, "seconds")), ["flat, bert-base", "flat, xlm"])

    def test_what_is_no_store_is_refused(self) -> None:
        for folder, word in ((self.tree, "holds no store"), (self.store([]), "no point of it ran")):
            got = run(SCRIPTS / "plot/sweep.py", folder, self.tree / "out")
            self.assertEqual(got.returncode, 2)
            self.assertIn(word, got.stderr)


class TableTest(TreeTest):
    def table(self, *files: Path) -> subprocess.CompletedProcess[str]:
        return run(SCRIPTS / "plot/table.py", *files)

    def test_cells(self) -> None:
        got = table.row(samples.result("flat", cycles=94_000_000, share=0.1234, dram_bytes=3 << 29, error=True))
        self.assertEqual(got, ["flat", "94,000,000", "100.0 ms", "12.3 %", "26.8 %", "6.2 %", "1.500 GiB", "1.50e-03",
                               "array_1d: 138 cycles a tile"])

    def test_columns_are_aligned(self) -> None:
        file = samples.write(self.tree / "c.json", samples.comparison(samples.cloud()))
        got = self.table(file)
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        lines = got.stdout.splitlines()[2:]
        start = lines[0].index("bound by")
        self.assertEqual([line[start - 1] for line in lines], [" "] * 5)
        self.assertEqual([line[start:].split(":")[0] for line in lines[2:]], ["dram", "array_1d", "array_1d"])
        self.assertEqual([line.split()[0] for line in lines[2:]], ["unfused", "flat", "fusemax"])

    def test_a_design_that_does_not_work_says_why(self) -> None:
        got = table.row({"design": "x", "status": "infeasible", "reason": "tiles do not fit"})
        self.assertEqual((len(got), got[-1]), (len(table.HEADINGS), "infeasible: tiles do not fit"))

    def test_bad_input(self) -> None:
        for text in ("", "[]", '{"schema": "weft-list/1"}', '{"schema": "weft-comparison/1", "results": []}',
                     '{"schema": "weft-result/1", "design": "x", "status": "ok"}'):
            got = self.table(self.put("bad.json", text))
            self.assertEqual(got.returncode, 2, text)
            self.assertIn("bad.json", got.stderr)
            self.assertNotIn("Traceback", got.stderr)
        self.assertEqual(self.table(self.tree / "absent.json").returncode, 2)

    def test_a_closed_pipe_is_no_error(self) -> None:
        file = samples.write(self.tree / "c.json", samples.comparison(samples.cloud()))
        command = f"{SCRIPTS}/plot/table.py {' '.join([str(file)] * 400)} | head -n 1"
        got = run("bash", "-o", "pipefail", "-c", command)
        self.assertEqual((got.returncode, got.stderr), (0, ""))


class ValidationTest(TreeTest):
    def test_a_picture_without_a_display(self) -> None:
        file = samples.write(self.tree / "v.json", samples.validation())
        got = run(SCRIPTS / "plot/validation.py", file)
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        width, height = png_size(self.tree / "v.png")
        self.assertGreater(width, 1000)
        self.assertGreater(height, 900)

    def test_bad_input_leaves_no_picture(self) -> None:
        for document in ({"schema": "?"}, {"schema": "weft-validation/1", "points": []}, {"schema": "weft-validation/1", "points": [{}]}):
            file = samples.write(self.tree / "v.json", document)
            got = run(SCRIPTS / "plot/validation.py", file)
            self.assertEqual(got.returncode, 2)
            self.assertTrue(got.stderr.startswith("validation: "), got.stderr)
            self.assertFalse((self.tree / "v.png").exists())


class AccuracyTest(TreeTest):
    def document(self) -> dict[str, object]:
        bytes_ = {"spared_by_tokens": 0, "spared_by_heads": 0, "spared_by_values": 0, "lower_planes": 0}
        counts = {"selections": 4, "rounds": 10, "elements": 99, "zero_thresholds": 1}
        layers = [{"layer": 0, "value_selections": counts, "token_selections": {**counts, "selections": 0}}]
        one = {"schedule": "plain", "reduction_median": 1.5, "cosine_median": 0.999, "bytes": bytes_, "layers": layers, "texts": [{}],
               "single_queries": None}
        two = {**one, "schedule": "pruned", "reduction_median": 3.0, "cosine_median": 0.99, "bytes": {**bytes_, "spared_by_values": 1}}
        worse = {**one, "schedule": "worse", "reduction_median": 1.4, "cosine_median": 0.9}
        return {"schema": "weft-accuracy/1", "schedules": [one, two, worse]}

    def test_the_frontier_is_what_nothing_beats(self) -> None:
        spots = accuracy.spots_of(self.document())
        self.assertEqual([s.schedule for s in accuracy.frontier(spots)], ["plain", "pruned"])
        self.assertEqual([s.kind for s in spots], ["quantised alone", "values left out", "quantised alone"])

    def test_a_picture_and_a_table(self) -> None:
        file = samples.write(self.tree / "a.json", self.document())
        got = run(SCRIPTS / "plot/accuracy.py", file)
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        self.assertGreater(png_size(self.tree / "a.png")[0], 1000)
        self.assertIn("\nembeddings,pruned,3.0000,0.99000,values left out\n", (self.tree / "a.csv").read_text(encoding="utf-8"))
        got = run(SCRIPTS / "plot/accuracy.py", self.tree / "a.csv", "--out", self.tree / "again.png")
        self.assertEqual((self.tree / "again.png").read_bytes(), (self.tree / "a.png").read_bytes())
        got = run(SCRIPTS / "plot/accuracy.py", file, "--rounds", "plain")
        self.assertIn("| 0 | 2.50 | 25 % | – |", got.stdout)

    def test_bad_input_leaves_no_picture(self) -> None:
        for document in ({"schema": "?"}, {"schema": "weft-accuracy/1", "schedules": []}, {"schema": "weft-accuracy/1"}):
            file = samples.write(self.tree / "a.json", document)
            got = run(SCRIPTS / "plot/accuracy.py", file)
            self.assertEqual(got.returncode, 2)
            self.assertTrue(got.stderr.startswith("accuracy: "), got.stderr)
            self.assertFalse((self.tree / "a.png").exists())


class RooflineTest(TreeTest):
    def test_points(self) -> None:
        point = roofline.point_of(samples.result(cycles=10 ** 9, side=256, dram_bytes=10 ** 11, seq=16384))
        macs = 64 * 12 * 16384 ** 2 * 128
        self.assertAlmostEqual(point.intensity / (macs / 1e11), 1, delta=1e-6)
        self.assertAlmostEqual(point.macs_per_s / (macs / (1e9 / 940e6)), 1, delta=1e-6)
        self.assertEqual(point.roof, roofline.Roof(65536 * 940e6, 400 * 2.0 ** 30))
        self.assertAlmostEqual(point.roof.ridge, 65536 * 940e6 / (400 * 2 ** 30))
        self.assertEqual(point.roof.at(1), 400 * 2.0 ** 30)
        self.assertEqual(point.roof.at(1e6), 65536 * 940e6)

    def test_a_picture_without_a_display(self) -> None:
        file = samples.write(self.tree / "c.json", samples.comparison(samples.cloud()))
        out = self.tree / "new/r.png"
        got = run(SCRIPTS / "plot/roofline.py", file, "--out", out)
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        width, height = png_size(out)
        self.assertGreater(width, 1000)
        self.assertGreater(height, 600)
        self.assertEqual([p.name for p in out.parent.iterdir()], ["r.png"])

    def test_bad_input_leaves_no_picture(self) -> None:
        infeasible = samples.result(status="infeasible", reason="does not fit")
        for document in ({"schema": "?"}, samples.comparison([infeasible]), samples.comparison([samples.result(dram_bytes=0)])):
            file = samples.write(self.tree / "c.json", document)
            got = run(SCRIPTS / "plot/roofline.py", file, "--out", self.tree / "r.png")
            self.assertEqual(got.returncode, 2)
            self.assertNotIn("Traceback", got.stderr)
            self.assertFalse((self.tree / "r.png").exists())


class TimelineTest(TreeTest):
    def load(self, **options: int | None) -> trace_events.Trace:
        return trace_events.load_trace(samples.write(self.tree / "t.json", samples.trace(**options)))  # type: ignore[arg-type]

    def test_reading(self) -> None:
        trace = self.load(tiles=10, gap_after=5, skipped=1000)
        self.assertEqual(trace.lane_names, {0: "array_2d", 1: "array_1d", 2: "global_buffer", 3: "dram"})
        self.assertEqual(len(trace.slices), 10 * (5 + 6 + 4))
        self.assertEqual(trace.gaps, [trace_events.Gap(200 + 5 * 138, 1000)])

    def test_the_first_tiles(self) -> None:
        trace = self.load(gap_after=None)
        begin, end = timeline.first_tiles(trace, 6)
        self.assertEqual(begin, 50)  # the first DRAM read
        starts = [s.start for s in trace.slices if s.name == "BQK"]
        self.assertLessEqual(sum(s < end for s in starts), 8)
        self.assertGreaterEqual(sum(s < end for s in starts), 6)
        self.assertEqual(timeline.first_tiles(trace, 1000)[1], max(s.end for s in trace.slices))

    def test_the_gap_is_left_out(self) -> None:
        trace = self.load(gap_after=20, skipped=10 ** 6)
        first, before, after = timeline.windows(trace, 6)
        self.assertEqual(before[1], 200 + 20 * 138)
        self.assertEqual(after[0], before[1] + 10 ** 6)
        self.assertLess(timeline.BrokenAxis([first, before, after]).width, 3000)
        self.assertEqual(len(timeline.windows(self.load(gap_after=6), 6)), 2)
        self.assertEqual(len(timeline.windows(self.load(gap_after=None), 6)), 1)

    def test_what_comes_late_is_shown_too(self) -> None:
        document = samples.trace(gap_after=None)
        begin, end = timeline.first_tiles(trace_events.load_trace(samples.write(self.tree / "t.json", document)), 6)
        last = max(e["ts"] + e["dur"] for e in document["traceEvents"] if e["ph"] == "X")
        document["traceEvents"] += [
            {"ph": "i", "s": "g", "name": "left out 5000000 cycles", "cat": "left out", "ts": last, "pid": 1, "tid": 0},
            {"ph": "X", "name": "late", "cat": "einsum", "ts": last + 5_000_000, "dur": 30, "pid": 1, "tid": 1}]
        trace = trace_events.load_trace(samples.write(self.tree / "t.json", document))
        self.assertEqual(trace.left_out, [trace_events.Gap(last, 5_000_000)])
        self.assertEqual(timeline.windows(trace, 6), [(begin, end), (last + 5_000_000, last + 5_000_000 + (end - begin) / 2)])
        got = run(SCRIPTS / "plot/timeline.py", self.tree / "t.json", "--out", self.tree / "late.png")
        self.assertEqual((got.returncode, got.stderr), (0, ""))

    def test_overlapping_work_goes_on_rows_of_its_own(self) -> None:
        pieces = [trace_events.Slice(0, "a", 0, 10), trace_events.Slice(0, "b", 5, 10), trace_events.Slice(0, "c", 10, 5)]
        self.assertEqual([row for _, row in timeline.rows_of(pieces)], [0, 1, 0])

    def test_ticks_name_real_cycles(self) -> None:
        axis = timeline.BrokenAxis([(100, 200), (5000, 5100)])
        places, cycles = axis.ticks()
        self.assertTrue(all(100 <= c <= 200 or 5000 <= c <= 5100 for c in cycles))
        for place, cycle in zip(places, cycles):
            self.assertAlmostEqual(place, cycle - 100 if cycle <= 200 else cycle - 5000 + 100 + axis.band)

    def test_a_picture(self) -> None:
        for name, options in (("gap", {}), ("whole", {"gap_after": None, "tiles": 4}), ("one", {"gap_after": None, "tiles": 1})):
            self.load(**options)  # type: ignore[arg-type]
            got = run(SCRIPTS / "plot/timeline.py", self.tree / "t.json", "--out", self.tree / f"{name}.png")
            self.assertEqual((got.returncode, got.stderr), (0, ""))
            self.assertGreater(png_size(self.tree / f"{name}.png")[0], 1500)

    def test_bad_input(self) -> None:
        for text in ("", "{}", '{"traceEvents": [{"ph": "X", "name": "a"}]}', '{"traceEvents": []}'):
            file = self.put("t.json", text)
            got = run(SCRIPTS / "plot/timeline.py", file, "--out", self.tree / "t.png")
            self.assertEqual(got.returncode, 2, text)
            self.assertNotIn("Traceback", got.stderr)
            self.assertFalse((self.tree / "t.png").exists())
        self.assertEqual(run(SCRIPTS / "plot/timeline.py", file, "--tiles", "0").returncode, 2)
