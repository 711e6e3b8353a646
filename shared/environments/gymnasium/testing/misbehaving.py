"""Environments that do what they should not, and some that only tell more than others."""

import ctypes
import os
import socket
import struct
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


class Raves(Walk):
    """Its exception is no text that a terminal or a file takes."""

    def tell(self):
        raise ValueError("start " + "w" * 5000 + "\x1b[31m red \udc80 end")


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


class Pries(Walk):
    """The state: whether the variables of another process could be read although the kernel knows domains of processes, and
    whether the process could have been ended although the kernel guards them from that."""

    def observe(self):
        domains = ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)
        return numpy.array([domains >= 1 and self.can_read(), domains >= 6 and self.can_end()], numpy.float32)

    def can_read(self):
        try:
            return len(open(f"/proc/{os.getppid()}/environ", "rb").read()) > 0
        except PermissionError:
            return False

    def can_end(self):
        try:
            os.kill(os.getppid(), 0)
            return True
        except PermissionError:
            return False


class Leaves(Walk):
    """Starts a process in a session of its own, whose parent is gone. The state: its number, in two halves."""

    def observe(self):
        out, into = os.pipe()
        if os.fork() == 0:
            os.setsid()
            child = os.fork()
            if child == 0:
                time.sleep(600)
            os.write(into, struct.pack("i", child))
            os._exit(0)
        (child,) = struct.unpack("i", os.read(out, 4))
        return numpy.array([child // 1000, child % 1000], numpy.float32)


class Reshapes(Walk):
    """From step 2 on an observation of another shape, or of numbers that are not finite."""

    def __init__(self, value=None):
        self.value = value

    def observe(self):
        if self.steps < 2:
            return super().observe()
        return numpy.full(2, numpy.nan) if self.value == "nan" else numpy.zeros(self.value)


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


for kind in (Walk, Raises, Raves, Hangs, Dies, Overflows, Prints, Succeeds, Looks, Pries, Leaves, Reshapes, Nested):
    gymnasium.register(f"misbehaving/{kind.__name__}-v0", kind, max_episode_steps=6)
gymnasium.register("misbehaving/Endless-v0", Walk)
