"""Reads what this project wrote with the tools that users have; prints SHA-256 of each array's bytes, and the attributes.

  python read_back.py FOLDER    where FOLDER has walk.hdf5, walk.parquet, walk.safetensors, choices.hdf5 and choices.parquet
"""
import hashlib
import json
import os
import sys

import h5py
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from safetensors import safe_open

folder = sys.argv[1]
path = lambda name: os.path.join(folder, name)
plain = lambda value: value.decode() if isinstance(value, bytes) else value.tolist() if hasattr(value, "tolist") else value


def digest(array):
    array = np.ascontiguousarray(array)
    return [str(array.dtype), list(array.shape), hashlib.sha256(array.tobytes()).hexdigest()]


def of_hdf5(name):
    with h5py.File(path(name)) as file:
        arrays = {field: digest(file[field][()]) for field in file}
        return dict(arrays=arrays, attributes={key: plain(value) for key, value in file.attrs.items()})


def stacked(columns, take):
    """Columns `observations_0 observations_1 ...` as one array."""
    bases = {}
    for column in columns:
        base, _, number = column.rpartition("_")
        bases.setdefault(base if number.isdigit() else column, []).append(column)
    return {
        base: digest(np.stack([take(column) for column in names], axis=1) if names != [base] else take(base))
        for base, names in bases.items()
    }


def of_parquet(name):
    frame = pd.read_parquet(path(name))
    table = pq.read_table(path(name))
    by_pandas = stacked(frame.columns, lambda column: frame[column].to_numpy())
    by_pyarrow = stacked(table.column_names, lambda column: table[column].to_numpy())
    assert by_pandas == by_pyarrow
    texts = pq.read_schema(path(name)).metadata
    return dict(arrays=by_pandas, attributes={key.decode(): value.decode() for key, value in texts.items()})


def of_safetensors(name):
    with safe_open(path(name), "np") as file:
        return dict(arrays={key: digest(file.get_tensor(key)) for key in file.keys()}, attributes=file.metadata())


print(json.dumps({
    "walk.hdf5": of_hdf5("walk.hdf5"),
    "walk.parquet": of_parquet("walk.parquet"),
    "walk.safetensors": of_safetensors("walk.safetensors"),
    "choices.hdf5": of_hdf5("choices.hdf5"),
    "choices.parquet": of_parquet("choices.parquet"),
}))
