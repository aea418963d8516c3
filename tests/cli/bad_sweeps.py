"""Sweep files that are wrong, each by one change to a right one, and what the message must name beside the file."""
from __future__ import annotations

GOOD = """name: s
fidelity: analytic
designs: [fusemax-16x16, flat]
workloads: [bert-base]
grid:
  seq: [256, 1K]
  heads: [4, 8]
  arch.dram.bandwidth_bytes_per_s: [50e9, 100e9]
"""

# (what is replaced, by what, the line, words of the message)
BAD: list[tuple[str, str, int, list[str]]] = [
    ("seq: [256", "seq: [0", 6, ["seq", "'0'", "from 1"]),
    ("seq: [256", "seq: [many", 6, ["seq", "'many'", "whole number"]),
    ("seq: [256", "seq: [2.5", 6, ["seq", "'2.5'"]),
    ("seq: [256", "seq: [-1", 6, ["seq", "'-1'"]),
    ("seq: [256", "seq: [65M", 6, ["seq", "'65M'"]),
    ("seq: [256", "seq: [true", 6, ["seq", "'true'"]),
    ("[256, 1K]", "[]", 6, ["grid.seq", "one or more"]),
    ("[256, 1K]", "256", 6, ["grid.seq", "list"]),
    ("[256, 1K]", "{a: 1}", 6, ["grid.seq", "list"]),
    ("[256, 1K]", "[256, ~]", 6, ["grid.seq[1]"]),
    ("[256, 1K]", "[256, '512,x']", 6, ["seq", "'x'"]),
    ("[256, 1K]", "['256,512', 1K]\n  batch: [2]", 7, ["batch", "length for each"]),
    ("heads: [4, 8]", "heads: [4, 70000]", 7, ["heads", "'70000'", "65536"]),
    ("heads: [4, 8]", "bach: [4, 8]", 7, ["bach", "did you mean 'batch'"]),
    ("heads: [4, 8]", "heads: [4, 8]\n  kv-heads: [3]", 8, ["kv-heads", "'3'", "divide"]),
    ("heads: [4, 8]", "heads: [4, 8]\n  heads: [2]", 8, ["heads"]),
    ("heads: [4, 8]", "causal: [perhaps]", 7, ["causal", "'perhaps'", "true or false"]),
    ("heads: [4, 8]", "exact: [2]", 7, ["exact", "'2'", "true or false"]),
    ("heads: [4, 8]", "seed: [-3]", 7, ["seed", "'-3'"]),
    ("heads: [4, 8]", "stall-profile: [often]", 7, ["stall-profile", "'often'"]),
    ("heads: [4, 8]", "stall-profile: [bursty]", 7, ["stall-profile", "'bursty'", "analytic"]),
    ("heads: [4, 8]", "cost: [horowitz]", 7, ["'horowitz'", "horowitz-45nm"]),
    ("heads: [4, 8]", "cost-node: [7]", 7, ["cost-node", "'7'"]),
    ("heads: [4, 8]", "assume: [nothing]", 7, ["assume", "'nothing'"]),
    ("heads: [4, 8]", "width: [64]\n  width-qk: [32]", 8, ["width-qk", "'32'"]),
    ("heads: [4, 8]", "seq-kv: [64]", 7, ["seq-kv", "'64'"]),
    ("heads: [4, 8]", "steps: [0]", 7, ["steps", "'0'"]),
    ("heads: [4, 8]", "design: [flat]", 7, ["design", "unknown key"]),
    ("arch.dram.bandwidth_bytes_per_s: [50e9", "arch.dram.bandwidth_bytes_per_s: [fast", 8, ["'fast'", "number"]),
    ("arch.dram.bandwidth_bytes_per_s: [50e9", "arch.dram.bandwidth_bytes_per_s: [-5", 8, ["'-5'"]),
    ("arch.dram.bandwidth_bytes_per_s", "arch.dram.bandwidth_byte_per_s", 8,
     ["bandwidth_byte_per_s", "did you mean 'bandwidth_bytes_per_s'"]),
    ("arch.dram.bandwidth_bytes_per_s", "arch.dram", 8, ["arch.dram"]),
    ("arch.dram.bandwidth_bytes_per_s: [50e9, 100e9]", "binding.tiles_in_flight: [0]", 8, ["tiles_in_flight", "'0'"]),
    ("arch.dram.bandwidth_bytes_per_s: [50e9, 100e9]", "arch.dram.burst_bytes: [100]", 8, ["burst_bytes", "'100'"]),
    ("fusemax-16x16", "fusemax-16x", 3, ["'fusemax-16x'"]),
    ("[fusemax-16x16, flat]", "[flat, spatten]", 3, ["'spatten'", "no closed form"]),
    ("heads: [4, 8]", "values: [none.safetensors]", 7, ["none.safetensors"]),
    ("flat", "flatt", 3, ["'flatt'", "did you mean 'flat'"]),
    ("bert-base", "bert-bas", 4, ["'bert-bas'", "did you mean 'bert-base'"]),
    ("workloads: [bert-base]", "workloads: []", 4, ["workloads", "one or more"]),
    ("designs: [fusemax-16x16, flat]", "designs: fusemax", 3, ["designs", "list"]),
    ("designs:", "design:", 3, ["design", "did you mean 'designs'"]),
    ("fidelity: analytic", "fidelity: exactly", 2, ["fidelity", "'exactly'", "analytic"]),
    ("name: s", "nam: s", 1, ["nam", "did you mean 'name'"]),
    ("grid:", "where: [seq > batch]\ngrid:", 5, ["where", "'batch'", "Allowed", "'heads'"]),
    ("grid:", "where: [seq > 4K]\ngrid:", 5, ["where", "no point is left of 16"]),
    ("grid:", "where: [sek > 3]\ngrid:", 5, ["sek", "did you mean 'seq'"]),
    ("grid:", "zip: {batch: [1, 2], seed: [1]}\ngrid:", 5, ["zip.seed", "has 1"]),
    ("grid:", "zip: {batch: [1, 2], seq: [1, 2]}\ngrid:", 7, ["seq", "twice"]),
    ("grid:", "grid: {", 0, []),
]
