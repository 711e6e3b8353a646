"""Environments that do what they should not, and some that only tell more than others."""

import os
import socket
import time

import gymnasium
import numpy
from gymnasium import spaces


class Walk(gymnasium.Env):
    """A state of two numbers: steps so far, and the seed. It ends by itself at step 4 where the seed is odd."""

    observation_space = spaces.Box(-numpy.inf, numpy.inf, (2,), numpy.float32)
    action_space = spaces.Box(-0.5, 0.5, (1,), numpy.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.seed, self.steps = seed, 0
        return self.observe(), {}

    def observe(self):
        return numpy.array([self.steps, self.seed % 1000], numpy.float32)

    def step(self, action):
        self.steps += 1
        return self.observe(), float(action[0]), self.steps == 4 and self.seed % 2 == 1, False, self.tell()

    def tell(self):
        return {}


class Raises(Walk):
    def tell(self):
        if self.steps == 2:
            raise ValueError("the gripper is stuck")
        return {}


class Hangs(Walk):
    def tell(self):
        if self.steps == 2:
            time.sleep(3600)
        return {}


class Dies(Walk):
    """In episodes of one seed always; of another the first time only."""

    def __init__(self, always=-1, once=-1):
        self.always, self.once = always, once

    def tell(self):
        mark = os.path.join(os.environ["TMPDIR"], "died")
        if self.steps == 2 and (self.seed == self.always or self.seed == self.once and not os.path.exists(mark)):
            open(mark, "w").close()
            print("the simulator has lost its licence", flush=True)
            os._exit(7)
        return {}


class Overflows(Walk):
    def step(self, action):
        observation, _, *rest = super().step(action)
        return observation, float("nan"), *rest


class Prints(Walk):
    def tell(self):
        print("step", self.steps, flush=True)
        return {}


class Succeeds(Walk):
    """At step 2, and not in the end, where the seed is even."""

    def __init__(self, name="success"):
        self.name = name

    def tell(self):
        return {self.name: self.steps == 2 and self.seed % 2 == 0}


class Looks(Walk):
    """The state: whether a socket could be opened, and how many variables of its environment may hold a secret."""

    def observe(self):
        try:
            socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
            could = 1
        except OSError:
            could = 0
        secrets = [name for name in os.environ if name.startswith(("AWS", "CUGRO", "SECRET"))]
        return numpy.array([could, len(secrets)], numpy.float32)


class Nested(Walk):
    """Observations in dicts and tuples; actions of more than one axis."""

    observation_space = spaces.Dict(
        {
            "goal": spaces.Tuple((spaces.Discrete(5, start=3), spaces.Box(-9, 9, (2, 2), numpy.float64))),
            "achieved": spaces.Box(-9, 9, (1,), numpy.float32),
            "Zone": spaces.MultiBinary(2),
        }
    )
    action_space = spaces.Box(-1, 1, (2, 1), numpy.float64)

    def observe(self):
        matrix = numpy.array([[1.0, 2.0], [3.0, 4.0]])
        flags = numpy.array([0, 1], numpy.int8)
        return {"achieved": numpy.array([0.5], numpy.float32), "goal": (7, matrix), "Zone": flags}

    def step(self, action):
        self.steps += 1
        return self.observe(), float(action[1, 0]), False, False, {}


for kind in (Walk, Raises, Hangs, Dies, Overflows, Prints, Succeeds, Looks, Nested):
    gymnasium.register(f"misbehaving/{kind.__name__}-v0", kind, max_episode_steps=6)
