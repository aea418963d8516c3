"""scripts/plot/reproduction.py: figures 6 to 12 from made-up CSV files."""
from __future__ import annotations

import subprocess
from pathlib import Path

from support import SCRIPTS, TreeTest, run

import design_bars
import einsum_bars
import pareto
import points
import reproduction
import results

COLUMNS = {"figure-06-utilisation": "utilisation_2d,utilisation_1d,useful_macs", "figure-07-einsums": "einsum,share_2d",
           "figure-08-attention-speedup": "speedup", "figure-09-attention-energy": "energy_ratio",
           "figure-10-end-to-end-speedup": "speedup", "figure-11-end-to-end-energy": "energy_ratio"}
START = {"png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-"}


def rows_of(name: str) -> list[str]:
    """Two workloads at two lengths, one of them published; SystemC at one length, the rules at both."""
    rows = [f"design,workload,seq,fidelity,{COLUMNS[name]}"]
    for place, design in enumerate(points.DESIGNS):
        for workload in ("bert-base", "t5-small"):
            for fidelity, seq in (("published", 1024), ("rules", 1024), ("systemc", 1024), ("rules", 1 << 20)):
                if fidelity == "published" and workload != "bert-base":
                    continue
                key = f"{design},{workload},{seq},{fidelity}"
                if name == "figure-06-utilisation":
                    rows.append(f"{key},0.{place + 1},{'' if design == 'flat' else '1'},0.{place}5")
                elif name == "figure-07-einsums":
                    rows += [f"{key},{einsum},0.{place}1" for einsum in ("QK", "AV")]
                else:
                    rows.append(f"{key},{1 if design == 'unfused' else 0.7 + place if 'speedup' in name else 0.7 + 0.05 * place}")
    return rows


def pareto_rows() -> list[str]:
    rows = ["fidelity,workload,array_side,latency_s,area_um2"]
    for fidelity in ("published", "analytic"):
        rows += [f"{fidelity},xlm,{side},{1e9 / side ** 2:g},{72e3 * side ** 2:g}" for side in (16, 64, 256)]
    return rows


class ReproductionTest(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        for name in COLUMNS:
            self.put(f"{name}.csv", "\n".join(rows_of(name)) + "\n")
        self.put("figure-12-pareto.csv", "\n".join(pareto_rows()) + "\n")

    def draw(self, *options: str | Path) -> subprocess.CompletedProcess[str]:
        return run(SCRIPTS / "plot/reproduction.py", self.tree, *options)

    def pictures(self) -> list[str]:
        return sorted(p.name for p in self.tree.iterdir() if p.suffix != ".csv")

    def refused(self, *expected: str) -> None:
        """Exit 2, a message with each of these, and no picture."""
        got = self.draw()
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        for text in expected:
            self.assertIn(text, got.stderr)
        self.assertTrue(got.stderr.startswith("reproduction: "), got.stderr)
        self.assertEqual(self.pictures(), [])

    def test_all_pictures_without_a_display(self) -> None:
        got = self.draw()
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        expected = [f"{picture.name}.{suffix}" for picture in reproduction.PICTURES for suffix in ("png", "pdf")]
        self.assertEqual(len(expected), 14)
        self.assertEqual(got.stdout.splitlines(), [str(self.tree / name) for name in expected])
        self.assertEqual(self.pictures(), sorted(expected))
        for name in expected:
            data = (self.tree / name).read_bytes()
            self.assertTrue(data.startswith(START[name[-3:]]), name)
            self.assertGreater(len(data), 10_000, name)

    def test_an_unknown_format(self) -> None:
        got = self.draw("--formats", "png,bmp")
        self.assertEqual(got.returncode, 2)
        self.assertIn("'bmp' is not one of png, pdf", got.stderr)

    def test_missing_files_are_all_named(self) -> None:
        for name in ("figure-07-einsums", "figure-12-pareto"):
            (self.tree / f"{name}.csv").unlink()
        self.refused(f"{self.tree}/figure-07-einsums.csv: No such file", f"{self.tree}/figure-12-pareto.csv: No such file")

    def test_a_malformed_number_is_named_with_its_line(self) -> None:
        rows = rows_of("figure-08-attention-speedup")
        rows[7] = rows[7].rsplit(",", 1)[0] + ",fast"
        self.put("figure-08-attention-speedup.csv", "\n".join(rows))
        self.refused(f"{self.tree}/figure-08-attention-speedup.csv:8: speedup: 'fast' is not a number of 0 or more")


class ReadTest(TreeTest):
    def message(self, text: str, name: str = "figure-06-utilisation") -> str:
        picture = next(p for p in reproduction.PICTURES if p.name == name)
        with self.assertRaises(results.InputError) as caught:
            points.read(self.put("f.csv", text), (*picture.point, *picture.values), picture.check)
        return str(caught.exception)

    def test_bad_rows(self) -> None:
        head, row = "design,workload,seq,fidelity,utilisation_2d,utilisation_1d,useful_macs\n", "flat,xlm,1024,rules,0.5,0.5,0.1\n"
        for text, expected in (("", "f.csv:1: no column design"), (head, "f.csv: no points"),
                               ("design,seq\n", "f.csv:1: no column workload, fidelity"),
                               (f"{head}{row}flat,xlm,4K,rules,1,1,1\n", "f.csv:3: seq: '4K' is not a whole number"),
                               (f"{head}{row}\nflat,xlm,2048,exact,1,1,1\n", "f.csv:4: fidelity: 'exact' is not one of published, rules"),
                               (f"{head}flash,xlm,1024,rules,1,1,1\n", "f.csv:2: design: 'flash' is not one of unfused"),
                               (f"{head}flat,,1024,rules,1,1,1\n", "f.csv:2: workload: '' is not a name"),
                               (f"{head}flat,xlm,1024,rules,1.5,1,1\n", "f.csv:2: utilisation_2d: '1.5' is not a number from 0 to 1"),
                               (f"{head}flat,xlm,1024,rules,1,nan,1\n", "f.csv:2: utilisation_1d: 'nan'"),
                               (f"{head}flat,xlm,1024,rules,1\n", "f.csv:2: 5 cells under 7 columns"),
                               (f"{head}{row}{row}", "f.csv:3: flat, xlm, 1024, rules is there already, on line 2"),
                               (f"{head}flat,xlm,1024,rules,1,,1\n", "f.csv: column 'utilisation_1d' is empty"),
                               (f'{head}"flat', "f.csv:2: ")):
            self.assertIn(expected, self.message(text), text)

    def test_what_rows_say_together(self) -> None:
        head = "design,workload,seq,fidelity,"
        self.assertIn("f.csv:2: speedup: 0.9 is not 1", self.message(f"{head}speedup\nunfused,xlm,1024,rules,0.9\n",
                                                                     "figure-08-attention-speedup"))
        self.assertIn("f.csv:3: share_2d: with this line", self.message(
            f"{head}einsum,share_2d\nflat,xlm,1024,rules,QK,0.6\nflat,xlm,1024,rules,AV,0.6\n", "figure-07-einsums"))
        self.assertIn("f.csv:2: area_um2: '0' is not a number above 0", self.message(
            "fidelity,workload,array_side,latency_s,area_um2\nrules,xlm,16,1,0\n", "figure-12-pareto"))


class ArrangementTest(TreeTest):
    def test_the_most_exact_fidelity_is_drawn(self) -> None:
        rows = [{"k": k, "fidelity": f, "v": v} for k, f, v in (("a", "rules", 1), ("a", "published", 2), ("a", "systemc", 3),
                                                                ("a", "analytic", None), ("b", "rules", 4), ("c", "published", 5))]
        at = points.places(rows, ("k",), "v")
        self.assertEqual(at[("a",)], points.Place({"systemc": 3, "rules": 1}, 2))
        self.assertEqual((at[("a",)].drawn, at[("a",)].fidelity, at[("a",)].others), (3, "systemc", {"rules": 1}))
        self.assertEqual((at[("b",)].drawn, at[("b",)].published), (4, None))
        self.assertEqual((at[("c",)].drawn, at[("c",)].published), (None, 5))

    def test_lengths_and_order(self) -> None:
        self.assertEqual([points.tokens_text(n) for n in (1000, 1024, 16384, 1 << 18, 1 << 20, 3 << 20)],
                         ["1000", "1K", "16K", "256K", "1M", "3M"])
        self.assertEqual(points.ordered(["z", "xlm", "trxl", "xlm"], points.WORKLOADS), ["trxl", "xlm", "z"])

    def test_edges_that_share_a_marker(self) -> None:
        shares = {"QK": 0.4, "LM": 0.01, "SLN": 0.05, "SLNV": 0.4}
        self.assertEqual([round(edge, 6) for edge in einsum_bars.tops(shares, einsum_bars.EINSUMS)], [0.4, 0.86])
        self.assertEqual([round(edge, 6) for edge in einsum_bars.tops({"QK": 0.04, "AV": 0.04}, einsum_bars.EINSUMS)], [0.08])

    def test_pareto(self) -> None:
        spots = [(1.0, 9.0), (2.0, 5.0), (3.0, 6.0), (4.0, 5.0), (5.0, 1.0)]
        self.assertEqual([pareto.optimal(spot, spots) for spot in spots], [True, True, False, False, True])

    def test_labels_stay_off_the_line_of_the_baseline(self) -> None:
        self.assertEqual([design_bars.label_height(bar, 1.2) for bar in (0.5, 0.9, 1.0, 1.3)], [0.5, 1, 1.0, 1.3])
