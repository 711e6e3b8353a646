"""Makes walker_params.traces.json: reference trajectories of native MuJoCo for the tasks of walker-params.

The model is Gymnasium's own Walker2d-v5, not the one that this project writes; the dynamics are set after compiling, and what
follows from them is derived again. To make the file again, in this folder:

    python3 -m venv venv && venv/bin/pip install mujoco==3.14.0 gymnasium==1.3.0
    venv/bin/python walker_params_traces.py > walker_params.traces.json
"""
import json
import os

import gymnasium
import mujoco
import numpy as np

STEPS, FRAME_SKIP, DT = 12, 4, 0.008
MODEL = os.path.join(os.path.dirname(gymnasium.__file__), "envs", "mujoco", "assets", "walker2d_v5.xml")
MADE_WITH = f"MuJoCo {mujoco.__version__} (native, x86-64), Walker2d-v5 of Gymnasium {gymnasium.__version__}"


def model_of(task):
    model = mujoco.MjModel.from_xml_path(MODEL)
    names = [model.body(i).name for i in range(1, model.nbody)]
    assert names == FACTS["bodies"], names
    for name, mass, inertia in zip(FACTS["bodies"], task["mass"], task["inertia"], strict=True):
        model.body(name).mass = mass
        model.body(name).inertia = inertia
    for name, damping in zip(FACTS["joints"], task["damping"], strict=True):
        model.joint(name).damping = damping
    for name, friction in zip(FACTS["geoms"], task["friction"], strict=True):
        model.geom(name).friction = friction
    data = mujoco.MjData(model)
    mujoco.mj_setConst(model, data)
    return model, mujoco.MjData(model)


def observe(data):
    return np.concatenate([data.qpos[1:], np.clip(data.qvel, -10, 10)])


def actions_of(name, random):
    if name == "small_noise":
        return random.uniform(-0.2, 0.2, (STEPS, 6))
    if name == "smooth":
        phase = np.arange(STEPS)[:, None] * 0.3 + np.arange(6)
        return 0.7 * np.sin(phase)
    return random.uniform(-1, 1, (STEPS, 6))


def rounded(values, digits=12):
    """Significant digits, as in the other references."""
    return [float(f"{value:.{digits}g}") for value in np.asarray(values).ravel()]


def trajectory(model, data, name, random):
    qpos0 = np.round(np.concatenate([[0, 1.25], np.zeros(7)]) + random.uniform(-0.005, 0.005, 9), 8)
    qvel0 = np.round(random.uniform(-0.005, 0.005, 9), 8)
    if name == "strong_noise":
        qpos0[1] -= 0.06  # pressed to the floor, so that friction acts from the first step
    actions = np.round(actions_of(name, random), 4)
    mujoco.mj_resetData(model, data)
    data.qpos[:], data.qvel[:] = qpos0, qvel0
    mujoco.mj_forward(model, data)
    rows = {key: [] for key in ("qpos", "qvel", "observations", "terminated", "contacts", "rewards")}
    result = {
        "name": name, "qpos0": qpos0.tolist(), "qvel0": qvel0.tolist(), "observation0": rounded(observe(data)),
        "actions": actions.tolist(),
    }
    for action in actions:
        before = data.qpos[0]
        data.ctrl[:] = action
        for _ in range(FRAME_SKIP):
            mujoco.mj_step(model, data)
        reward = (data.qpos[0] - before) / DT + 1 - 1e-3 * np.square(action).sum()
        rows["qpos"].append(rounded(data.qpos))
        rows["qvel"].append(rounded(data.qvel))
        rows["observations"].append(rounded(observe(data)))
        rows["terminated"].append(bool(not (0.8 < data.qpos[1] < 2 and -1 < data.qpos[2] < 1)))
        rows["contacts"].append(int(data.ncon))
        rows["rewards"].append([rounded([reward])[0]])
    return {**result, **rows}


def derived(model):
    return {
        "totalMass": float(model.body_mass.sum()),
        "bodyInvweight0": model.body_invweight0[1:].tolist(),
        "dofInvweight0": model.dof_invweight0.tolist(),
        "dofM0": model.dof_M0.tolist(),
        "actuatorAcc0": model.actuator_acc0.tolist(),
        "meanInertia": float(model.stat.meaninertia),
    }


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../models/walker_params.json")) as file:
    FACTS = json.load(file)

random = np.random.default_rng(13)
tasks = []
for number, task in enumerate(FACTS["tasks"], 1):
    model, data = model_of(task)
    names = ("smooth", "strong_noise")
    tasks.append({
        "goal": [number], "compiled": derived(model),
        "trajectories": [trajectory(model, data, name, random) for name in names],
    })
print(f'{{"model": "walker2d", "family": "walker-params", "madeWith": "{MADE_WITH}", "tasks": [')
print(",\n".join(json.dumps(task) for task in tasks))
print("]}")
