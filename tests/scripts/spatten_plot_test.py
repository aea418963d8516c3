"""scripts/plot/spatten.py: pictures from made-up CSV files, and what is said of files that are at fault."""
from __future__ import annotations

from support import SCRIPTS, TreeTest, run

FILES = {
    "breakdown.csv": "workload,dense,tokens,heads,bits,moved\na,100,50,40,10,11\nb,200,20,20,5,6\n",
    "points.csv": "design,workload,status,time_from,seconds\nspatten,a,ok,simulated,1\nspatten,b,ok,simulated,2\n"
                  "titan-xp,a,ok,published,100\nh100,a,infeasible,,\n",
    "ablation.csv": "step,seconds,factor,published,over_titan_xp\none,1,20,22.1,20\ntwo,0.5,2,1.1,40\n",
    "sweep-top-k.csv": "x,seconds,value_top_k_busy\n1,0.2,0.9\n16,0.1,0.4\n",
    "sweep-sram.csv": "x,seconds,value_top_k_busy\n98304,0.2,0.3\n196608,0.1,0.4\n",
    "sweep-layout.csv": "interleave_bytes,side_by_side,ratio,seconds,dram_bytes,asked_bytes\n"
                        + "".join(f"{i},{s},{r},0.1,32,24\n" for i in (64, 256) for s in (1, 2) for r in (0, 0.5)),
    "energy.csv": "workload,component,pj,share_of_seconds_w\na,dram,1,2\na,softmax,1,0.5\nb,dram,1,3\n",
}


class SpattenPlotTest(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        for name, text in FILES.items():
            (self.tree / name).write_text(text, encoding="utf-8")

    def test_every_table_has_its_picture(self) -> None:
        got = run(SCRIPTS / "plot/spatten.py", self.tree)
        self.assertEqual(got.returncode, 0, got.stderr)
        pictures = sorted(path.name for path in self.tree.glob("*.png"))
        self.assertEqual(pictures, ["ablation.png", "breakdown.png", "energy.png", "speedup.png", "sweep-layout.png", "sweep-sram.png",
                                    "sweep-top-k.png"])
        before = {name: (self.tree / name).read_bytes() for name in pictures}
        run(SCRIPTS / "plot/spatten.py", self.tree)
        self.assertEqual(before, {name: (self.tree / name).read_bytes() for name in pictures})

    def test_files_at_fault(self) -> None:
        (self.tree / "ablation.csv").write_text(FILES["ablation.csv"].replace("22.1", "much"), encoding="utf-8")
        got = run(SCRIPTS / "plot/spatten.py", self.tree)
        self.assertEqual(got.returncode, 2)
        self.assertIn("published: 'much'", got.stderr)
        (self.tree / "ablation.csv").unlink()
        self.assertIn("ablation.csv", run(SCRIPTS / "plot/spatten.py", self.tree).stderr)
