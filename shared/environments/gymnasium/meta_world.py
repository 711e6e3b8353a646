"""Meta-World's fifty tasks under ids of their own, `Meta-World/coffee-button-v3`, with start states that follow from the seed.

Meta-World registers benchmarks (`Meta-World/MT1` with `env_name`), whose `reset(seed=)` says nothing to it. Here a seed draws where
things lie, by Meta-World's own law; `terminated` is never true, and `success` stands in `info` at every step."""

import sys

import gymnasium
import numpy

NAMESPACE = "Meta-World"


def hidden_goal_forgotten(env):
    """Bounds of observations are kept from when the goal was hidden: they would hide it again in each step."""
    env.__dict__.pop("sawyer_observation_space", None)


def expert_of(name):
    from metaworld.policies import ENV_POLICY_MAP

    return ENV_POLICY_MAP[name]()


class Task(gymnasium.Wrapper):
    """One task. With `expert_action` an observation ends with the four numbers that Meta-World's scripted expert would do."""

    def __init__(self, env, name, partially_observable, expert_action):
        super().__init__(env)
        env._set_task_called = True
        env._partially_observable = partially_observable
        hidden_goal_forgotten(env)
        # The limit is that of the data or of the spec: its own makes step() raise.
        env.max_path_length = sys.maxsize
        self.expert = expert_of(name) if expert_action else None
        # It is made with an environment's hidden goal, and its bounds say nothing else of use here.
        width = 39 + (4 if expert_action else 0)
        self.observation_space = gymnasium.spaces.Box(-numpy.inf, numpy.inf, (width,), numpy.float64)

    def reset(self, *, seed=None, options=None):
        env = self.env
        if seed is not None:
            env.np_random = numpy.random.default_rng(seed)
        # What a former episode left: its numbers would stand in for this one's from the first step on.
        env._did_see_sim_exception = False
        # Some tasks draw until things lie apart. It is drawn here, and held while reset() places everything twice: drawing
        # twice, it would show things where they are not.
        env._freeze_rand_vec, env.seeded_rand_vec = False, True
        env.reset_model()
        env._freeze_rand_vec = True
        observation, info = env.reset()
        return self.observed(observation), info

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        return self.observed(observation), reward, terminated, truncated, info

    def observed(self, observation):
        if self.expert is None:
            return observation
        return numpy.concatenate([observation, numpy.clip(self.expert.get_action(observation), -1, 1)])


def maker(name, make):
    def entry_point(partially_observable=False, expert_action=False, render_mode=None):
        if partially_observable and expert_action:
            raise ValueError("the expert needs to see the goal: partially_observable and expert_action exclude each other")
        return Task(make(render_mode=render_mode), name, partially_observable, expert_action)

    return entry_point


def benchmark_of_one(makers):
    """The same under the name that Meta-World has for it, whose own starts follow from no seed."""

    def entry_point(env_name, seed=None, use_one_hot=False, render_mode=None):
        if env_name not in makers:
            raise ValueError(f"there is no task {env_name}")
        if use_one_hot:
            raise ValueError("use_one_hot says nothing where there is one task: leave it out")
        return maker(env_name, makers[env_name])(render_mode=render_mode)

    return entry_point


def register():
    from metaworld.env_dict import ALL_V3_ENVIRONMENTS

    for name, make in ALL_V3_ENVIRONMENTS.items():
        wanted = f"{NAMESPACE}/{name}"
        if wanted not in gymnasium.registry:
            gymnasium.register(id=wanted, entry_point=maker(name, make))
    own = f"{NAMESPACE}/MT1"
    gymnasium.registry.pop(own, None)
    gymnasium.register(id=own, entry_point=benchmark_of_one(ALL_V3_ENVIRONMENTS))
