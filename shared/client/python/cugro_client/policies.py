"""Policies in Gymnasium's habit: an observation or a batch of them in, an action or a batch out. Over HTTP, or from a bundle."""
from __future__ import annotations

import importlib.util
import os
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from .client import Client

#: Rows of one request, at most.
MOST_ROWS = 4096


@dataclass(frozen=True)
class ActAnswer:
    """Actions, and what the gateway reports about them. Everything but `version` and `acting` has one row an observation."""

    actions: NDArray[Any]
    version: int
    #: How they were chosen: actor, proposer or sampler.
    acting: str
    #: Percent of the task's held-out rows that are less unusual; None where that was not measured.
    percentiles: NDArray[np.float64] | None
    out_of_distribution: NDArray[np.bool_]


class Policy(ABC):
    """What acts. `act` and `predict` take one observation `[S]` or several `[n, S]`, raw; actions likewise: `[A]` or `[n, A]` in
    the environment's units, of a discrete action its number alone."""

    #: The task that it acts in unless told another.
    task: int | None

    @property
    @abstractmethod
    def tasks(self) -> list[int]:
        """The tasks that it knows."""

    @abstractmethod
    def _decide(self, rows: NDArray[np.float32], task: int, seed: int | None) -> NDArray[Any]: ...

    def act(self, observation: ArrayLike, task: int | None = None, *, seed: int | None = None) -> Any:
        """The action for an observation, or a batch's. The same task, observations and `seed` give the same actions."""
        rows, single = _rows_of(observation)
        actions = self._decide(rows, self._task_of(task), seed)
        return actions[0] if single else actions

    def predict(self, observation: ArrayLike, state: Any = None, episode_start: Any = None,
                deterministic: bool = True) -> tuple[Any, Any]:
        """As Stable-Baselines3 has it, for code that expects that: `(action, state)`. There is no state."""
        return self.act(observation), state

    def _task_of(self, task: int | None) -> int:
        chosen = self.task if task is None else task
        if chosen is not None and chosen in self.tasks:
            return chosen
        known = ", ".join(str(one) for one in self.tasks) or "none"
        if chosen is None:
            if len(self.tasks) == 1:
                return self.tasks[0]
            raise ValueError(f"task must be named, as there are several: {known}")
        raise ValueError(f"Cannot act in task {chosen}: known tasks are {known}")


class RemotePolicy(Policy):
    """A learner's policy, which acts on the gateway over HTTP; made by `client.policy(name, task)`."""

    def __init__(self, client: Client, name: str, task: int | None = None, *, seed: int = 0, version: int | None = None,
                 acting: str | None = None):
        self._client, self._name, self.task, self._seed = client, name, task, seed
        self._fixed = {key: value for key, value in (("version", version), ("acting", acting)) if value is not None}
        self._known: dict[int, dict[str, Any]] = {}
        self._refresh()
        if task is not None:
            self._task_of(task)

    @property
    def tasks(self) -> list[int]:
        """The tasks that the version knows which acts now."""
        return list(self._known)

    def ask(self, observation: ArrayLike, task: int | None = None, *, seed: int | None = None) -> ActAnswer:
        """As `act`, always a batch, with the version that acted and how unusual the observations are."""
        rows, _ = _rows_of(observation)
        return self._asked(rows, self._task_of(task), seed)

    def _decide(self, rows: NDArray[np.float32], task: int, seed: int | None) -> NDArray[Any]:
        return self._asked(rows, task, seed).actions

    def _asked(self, rows: NDArray[np.float32], task: int, seed: int | None) -> ActAnswer:
        about = self._known[task]
        if rows.shape[1] != about["stateDim"]:
            raise ValueError(f"Observations of task {task} must have {about['stateDim']} numbers: current shape is {rows.shape}")
        answers = []
        for start in range(0, len(rows), MOST_ROWS):
            request = {"task": task, "observations": rows[start:start + MOST_ROWS].tolist(),
                       "seed": self._seed if seed is None else seed, **self._fixed}
            answers.append(self._client.act(self._name, request))
        joined = [row for answer in answers for row in answer["actions"]]
        actions = np.array(joined, np.float32) if about["discreteActions"] is None else np.array(joined, np.int64)[:, 0]
        percentiles = [one for answer in answers for one in answer["percentiles"] or ()]
        return ActAnswer(actions, answers[-1]["version"], answers[-1]["acting"], np.array(percentiles) if percentiles else None,
                         np.array([one for answer in answers for one in answer["outOfDistribution"]], np.bool_))

    def _task_of(self, task: int | None) -> int:
        wanted = self.task if task is None else task
        # It may have been learnt since.
        if wanted is not None and wanted not in self._known:
            self._refresh()
        return super()._task_of(task)

    def _refresh(self) -> None:
        versions = self._client.versions.list(self._name)
        chosen = self._fixed.get("version")
        acting = [one for one in versions if (one["serving"] if chosen is None else one["version"] == chosen)]
        known = acting[0]["tasks"] if acting else []
        about = {task["task"]: task for task in self._client.tasks.list(self._name)["tasks"]}
        self._known = {task: about[task] for task in known}


class BundlePolicy(Policy):
    """A policy from a bundle (`cugro export`, `client.versions.save_bundle`): acts in this process, without a gateway.

    Runs the loader `cugro_policy.py` that lies in the folder, so the folder must be one that you trust as you trust code.

    Args:
        acting: `actor`, `proposer` or `sampler`; as the version serves each task if left out.
        onnx: run the graphs by onnxruntime, instead of the weights by numpy.
    """

    def __init__(self, folder: str | os.PathLike[str], task: int | None = None, *, seed: int = 0, acting: str | None = None,
                 onnx: bool = False):
        path = Path(folder) / "cugro_policy.py"
        if not path.is_file():
            raise FileNotFoundError(f"{folder} must be a bundle of cugro export: it has no {path.name}")
        name = f"cugro_policy_{abs(hash(str(path.resolve())))}"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        self._loader = module.Policy(folder)
        self.task, self._seed, self._how = task, seed, {"way": acting, "onnx": onnx}
        if task is not None:
            self._task_of(task)

    @property
    def tasks(self) -> list[int]:
        """The tasks that are in the bundle."""
        return list(self._loader.tasks)

    def _decide(self, rows: NDArray[np.float32], task: int, seed: int | None) -> NDArray[Any]:
        return self._loader.act(rows, task, seed=self._seed if seed is None else seed, **self._how)


def _rows_of(observation: ArrayLike) -> tuple[NDArray[np.float32], bool]:
    given = np.asarray(observation)
    if given.dtype == object:
        raise TypeError("Observations must be arrays of numbers: join the members of dicts and tuples as the dataset does")
    rows = np.atleast_2d(given.astype(np.float32))
    if given.ndim not in (1, 2) or rows.size == 0:
        raise ValueError(f"An observation must be [S], or several [n, S]: current shape is {given.shape}")
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise ValueError(f"Observations must be finite: row {row}, column {column} is {rows[row, column]}")
    return rows, given.ndim == 1
