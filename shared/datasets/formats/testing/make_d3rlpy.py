"""Writes `files/d3rlpy_dump.h5` by d3rlpy itself: the transitions of `files/d4rl.npz`, as its replay buffer dumps them.

  pip install d3rlpy numpy
  python shared/datasets/formats/testing/make_d3rlpy.py

Apart from `make_files.py`, as d3rlpy needs PyTorch, which no test run should download.
"""
import os

import d3rlpy
import numpy as np

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
with np.load(os.path.join(folder, "d4rl.npz")) as arrays:
    flags = [arrays[name].astype(np.float32) for name in ("terminals", "timeouts")]
    dataset = d3rlpy.dataset.MDPDataset(arrays["observations"], arrays["actions"], arrays["rewards"], *flags)
with open(os.path.join(folder, "d3rlpy_dump.h5"), "w+b") as file:
    dataset.dump(file)
