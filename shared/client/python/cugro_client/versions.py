"""Versions: listed, judged, taken away."""
from __future__ import annotations

import io
import json
import math
import os
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .requests import Requests, part

Json = dict[str, Any]
# In classes that have a method of this name, `list` is that.
Jsons = list[Json]
Numbers = list[int]
#: Seconds until it is asked again whether a bundle is made.
_BUNDLE_PAUSE = 2.0


class VersionClient:
    """Versions of a learner."""

    def __init__(self, requests: Requests):
        self._requests = requests

    def list(self, name: str, *, last: int | None = None) -> Jsons:
        """All of them, oldest first. `last`: only this many, the newest."""
        return self._requests.get(_path(name), {"last": last})["versions"]

    def show(self, name: str, version: int) -> Json:
        """One version, with its row of the results matrix."""
        return self._requests.get(_path(name, version))

    def promote(self, name: str, version: int, *, reason: str | None = None) -> Json:
        """Lets a parked version through."""
        return self._requests.post(f"{_path(name, version)}/promote", {} if reason is None else {"reason": reason})

    def rollback(self, name: str, version: int, *, reason: str | None = None) -> Numbers:
        """The versions that were withdrawn; `version` 0 is before the first."""
        given = {} if reason is None else {"reason": reason}
        return self._requests.post(f"{_path(name, version)}/rollback", given)["withdrawn"]

    def evaluate(self, name: str, version: int, task: int, *, evaluator: str, returns: Iterable[float] | None = None,
                 success: Iterable[float] | None = None, seeds: Iterable[int] | None = None, reason: str | None = None) -> Json:
        """Hands in episodes that were run elsewhere, in a task that has no simulator at the gateway. Needs the scope submit.

        The same once more is not taken twice (`added` is false then), so it may be sent again after a lost connection.

        Args:
            evaluator: what has measured it: robot or simulator, and its version.
            returns: sums of rewards, an episode each; may be left out where there is `success`.
            success: of each episode, 0 to 1: scores are 100 times this then.
            seeds: of the start states, each once; versions are compared episode by episode where they started alike.
        """
        episodes = {key: [number(value) for value in values]
                    for key, values, number in (("returns", returns, float), ("success", success, float), ("seeds", seeds, int))
                    if values is not None}
        for key, values in episodes.items():
            if not all(math.isfinite(value) for value in values):
                raise ValueError(f"{key} must be finite: {values}")
        value = {"task": task, "evaluator": evaluator, **episodes, **({} if reason is None else {"reason": reason})}
        status, answer = self._requests.send("POST", f"{_path(name, version)}/evaluations", value=value, again=True)
        return {**json.loads(answer), "added": status == 201}

    def evaluations(self, name: str, version: int) -> Jsons:
        """What was handed in, oldest first."""
        return self._requests.get(f"{_path(name, version)}/evaluations")["evaluations"]

    def policy(self, name: str, version: int) -> bytes:
        """Its one-step networks, its critic and what it knows of its tasks, as a safetensors file."""
        return self._requests.send("GET", f"{_path(name, version)}/policy")[1]

    def bundle(self, name: str, version: int, *, task: int | None = None) -> bytes:
        """A zip of what acts without this software: graphs, weights, loaders; the token needs `submit`. `task`: for this one alone.

        It is made in half a minute, and asked for until it is there.
        """
        while True:
            status, content = self._requests.send("GET", f"{_path(name, version)}/bundle", query={"task": task})
            if status != 202:
                return content
            time.sleep(_BUNDLE_PAUSE)

    def save_bundle(self, name: str, version: int, folder: str | os.PathLike[str], *, task: int | None = None) -> Path:
        """The same as files in a new or empty folder, for `BundlePolicy(folder)`."""
        folder = Path(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise FileExistsError(f"{folder} must be a new or an empty folder")
        with zipfile.ZipFile(io.BytesIO(self.bundle(name, version, task=task))) as files:
            files.extractall(folder)
        return folder


def _path(name: str, version: int | None = None) -> str:
    return f"/v1/learners/{part(name)}/versions" + ("" if version is None else f"/{version}")
