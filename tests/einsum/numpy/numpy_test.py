"""Selections, gathers, masks by value and windows, against NumPy."""
from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any, Dict

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
Arrays = Dict[str, Any]


def interpret(cascade: str, extents: Dict[str, int], inputs: Arrays, scalars: Dict[str, float] | None = None) -> Arrays:
    lines = [f"cascade {cascade}"]
    lines += [f"extent {name} {extent}" for name, extent in extents.items()]
    lines += [f"scalar {name} {value!r}" for name, value in (scalars or {}).items()]
    for name, array in inputs.items():
        values = " ".join(repr(float(x)) for x in array.ravel())
        lines.append(f"input {name} {array.ndim} {' '.join(map(str, array.shape))} {values}")
    done = subprocess.run([os.environ["INTERPRET"]], input="\n".join(lines) + "\n", text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    found: Arrays = {}
    for line in done.stdout.splitlines():
        name, dimensions, *rest = line.split()
        count = int(dimensions)
        found[name] = np.array(rest[count:], dtype=float).reshape([int(extent) for extent in rest[:count]])
    return found


def softmax(scores: Any, axis: int) -> Any:
    numerators = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return numerators / numerators.sum(axis=axis, keepdims=True)


class NumpyTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.random = np.random.default_rng(7)

    def written(self, ranks: str, rest: str) -> str:
        path = Path(self.folder.name) / "c.yaml"
        names = ", ".join(f"{rank}: rank" for rank in ranks.split())
        path.write_text(f"description: t\nsource: t\nranks: {{{names}}}\n{rest}", encoding="utf-8")
        return str(path)

    def same(self, found: Any, expected: Any) -> None:
        self.assertEqual(found.shape, np.shape(expected))
        self.assertGreater(found.size, 0)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * max(1.0, float(np.nanmax(np.abs(expected)))))

    def pruned(self, h: int, e: int, f: int, m: int, p: int, n: int, kept: int, tie: bool) -> None:
        """A step of attention, importances on top of those before, the next step over the tokens that stay."""
        draw = self.random.standard_normal
        a = {"Q": draw((h, e, p)), "K": draw((h, e, m)), "V": draw((h, f, m)), "CI": draw(m), "NQ": draw((h, e, n)),
             "NK": draw((h, e, m)), "NV": draw((h, f, m))}
        if tie:  # tokens that are the same but for their values
            twins = self.random.integers(0, max(1, m // 3), m)
            a["K"] = a["K"][:, :, twins]
            a["CI"] = a["CI"][twins]
        scale = 1 / np.sqrt(e)
        got = interpret(str(ROOT / "configs/cascade/attention-pruned.yaml"), {"H": h, "E": e, "F": f, "M": m, "P": p, "N": n, "S": kept}, a,
                        {"scale": float(scale)})
        probability = softmax(scale * np.einsum("hep,hem->hmp", a["Q"], a["K"]), 1)
        self.same(got["AV"], np.einsum("hmp,hfm->hfp", probability, a["V"]))
        importance = a["CI"] + probability.sum(axis=(0, 2))
        self.same(got["TI"], importance)
        order = np.argsort(-got["TI"], kind="stable")[:kept]
        np.testing.assert_array_equal(got["I"], order)
        self.same(got["SI"], got["TI"][order])
        if tie:
            self.assertLess(len(np.unique(got["TI"])), m)
        else:
            np.testing.assert_array_equal(order, np.argsort(-importance, kind="stable")[:kept])
        attention = softmax(scale * np.einsum("hen,hem->hmn", a["NQ"], a["NK"][:, :, order]), 1)
        self.same(got["NAV"], np.einsum("hmn,hfm->hfn", attention, a["NV"][:, :, order]))

    def test_pruned_attention(self) -> None:
        for h, e, f, m, p, n in ((1, 4, 4, 9, 1, 1), (3, 8, 5, 33, 6, 4), (2, 1, 3, 64, 17, 9)):
            for kept in sorted({1, 2, m // 2, m - 1, m}):
                for tie in (False, True):
                    with self.subTest(m=m, kept=kept, tie=tie):
                        self.pruned(h, e, f, m, p, n, kept, tie)

    def test_topk_is_a_stable_argsort(self) -> None:
        cascade = self.written("M P S", "dynamic: {S: M}\ntensors: {X: [M, P], V: [M]}\noutputs: [T, I, G]\n"
                               "einsums: ['T[p,s], I[p,s] = topk[m] X[m,p]', 'G[p,s] = V[I[p,s]]']\n")
        special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0])
        for m in (1, 2, 7, 40):
            x = self.random.integers(-3, 3, (m, 11)).astype(float)
            where = self.random.random(x.shape) < 0.4
            x[where] = self.random.choice(special, int(where.sum()))
            v = self.random.standard_normal(m)
            for kept in sorted({1, (m + 1) // 2, m}):
                got = interpret(cascade, {"M": m, "P": 11, "S": kept}, {"X": x, "V": v})
                order = np.argsort(-x, axis=0, kind="stable")[:kept].T
                np.testing.assert_array_equal(got["I"], order)
                np.testing.assert_array_equal(got["T"], np.take_along_axis(x, order.T, axis=0).T)
                np.testing.assert_array_equal(got["G"], v[order])

    def test_coordinates_of_maxima_and_minima(self) -> None:
        cascade = self.written("M P", "tensors: {X: [M, P]}\noutputs: [A, I, B, J]\n"
                               "einsums: ['A[p], I[p] = max[m] X[m,p]', 'B[p], J[p] = min[m] X[m,p]']\n")
        x = self.random.integers(-4, 4, (9, 50)).astype(float)
        x[self.random.random(x.shape) < 0.1] = np.nan
        x[self.random.random(x.shape) < 0.1] = np.inf
        got = interpret(cascade, {"M": 9, "P": 50}, {"X": x})
        np.testing.assert_array_equal(got["I"], np.argmax(x, axis=0))
        np.testing.assert_array_equal(got["J"], np.argmin(x, axis=0))
        np.testing.assert_array_equal(got["A"], np.max(x, axis=0))
        np.testing.assert_array_equal(got["B"], np.min(x, axis=0))

    def test_a_tensor_as_a_mask(self) -> None:
        cascade = self.written("E M P", "tensors: {Q: [E, P], K: [E, M], V: [E, M], W: [M, P]}\noutputs: [Z]\nscalars: {t: 0.5}\neinsums:\n"
                               "  - S[m,p] = Q[e,p] * K[e,m] where W[m,p] >= t else -inf\n"
                               "  - G[p] = max[m] S[m,p]\n  - N[m,p] = exp(S[m,p] - G[p])\n  - D[p] = sum[m] N[m,p]\n"
                               "  - Z[e,p] = N[m,p] * V[e,m]\n")
        q, k, v = (self.random.standard_normal((3, n)) for n in (8, 12, 12))
        w = self.random.random((12, 8))
        w[0] = 1
        scores = np.where(w >= 0.5, k.T @ q, -np.inf)
        got = interpret(cascade, {"E": 3, "M": 12, "P": 8}, {"Q": q, "K": k, "V": v, "W": w})
        self.same(got["Z"] / got["D"], v @ softmax(scores, 0))

    def test_a_window_of_any_extent(self) -> None:
        cascade = self.written("E M P W", "tensors: {Q: [E, P], K: [E, M], V: [E, M]}\noutputs: [Z]\neinsums:\n"
                               "  - S[p,w] = Q[e,p] * K[e,p+w-W+1]\n  - G[p] = max[w] S[p,w]\n  - N[p,w] = exp(S[p,w] - G[p])\n"
                               "  - D[p] = sum[w] N[p,w]\n  - A[p,w] = N[p,w] / D[p]\n  - Z[e,p] = A[p,w] * V[e,p+w-W+1]\n")
        for w in (1, 2, 5, 20, 31):
            q, k, v = (self.random.standard_normal((4, 20)) for _ in range(3))
            behind = np.arange(20)[None, :] - np.arange(20)[:, None]  # query minus key
            scores = np.where((behind >= 0) & (behind < w), k.T @ q, -np.inf)
            got = interpret(cascade, {"E": 4, "M": 20, "P": 20, "W": w}, {"Q": q, "K": k, "V": v})
            self.same(got["Z"], v @ softmax(scores, 0))

    def test_a_threshold_sets_the_occupancy(self) -> None:
        cascade = self.written("M P S", "dynamic: {S: M}\ntensors: {X: [M], V: [P, M]}\noutputs: [Z, I]\nscalars: {t: 0}\neinsums:\n"
                               "  - T[s], I[s] = topk[m] X[m] where X[m] > t\n  - Z[p] = T[s] * V[p,I[s]]\n")
        x, v = self.random.standard_normal(25), self.random.standard_normal((3, 25))
        seen = set()
        for t in (-9.0, -0.5, 0.0, 0.7, 9.0):
            for bound in (4, 25):
                got = interpret(cascade, {"M": 25, "P": 3, "S": bound}, {"X": x, "V": v}, {"t": t})
                order = [m for m in np.argsort(-x, kind="stable") if x[m] > t][:bound]
                seen.add(len(order))
                np.testing.assert_array_equal(got["I"], order)
                np.testing.assert_allclose(got["Z"], v[:, order] @ x[order], rtol=0, atol=1e-12)
        self.assertIn(0, seen)
        self.assertIn(25, seen)


if __name__ == "__main__":
    unittest.main()
