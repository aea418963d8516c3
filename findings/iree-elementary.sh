#!/usr/bin/env bash
# IREE compiles StableHLO, whose power and atan2 are IEEE 754's. Its CPU back end, llvm-cpu, puts approximations in their place; its
# other one, vmvx, does not. Seen on 2026-11-30 with iree-base-compiler and iree-base-runtime 3.13.0, beside Python's math:
#
#   stablehlo, f32                                     llvm-cpu                     vmvx, and right
#   x to a constant 2, 3, of x = -3 (a rewrite)        9, -27                       9, -27
#   x to a constant 4, 5, of x = -3                    NaN, NaN                     81, -243
#   x to the power y, two inputs: (-2, 2), (-2, 3)     NaN, NaN                     4, -8
#   - (0, 0), (infinity, 0), (1, NaN)                  NaN, NaN, NaN                1, 1, 1
#   - (2, 127)                                         1.7014147e38                 2**127 = 1.7014118e38
#   atan2 (0, 0), (0, -0.0), (infinity, infinity)      NaN, NaN, NaN                0, pi, pi / 4
#   - (-0.0, -1)                                       pi                           -pi
#   cbrt of 27, of infinity                            3.0000007, NaN               3, infinity
#   sine of 1e5, cosine of 1e6 (an angle of RoPE)      0.0395, 0.9274               0.0357, 0.9368
#
# And f16 without subnormals: for its default, a generic CPU, 1e-5 + 1e-5, the maximum of 1e-5 and 0, and a cast of f32 6e-5 are 0.
# So a fourth moment is NaN where the variance and the skew were right. No option asks for fast arithmetic here.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q iree-base-compiler==3.13.0 iree-base-runtime==3.13.0 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PYTHON' 2> errors.log
import math
import struct

import iree.compiler
import iree.runtime
import numpy as np

INF, NAN = math.inf, math.nan
changed = False


def report(name: str, found: list[float], wanted: list[float]) -> None:
    global changed
    same = all((math.isnan(x) and math.isnan(y)) or math.isclose(x, y, rel_tol=2e-7) for x, y in zip(found, wanted, strict=True))
    same = same and all(math.copysign(1, x) == math.copysign(1, y) for x, y in zip(found, wanted) if not math.isnan(x))
    print(f"{name:44}", [float(f"{x:.8g}") for x in found], "" if same else f"CHANGED: it was {wanted}")
    changed = changed or not same


def computed(backend: str, body: str, *inputs: list[float], result: str = "f32", source: str = "f32") -> list[float]:
    """A function of one line of StableHLO, of vectors %a, %b whose type is IN, with the result %r of type OUT."""
    count = len(inputs[0])
    body = body.replace("IN", f"tensor<{count}x{source}>").replace("OUT", f"tensor<{count}x{result}>")
    arguments = ", ".join(f"%{name}: tensor<{count}x{source}>" for name, _ in zip("ab", inputs))
    text = f"func.func @main({arguments}) -> tensor<{count}x{result}> {{ {body}\n return %r : tensor<{count}x{result}> }}"
    options = ["--iree-llvmcpu-target-cpu=generic"] if backend == "llvm-cpu" else []
    binary = iree.compiler.compile_str(text, target_backends=[backend], input_type="stablehlo", extra_args=options)
    context = iree.runtime.SystemContext(config=iree.runtime.Config("local-sync"))
    context.add_vm_module(iree.runtime.VmModule.copy_buffer(context.instance, binary))
    kind = np.float16 if source == "f16" else np.float32
    return np.asarray(context.modules.module["main"](*[np.array(values, kind) for values in inputs]).to_host()).astype(float).tolist()


def both(name: str, body: str, seen: list[float], right: list[float], *inputs: list[float]) -> None:
    report(name, computed("llvm-cpu", body, *inputs), seen)
    report("- vmvx", computed("vmvx", body, *inputs), right)


for exponent, seen in ((2, [9, 4]), (3, [-27, 8]), (4, [NAN, 16]), (5, [NAN, 32])):
    body = f"%c = stablehlo.constant dense<{exponent}.0> : IN\n %r = stablehlo.power %a, %c : IN"
    both(f"-3 and 2 to a constant {exponent}", body, seen, [math.pow(-3, exponent), math.pow(2, exponent)], [-3, 2])
x, y = [-2, -2, 0, INF, 1, 2], [2, 3, 0, 0, NAN, 127]
both("power", "%r = stablehlo.power %a, %b : IN", [NAN] * 5 + [1.7014146741e38], [math.pow(*pair) for pair in zip(x, y)], x, y)
x, y = [0, 0, INF, -0.0, 1], [0, -0.0, INF, -1, 2]
both("atan2", "%r = stablehlo.atan2 %a, %b : IN", [NAN, NAN, NAN, math.pi, 0.46364751], [math.atan2(*pair) for pair in zip(x, y)], x, y)
report("cbrt", computed("llvm-cpu", "%r = stablehlo.cbrt %a : IN", [27, INF]), [3.0000007152557373, NAN])
angles = [10, 1e5, 1e6]
for name, function, seen in (("sine", math.sin, [-0.54402107, 0.039536014, -0.37397963]),
                             ("cosine", math.cos, [-0.83907151, -0.99921817, 0.92743689])):
    report(f"{name} of 10, 1e5, 1e6", computed("llvm-cpu", f"%r = stablehlo.{name} %a : IN", angles), seen)
    print(f"{'- right':44}", [float(f"{function(angle):.8g}") for angle in angles])


def half(value: float) -> float:
    """The nearest of f16, by the struct module."""
    return struct.unpack("e", struct.pack("e", value))[0]


small = [1e-5, 3e-5, 1e-3]
for name, right in (("add", [half(2 * half(v)) for v in small]), ("maximum", [half(v) for v in small])):
    found = computed("llvm-cpu", f"%r = stablehlo.{name} %a, %b : IN", small, small if name == "add" else [0] * 3, result="f16", source="f16")
    report(f"f16 {name}", found, [0, 0, right[2]])
    print(f"{'- right':44}", [float(f"{v:.8g}") for v in right])
cast = [6e-5, 6.2e-5, -1e-6]
report("f32 to f16", computed("llvm-cpu", "%r = stablehlo.convert %a : (IN) -> OUT", cast, result="f16"), [0, half(6.2e-5), -0.0])
print(f"{'- right':44}", [float(f"{half(v):.8g}") for v in cast])
raise SystemExit(changed)
PYTHON
