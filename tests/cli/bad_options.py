"""Options that are wrong, and the form of a case."""
from __future__ import annotations

from dataclasses import dataclass, field

from weft_command import TRACE


@dataclass
class Case:
    """`args` may say {folder}; `says` are parts of the message. `own_output`: the case names its output itself."""
    name: str
    args: list[str]
    says: list[str]
    files: dict[str, str | bytes] = field(default_factory=dict)
    own_output: bool = False


def lengths() -> list[Case]:
    run = ["run", "--design", "fusemax", "--workload", "bert-base"]
    most = "whole number from 1 to 67108864"
    cases = [Case(f"{option} {value}", [*run, option, value], [option, f"'{value}'", allowed])
             for option, value, allowed in [("--seq", "0", most), ("--seq", "-1", most), ("--seq", "1e99", most), ("--seq", "ten", most),
                                            ("--seq", "1.5", most), ("--seq", "nan", most), ("--seq", "128M", most), ("--seq-q", "0", most),
                                            ("--seq-kv", "1K5", most), ("--heads", "0", "from 1 to 65536"),
                                            ("--kv-heads", "0", "from 1 to 65536"),
                                            ("--batch", "0", "from 1 to 1048576"), ("--width", "0", "from 1 to 65536"),
                                            ("--width-v", "-64", "from 1 to 65536"), ("--seed", "-1", "from 0 to 2^64 - 1"),
                                            ("--seed", "1.5", "whole number")]]
    return cases + [
        Case("empty length", [*run, "--seq", ""], ["--seq", "empty"]),
        Case("length twice", [*run, "--seq", "1K", "--seq-q", "64"], ["--seq-q", "'64'", "--seq 1K"]),
        Case("width twice", [*run, "--width", "64", "--width-v", "32"], ["--width-v", "'32'", "--width 64"]),
        Case("kv heads that do not divide", [*run, "--heads", "7", "--kv-heads", "2"], ["kv_heads", "'2'", "must divide the 7 heads"]),
        Case("more work than can be counted", [*run, "--seq", "64M", "--batch", "1048576", "--heads", "65536"],
             ["must be fewer than 2^63"]),
        Case("an option without its value", ["run", "--design", "flat", "--workload", "bert-base", "--seq"], ["--seq"], own_output=True),
        Case("both masks", [*run, "--causal", "--no-causal"], ["--causal", "--no-causal"]),
    ]


def assembled() -> list[Case]:
    """Of a design that is no spatial array: what was set is named, not the file that it was set over."""
    run = ["run", "--design", "spatten", "--workload", "bert-base", "--batch", "1", "--seq", "64"]
    conventions = [Case(f"{option} {value} of {design}", ["run", "--design", design, *run[3:], option, value],
                        [option, f"'{value}'", f"metadata too: {own}"])
                   for design in ("spatten", "a3", "titan-xp")
                   for option, value, own in (("--causal-alignment", "top-left", "bottom-right"), ("--empty-rows", "mean", "zero"))]
    return conventions + [
        Case(f"{path} = {value} of spatten", [*run, "--set", f"{path}={value}"], [f"--set {path}={value}: ", says])
        for path, value, says in (("arch.clock_hz", "-1", "must be a number from 1000"), ("arch.dram.part", "hbm", "did you mean 'hbm2'?"),
                                  ("arch.colour", "red", "unknown key"), ("binding.colour", "red", "unknown key"),
                                  ("binding.cascade", "none", "no such cascade"), ("binding.engine", "a3", "the architecture's is spatten"),
                                  ("arch.assembly.units.qk.attributes.multipliers", "0", "multipliers"),
                                  ("arch.assembly.units.softmax.attributes.paralelism", "8", "did you mean 'parallelism'?"),
                                  ("binding.run.numbers.key", "8+", "binding.run.numbers.key"))]


def names() -> list[Case]:
    bert = ["--workload", "bert-base"]
    return [
        Case("unknown design", ["run", "--design", "fusemx", *bert], ["'fusemx'", "did you mean 'fusemax'", "'unfused'"]),
        Case("oblong design", ["run", "--design", "fusemax-8x4", *bert], ["'fusemax-8x4'", "square", "2 to 1024"]),
        Case("design of side 1", ["run", "--design", "flat-1x1", *bert], ["'flat-1x1'", "2 to 1024"]),
        Case("design of side 2048", ["run", "--design", "flat-2048x2048", *bert], ["'flat-2048x2048'", "2 to 1024"]),
        Case("design of an enormous side", ["run", "--design", "flat-" + "9" * 30 + "x" + "9" * 30, *bert], ["2 to 1024"]),
        Case("unknown design with a side", ["run", "--design", "fusemx-8x8", *bert], ["'fusemx'", "did you mean 'fusemax'"]),
        Case("unknown workload", ["run", "--design", "flat", "--workload", "bert-bas"], ["'bert-bas'", "did you mean 'bert-base'"]),
        Case("unknown architecture", ["run", "--arch", "fusemax-clod", "--binding", "fusemax", *bert],
             ["'fusemax-clod'", "did you mean 'fusemax-cloud'"]),
        Case("unknown binding", ["run", "--arch", "fusemax-cloud", "--binding", "fusemx", *bert], ["'fusemx'", "did you mean 'fusemax'"]),
        Case("unknown cascade", ["analyze", "attention-4pass"], ["'attention-4pass'", "'attention-1pass'"]),
        Case("unknown fidelity", ["run", "--design", "flat", *bert, "--fidelity", "magic"],
             ["--fidelity", "'magic'", "'analytic', 'systemc' or 'rtl'"]),
        Case("unknown kind", ["list", "dsigns"], ["'dsigns'", "did you mean 'designs'"]),
        Case("no such file", ["run", "--design", "flat", "--workload", "{folder}/none.yaml"], ["none.yaml", "no such file"]),
        Case("no workload", ["run", "--design", "flat"], ["--workload", "missing", "'bert-base'"]),
        Case("no design", ["run", *bert], ["--design", "missing", "'fusemax'"]),
        Case("no cascade", ["analyze"], ["CASCADE", "missing", "'matmul'"]),
        Case("an architecture alone", ["run", "--arch", "fusemax-cloud", *bert], ["--binding", "missing"]),
        Case("design and architecture", ["run", "--design", "flat", "--arch", "flat-cloud", *bert], ["--design", "'flat'", "either"]),
        Case("empty name in a list", ["compare", "--designs", "flat,,fusemax", *bert], ["--designs", "'flat,,fusemax'"]),
        Case("one bad name in a list", ["compare", "--designs", "flat,fusemx", *bert], ["'fusemx'", "did you mean 'fusemax'"]),
        Case("misspelt option", ["run", "--desing", "flat", *bert], ["'--desing'", "did you mean '--design'"]),
        Case("argument too many", ["run", "--design", "flat", *bert, "twice"], ["'twice'"]),
    ]


def settings() -> list[Case]:
    run = ["run", "--design", "fusemax-16x16", "--workload", "bert-base", "--seq", "256"]
    return [
        Case("setting without a value", [*run, "--set", "arch.clock_hz"], ["--set", "'arch.clock_hz'", "PATH=VALUE"]),
        Case("setting of nothing known", [*run, "--set", "clock_hz=3"], ["clock_hz", "'arch.' or 'binding.'"]),
        Case("setting with a misspelt path", [*run, "--set", "arch.dram.latency=3"], ["arch.dram.latency", "'latency_cycles'"]),
        Case("setting out of range", [*run, "--set", "arch.dram.latency_cycles=0"],
             ["arch.dram.latency_cycles", "'0'", "from 1 to 1000000"]),
        Case("both latencies set", [*run, "--set", "arch.dram.latency_cycles=50", "--set", "arch.dram.latency_s=5e-8"],
             ["dram.latency_cycles", "dram.latency_s", "'50'", "one of the two"]),
        Case("setting of another type", [*run, "--set", "arch.clock_hz=fast"], ["arch.clock_hz", "'fast'", "must be a number"]),
        Case("setting against a rule", [*run, "--set", "arch.dram.burst_bytes=100"], ["dram.burst_bytes", "'100'", "multiple of 16"]),
        Case("setting of an unknown array", [*run, "--set", "arch.arrays.array_3d.rows=8"], ["array_3d", "'array_1d' or 'array_2d'"]),
        Case("extent of an unknown rank", ["analyze", "attention-1pass", "--set", "X=3"], ["'X=3'", "'M0'"]),
        Case("extent of nothing", ["analyze", "attention-1pass", "--set", "M0=0"], ["--set M0", "'0'", "from 1"]),
        Case("extent that is no number", ["analyze", "attention-1pass", "--set", "M=many"], ["--set M", "'many'", "whole number"]),
        Case("occupancy of a rank that is not dynamic", ["analyze", "attention-pruned", "--occupancy", "M=3"],
             ["--occupancy", "'M=3'", "'S'"]),
        Case("occupancy without a dynamic rank", ["analyze", "matmul", "--occupancy", "M=3"], ["no dynamic rank"]),
        Case("occupancy beyond the bound", ["analyze", "attention-pruned", "--set", "S=9", "--occupancy", "S=3,10"],
             ["--occupancy S", "'10'", "0 to 9"]),
        Case("occupancy of nothing", ["analyze", "attention-pruned", "--occupancy", "S"], ["'S'", "RANK=N"]),
        Case("dynamic rank longer than what it lists", ["analyze", "attention-pruned", "--set", "M=8", "--set", "S=9"],
             ["S", "'9'", "M, which has 8"]),
        Case("extent that contradicts", ["analyze", "attention-1pass", "--set", "M1=7"], ["M1", "'7'", "give 4"]),
    ]


def outputs() -> list[Case]:
    run = ["run", "--design", "fusemax-16x16", "--workload", "bert-base", "--seq", "256"]
    return [
        Case("output into no folder", [*run, "--json", "{folder}/none/out.json"], ["--json", "none/out.json", "no folder"],
             own_output=True),
        Case("output onto a folder", [*run, "--csv", "{folder}"], ["--csv", "is a folder"], own_output=True),
        Case("two outputs on standard output", [*run, "--json", "-", "--csv", "-"], ["--csv", "--json"], own_output=True),
        Case("one file for two outputs", [*run, "--json", "{folder}/x", "--csv", "{folder}/x"], ["--csv", "the same file as --json"],
             own_output=True),
        Case("values without a trace", [*run, "--write-values", "{folder}/v.safetensors"], ["--write-values", "--values"]),
        Case("values on standard output", [*run, "--write-values", "-"], ["--write-values", "'-'", "must name a file"]),
        Case("timeline of a formula", [*run, "--fidelity", "analytic", "--perfetto", "{folder}/t.json"],
             ["--perfetto", "--fidelity systemc"]),
        Case("values of a formula", ["run", "--design", "fusemax-16x16", "--values", str(TRACE), "--fidelity", "analytic"],
             ["--values", "--fidelity systemc, and rtl"]),
        Case("result and timeline on standard output", [*run, "--json", "-", "--perfetto", "-"], ["--perfetto", "--json does"],
             own_output=True),
    ]


def rtl() -> list[Case]:
    run = ["run", "--workload", "bert-base", "--heads", "1", "--seq", "16", "--fidelity", "rtl"]
    small = [*run, "--design", "fusemax-4x4"]
    systemc = ["run", "--workload", "bert-base", "--design", "fusemax-4x4", "--heads", "1", "--seq", "16"]
    wave = ["--wave", "{folder}/run.vcd"]
    build = ["rtl", "build"]
    pruned = [*run, "--batch", "1", "--design", "spatten-rtl-smallest"]
    return [
        Case("rtl of a side without a library", [*run, "--design", "fusemax-29x29"], ["side", "'29'", "weft rtl build --side 29"]),
        Case("rtl of a side that is too large", [*run, "--design", "fusemax-257x257"], ["'257'", "from 4 to 256"]),
        Case("rtl of another design", [*run, "--design", "flat-16x16"], ["'rtl'", "fusemax-NxN"]),
        Case("rtl of another design of the same cascade", [*run, "--design", "fusemax-architecture-16x16"], ["'rtl'", "fusemax-NxN"]),
        Case("rtl of another number of copies", [*small, "--set", "binding.tensors.K.copies=1"],
             ["binding.tensors.K.copies", "'1'", "the RTL has 2", "fusemax-NxN"]),
        Case("rtl with a wave and another design", [*run, "--design", "flat-16x16", *wave], ["'rtl'", "fusemax-NxN"]),
        Case("wave of a simulation", [*systemc, *wave], ["--wave", "run.vcd", "--fidelity rtl"]),
        Case("cycles of no wave", [*small, "--wave-cycles", "0:10"], ["--wave-cycles", "'0:10'", "--wave"]),
        Case("cycles without an end", [*small, *wave, "--wave-cycles", "10"], ["--wave-cycles", "'10'", "A:B"]),
        Case("cycles that are no numbers", [*small, *wave, "--wave-cycles", "a:b"], ["--wave-cycles", "'a'", "whole number"]),
        Case("cycles that end before they begin", [*small, *wave, "--wave-cycles", "10:10"], ["--wave-cycles", "'10:10'", "above 10"]),
        Case("wave on standard output", [*small, "--wave", "-"], ["--wave", "'-'", "must name a file"]),
        Case("wave into no folder", [*small, "--wave", "{folder}/none/run.vcd"], ["--wave", "no folder"]),
        Case("wave onto the result", [*small, "--wave", "{folder}/x", "--json", "{folder}/x"], ["--wave", "the same file as --json"],
             own_output=True),
        Case("timeline of the rtl", [*small, "--perfetto", "{folder}/t.json"], ["--perfetto", "--fidelity systemc"]),
        Case("no action of rtl", ["rtl"], ["ACTION", "missing", "'build'"], own_output=True),
        Case("unknown action of rtl", ["rtl", "biuld"], ["ACTION", "'biuld'", "'build'"], own_output=True),
        Case("library of no side", build, ["--side", "missing", "4 to 256"], own_output=True),
        Case("library of a side that is too small", [*build, "--side", "3"], ["--side", "'3'", "4 to 256"], own_output=True),
        Case("library of a side that is too large", [*build, "--side", "257"], ["--side", "'257'", "4 to 256"], own_output=True),
        Case("library of a side that is no number", [*build, "--side", "wide"], ["--side", "'wide'", "whole number"], own_output=True),
        Case("library of a design without RTL", [*build, "--design", "spatten"], ["--design", "'spatten'", "spatten-rtl-smallest"],
             own_output=True),
        Case("library of a side and a design", [*build, "--side", "4", "--design", "spatten-rtl-smallest"],
             ["--design", "not beside --side"], own_output=True),
        Case("rtl of another assembly", [*run, "--design", "spatten"], ["--fidelity", "'rtl'", "allowed here: systemc"]),
        Case("rtl of another assembly's unit", [*pruned, "--set", "arch.assembly.units.qk.attributes.multipliers=128"],
             ["units.qk.attributes.multipliers", "'128'", "the RTL has 16"]),
        Case("rtl of an RTL that there is not", [*pruned, "--set", "arch.rtl=fusemax"], ["arch.rtl", "'fusemax'", "spatten"]),
        Case("steps in rtl", ["run", *pruned[pruned.index("--batch"):], "--workload", "bert-base", "--fidelity", "rtl", "--seq-q", "1",
                              "--seq-kv", "16", "--steps", "3"], ["--steps", "--fidelity systemc"]),
        Case("energy of SpAtten's rtl", [*pruned, "--cost", "spatten-40nm"], ["--cost", "spatten-40nm", "--fidelity systemc"]),
        Case("library onto a file", [*build, "--side", "5", "--out", "{folder}/file"], ["--out", "must name a folder"],
             files={"file": "x"}, own_output=True),
        Case("library below a file", [*build, "--side", "5", "--out", "{folder}/file/below"], ["--out", "cannot be made"],
             files={"file": "x"}, own_output=True),
        Case("library where none can be written", [*build, "--side", "5", "--out", "/proc/weft"], ["--out", "'/proc/weft'", "cannot be"],
             own_output=True),
        Case("rtl beside a DRAM with state", [*small, "--set", "arch.dram.part=hbm2"],
             ["arch.dram.part", "'hbm2'", "leave it out", "'bandwidth_bytes_per_s'", "'latency_s'", "'burst_bytes'"]),
        Case("rtl of SpAtten beside a DRAM with state", [*pruned, "--set", "arch.dram.part=hbm2"],
             ["arch.dram.part", "'hbm2'", "leave it out", "'bandwidth_bytes_per_s'", "'access_bytes'"]),
    ]


def cases() -> list[Case]:
    return [*lengths(), *assembled(), *names(), *settings(), *outputs(), *rtl()]
