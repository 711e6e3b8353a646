"""Results, fidelity and losses as tables: pandas frames where pandas is there, else lists of dicts and numpy arrays."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .client import Client

Row = dict[str, Any]
#: A pandas DataFrame, or the same as rows.
Table = Any


class Tables:
    """What was reached, for analysis. Every method gives a pandas frame where pandas is installed and a list of dicts otherwise;
    `pandas=True` insists on a frame, `pandas=False` on the list. `columns(rows)` makes numpy arrays of a list."""

    def __init__(self, client: Client):
        self._client = client

    def results(self, name: str, *, pandas: bool | None = None) -> Table:
        """A row for each version and task: `version task name score low high episodes value_estimate estimated_score
        estimated_drop`. Score 0 is random, 100 the data's good policy; the bounds are of a 90 % interval over episodes."""
        found = self._client.results(name)
        rows: list[Row] = []
        for v, version in enumerate(found["versions"]):
            for j, task in enumerate(found["tasks"]):
                interval, estimate = found["intervals"][v][j] or (None, None), found["estimates"][v][j] or {}
                if found["episodes"][v][j] is None:
                    continue
                rows.append({
                    "version": version, "task": task["task"], "name": task["name"], "score": found["resultsMatrix"][v][j],
                    "low": interval[0], "high": interval[1], "episodes": found["episodes"][v][j],
                    "value_estimate": found["valueEstimates"][v][j],
                    "estimated_score": (estimate.get("score") or {}).get("mean"),
                    "estimated_drop": (estimate.get("drop") or {}).get("mean"),
                })
        return _table(rows, pandas)

    def matrix(self, name: str, *, pandas: bool | None = None) -> Table:
        """The results matrix: a row a version, a column a task, named; without pandas a numpy array `[V, K]`. NaN: no score."""
        found = self._client.results(name)
        shape = (len(found["versions"]), len(found["tasks"]))
        scores = np.array([[np.nan if score is None else score for score in row] for row in found["resultsMatrix"]],
                          np.float64).reshape(shape)
        frames = _pandas(pandas)
        if not frames:
            return scores
        index, columns = frames.Index(found["versions"], name="version"), [task["name"] for task in found["tasks"]]
        return frames.DataFrame(scores, index, columns)

    def fidelity(self, name: str, *, pandas: bool | None = None) -> Table:
        """How far each replay was from real data: a row for each version and old task, every measure a column."""
        rows = [{"version": one["version"], "task": one["task"], "generation": one["generation"], "allowed": one["allowed"],
                 **_flat(one["fidelity"])} for one in self._client.fidelity(name)]
        return _table(rows, pandas)

    def jobs(self, name: str, *, pandas: bool | None = None) -> Table:
        """A row a job: `id kind task label state seconds core_seconds steps`."""
        rows = [{"id": job["id"], "kind": job["kind"], "task": job["task"], "label": job["label"], "state": job["state"],
                 "seconds": job["seconds"], "core_seconds": job["coreSeconds"], "steps": (job["steps"] or {}).get("done")}
                for job in self._client.jobs.list(name)]
        return _table(rows, pandas)

    def losses(self, name: str, *, pandas: bool | None = None) -> Table:
        """Losses of all trainings that are done: a row a point, `task kind job curve step value`."""
        return _table([{"task": one["task"], "kind": one["kind"], "job": one["job"], "curve": one["name"], "step": step,
                        "value": value}
                       for one in self._client.losses(name) for step, value in zip(one["steps"], one["values"])], pandas)

    def curves(self, name: str, job: str, *, pandas: bool | None = None) -> Table:
        """A job's losses: a row a point, `curve step value`."""
        curves = self._client.jobs.curves(name, job)["curves"]
        return _table([{"curve": curve["name"], "step": step, "value": value}
                       for curve in curves for step, value in zip(curve["steps"], curve["values"])], pandas)


def columns(rows: list[Row]) -> dict[str, np.ndarray]:
    """The columns of a list of rows, by name; numbers as float64, NaN where there is none."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: _column([row.get(name) for row in rows]) for name in names}


def _column(values: list[Any]) -> np.ndarray:
    if all(value is None or isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return np.array([np.nan if value is None else value for value in values], np.float64)
    return np.array(values, object)


def _flat(value: Row, prefix: str = "") -> Row:
    """Members of members as columns: `state.mean`."""
    flat: Row = {}
    for name, member in value.items():
        flat |= _flat(member, f"{prefix}{name}.") if isinstance(member, dict) else {prefix + name: member}
    return flat


def _table(rows: list[Row], wanted: bool | None) -> Table:
    frames = _pandas(wanted)
    return frames.DataFrame(rows) if frames else rows


def _pandas(wanted: bool | None) -> Any:
    if wanted is False:
        return None
    try:
        import pandas
    except ImportError:
        if wanted:
            raise ImportError("A frame needs pandas: pip install pandas, or ask with pandas=False") from None
        return None
    return pandas
