#!/usr/bin/env bash
# Columns of counters in the tables that sweeps end up in. Seen on 2026-11-29 with pandas 3.1.1, polars 2.1.0 and duckdb 2.0.1, all
# in silence:
#
#   what                                                expected                  seen
#   polars, sum of two Int32 of 2147483647              4294967294                -2; two Int8 of 100 are 200, their cum_sum too
#   polars, dot of two Int32 columns of 65536           8589934592                0; product of one of them: 4294967296, right
#   pandas, CSV, 9007199254740993 above an empty cell   9007199254740993          9007199254740992.0; polars: right
#   pandas, read_sql from SQLite, above a NULL          9007199254740993          9007199254740992.0
#   the same, dtype="Int64" asked for                   9007199254740993          9007199254740992: it was a double on its way
#   pandas, JSON, the same above null                   9007199254740993          9007199254740992.0; polars: right
#   pandas, merge of that column with 2.0**53           no row                    one row
#   duckdb, JSON, the same above 1.5                    9007199254740993          9007199254740992.0
#   duckdb, 2.5 :: int and 2.5 :: double :: int         one number                3 and 2
#   duckdb, -7 // 2                                     -4, as polars and Python  -3
#   max of 1, NaN, 3                                    one number                polars, pandas 3; duckdb NaN
#   pandas, float32, 2**25 ones: sum, last of cumsum    33554432, twice           33554432 and 16777216
#
# polars widens the sums of 8 and 16 bits to 64, not those of 32. A column of a million tokens' operations passes 2**53, and one point
# without a result makes all of pandas' column doubles: read CSV with dtype="Int64", SQL with dtype_backend="numpy_nullable".
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numpy==2.4.6 pandas==3.1.1 polars==2.1.0 duckdb==2.0.1
cd "$work"
venv/bin/python - <<'PYTHON'
import io
import json
import math
import sqlite3

import duckdb
import numpy as np
import pandas as pd
import polars as pl

WHOLE = 2**53 + 1
CSV = f"cycles,point\n{WHOLE},1\n,2\n"
JSON = json.dumps([{"cycles": WHOLE}, {"cycles": None}])
with open("mixed.json", "w") as file:
    json.dump([{"cycles": WHOLE}, {"cycles": 1.5}], file)
wide = pl.Series([2**31 - 1] * 2, dtype=pl.Int32)
store = sqlite3.connect(":memory:")
store.execute("create table points (cycles integer)")
store.executemany("insert into points values (?)", [(WHOLE,), (None,)])
square = pl.Series([65536] * 2, dtype=pl.Int32)
narrow = pl.Series([100, 100], dtype=pl.Int8)
best = [1.0, math.nan, 3.0]
ones = pd.Series(np.ones(2**25, np.float32))
seen = {
    "polars, Int32: sum": (wide.sum(), -2),
    "polars, Int8: sum, last of cum_sum": ([narrow.sum(), narrow.cum_sum()[-1]], [200, 200]),
    "polars, Int32: dot, product": ([square.dot(square), square.product()], [0, 2**32]),
    "pandas, CSV": (pd.read_csv(io.StringIO(CSV))["cycles"][0], float(2**53)),
    "pandas, CSV, Int64": (int(pd.read_csv(io.StringIO(CSV), dtype={"cycles": "Int64"})["cycles"][0]), WHOLE),
    "pandas, JSON": (pd.read_json(io.StringIO(JSON))["cycles"][0], float(2**53)),
    "pandas, SQLite": (pd.read_sql("select * from points", store)["cycles"][0], float(2**53)),
    "pandas, SQLite, nullable": (int(pd.read_sql("select * from points", store, dtype_backend="numpy_nullable")["cycles"][0]), WHOLE),
    "pandas, SQLite, dtype Int64": (int(pd.read_sql("select * from points", store, dtype={"cycles": "Int64"})["cycles"][0]), 2**53),
    "pandas, merge: rows": (len(pd.DataFrame({"k": [WHOLE]}).merge(pd.DataFrame({"k": [2.0**53]}), on="k")), 1),
    "polars, CSV, JSON": ([pl.read_csv(io.StringIO(CSV))["cycles"][0], pl.read_json(io.BytesIO(JSON.encode()))["cycles"][0]], [WHOLE] * 2),
    "duckdb, JSON": (duckdb.sql("select cycles from read_json('mixed.json')").fetchall()[0][0], float(2**53)),
    "duckdb, to int": (list(duckdb.sql("select 2.5 :: int, 2.5 :: double :: int").fetchall()[0]), [3, 2]),
    "-7 // 2": ([duckdb.sql("select -7 // 2").fetchall()[0][0], pl.select(pl.lit(-7) // 2).item(), -7 // 2], [-3, -4, -4]),
    "max: polars, pandas": ([pl.Series(best).max(), float(pd.Series(best).max())], [3.0, 3.0]),
    "max: duckdb": (str(duckdb.sql("select max(x) from (values (1.0 :: double), ('nan' :: double), (3.0)) t(x)").fetchall()[0][0]), "nan"),
    "pandas, ones: sum, last of cumsum": ([float(ones.sum()), float(ones.cumsum().iloc[-1])], [2.0**25, 2.0**24]),
}
changed = False
for name, (found, expected) in seen.items():
    same = found == expected and isinstance(found, float) == isinstance(expected, float)
    print(f"{name:36}", found, "" if same else f"CHANGED: it was {expected}")
    changed = changed or not same
raise SystemExit(changed)
PYTHON
