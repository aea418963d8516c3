"""A bench of one's own in Python, by cocotb: weft_fifo under pauses on both sides (docs/guides/cocotb.md)."""
from __future__ import annotations

import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly, RisingEdge

DEPTH, WIDTH, WORDS = 5, 12, 2000


async def reset(dut) -> None:
    dut.in_valid_i.value = 0
    dut.out_ready_i.value = 0
    dut.rst_ni.value = 0
    await FallingEdge(dut.clk_i)
    await FallingEdge(dut.clk_i)
    dut.rst_ni.value = 1


@cocotb.test()
async def words_come_out_in_order(dut) -> None:
    cocotb.start_soon(Clock(dut.clk_i, 10, units="ns").start())
    await reset(dut)
    rng = random.Random(7)
    held: deque[int] = deque()
    taken = full = 0
    while taken < WORDS:
        # Inputs change at the falling edge; what the rising one will do is read in between.
        dut.in_valid_i.value = rng.random() < 0.6
        dut.in_data_i.value = rng.getrandbits(WIDTH)
        dut.out_ready_i.value = rng.random() < 0.5
        await ReadOnly()
        assert dut.count_o.value == len(held)
        assert dut.in_ready_o.value == (len(held) < DEPTH)
        assert dut.out_valid_o.value == (len(held) > 0)
        pushes = dut.in_valid_i.value and dut.in_ready_o.value
        pops = dut.out_valid_o.value and dut.out_ready_i.value
        full += len(held) == DEPTH
        if held:
            assert dut.out_data_o.value == held[0]
        if pushes:
            held.append(int(dut.in_data_i.value))
        if pops:
            held.popleft()
            taken += 1
        await RisingEdge(dut.clk_i)
        await FallingEdge(dut.clk_i)
    assert full > 0, "the queue was never full"
