#!/usr/bin/env bash
# xDSL's interpreter runs MLIR without LLVM. What it does not implement raises, mostly. Seen on 2026-11-30 with xdsl 0.74.0, modules that
# its own verifier takes, beside the operations' definitions in plain loops:
#
#   operation                                           interpreter                 right
#   linalg.conv_2d_nchw_fchw, two channels              1, 2, 3, 4, 0, 0, 0, 0      11, 22, 33, 44, 22, 44, 66, 88
#     1 to 4 and 10 to 40, filters (1, 1) and (2, 2)      one channel, one filter
#   - 3 x 3, dilations = 2, four ones                   12: as with dilations = 1   20
#   linalg.pooling_nchw_max, two channels, -1 to -4     -1 to -4, then zeros        -1 to -4, -10 to -40
#     and -10 to -40
#   - strides = [2, 1] of 4 x 2                         1, 5, 0, 0: both are 2      1, 2, 5, 6
#   linalg.generic with two outs, x + x and x * x       x * x; nothing              x + x; x * x
#   arith.addf of 2**24 and 1 : f32                     16777217                    16777216
#   - stored in a memref and loaded                     16777216                    16777216
#   - both constants, after canonicalize                16777216                    16777216
#   arith.mulf of 256 and 256 : f16                     65536                       infinite
#   arith.addf of 256 and 1 : bf16                      257                         256
#   linalg.matmul, arith of i8                          right                       the same
#
# So a pass that is checked by running a module before and after it may be right and change the result, or wrong and not.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q xdsl==0.74.0
cd "$work"
venv/bin/python - <<'PYTHON'
from xdsl.context import Context
from xdsl.dialects import get_all_dialects
from xdsl.dialects.builtin import f32
from xdsl.interpreter import Interpreter
from xdsl.interpreters import register_implementations
from xdsl.interpreters.shaped_array import ShapedArray
from xdsl.interpreters.utils.ptr import TypedPtr
from xdsl.parser import Parser
from xdsl.transforms.canonicalize import CanonicalizePass

changed = False


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:36}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


def array(shape: tuple[int, ...], *values: float) -> ShapedArray:
    return ShapedArray(TypedPtr.new(values, xtype=f32), list(shape))


def run(text: str, *arguments: object, canonical: bool = False) -> list:
    context = Context()
    for name, dialect in get_all_dialects().items():
        context.register_dialect(name, dialect)
    module = Parser(context, text).parse_module()
    module.verify()
    if canonical:
        CanonicalizePass().apply(context, module)
    interpreter = Interpreter(module)
    register_implementations(interpreter, context)
    return [list(result.data) if isinstance(result, ShapedArray) else result for result in interpreter.call_op("f", arguments)]


def windows(name: str, x: tuple[int, ...], w: tuple[int, ...], o: tuple[int, ...], strides: str = "1", dilations: str = "1") -> str:
    x, w, o = (f"tensor<{'x'.join(map(str, shape))}xf32>" for shape in (x, w, o))
    attributes = f"{{dilations = dense<{dilations}> : tensor<2xi64>, strides = dense<{strides}> : tensor<2xi64>}}"
    return f"""func.func @f(%x: {x}, %w: {w}) -> {o} {{
      %e = tensor.empty() : {o}
      %r = linalg.{name} {attributes} ins(%x, %w : {x}, {w}) outs(%e : {o}) -> {o}
      func.return %r : {o}
    }}"""


def convolved(x: list, w: list, dilation: int, side: int) -> list[float]:
    """One image of channels of rows by filters of channels of rows, strides of 1, by its definition."""
    return [sum(x[c][i + dilation * k][j + dilation * l] * kernel[c][k][l]
                for c in range(len(kernel)) for k in range(len(kernel[c])) for l in range(len(kernel[c][k])))
            for kernel in w for i in range(side) for j in range(side)]


def binary(operation: str, kind: str) -> str:
    return f"func.func @f(%a: {kind}, %b: {kind}) -> {kind} {{ %c = arith.{operation} %a, %b : {kind}  func.return %c : {kind} }}"


image, filters = [[[1, 2], [3, 4]], [[10, 20], [30, 40]]], [[[[1]], [[1]]], [[[2]], [[2]]]]
report("convolution of two channels", run(windows("conv_2d_nchw_fchw", (1, 2, 2, 2), (2, 2, 1, 1), (1, 2, 2, 2)),
                                          array((1, 2, 2, 2), 1, 2, 3, 4, 10, 20, 30, 40), array((2, 2, 1, 1), 1, 1, 2, 2))[0],
       [1, 2, 3, 4, 0, 0, 0, 0])
report("- by its definition", convolved(image, filters, 1, 2), [11, 22, 33, 44, 22, 44, 66, 88])
rows, ones = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[[1, 1], [1, 1]]]]
nine, four = array((1, 1, 3, 3), *range(1, 10)), array((1, 1, 2, 2), 1, 1, 1, 1)
report("convolution of one channel", run(windows("conv_2d_nchw_fchw", (1, 1, 3, 3), (1, 1, 2, 2), (1, 1, 2, 2)), nine, four)[0],
       [12, 16, 24, 28])
report("- by its definition", convolved(rows, ones, 1, 2), [12, 16, 24, 28])
text = windows("conv_2d_nchw_fchw", (1, 1, 3, 3), (1, 1, 2, 2), (1, 1, 1, 1), strides="2", dilations="2")  # one output either way
report("- dilations of 2", run(text, nine, four)[0], [12])
report("- by its definition", convolved(rows, ones, 2, 1), [20])

one = array((1, 1), 0)
report("maxima of two channels", run(windows("pooling_nchw_max", (1, 2, 2, 2), (1, 1), (1, 2, 2, 2)),
                                     array((1, 2, 2, 2), -1, -2, -3, -4, -10, -20, -30, -40), one)[0], [-1, -2, -3, -4, 0, 0, 0, 0])
report("maxima, strides of 2 and 1", run(windows("pooling_nchw_max", (1, 1, 4, 2), (1, 1), (1, 1, 2, 2), strides="[2, 1]"),
                                         array((1, 1, 4, 2), *range(1, 9)), one)[0], [1, 5, 0, 0])

text = """func.func @f(%x: memref<3xf32>, %e: memref<3xf32>, %g: memref<3xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
                  iterator_types = ["parallel"]} ins(%x : memref<3xf32>) outs(%e, %g : memref<3xf32>, memref<3xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.addf %a, %a : f32
    %q = arith.mulf %a, %a : f32
    linalg.yield %p, %q : f32, f32
  }
  func.return
}"""
sums, products = array((3,), 0, 0, 0), array((3,), 0, 0, 0)
run(text, array((3,), 1, 2, 3), sums, products)
report("x + x and x * x of 1, 2, 3", (list(sums.data), list(products.data)), ([1, 4, 9], [0, 0, 0]))

report("2**24 + 1 : f32", run(binary("addf", "f32"), 2.0**24, 1.0), [2**24 + 1])
text = """func.func @f() -> (f32, f32) {
  %i = arith.constant 0 : index
  %a = arith.constant 16777216.0 : f32
  %b = arith.constant 1.0 : f32
  %c = arith.addf %a, %b : f32
  %m = memref.alloc() : memref<1xf32>
  memref.store %c, %m[%i] : memref<1xf32>
  %d = memref.load %m[%i] : memref<1xf32>
  func.return %c, %d : f32, f32
}"""
report("- as it is, stored and loaded", run(text), [2**24 + 1, 2**24])
report("- after canonicalize", run(text, canonical=True), [2**24, 2**24])
report("256 * 256 : f16", run(binary("mulf", "f16"), 256.0, 256.0), [65536])
report("256 + 1 : bf16", run(binary("addf", "bf16"), 256.0, 1.0), [257])
report("100 * 3, -7 / 2 and -7 % 2 : i8", [run(binary(operation, "i8"), *values)[0] for operation, values in
                                           {"muli": (100, 3), "divsi": (-7, 2), "remsi": (-7, 2)}.items()], [44, -3, -1])
text = """func.func @f(%x: tensor<1x2xf32>, %y: tensor<2x1xf32>, %o: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %r = linalg.matmul ins(%x, %y : tensor<1x2xf32>, tensor<2x1xf32>) outs(%o : tensor<1x1xf32>) -> tensor<1x1xf32>
  func.return %r : tensor<1x1xf32>
}"""
report("(1, 2) by (3, 4), onto 10", run(text, array((1, 2), 1, 2), array((2, 1), 3, 4), array((1, 1), 10))[0], [21])
raise SystemExit(changed)
PYTHON
