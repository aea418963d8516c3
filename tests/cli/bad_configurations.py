"""Architectures, bindings, designs and workloads with one thing wrong, made from the shipped ones."""
from __future__ import annotations

from bad_options import Case
from weft_command import changed, config


def one_wrong(kind: str, source: str, name: str, old: str, new: str, says: list[str], place: bool = True) -> Case:
    """The shipped file with `old` replaced by `new`; the message must name the file and, with `place`, the changed line."""
    text, line = changed(config(kind, source), old, new)
    file = f"bad-{kind}.yaml"
    run = {"arch": ["run", "--arch", "{folder}/" + file, "--binding", "fusemax", "--workload", "bert-base", "--seq", "256"],
           "binding": ["run", "--arch", "fusemax-cloud", "--binding", "{folder}/" + file, "--workload", "bert-base", "--seq", "256"],
           "workload": ["run", "--design", "fusemax-16x16", "--workload", "{folder}/" + file],
           "design": ["run", "--design", "{folder}/" + file, "--workload", "bert-base", "--seq", "256"]}[kind]
    return Case(f"{kind}: {name}", run, [f"{file}:{line}:" if place else file, *says], {file: text})


def architectures() -> list[Case]:
    def case(name: str, old: str, new: str, says: list[str], place: bool = True) -> Case:
        return one_wrong("arch", "fusemax-cloud", name, old, new, says, place)
    clock = ["clock_hz", "number from 1000"]
    return [
        case("unknown key", "clock_hz:", "clock_hzz:", ["clock_hzz", "did you mean 'clock_hz'"]),
        case("missing key", "clock_hz: 940e6\n", "", ["clock_hz", "missing key"], place=False),
        case("text for a number", "940e6", "fast", [*clock, "'fast'"]),
        case("negative", "940e6", "-940e6", [*clock, "'-940e6'"]),
        case("zero", "940e6", "0", [*clock, "'0'"]),
        case("not a number", "940e6", ".nan", [*clock, "'.nan'"]),
        case("infinite", "940e6", ".inf", [*clock, "'.inf'"]),
        case("number in quotes", "940e6", '"940e6"', clock),
        case("list for a number", "940e6", "[940e6]", clock),
        case("too many rows", "rows: 256", "rows: 99999", ["arrays.array_2d.rows", "'99999'", "1 to 4096"]),
        case("half a row", "rows: 256", "rows: 25.5", ["arrays.array_2d.rows", "'25.5'", "whole number"]),
        case("no rows", "    rows: 256\n", "", ["array_2d", "needs rows and columns"], place=False),
        case("vector array with rows", "    lanes: 256\n", "    lanes: 256\n    rows: 2\n", ["array_1d", "not rows and columns"],
             place=False),
        case("unknown kind", "kind: spatial", "kind: special", ["arrays.array_2d.kind", "'special'", "did you mean 'spatial'"]),
        case("unknown exp", "method: maccs", "method: magic", ["operations.exp.method", "'magic'", "'unit'"]),
        case("segments without their number", "method: maccs", "method: segments", ["exp", "segments"], place=False),
        case("operation of no cycles", "max: {interval_cycles: 1", "max: {interval_cycles: 0",
             ["operations.max.interval_cycles", "'0'", "1 to 4096"]),
        case("unknown operation", "      max: {", "      maxx: {", ["maxx", "did you mean 'max'"]),
        case("link from nowhere", "from: array_2d", "from: array_3d", ["links[0].from", "'array_3d'", "'buffer'"]),
        case("link twice", "# and back to their tops\n",
             "# and back to their tops\n  - {from: array_1d, to: array_2d, latency_cycles: 3}\n",
             ["links[2] = 'array_1d to array_2d'", "the second link", "bad-arch.yaml:26:"]),
        case("unknown hops", "hops: rows", "hops: diagonals", ["links[0].hops", "'diagonals'", "'columns'"]),
        case("map for a list", "links:\n", "links:\n  x:\n", ["links", "list"], place=False),
        case("burst that does not divide", "burst_bytes: 4096", "burst_bytes: 4000000000",
             ["dram.burst_bytes", "'4000000000'", "16 to 1048576"]),
        case("ports of another kind", "ports: per_tensor", "ports: per_tenser",
             ["buffer.ports", "'per_tenser'", "did you mean 'per_tensor'"]),
        case("shared ports without banks", "ports: per_tensor", "ports: shared", ["buffer.banks", "shared ports need"], place=False),
        case("banks for ports of each tensor", "ports: per_tensor", "ports: per_tensor\n  banks: 4",
             ["buffer.banks", "'4'", "ports: shared"], place=False),
        case("latency of the memory twice", "burst_bytes: 4096", "burst_bytes: 4096\n  latency_cycles: 100",
             ["dram.latency_cycles", "'100'", "latency_s", "one of the two"], place=False),
        case("no latency of the memory", "  latency_s: 106.38e-9", "  #", ["dram:", "missing key: latency_s or latency_cycles"],
             place=False),
        case("latency of no time", "latency_s: 106.38e-9", "latency_s: 0", ["dram.latency_s", "'0'", "from 1e-12 to 1"]),
        case("latency of too many cycles", "latency_s: 106.38e-9", "latency_s: 2e-3",
             ["dram.latency_s", "0.002", "more than 1000000 cycles"]),
        case("bus that is no power of two", "burst_bytes: 4096", "burst_bytes: 4080\n  bus_bytes: 48",
             ["dram.bus_bytes", "'48'", "power of two"], place=False),
        case("burst of parts of beats", "burst_bytes: 4096", "burst_bytes: 4080\n  bus_bytes: 32",
             ["dram.burst_bytes", "'4080'", "multiple of bus_bytes, 32"]),
        case("burst of parts of accesses", "burst_bytes: 4096", "burst_bytes: 4080\n  access_bytes: 96",
             ["dram.burst_bytes", "'4080'", "multiple of access_bytes, 96"]),
        case("key twice", "buffer:\n", "clock_hz: 1e9\nbuffer:\n", ["clock_hz", "twice"]),
        Case("arch: without an operation that the binding needs", ["run", "--arch", "{folder}/a.yaml", "--binding", "fusemax", "--workload",
                                                                   "bert-base"],
             ["fusemax.yaml:", "a.yaml", "groups[0].steps[11].on", "'array_1d'", "cannot divide"],
             {"a.yaml": changed(config("arch", "fusemax-cloud"), "      divide: {interval_cycles: 1, latency_cycles: 13}\n", "")[0]}),
        Case("arch: not YAML", ["run", "--arch", "{folder}/a.yaml", "--binding", "fusemax", "--workload", "bert-base"],
             ["a.yaml:2", "not YAML"],
             {"a.yaml": "clock_hz: 1e9\n  arrays: [\n"}),
        Case("arch: empty", ["run", "--arch", "{folder}/a.yaml", "--binding", "fusemax", "--workload", "bert-base"], ["a.yaml", "empty"],
             {"a.yaml": ""}),
        Case("arch: binary", ["run", "--arch", "{folder}/a.yaml", "--binding", "fusemax", "--workload", "bert-base"], ["a.yaml"],
             {"a.yaml": bytes(range(256))}),
        Case("arch: a folder", ["run", "--arch", "{folder}/", "--binding", "fusemax", "--workload", "bert-base"],
             ["must be a regular file, not a folder"]),
    ]


def bindings() -> list[Case]:
    def case(name: str, old: str, new: str, says: list[str], place: bool = True) -> Case:
        return one_wrong("binding", "fusemax", name, old, new, says, place)
    return [
        case("unknown key", "cascade:", "cascad:", ["cascad", "did you mean 'cascade'"]),
        case("times of no size", "m: {tile: array_2d.rows}", "m: {tile: all, times: [1, 2]}", ["tiles.m.times", "multiplies a size"]),
        case("times of zero", "m: {tile: array_2d.rows}", "m: {tile: array_2d.rows, times: [0]}",
             ["tiles.m.times", "'0'", "1 to 4096"]),
        case("too many mappings", "m: {tile: array_2d.rows}", f"m: {{tile: array_2d.rows, times: [{', '.join(['1'] * 1025)}]}}",
             ["groups", "'1025'", "at most 1024"], place=False),
        case("an order that misses a loop", "    loops: [b, h, p2, m1, p1]\n",
             "    loops: [b, h, p2, m1, p1]\n    orders: [[b, h, p2, m1]]\n", ["misses p1"], place=False),
        case("a way without its tensor", "stationary: BQK}", "stationary: BQK, ways: [{space: [m, p]}]}", ["ways[0]", "missing key"]),
        case("missing source", "source:", "# source:", ["source", "missing key"], place=False),
        case("unknown cascade", "cascade: attention-1pass", "cascade: attention-1pas",
             ["cascade", "'attention-1pas'", "did you mean 'attention-1pass'"]),
        case("unknown causal cascade", "causal_cascade: attention-1pass-causal", "causal_cascade: causal",
             ["causal_cascade", "'causal'", "Allowed"]),
        case("unknown rank", "{E: width_qk", "{X: width_qk", ["ranks.X", "unknown key", "'M'"]),
        case("missing rank", "{E: width_qk, ", "{", ["ranks", "missing key: E"]),
        case("unknown extent", "E: width_qk", "E: widht_qk", ["ranks.E", "'widht_qk'", "did you mean 'width_qk'"]),
        case("loops without heads", "[b, h, p2, m1, p1]", "[b, p2, m1, p1]", ["groups[0].loops", "begin with b, h"]),
        case("loop without a level", "p2, m1, p1]", "p2, m, p1]", ["groups[0].loops[3]", "'m'", "p1 over tiles"]),
        case("loop over an unknown rank", "p2, m1, p1]", "p2, z1, p1]", ["groups[0].loops[3]", "'z'", "no such rank"]),
        case("loop missing", "p2, m1, p1]", "p2, p1]", ["groups[0].loops", "misses m1"]),
        case("loop twice", "p2, m1, p1]", "p2, m1, p1, p1]", ["'p1'", "twice"]),
        case("tiles inside out", "p2, m1, p1]", "p1, m1, p2]", ["'p2'", "outside their tiles"]),
        case("unknown rank cut", "m: {tile: array_2d.rows}", "z: {tile: array_2d.rows}", ["groups[0].tiles.z", "no such rank"],
             place=False),
        case("tile of a size that is none", "tile: array_2d.rows", "tile: array_2d.depth", ["groups[0].tiles.m.tile", "'array_2d.depth'"]),
        case("tile of no coordinates", "tile: array_2d.rows", "tile: 0", ["groups[0].tiles.m.tile", "'0'"]),
        case("tile of an unknown array", "tile: array_2d.rows", "tile: array_3d.rows",
             ["groups[0].tiles.m.tile", "array_3d", "'array_2d'"]),
        case("unknown Einsum", "einsum: BQK", "einsum: BQX", ["groups[0].steps[0].einsum", "'BQX'", "did you mean 'BQK'"]),
        case("Einsum twice", "einsum: LM,", "einsum: BQK,", ["groups[0].steps[1]", "'BQK'", "bound twice"], place=False),
        case("Einsum nowhere", "      - {einsum: PRM, on: array_1d, lanes: p}\n", "", ["Einsum PRM", "bound nowhere"], place=False),
        case("unknown array", "einsum: RM, on: array_1d", "einsum: RM, on: array_3d",
             ["groups[0].steps[2].on", "'array_3d'", "'array_1d'"]),
        case("array without the operation", "einsum: RM, on: array_1d, lanes: p", "einsum: RM, on: array_1d, space: [m, p]",
             ["RM", "needs lanes"]),
        case("stationary tensor that is no operand", "stationary: BQK", "stationary: RD",
             ["steps[0].stationary", "'RD'", "must be the output or an operand"]),
        case("unknown tensor", "  PRM: {at:", "  PRX: {at:", ["tensors.PRX", "no such tensor", "did you mean 'PRM'"]),
        case("tensor in an unknown place", "PRM: {at: array_1d", "PRM: {at: cache", ["tensors.PRM.at", "'cache'", "'buffer'"]),
        case("output held on the chip", "AV: {at: dram", "AV: {at: buffer", ["tensors.AV.at", "'buffer'", "'dram'"]),
        case("held over an unknown loop", "K: {at: buffer, hold: m1", "K: {at: buffer, hold: m7", ["tensors.K.hold", "'m7'", "'m1'"]),
        case("no copies", "copies: 2, format: bf16", "copies: 0, format: bf16", ["tensors.Q.copies", "'0'", "1 to 64"]),
        case("unknown format", "format: bf16", "format: fp8", ["tensors.Q.format", "'fp8'", "'bf16'"]),
        case("more tiles in flight than contexts", "groups:", "tiles_in_flight: 60\ngroups:", ["tiles_in_flight", "'60'", "tile_contexts"]),
        case("unknown epochs", "groups:", "epochs: sometimes\ngroups:", ["epochs", "'sometimes'", "'serial'"]),
        Case("binding: causal workload without a causal cascade",
             ["run", "--arch", "fusemax-cloud", "--binding", "{folder}/b.yaml", "--workload", "gpt2-small"], ["b.yaml", "causal_cascade"],
             {"b.yaml": config("binding", "fusemax").replace("causal_cascade: attention-1pass-causal\n", "")}),
    ]


def workloads() -> list[Case]:
    def case(name: str, old: str, new: str, says: list[str], place: bool = True) -> Case:
        return one_wrong("workload", "bert-base", name, old, new, says, place)
    hugging = ["run", "--design", "fusemax-16x16", "--workload", "{folder}/config.json"]
    return [
        case("unknown key", "heads:", "headz:", ["headz", "did you mean 'heads'"]),
        case("missing key", "heads: 12\n", "", ["heads", "missing key"], place=False),
        case("length 0", "seq: 1K", "seq: 0", ["seq", "'0'", "1 to 67108864"]),
        case("too long", "seq: 1K", "seq: 128M", ["seq", "'128M'", "1 to 67108864"]),
        case("text for a length", "seq: 1K", "seq: long", ["seq", "'long'", "whole number"]),
        case("negative batch", "batch: 64", "batch: -1", ["batch", "'-1'", "1 to 1048576"]),
        case("maybe causal", "causal: false", "causal: maybe", ["causal", "'maybe'", "true or false"]),
        case("unknown phase", "phase: self", "phase: sleep", ["phase", "'sleep'", "'self'"]),
        case("kv heads that do not divide", "heads: 12", "heads: 12\nkv_heads: 5", ["kv_heads", "'5'", "12 heads"], place=False),
        case("list at the top", "description: BERT-base\n", "- 1\n", ["bad-workload.yaml"], place=False),
        Case("workload: Hugging Face not JSON", hugging, ["config.json"], {"config.json": "{"}),
        Case("workload: Hugging Face of another kind", hugging, ["config.json", "model_type"],
             {"config.json": '{"model_type": "toaster"}'}),
        Case("workload: Hugging Face without heads", hugging, ["config.json", "num_attention_heads"],
             {"config.json": '{"model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12, "intermediate_size": 3072, '
                             '"max_position_embeddings": 512}'}),
    ]


def designs() -> list[Case]:
    def case(name: str, old: str, new: str, says: list[str], place: bool = True) -> Case:
        return one_wrong("design", "fusemax", name, old, new, says, place)
    return [
        case("unknown architecture", "arch: fusemax-cloud", "arch: fusemax-clod",
             ["arch", "'fusemax-clod'", "did you mean 'fusemax-cloud'"]),
        case("unknown binding", "binding: fusemax", "binding: fusemx", ["binding", "'fusemx'", "did you mean 'fusemax'"]),
        case("unknown key", "arch:", "arcg:", ["arcg", "did you mean 'arch'"]),
        case("missing key", "binding: fusemax\n", "", ["binding", "missing key"], place=False),
    ]


def cases() -> list[Case]:
    return [*architectures(), *bindings(), *workloads(), *designs()]
