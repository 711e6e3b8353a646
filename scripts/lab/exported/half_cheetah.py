"""A bundle of a cheetah-vel learner acts in Gymnasium's HalfCheetah-v5, by its Python loader alone.

python half_cheetah.py BUNDLE [--episodes 10] [--way sampler]      (needs numpy and gymnasium[mujoco])
"""
import argparse
import json
import sys
from pathlib import Path

import gymnasium
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("bundle", type=Path)
parser.add_argument("--episodes", type=int, default=10)
parser.add_argument("--way")
options = parser.parse_args()
sys.path.insert(0, str(options.bundle))
from cugro_policy import Policy  # noqa: E402

policy = Policy(options.bundle)
for task in json.loads((options.bundle / "bundle.json").read_text())["tasks"]:
    goal, horizon, anchors = task["environment"]["goal"][0], task["horizon"], task["anchors"]
    environments = gymnasium.make_vec("HalfCheetah-v5", num_envs=options.episodes, vectorization_mode="sync")
    observations, _ = environments.reset(seed=1)
    returns = np.zeros(options.episodes)
    for step in range(horizon):
        actions = policy.act(observations, task["task"], seed=step, way=options.way)
        observations, _, _, _, info = environments.step(actions)
        # The family's law: how far the speed is from the wanted one, and what the action costs.
        returns += -np.abs(info["x_velocity"] - goal) - 0.05 * (actions**2).sum(1)
    scores = 100 * (returns - anchors["random"]) / (anchors["good"] - anchors["random"])
    error = scores.std(ddof=1) / np.sqrt(len(scores))
    way = options.way or policy.acting[task["task"]]
    print(f"task {task['task']} by the {way}: score {scores.mean():.1f}, standard error {error:.1f}, {len(scores)} episodes")
