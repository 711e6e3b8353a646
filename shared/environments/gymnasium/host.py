"""The process of an environment: n copies of one task that step together. What ends is not begun again until it is asked for.

It imports the packages that the operator has named, and makes what is registered by then. Its requests are OPEN (JSON), RESET
(uint32 seeds) and STEP (float32 actions [n, A]); both answer float64 rewards [n], float32 states [n, S], uint8 flags [n]."""

import importlib
import json
import os
import signal
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import confinement  # noqa: E402
import frames  # noqa: E402
from making import import_packages, make_one, Told  # noqa: E402

# Nothing that an environment imports is looked for here.
sys.path.remove(HERE)

TERMINATED, TRUNCATED, SUCCESS, IDLE, REPORTS_SUCCESS = 1, 2, 4, 8, 16
LAST_LINES = 6


# Packages whose environments need something of ours to be run: it registers more, once they are imported.
ADAPTERS = {"metaworld": "meta_world"}


def import_own(name):
    sys.path.insert(0, HERE)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(HERE)


class Copies:
    """n environments in the order of the rows."""

    def __init__(self, told):
        import numpy

        spaces = import_own("spaces")
        self.numpy = numpy
        self.size = told["size"]
        self.envs = []
        for _ in range(self.size):
            env, self.limit = make_one(told)
            self.envs.append(env)
        try:
            self.state_dim = spaces.width(self.envs[0].observation_space)
            self.write = spaces.writer(self.envs[0].observation_space)
            self.actions = spaces.Actions(self.envs[0].action_space)
        except spaces.SpaceFault as error:
            raise Told("unusable", str(error)) from error
        if self.size * (9 + 4 * self.state_dim) > frames.MOST_BYTES:
            raise Told("unusable", f"a step of {self.size} copies has more than {frames.MOST_BYTES} bytes")
        self.rewards = numpy.zeros(self.size)
        self.states = numpy.zeros((self.size, self.state_dim), numpy.float32)
        self.flags = numpy.full(self.size, IDLE, numpy.uint8)
        self.running = []
        self.tells = 0

    def about(self):
        def bounds(values):
            return [float(value) if self.numpy.isfinite(value) else None for value in values]

        return {
            "stateDim": self.state_dim,
            "actionDim": self.actions.dim,
            "discrete": self.actions.discrete,
            "low": bounds(self.actions.low),
            "high": bounds(self.actions.high),
            "horizon": self.limit,
        }

    def answer(self):
        return self.rewards.tobytes() + self.states.tobytes() + self.flags.tobytes()

    def reset(self, seeds):
        self.rewards[:] = 0
        self.states[:] = 0
        self.flags[:] = IDLE
        self.tells = 0
        self.running = list(range(len(seeds)))
        for i in self.running:
            self.at = i
            observation, _ = self.envs[i].reset(seed=int(seeds[i]))
            self.write(observation, self.states[i])
            self.flags[i] = 0
        return self.checked()

    def step(self, actions):
        self.rewards[:] = 0
        self.flags[:] = IDLE
        going = []
        actions = self.actions.take(actions)
        for i in self.running:
            self.at = i
            observation, reward, terminated, truncated, info = self.envs[i].step(actions[i])
            self.write(observation, self.states[i])
            self.rewards[i] = reward
            self.flags[i] = self.flags_of(terminated, truncated, info)
            if terminated or truncated:
                # Nobody looks at it, and who asks for actions of all rows wants numbers.
                self.numpy.nan_to_num(self.states[i], copy=False)
            else:
                going.append(i)
        self.running = going
        return self.checked()

    def checked(self):
        """A policy chooses no action in a state that is no number, and what it does then measures nothing."""
        if not self.numpy.isfinite(self.states).all():
            self.at = int(self.numpy.argmin(self.numpy.isfinite(self.states).all(axis=1)))
            raise ValueError(f"the observation {self.states[self.at].tolist()} is not of finite numbers (float32)"[:500])
        return self.answer()

    def flags_of(self, terminated, truncated, info):
        flags = TERMINATED if terminated else TRUNCATED if truncated else 0
        for name in ("success", "is_success"):
            if name in info:
                self.tells = REPORTS_SUCCESS
                if self.numpy.any(info[name]):
                    flags |= SUCCESS
        return flags | self.tells

    def ask(self, kind, body):
        if kind == frames.RESET:
            return self.reset(self.numpy.frombuffer(body, "<u4"))
        return self.step(self.numpy.frombuffer(body, "<f4").reshape(self.size, self.actions.dim))


def describe(error, doing, copies):
    """An error for people: of its traceback the last lines."""
    code = error.code if isinstance(error, Told) else "raised"
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    # Without the lines that only underline.
    last = [line for line in "".join(lines).strip().split("\n") if line.strip(" ^~")][-LAST_LINES:]
    where = {"doing": doing, "copy": getattr(copies, "at", None)}
    about = {"type": type(error).__name__, "message": str(error)[:2000], "traceback": "\n".join(last)[:4000]}
    return {"code": code, **where, **about, "package": getattr(error, "package", None)}


def open_copies(body):
    told = json.loads(body)
    versions = import_packages(told["packages"])
    for name in told["packages"]:
        if name in ADAPTERS:
            import_own(ADAPTERS[name]).register()
    if told["size"] == 0:
        return None, {"versions": versions}
    copies = Copies(told)
    return copies, {**copies.about(), "versions": versions}


def serve(request, source, target):
    copies = None
    while True:
        kind, body, limit = frames.read_frame(request)
        request = source
        doing = {frames.OPEN: "make", frames.RESET: "reset"}.get(kind, "step")
        if kind == frames.CLOSE:
            frames.write_all(target, frames.frame(frames.DONE))
            os._exit(frames.CLOSED)
        # The system ends this process then, whatever it is doing.
        signal.setitimer(signal.ITIMER_REAL, limit / 1000)
        try:
            if kind == frames.OPEN:
                copies = None
                copies, about = open_copies(body)
                answer = frames.json_frame(frames.DONE, about)
            else:
                answer = frames.frame(frames.DONE, copies.ask(kind, body))
        except Exception as error:
            answer = frames.json_frame(frames.FAULT, describe(error, doing, copies))
        signal.setitimer(signal.ITIMER_REAL, 0)
        frames.write_all(target, answer)


def main():
    source, target = frames.own_pipes()
    confinement.end_with_parent()
    request, network = int(sys.argv[1]), sys.argv[2]
    try:
        confinement.keep_to_itself()
        if network == "refuse":
            confinement.refuse_network()
    except OSError as error:
        message = f"this system cannot keep it from the network ({error.strerror})"
        frames.write_all(target, frames.json_frame(frames.FAULT, {"code": "unconfined", "message": message}))
        return
    serve(request, source, target)


if __name__ == "__main__":
    try:
        main()
    except (frames.Ended, BrokenPipeError):
        pass
