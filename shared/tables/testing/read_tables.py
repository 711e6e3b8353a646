"""Reads tables with the tools that users have; prints names, types and values.

  python read_tables.py FOLDER    where FOLDER has table.parquet and table.csv
"""
import csv
import json
import math
import os
import sys

import pandas as pd
import pyarrow.parquet as pq

folder = sys.argv[1]
path = lambda name: os.path.join(folder, name)
table = pq.read_table(path("table.parquet"))
frame = pd.read_csv(path("table.csv"))
signed = lambda value: "-0.0" if isinstance(value, float) and value == 0 and math.copysign(1, value) < 0 else value
with open(path("table.csv"), newline="", encoding="utf-8") as file:
    rows = list(csv.reader(file))

print(json.dumps({
    "types": {field.name: str(field.type) for field in table.schema},
    "parquet": {name: [signed(value) for value in table[name].to_pylist()] for name in table.column_names},
    "csv": rows,
    "frame": {name: str(dtype) for name, dtype in frame.dtypes.items()},
    "mean": float(frame["score"].mean()),
}))
