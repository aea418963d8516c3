#!/usr/bin/env bash
# A VCD file is words between white space, of any layout. What is read of one, seen on 2026-11-30 with vcdvcd 2.6.0 and wal-lang 0.9.1
# (waveforms as a language), beside pywellen 0.25.7 and the text:
#
#   file                                                         vcdvcd                        right
#   "1! 0\"" on a line: two scalars                              neither value, at all times   1 and 0
#   "  1!", indented, within $dumpvars                           no value                      1
#   "$dumpvars 1! $end" on a line                                no value                      1
#   "$comment the $var of the top $end" among the variables      one more, named thetop        two signals, a and b
#   "#5 1! 0!", "#5" once or twice: the value at 5               1, the first                  0, the last
#
#   expression                                                   WAL                           right
#   (find valid), valid = x, x, 1, 0                             0, 1, 2: x is true            2, as (= valid 1) finds
#   (count (&& valid ready)), ready = 1                          3 handshakes                  1
#   (find valid), 1 before the first time, 0 from #10 on         none: it begins at #10        a time where it is 1
#   (** 3 40)                                                    12157665459056928768          12157665459056928801
#
# No error. (! valid) of x raises, so "not valid" is not the opposite; a vector with an x in it raises too.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q vcdvcd==2.6.0 wal-lang==0.9.1 pywellen==0.25.7
cd "$work"
venv/bin/python - <<'PYTHON' 2> errors.log
import pywellen
from vcdvcd import VCDVCD
from wal.core import Wal

changed = False


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:44}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


def written(changes: str, comment: str = "") -> str:
    """A file of two scalars, a and b, whose codes are ! and a quotation mark."""
    with open("wave.vcd", "w") as file:
        file.write(f'$timescale 1ns $end\n$scope module top $end\n{comment}$var wire 1 ! a $end\n$var wire 1 " b $end\n'
                   f"$upscope $end\n$enddefinitions $end\n{changes}")
    return "wave.vcd"


def compared(name: str, time: int, seen: list[str | None], right: list[int], changes: str) -> None:
    """The values of a and b at a time, which must not be the first of the file."""
    file = written(changes)
    signals = VCDVCD(file)
    report(name, [signals[f"top.{signal}"][time] for signal in "ab"], seen)
    report("- pywellen", [variable.signal.value_at(time) for variable in pywellen.Waveform(file).all_vars()], right)


compared("a change a line", 5, ["1", "0"], [1, 0], '#0\n1!\n0"\n#9\n')
compared("two changes on a line", 5, [None, None], [1, 0], '#0\n1! 0"\n#9\n')
compared("indented", 5, [None, "0"], [1, 0], '#0\n$dumpvars\n  1!\n0"\n$end\n#9\n')
compared("on the line of $dumpvars", 5, [None, "0"], [1, 0], '#0\n$dumpvars 1! $end\n0"\n#9\n')
compared("1 and then 0 at a time", 5, ["1", "0"], [0, 0], '#0\n0!\n0"\n#5\n1!\n0!\n#9\n')
compared("- the time twice", 5, ["1", "0"], [0, 0], '#0\n0!\n0"\n#5\n1!\n#5\n0!\n#9\n')
file = written('#0\n1!\n0"\n#9\n', "$comment the $var of the top $end\n")
report("$var in a comment", VCDVCD(file).signals, ["top.thetop", "top.a", "top.b"])
report("- pywellen", [variable.full_name for variable in pywellen.Waveform(file).all_vars()], ["top.a", "top.b"])


def asked(changes: str, *expressions: str) -> list:
    wal = Wal()
    wal.load(written(changes), "t")
    answers = []
    for expression in expressions:
        try:
            answers.append(wal.eval_str(expression))
        except Exception as error:
            answers.append(type(error).__name__)
    return answers


unknown = '#0\nx!\n1"\n#1\n#2\n1!\n#3\n0!\n'
report("find a, a = 1", asked(unknown, "(find top.a)", "(find (= top.a 1))"), [[0, 1, 2], [2]])
report("handshakes", asked(unknown, "(count (&& top.a top.b))", "(count (&& (= top.a 1) (= top.b 1)))"), [3, 1])
report("not a", asked(unknown, "(find (! top.a))"), ["WalEvalError"])
first = '$dumpvars\n1!\n0"\n$end\n#10\n0!\n#20\n'
report("1 before the first time", asked(first, "(find top.a)", "TS"), [[], 10])
a = next(iter(pywellen.Waveform(written(first)).all_vars()))
report("- pywellen, at 0, 10", [a.signal.value_at(time) for time in (0, 10)], [1, 0])
report("3 to the 40", asked(unknown, "(** 3 40)"), [12157665459056928768])
report("- exactly", 3**40, 12157665459056928801)
raise SystemExit(changed)
PYTHON
