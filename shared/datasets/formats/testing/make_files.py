"""Writes the same transitions in every format that is read, with the tools that users have.

  pip install h5py numpy pandas pyarrow safetensors minari gymnasium pillow
  python shared/datasets/formats/testing/make_files.py [FOLDER [SEED]]

The files lie in `files/` and are committed: most tests need no Python. `tests/datasets` makes them again, with other transitions. robomimic's, d3rlpy's, OGBench's and LeRobot's layouts
are written as those tools write them, since the tools themselves need PyTorch; everything else is made by the tool.
`zstd.hdf5` is made where hdf5plugin is installed, too.
All numbers are multiples of 1/64, which float16 and a decimal text hold exactly.
"""
import json
import os
import shutil
import sys
import tempfile

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from safetensors.numpy import save_file

try:
    import hdf5plugin
except ImportError:
    hdf5plugin = None

folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 7
LENGTHS = [15, 15, 9, 15, 15, 12, 15]
ENDED = [False, False, True, False, False, True, False]


def roll():
    random = np.random.default_rng(SEED)
    episodes = []
    for length, ended in zip(LENGTHS, ENDED):
        state = random.integers(-64, 65, 3)
        states, actions = [state], []
        for _ in range(length):
            action = random.integers(-63, 64, 2)
            state = state + np.array([action[0] // 4, action[1] // 4, (action[0] + action[1]) // 8])
            states.append(state)
            actions.append(action)
        states, actions = np.array(states) / 64.0, np.array(actions) / 64.0
        rewards = np.round(states[1:, 0] * 64) / 64.0
        terminated = np.zeros(length, bool)
        truncated = np.zeros(length, bool)
        (terminated if ended else truncated)[-1] = True
        episodes.append(dict(states=states, actions=actions, rewards=rewards, terminated=terminated, truncated=truncated))
    return episodes


episodes = roll()
joined = {name: np.concatenate([e[name] for e in episodes]) for name in ("actions", "rewards", "terminated", "truncated")}
observations = np.concatenate([e["states"][:-1] for e in episodes])
following = np.concatenate([e["states"][1:] for e in episodes])
f32 = lambda values: np.asarray(values, np.float32)
path = lambda name: os.path.join(folder, name)


def d4rl(file, compression=None, number=np.float32, next_states=True, names=("terminals", "timeouts"), axis=False):
    put = lambda name, data: file.create_dataset(name, data=data, compression=compression)
    wide = lambda data: data[:, None, :] if axis else data
    put("observations", wide(observations.astype(number)))
    put("actions", joined["actions"].astype(number))
    put("rewards", joined["rewards"].astype(number))
    put(names[0], joined["terminated"])
    put(names[1], joined["truncated"])
    if next_states:
        put("next_observations", wide(following.astype(number)))


def hdf5(name, **how):
    with h5py.File(path(name), "w", **({"userblock_size": 512} if how.pop("user_block", False) else {})) as file:
        d4rl(file, **how)


def hdf5_files():
    hdf5("d4rl.hdf5")
    hdf5("d4rl_no_next.hdf5", next_states=False)
    hdf5("lzf.hdf5", compression="lzf")
    if hdf5plugin:
        hdf5("zstd.hdf5", compression=hdf5plugin.Zstd())
    hdf5("float16.hdf5", number=np.float16)
    hdf5("user_block.hdf5", user_block=True)
    hdf5("gymnasium_names.hdf5", names=("terminations", "truncations"))
    hdf5("unit_axis.hdf5", axis=True)
    with h5py.File(path("dict_observations.hdf5"), "w") as file:
        d4rl(file)
        for name, rows in (("observations", observations), ("next_observations", following)):
            del file[name]
            file.create_dataset(f"{name}/velocity", data=f32(rows[:, 2:]))
            file.create_dataset(f"{name}/position", data=f32(rows[:, :2]))
    with h5py.File(path("robomimic.hdf5"), "w") as file:
        data = file.create_group("data")
        data.attrs["total"] = len(observations)
        data.attrs["env_args"] = json.dumps({"env_name": "Walk", "type": 2, "env_kwargs": {}})
        for i, e in enumerate(episodes):
            demo = data.create_group(f"demo_{i}")
            demo.attrs["num_samples"] = len(e["actions"])
            for name, rows in (("obs", e["states"][:-1]), ("next_obs", e["states"][1:])):
                demo.create_dataset(f"{name}/position", data=rows[:, :2])
                demo.create_dataset(f"{name}/velocity", data=rows[:, 2])
            demo.create_dataset("actions", data=e["actions"])
            demo.create_dataset("rewards", data=e["rewards"])
            demo.create_dataset("dones", data=e["terminated"].astype(np.int64))
            demo.create_dataset("states", data=np.zeros((len(e["actions"]), 9)))
    with h5py.File(path("d3rlpy.h5"), "w") as file:
        for i, e in enumerate(episodes):
            file.create_dataset(f"observations_{i}", data=f32(e["states"][:-1]))
            file.create_dataset(f"actions_{i}", data=f32(e["actions"]))
            file.create_dataset(f"rewards_{i}", data=f32(e["rewards"])[:, None])
            file.create_dataset(f"terminated_{i}", data=bool(e["terminated"][-1]))
        file.create_dataset("columns", data=["observations", "actions", "rewards", "terminated"])
        file.create_dataset("num_episodes", data=len(episodes))
        file.create_dataset("version", data="2.1")


def minari_files():
    import gymnasium as gym
    import minari
    from minari.data_collector import EpisodeBuffer
    box = lambda size, high: gym.spaces.Box(-high, high, (size,), np.float32)
    spaces = {
        "minari": box(3, 100),
        "minari_dict": gym.spaces.Dict({"velocity": box(1, 100), "position": box(2, 100)}),
        "minari_tuple": gym.spaces.Tuple((box(2, 100), box(1, 100))),
    }
    cut = lambda states: (f32(states[:, :2]), f32(states[:, 2:]))
    shaped = {
        "minari": f32,
        "minari_dict": lambda states: dict(zip(("position", "velocity"), cut(states))),
        "minari_tuple": cut,
    }
    # Its other storages: a folder an episode.
    folders = {"minari_arrow": "minari", "minari_arrow_tuple": "minari_tuple", "minari_parquet": "minari_dict"}
    made = {name: (name, "hdf5") for name in spaces} | {name: (kind, name.split("_")[1]) for name, kind in folders.items()}
    for name, (kind, data_format) in made.items():
        space = spaces[kind]
        with tempfile.TemporaryDirectory() as root:
            os.environ["MINARI_DATASETS_PATH"] = root
            buffers = [
                EpisodeBuffer(
                    id=i, observations=shaped[kind](e["states"]), actions=f32(e["actions"]),
                    rewards=list(e["rewards"]), terminations=list(e["terminated"]), truncations=list(e["truncated"]),
                    infos={},
                ) for i, e in enumerate(episodes)
            ]
            minari.create_dataset_from_buffers(
                dataset_id=f"walk/{name.replace('_', '-')}-v0", buffer=buffers, observation_space=space, action_space=box(2, 1),
                data_format=data_format, algorithm_name="walk",
            )
            data = os.path.join(root, "walk", f"{name.replace('_', '-')}-v0", "data")
            if name == "minari" or data_format != "hdf5":
                shutil.copytree(data, path(f"{name}/data"), dirs_exist_ok=True)
            else:
                shutil.copy(os.path.join(data, "main_data.hdf5"), path(f"{name}.hdf5"))


def npz_files():
    arrays = dict(
        observations=f32(observations), actions=f32(joined["actions"]), rewards=f32(joined["rewards"]),
        next_observations=np.asfortranarray(following), terminals=joined["terminated"], timeouts=joined["truncated"],
    )
    np.savez(path("d4rl.npz"), **arrays)
    np.savez_compressed(path("d4rl_packed.npz"), **arrays, unused=np.array([{"a": 1}], dtype=object))
    last = lambda e: np.arange(len(e["states"])) == len(e["actions"])
    np.savez_compressed(
        path("ogbench.npz"),
        observations=f32(np.concatenate([e["states"] for e in episodes])),
        actions=f32(np.concatenate([np.vstack([e["actions"], e["actions"][-1:]]) for e in episodes])),
        terminals=np.concatenate([last(e) for e in episodes]),
        qpos=f32(np.concatenate([e["states"] for e in episodes])),
        qvel=f32(np.concatenate([e["states"] for e in episodes])),
    )


def safetensors_files():
    save_file(dict(
        observations=observations, actions=joined["actions"].astype(np.float16), rewards=f32(joined["rewards"]),
        next_observations=following, terminals=joined["terminated"], timeouts=joined["truncated"].astype(np.int64),
    ), path("d4rl.safetensors"))


def tables():
    index = np.concatenate([np.full(len(e["actions"]), i) for i, e in enumerate(episodes)])
    frame = np.concatenate([np.arange(len(e["actions"])) for e in episodes])
    listed = lambda rows: pa.FixedSizeListArray.from_arrays(pa.array(f32(rows).ravel()), rows.shape[1])
    done = joined["terminated"] | joined["truncated"]
    lerobot = pa.table({
        "observation.state": listed(observations), "action": listed(joined["actions"]),
        "next.reward": pa.array(f32(joined["rewards"])), "next.done": pa.array(done),
        "next.truncated": pa.array(joined["truncated"]), "timestamp": pa.array(f32(frame / 10)),
        "frame_index": pa.array(frame), "episode_index": pa.array(index), "index": pa.array(np.arange(len(index))),
        "task_index": pa.array(np.zeros(len(index), np.int64)),
    })
    pq.write_table(lerobot, path("lerobot.parquet"))
    # Its folder: two data files, and what is in them.
    os.makedirs(path("lerobot/data/chunk-000"), exist_ok=True)
    os.makedirs(path("lerobot/meta"), exist_ok=True)
    cut = int(np.argmax(index == 4))
    for i, part in enumerate((lerobot.slice(0, cut), lerobot.slice(cut))):
        pq.write_table(part, path(f"lerobot/data/chunk-000/file-{i:03}.parquet"))
    kinds = {"observation.state": ("float32", [3]), "action": ("float32", [2]), "next.reward": ("float32", [1]), "next.done": ("bool", [1])}
    with open(path("lerobot/meta/info.json"), "w") as file:
        json.dump({
            "codebase_version": "v3.0", "robot_type": "walk", "total_episodes": len(episodes), "total_frames": len(index), "fps": 10,
            "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
            "features": {name: {"dtype": kind, "shape": shape} for name, (kind, shape) in kinds.items()},
        }, file)
    lists = lambda rows: pa.array([list(row) for row in rows])
    nested = pa.table({
        "observations": lists(observations), "actions": lists(f32(joined["actions"])),
        "rewards": pa.array(joined["rewards"]), "next_observations": lists(following),
        "terminals": pa.array(joined["terminated"]), "timeouts": pa.array(joined["truncated"]),
        "note": pa.array(["a"] * len(index)),
    })
    for codec in ("none", "snappy", "gzip", "zstd", "brotli"):
        pq.write_table(nested, path(f"lists_{codec}.parquet"), compression=codec, row_group_size=50, data_page_size=256)
    pq.write_table(nested, path("lists_v2.parquet"), data_page_version="2.0", use_dictionary=False)
    columns = {f"obs_{i}": observations[:, i] for i in range(3)} | {f"action_{i}": joined["actions"][:, i] for i in range(2)}
    columns |= {"reward": joined["rewards"]} | {f"next_obs_{i}": following[:, i] for i in range(3)}
    columns |= {"terminated": joined["terminated"].astype(int), "truncated": joined["truncated"].astype(int)}
    flat = pa.table(columns)
    pq.write_table(flat, path("columns.parquet"))
    pa.csv.write_csv(flat, path("columns.csv"))
    named = ["x", "y", "v"]
    renamed = pa.table({
        **{name: observations[:, i] for i, name in enumerate(named)}, "force x": joined["actions"][:, 0],
        "force y": joined["actions"][:, 1], "score": joined["rewards"],
        **{f"{name}'": following[:, i] for i, name in enumerate(named)},
        "fell": joined["terminated"].astype(int), "cut": joined["truncated"].astype(int),
    })
    pa.csv.write_csv(renamed, path("own_names.csv"))


os.makedirs(folder, exist_ok=True)
hdf5_files()
minari_files()
npz_files()
safetensors_files()
tables()
