"""Cascades that compute nothing sensible."""
from __future__ import annotations

from bad_options import Case
from weft_command import changed, config


def one_wrong(name: str, old: str, new: str, says: list[str], place: bool = True) -> Case:
    """attention-1pass-causal with one change; the message names the file and, with `place`, the changed line."""
    text, line = changed(config("cascade", "attention-1pass-causal"), old, new)
    return Case(f"cascade: {name}", ["analyze", "{folder}/bad.yaml"], [f"bad.yaml:{line}:" if place else "bad.yaml", *says],
                {"bad.yaml": text})


def written(name: str, einsums: list[str], says: list[str]) -> Case:
    """A small cascade of its own; Einsums stand from line 7 on."""
    head = "description: test\nsource: test\nranks: {M: a, P: b}\ntensors: {A: [M, P]}\noutputs: [Z]\neinsums:\n"
    text = head + "".join(f"  - {line}\n" for line in einsums)
    return Case(f"cascade: {name}", ["analyze", "{folder}/bad.yaml"], ["bad.yaml:", *says], {"bad.yaml": text})


def cases() -> list[Case]:
    return [
        one_wrong("unknown key", "outputs:", "output:", ["output", "did you mean 'outputs'"]),
        one_wrong("missing key", "source:", "# source:", ["source", "missing key"], place=False),
        one_wrong("undefined tensor", "LM[m1,p] = max[m0] BQK[", "LM[m1,p] = max[m0] BQX[",
                  ["'BQX'", "no such tensor", "did you mean 'BQK'"]),
        one_wrong("rank mismatch", "max[m0] BQK[m1,m0,p]", "max[m0] BQK[m1,p]", ["'BQK'", "rank mismatch"]),
        one_wrong("indices in another order", "max[m0] BQK[m1,m0,p]", "max[m0] BQK[p,m0,m1]", ["BQK"]),
        one_wrong("unknown rank", "max[m0] BQK[m1,m0,p]", "max[m0] BQK[m1,m0,q]", ["q"]),
        one_wrong("read before it is written", "RM[m1+1,p] = max(RM[m1,p], LM[m1,p])", "RM[m1+1,p] = max(RM[m1+1,p], LM[m1,p])", ["RM"]),
        one_wrong("no value at generation 0", "  RD: 0\n", "", ["RD", "generation 0"], place=False),
        one_wrong("initial value of what has none", "  RD: 0\n", "  RD: 0\n  SLD: 0\n", ["SLD", "not generational"]),
        one_wrong("initial value that is no number", "  RD: 0\n", "  RD: none\n", ["RD", "'none'"]),
        one_wrong("output that nobody writes", "outputs: [AV]", "outputs: [AX]", ["outputs", "'AX'", "did you mean 'AV'"]),
        one_wrong("input that nobody reads", "  V: [F, M]\n", "  V: [F, M]\n  W: [F, M]\n", ["'W'", "no Einsum reads"]),
        one_wrong("tensor of an unknown rank", "  V: [F, M]\n", "  V: [F, X]\n", ["X"]),
        one_wrong("partition of an unknown rank", "  M: [M1, M0]\n", "  X: [X1, X0]\n", ["X"]),
        one_wrong("bracket missing", "max[m0] BQK[m1,m0,p]", "max[m0] BQK[m1,m0,p", ["einsums"]),
        one_wrong("unknown function", "exp(scale * (BQK", "exq(scale * (BQK", ["exq"]),
        one_wrong("unknown reduction", "max[m0] BQK", "avg[m0] BQK", ["einsums[1]"]),
        one_wrong("mask without an end", "where m <= p + M - P else -inf", "where m <= p + M - P", ["else"]),
        one_wrong("mask of no comparison", "m <= p + M - P", "m + p", ["einsums[0]"]),
        one_wrong("divided by nothing", "RNV[f,M1,p] / RD[M1,p]", "RNV[f,M1,p] /", ["einsums"]),
        one_wrong("character of no language", "RNV[f,M1,p] / RD[M1,p]", "RNV[f,M1,p] § RD[M1,p]", ["einsums"]),
        written("cycle", ["Y[m,p] = A[m,p] * Z[p]", "Z[p] = sum[m] Y[m,p]"], [":7:", "cyclic"]),
        written("read before write in program order", ["Z[p] = sum[m] Y[m,p]", "Y[m,p] = exp(A[m,p])"], [":7:", "Y"]),
        written("written twice", ["Z[p] = sum[m] A[m,p]", "Z[p] = max[m] A[m,p]"], [":8:", "Z"]),
        written("rank on the left alone", ["Z[p,m] = 2"], [":7:"]),
        Case("cascade: not YAML", ["analyze", "{folder}/bad.yaml"], ["bad.yaml:1", "not YAML"], {"bad.yaml": "a: b: c\n"}),
        Case("cascade: a text in place of a list", ["analyze", "{folder}/bad.yaml"], ["bad.yaml:6", "einsums"],
             {"bad.yaml": "description: test\nsource: test\nranks: {M: a}\ntensors: {A: [M]}\noutputs: [Z]\neinsums: Z = sum[m] A[m]\n"}),
        Case("cascade: a hundred thousand brackets", ["analyze", "{folder}/bad.yaml"], ["bad.yaml"], {"bad.yaml": "[" * 100_000}),
    ]
