"""A Minari dataset of Pendulum-v1, written by Minari itself: half of the episodes swing up, half act at random.

    python make_minari.py FOLDER"""

import os
import sys

os.environ["MINARI_DATASETS_PATH"] = sys.argv[1]

import gymnasium  # noqa: E402
import minari  # noqa: E402
import numpy  # noqa: E402
from minari.data_collector import EpisodeBuffer  # noqa: E402

EPISODES, STEPS = 10, 40


def swing_up(observation):
    cosine, sine, speed = observation
    angle = numpy.arctan2(sine, cosine)
    return -8 * angle - 2 * speed if abs(angle) < 0.6 else 2 * numpy.sign(speed or 1)


def record(env, episode, random):
    observation, _ = env.reset(seed=episode)
    observations, actions, rewards, terminations, truncations = [observation], [], [], [], []
    while not (truncations and truncations[-1]):
        torque = random.uniform(-2, 2) if episode % 2 else swing_up(observation)
        action = numpy.clip([torque + 0.1 * random.normal()], -2, 2).astype(numpy.float32)
        observation, reward, terminated, truncated, _ = env.step(action)
        observations.append(observation)
        actions.append(action)
        rewards.append(float(reward))
        terminations.append(terminated)
        truncations.append(truncated)
    return EpisodeBuffer(
        id=episode,
        seed=episode,
        observations=numpy.array(observations),
        actions=numpy.array(actions),
        rewards=rewards,
        terminations=terminations,
        truncations=truncations,
    )


generator = numpy.random.default_rng(0)
pendulum = gymnasium.make("Pendulum-v1", max_episode_steps=STEPS)
minari.create_dataset_from_buffers(
    "pendulum/test-v0",
    [record(pendulum, episode, generator) for episode in range(EPISODES)],
    env=pendulum,
    algorithm_name="swing up",
    author="CuGRO",
    author_email="tests@example.org",
    code_permalink="https://example.org",
    description="for tests",
)
