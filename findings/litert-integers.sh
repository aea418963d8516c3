#!/usr/bin/env bash
# Quantised integers in LiteRT, as an interpreter is made (with XNNPACK) and by its two resolvers without that, one of which has the reference
# kernels. Seen on 2026-12-01 with ai-edge-litert 2.3.0, models of one operator each, beside exact arithmetic by fractions:
#
#   operator                                         as made          without XNNPACK   reference
#   QUANTIZE 0.5 seventeen times to int8 of scale 1  all 0            16 of 0 and a 1   all 1
#   QUANTIZE 1e9, 3e9, infinity to int8 of scale 1   127, 127, 127    127, -128, -128   127, -128, -128
#   QUANTIZE 65535, 65536 to int16 of scale 2**-15   32767, -32768    32767, -32768     32767, -32768
#   QUANTIZE int8 of scale 1 to scale 3, all 256     1 wrong          86 wrong: 1 is 1  86 wrong: 1 is 1
#   - to scale 5                                     1 wrong          52 wrong          52 wrong
#   SUM of int8 60, 60, 60                           127              127               -76
#   SUM of int8 -1, -2                               -3               -3                not -3
#   REDUCE_PROD of int8 127: four, five times        127, -128        127, -128         127, -128
#   REDUCE_PROD of int8 2: seven, 31, 32 times       127, -128, 0     127, -128, 0      127, -128, 0
#   TANH of int16 of scale 2**-12, all 65,536        12 steps off     12 steps off      1 step off
#   - of scale 0.001                                 3 steps off      3 steps off       3 steps off
#   SOFTMAX of a hundred int8 that are equal: sum    1.17             1.17              1.17
#
# Saturation ends where a value overflows 32 bits on its way: the largest become the smallest. A rescaling by a third is rounded twice, 1/3 to
# 0.5 and that to 1 (wrong here: off by more than half a step and a thousandth). A tie goes by the element's place, as vectors of 16 and what is
# left over round otherwise. What is called the reference is neither what runs, nor right.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6
cd "$work"
venv/bin/python -W ignore - <<'PYTHON' 2> errors.log
from fractions import Fraction

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

RESOLVERS = OpResolverType.BUILTIN, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, OpResolverType.BUILTIN_REF
AXIS = np.array([0], np.int32)
changed = False


def tensor(index: int, value: np.ndarray, scale: float | None, zero: int, buffer: int) -> schema.TensorT:
    made = schema.TensorT()
    made.name, made.shape, made.buffer = f"t{index}", np.array(value.shape, np.int32), buffer
    made.type = getattr(schema.TensorType, str(value.dtype).upper())
    if scale is not None:
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale, made.quantization.zeroPoint = np.array([scale], np.float32), np.array([zero], np.int64)
    return made


def run(operator: str, options: str, value: np.ndarray, scale: float | None, like: np.ndarray, out: float, zero: int = 0) -> list:
    """What each interpreter gives for one operator (of axis 0, if it reduces) with an output like another array, of these scales."""
    code, call, graph, whole = schema.OperatorCodeT(), schema.OperatorT(), schema.SubGraphT(), schema.ModelT()
    code.builtinCode = getattr(schema.BuiltinOperator, operator)
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
    whole.version, whole.operatorCodes, whole.buffers = 3, [code], [schema.BufferT(), schema.BufferT()]
    whole.buffers[1].data = np.frombuffer(AXIS.tobytes(), np.uint8)
    graph.tensors = [tensor(0, value, scale, 0, 0), tensor(1, AXIS, None, 0, 1), tensor(2, like, out, zero, 0)]
    call.inputs = np.array([0, 1] if options == "ReducerOptions" else [0], np.int32)
    if options:
        call.builtinOptionsType, call.builtinOptions = getattr(schema.BuiltinOptions, options), getattr(schema, options + "T")()
    if operator == "SOFTMAX":
        call.builtinOptions.beta = 1.0
    call.outputs = graph.outputs = np.array([2], np.int32)
    graph.operators, graph.inputs, whole.subgraphs = [call], np.array([0], np.int32), [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(whole.Pack(builder), b"TFL3")
    results = []
    for resolver in RESOLVERS:
        interpreter = Interpreter(model_content=bytes(builder.Output()), experimental_op_resolver_type=resolver, num_threads=1)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], value)
        interpreter.invoke()
        results.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).astype(np.int64))
    return results


def report(name: str, found: list, seen: list) -> None:
    global changed
    print(f"{name:50}", *found, "" if found == seen else f"CHANGED: it was {seen}")
    changed = changed or found != seen


def quantised(values: list[float], kind: str, scale: float, seen: list[list[int]]) -> None:
    source = np.array(values, np.float32)
    results = run("QUANTIZE", "QuantizeOptions", source, None, source.astype(kind), scale)
    report(f"QUANTIZE {values[:4]} ({len(values)}) {kind} {scale:.3g}", [result.tolist() for result in results], seen)


def rescaled(scale: int, seen: list[int]) -> None:
    """How many of all int8 of scale 1 are off by more than half a step and a thousandth, of another scale."""
    source = np.arange(-128, 128).astype(np.int8)
    wrong = [sum(abs(int(y) - Fraction(int(x), scale)) > Fraction(501, 1000) for x, y in zip(source, result))
             for result in run("QUANTIZE", "QuantizeOptions", source, 1.0, source, float(scale))]
    report(f"QUANTIZE int8 of scale 1 to {scale}: wrong", wrong, seen)


def reduced(operator: str, values: list[int], seen: list[int]) -> None:
    source = np.array(values, np.int8)
    results = run(operator, "ReducerOptions", source, 1.0, np.zeros((), np.int8), 1.0)
    report(f"{operator} {values[:3]} ({len(values)})", [int(result) for result in results], seen)


quantised([0.4, 0.6, 1.5, -0.6], "int8", 1.0, [[0, 1, 2, -1]] * 3)
quantised([0.5] * 17, "int8", 1.0, [[0] * 17, [0] * 16 + [1], [1] * 17])
quantised([128.0, 1e9], "int8", 1.0, [[127, 127]] * 3)
quantised([3e9, float("inf"), -3e9], "int8", 1.0, [[127, 127, -128], [-128] * 3, [-128] * 3])
quantised([1.0, 65535.0, 65536.0], "int16", 2.0**-15, [[32767, 32767, -32768]] * 3)
rescaled(2, [0, 0, 0])
rescaled(3, [1, 86, 86])
rescaled(5, [1, 52, 52])
thirds = run("QUANTIZE", "QuantizeOptions", np.ones(1, np.int8), 1.0, np.ones(1, np.int8), 3.0)
report("- int8 1, to scale 3", [int(result[0]) for result in thirds], [0, 1, 1])
reduced("SUM", [1, 2, 3], [6, 6, 6])
reduced("SUM", [60, 60, 60], [127, 127, -76])
sums = run("SUM", "ReducerOptions", np.array([-1, -2], np.int8), 1.0, np.zeros((), np.int8), 1.0)
report("SUM [-1, -2] is -3", [int(result) == -3 for result in sums], [True, True, False])
for values, seen in (([127] * 4, 127), ([127] * 5, -128), ([2] * 7, 127), ([2] * 31, -128), ([2] * 32, 0)):
    reduced("REDUCE_PROD", values, [seen] * 3)
every = np.arange(-32768, 32768).astype(np.int16)
for scale, seen in ((2.0**-12, [12, 12, 1]), (0.001, [3, 3, 3])):
    right = np.clip(np.rint(np.tanh(every * float(np.float32(scale))) * 32768), -32768, 32767)
    results = run("TANH", "", every, scale, every, 2.0**-15)
    report(f"TANH of int16 of scale {scale:.3g}: off by", [int(abs(result - right).max()) for result in results], seen)
equal = np.zeros((1, 100), np.int8)
results = run("SOFTMAX", "SoftmaxOptions", equal, 0.1, equal, 2.0**-8, -128)
report("SOFTMAX of a hundred equal int8: sum", [float((result + 128).sum() / 256) for result in results], [1.171875] * 3)
raise SystemExit(changed)
PYTHON
