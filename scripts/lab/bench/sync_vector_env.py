"""The yardstick of the bridge to Gymnasium: 20 HalfCheetah-v5 in one SyncVectorEnv. Reads the number
of steps from a line, takes them in all copies with random actions, and writes the seconds that they took."""

import sys
import time

import gymnasium

envs = gymnasium.make_vec("HalfCheetah-v5", num_envs=20, vectorization_mode="sync")
envs.reset(seed=1)
envs.action_space.seed(1)
actions = envs.action_space.sample()
print(0, flush=True)
for line in sys.stdin:
    began = time.perf_counter()
    for _ in range(int(line)):
        envs.step(actions)
    print(time.perf_counter() - began, flush=True)
