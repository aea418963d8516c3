#!/usr/bin/env bash
# Floating point of VHDL's own library, IEEE 1076-2008 float_pkg, as GHDL runs it: its defaults are round to nearest even, subnormals
# kept and 3 guard bits. Every pair of finite float(3 downto -3), 7 bits, beside fractions. Seen on 2026-11-29 with GHDL 5.0.1 of
# Debian 13; GHDL 2.0.0 of Debian 12 gives the same.
#
#   operation                        wrong of the tried   one of them
#   x + y, x - y, x * y                      0 of 12,544
#   x / y                                   72 of 12,320   0.40625 / 2 is 0.21875, not 0.1875
#   mac(x, y, y), that is x * y + y      1,716 of 12,544   0.09375 * 1 + 1 is 1, not 1.125
#   x rem y                                560 of 12,320   10 rem 0.09375 is 0, not 0.0625
#   sqrt(x), x not negative                  4 of 56       0.15625 gives 0.375, not 0.40625
#
#   in float32                                           right            float_pkg
#   mac(-16.128271, 0.027357394, 0.3345119)               -0.10671556       0.8932844
#   mac(1.0, 1.0, minus infinity)                         minus infinity    plus infinity
#   4.3275666 rem -0.0085996063                           0.0019646334      0.0019782186
#   sqrt(0.052892308)                                     0.22998329        0.22998327
#
# mac drops a product that is small beside c, may take a difference from the wrong side, and gives an infinite c the product's sign:
# as a reference for an accumulator, or with a mask of minus infinity, x * y + c is right where mac is not. A float below 7 bits, so
# any FP4 or FP6, is 'X' to all of them. Needs the apt of Debian beside Python.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # apt's variables
mirror="$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian main //p' | head -n 1)"
cd "$work"
mkdir -p lists/partial cache/archives/partial debian
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" > sources.list
apt=(-q -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::Etc::sourceparts=/dev/null -o "Dir::Etc::sourcelist=$work/sources.list"
  -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache")
{ apt-get "${apt[@]}" update && apt-get "${apt[@]}" download ghdl-mcode=5.0.1+dfsg-1+b1 ghdl-common=5.0.1+dfsg-1+b1 libc6 libgcc-s1 \
  zlib1g; } > log 2>&1 || { cat log >&2; exit 1; }
for package in ./*.deb; do dpkg -x "$package" debian; done
cat > bench.vhd <<'VHDL'
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
use ieee.float_pkg.all;
use std.textio.all;
entity bench is
end entity;
architecture run of bench is
begin
  process
    variable row: line;
    variable x, y: float(3 downto -3);
    procedure put(value: float) is
    begin
      write(row, to_hstring("0" & to_slv(value)));
      write(row, ' ');
    end procedure;
    function bits(pattern: std_logic_vector(31 downto 0)) return float32 is
    begin
      return to_float(pattern);
    end function;
    procedure single(value: float32) is
    begin
      write(row, "= " & to_hstring(to_slv(value)));
      writeline(output, row);
    end procedure;
  begin
    for i in 0 to 127 loop
      for j in 0 to 127 loop
        x := to_float(std_logic_vector(to_unsigned(i, 7)), 3, 3);
        y := to_float(std_logic_vector(to_unsigned(j, 7)), 3, 3);
        put(x); put(y);
        put(x + y); put(x - y); put(x * y); put(x / y); put(mac(x, y, y)); put(x rem y); put(sqrt(x));
        writeline(output, row);
      end loop;
    end loop;
    single(mac(bits(x"c18106b3"), bits(x"3ce01c9d"), bits(x"3eab4525")));
    single(mac(bits(x"3f800000"), bits(x"3f800000"), bits(x"ff800000")));
    single(bits(x"408a7b6d") rem bits(x"bc0ce55d"));
    single(sqrt(bits(x"3d58a59b")));
    wait;
  end process;
end architecture;
VHDL
ghdl() {
  local own="$work/debian/usr/lib/x86_64-linux-gnu"
  GHDL_PREFIX="$work/debian/usr/lib/ghdl/mcode/vhdl" "$own/ld-linux-x86-64.so.2" --library-path "$own" "$work/debian/usr/bin/ghdl-mcode" "$@"
}
ghdl -a --std=08 bench.vhd
ghdl -r --std=08 bench > values
python3 - <<'PYTHON'
import math
import struct
from collections import Counter
from fractions import Fraction

changed = False


def value(bits: int) -> Fraction | None:
    """Of a float(3 downto -3): sign, 3 bits of exponent (bias 3), 3 of fraction; None for infinities and NaN."""
    exponent, fraction = bits >> 3 & 7, Fraction(bits & 7, 8)
    if exponent == 7:
        return None
    size = fraction * Fraction(2) ** -2 if exponent == 0 else (1 + fraction) * Fraction(2) ** (exponent - 3)
    return -size if bits & 64 else size


SIZES = [value(bits) for bits in range(56)]


def rounded(exact: Fraction) -> Fraction | None:
    """To the nearest, ties to the even one; None beyond the largest, as None is an infinity to value()."""
    size = abs(exact)
    if size >= SIZES[-1] + Fraction(1, 2):
        return None
    nearest = min(range(56), key=lambda bits: (abs(SIZES[bits] - size), bits & 1))
    return SIZES[nearest] if exact >= 0 else -SIZES[nearest]


def root(x: Fraction) -> Fraction:
    """Near enough to the root, and on its side of every middle of two floats."""
    found = Fraction(math.isqrt(int(x * 4**40)), 2**40)
    return found if found * found == x else found + Fraction(1, 2**41)


def report(name: str, found: object, wanted: object) -> None:
    global changed
    print(f"{name:12}", found, "" if found == wanted else f"CHANGED: it was {wanted}")
    changed = changed or found != wanted


tried, wrong = Counter(), Counter()
singles = []
for line in open("values"):
    if line.startswith("= "):
        singles.append(struct.unpack(">f", bytes.fromhex(line[2:]))[0])
        continue
    fields = line.split()
    if len(fields) != 9 or ":" in line:
        continue  # a message about a NaN
    x, y, *results = (int(field, 16) for field in fields)
    a, b = value(x), value(y)
    if a is None or b is None:
        continue
    exact = {"+": a + b, "-": a - b, "*": a * b, "mac": a * b + b}
    if b != 0:
        exact |= {"/": a / b, "rem": a - b * int(a / b)}
    if y == 0 and a >= 0 and x < 64:
        exact["sqrt"] = root(a)
    for name, result in zip(("+", "-", "*", "/", "mac", "rem", "sqrt"), results, strict=True):
        if name in exact:
            tried[name] += 1
            wrong[name] += value(result) != rounded(exact[name])
for name, wanted in {"+": (0, 12544), "-": (0, 12544), "*": (0, 12544), "/": (72, 12320), "mac": (1716, 12544), "rem": (560, 12320),
                     "sqrt": (4, 56)}.items():
    report(name, (wrong[name], tried[name]), wanted)


def single(bits: int) -> float:
    return struct.unpack(">f", struct.pack(">I", bits))[0]


for name, found, wanted in zip(("mac", "mac, -inf", "rem", "sqrt"), singles, (0x3F64AE4A, 0x7F800000, 0x3B01A500, 0x3E6B80BC), strict=True):
    report(name, found, single(wanted))
raise SystemExit(changed)
PYTHON
