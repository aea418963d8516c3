#!/usr/bin/env bash
# LiteRT runs models of TensorFlow Lite. An interpreter as made hands what it can to XNNPACK; two resolvers of its own leave that out:
# BUILTIN_WITHOUT_DEFAULT_DELEGATES and BUILTIN_REF, the reference kernels. Seen on 2026-12-01 with ai-edge-litert 2.3.0 on x86-64,
# models of one float32 operator each, beside IEEE 754 as NumPy has it:
#
#   operator                         as made          without XNNPACK, reference   IEEE 754
#   LOG of infinity                  88.376           infinity                     infinity
#   LOG of NaN, EXP of NaN           88.782, 0        NaN, NaN                     NaN, NaN
#   MAX_POOL_2D of NaN, 2, 3         -infinity        3, 3                         NaN
#   MAX_POOL_2D of 1, NaN, 3         3                3, 3                         NaN
#   MAX_POOL_2D of -infinity twice   -infinity        -3.4e38, -3.4e38             -infinity
#   0 + -infinity; 1 / 0             -inf; infinity   -3.4e38; 3.4e38              -infinity; infinity
#   MAXIMUM of (NaN, 1), (1, NaN)    1, NaN           1, NaN                       NaN or 1, for both
#   REDUCE_MAX of NaN, 1, 2          2                2, NaN                       NaN or 2
#   REDUCE_MAX of 2, 1, NaN          NaN              NaN, 2                       NaN or 2
#   CAST of NaN to int8, uint8       127, 255         127, 255                     (invalid)
#
# So a NaN is lost to a finite number, or takes what stands beside it along, by where it stands and by which kernel runs; and the sum of
# a score and a mask of -infinity is the finite -3.4e38 without XNNPACK: a softmax of a row that is masked whole is then 1/2, 1/2 in place
# of NaN, NaN.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6
cd "$work"
venv/bin/python -W ignore - <<'PYTHON' 2> errors.log
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

RESOLVERS = OpResolverType.BUILTIN, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, OpResolverType.BUILTIN_REF
NAN, INFINITY, LARGEST = np.nan, np.inf, float(np.finfo(np.float32).max)
changed = False


def tensor(index: int, shape: tuple[int, ...], kind: str, buffer: int) -> schema.TensorT:
    made = schema.TensorT()
    made.name, made.shape, made.buffer = f"t{index}", np.array(shape, np.int32), buffer
    made.type = getattr(schema.TensorType, kind.upper())
    return made


def model(operator: str, options: str, settings: dict, inputs: list[np.ndarray], shape: tuple[int, ...], kind: str) -> bytes:
    """One operator; an input of integers is a constant."""
    code, call, graph, whole = schema.OperatorCodeT(), schema.OperatorT(), schema.SubGraphT(), schema.ModelT()
    code.builtinCode = getattr(schema.BuiltinOperator, operator)
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
    whole.version, whole.operatorCodes, whole.buffers, graph.tensors = 3, [code], [schema.BufferT()], []
    for i, value in enumerate(inputs):
        constant = value.dtype != np.float32
        if constant:
            whole.buffers.append(schema.BufferT())
            whole.buffers[-1].data = np.frombuffer(value.tobytes(), np.uint8)
        graph.tensors.append(tensor(i, value.shape, str(value.dtype), len(whole.buffers) - 1 if constant else 0))
    graph.tensors.append(tensor(len(inputs), shape, kind, 0))
    call.inputs, call.outputs = np.arange(len(inputs), dtype=np.int32), np.array([len(inputs)], np.int32)
    if options:
        call.builtinOptionsType = getattr(schema.BuiltinOptions, options)
        call.builtinOptions = getattr(schema, options + "T")()
        for key, value in settings.items():
            setattr(call.builtinOptions, key, value)
    graph.operators, graph.outputs = [call], call.outputs
    graph.inputs = np.array([i for i, value in enumerate(inputs) if value.dtype == np.float32], np.int32)
    whole.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(whole.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(operator: str, options: str, inputs: list, seen: list, shape: tuple[int, ...] = (), kind: str = "float32", **settings: int) -> None:
    """What the three interpreters give, flat, beside what was seen of each."""
    global changed
    values = [np.asarray(value) for value in inputs]
    content, found = model(operator, options, settings, values, shape or values[0].shape, kind), []
    for resolver in RESOLVERS:
        interpreter = Interpreter(model_content=content, experimental_op_resolver_type=resolver, num_threads=1)
        interpreter.allocate_tensors()
        for detail, value in zip(interpreter.get_input_details(), [value for value in values if value.dtype == np.float32]):
            interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
        found.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).ravel().astype(float))
    same = all(np.allclose(a, b, rtol=1e-5, equal_nan=True) for a, b in zip(found, seen))
    print(f"{operator:12}", *(f"{np.ravel(value)}" for value in values), "->", *(f"{value}" for value in found),
          "" if same else f"CHANGED: it was {seen}")
    changed = changed or not same


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def all_three(*values: float) -> list:
    return [values] * 3


run("LOG", "", [floats(1, np.e, 0, -1)], all_three(0, 1, -INFINITY, NAN))
run("LOG", "", [floats(INFINITY, NAN)], [(88.376266, 88.781731), (INFINITY, NAN), (INFINITY, NAN)])
run("EXP", "", [floats(0, 1, -INFINITY, INFINITY)], all_three(1, np.e, 0, INFINITY))
run("EXP", "", [floats(NAN)], [(0,), (NAN,), (NAN,)])
for values, seen in (((1, 2, 3), all_three(3)), ((NAN, 2, 3), [(-INFINITY,), (3,), (3,)]), ((1, NAN, 3), all_three(3)),
                     ((-INFINITY, -INFINITY, -INFINITY), [(-INFINITY,), (-LARGEST,), (-LARGEST,)])):
    run("MAX_POOL_2D", "Pool2DOptions", [floats(*values).reshape(1, 1, 3, 1)], seen, (1, 1, 1, 1), padding=schema.Padding.VALID,
        strideW=1, strideH=1, filterWidth=3, filterHeight=1)
kept, cut = (-INFINITY, INFINITY), (-LARGEST, LARGEST)
run("ADD", "AddOptions", [floats(0, 3e38), floats(-INFINITY, 3e38)], [kept, cut, cut])
run("DIV", "DivOptions", [floats(-1, 1), floats(0, 0)], [kept, cut, cut])
run("SOFTMAX", "SoftmaxOptions", [floats(*kept[:1] * 2).reshape(1, 2)], all_three(NAN, NAN), beta=1.0)
run("SOFTMAX", "SoftmaxOptions", [floats(*cut[:1] * 2).reshape(1, 2)], all_three(0.5, 0.5), beta=1.0)
run("MAXIMUM", "MaximumMinimumOptions", [floats(NAN, 1, 2), floats(1, NAN, 3)], all_three(1, NAN, 3))
for values, seen in (((NAN, 1, 2), (2, 2, NAN)), ((1, NAN, 2), (2, 2, 2)), ((2, 1, NAN), (NAN, NAN, 2))):
    run("REDUCE_MAX", "ReducerOptions", [floats(*values), np.array([0], np.int32)], [(value,) for value in seen], (1,), keepDims=True)
for kind, top in (("int8", 127), ("uint8", 255)):
    run("CAST", "CastOptions", [floats(1.9, 300, NAN)], all_three(1, top, top), kind=kind)
raise SystemExit(changed)
PYTHON
