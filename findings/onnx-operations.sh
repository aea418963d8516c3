#!/usr/bin/env bash
# What onnx-tool, the usual profiler of ONNX models, counts as MACs. Seen on 2026-11-29 with onnx-tool 1.0.1 and onnx 1.23.2:
#
#   one head of 16 tokens by 64                          multiply-accumulates   onnx-tool's MACs
#   Q by K, and P by V                                          16,384 + 16,384    16,384 + 16,384
#   Softmax of the 256 scores                                                 -              9,216    36 for each score
#   the whole head                                                       32,768             41,984
#
#   16 elements of Exp, Sigmoid, Gelu, Tanh, Sqrt, Erf                        -   512, 512, 544, 1,216, 384, 0
#   Gemm of 2 by 3 by 5, without and with a bias                             30        30 and 40
#   ConvTranspose 6 to 4 channels of 4 by 4, 3 by 3, stride 1, 2, 3       3,456        5,184, 11,664, 20,736
#   Attention, RMSNormalization (opset 23)                                    -        refused
#
# So "MACs" are operations weighted as some processor's: a score costs 36 beside its 2 * 64, and nothing says so in the table. A
# decoder's upsampling is counted by its output, stride squared times too high; Gelu spelt with Erf costs less than Gelu itself.
# A roofline or an array's utilisation from these wants the products' rows alone.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q onnx-tool==1.0.1 onnx==1.23.2
cd "$work"
venv/bin/python -W ignore - <<'PYTHON'
import onnx
import onnx_tool
from onnx import TensorProto, helper

changed = False


def shapes(named: dict[str, list[int]]) -> list:
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in named.items()]


def macs(nodes: list, inputs: dict, outputs: dict, weights: tuple = (), opset: int = 21) -> list[int] | str:
    """The MACs of each node, by onnx-tool."""
    graph = helper.make_graph(nodes, "g", shapes(inputs), shapes(outputs), list(weights))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10), "model.onnx")
    try:
        profiled = onnx_tool.Model("model.onnx").graph
        profiled.shape_infer()
        profiled.profile()
    except NotImplementedError:
        return "refused"
    return [int(profiled.nodemap[node.name].macs[0]) for node in nodes]


def one(kind: str, inputs: dict, output: list[int], weights: tuple = (), opset: int = 21, **attributes: object) -> int | str:
    names = list(inputs) + [weight.name for weight in weights]
    found = macs([helper.make_node(kind, names, ["y"], name="n", **attributes)], inputs, {"y": output}, weights, opset)
    return found if isinstance(found, str) else found[0]


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:22}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


head = [helper.make_node("MatMul", ["q", "k"], ["s"], name="scores"), helper.make_node("Softmax", ["s"], ["p"], name="softmax"),
        helper.make_node("MatMul", ["p", "v"], ["y"], name="values")]
report("head", macs(head, {"q": [16, 64], "k": [64, 16], "v": [16, 64]}, {"y": [16, 64]}), [16 * 16 * 64, 36 * 256, 16 * 16 * 64])
for kind, wanted in {"Exp": 512, "Sigmoid": 512, "Gelu": 544, "Tanh": 1216, "Sqrt": 384, "Erf": 0}.items():
    report(kind, one(kind, {"x": [2, 8]}, [2, 8]), wanted)
report("Gemm", one("Gemm", {"a": [2, 3], "b": [3, 5]}, [2, 5]), 2 * 3 * 5)
report("Gemm with a bias", one("Gemm", {"a": [2, 3], "b": [3, 5], "c": [5]}, [2, 5]), 2 * 3 * 5 + 2 * 5)
kernel = helper.make_tensor("w", TensorProto.FLOAT, [6, 4, 3, 3], [0.0] * 216)
for stride, wanted in {1: 5184, 2: 11664, 3: 20736}.items():
    side = 3 * stride + 3
    report(f"ConvTranspose by {stride}", one("ConvTranspose", {"x": [1, 6, 4, 4]}, [1, 4, side, side], (kernel,), strides=[stride, stride]), wanted)
    report("- its output by 144", side * side * 144, wanted)
report("Attention", one("Attention", {"q": [1, 4, 3, 8], "k": [1, 2, 5, 8], "v": [1, 2, 5, 8]}, [1, 4, 3, 8], opset=23), "refused")
report("RMSNormalization", one("RMSNormalization", {"x": [2, 8], "s": [8]}, [2, 8], opset=23), "refused")
raise SystemExit(changed)
PYTHON
