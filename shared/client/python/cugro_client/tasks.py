"""Tasks: files handed over and judged, labels, retries."""
from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .requests import Body, Requests, part

Json = dict[str, Any]
#: Bytes of a file, a file that can be sought in, or arrays by name.
Content = bytes | BinaryIO | Mapping[str, Any]
#: Gets the bytes that were sent so far, and all there are.
Progress = Callable[[int, int], None]


class TaskClient:
    """Tasks of learners, and files that become some.

    `reading` of the methods that take files says how a file is to be read where it does not say so itself: `reward`,
    `environments`, `map` (`{"observations": ["x", "y"]}`), `actionLimit`, `gymnasium` (an id, or a dict with `gymnasium` and
    `kwargs`), `strict`.
    """

    def __init__(self, requests: Requests):
        self._requests = requests

    def list(self, name: str) -> Json:
        """`tasks` in order, and `waiting`: files that wait to become one."""
        return self._requests.get(_path(name))

    def show(self, name: str, task: int) -> Json:
        """One task."""
        return self._requests.get(_path(name, task))

    def upload(self, name: str, file_name: str, content: Content, *, progress: Progress | None = None, as_new_task: bool = False,
               reading: Mapping[str, Any] | None = None) -> Json:
        """Hands over a dataset: its bytes, a file that can be sought in, or arrays by name (`observations`, `actions`, `rewards`,
        `terminals`, `timeouts`, ...), which go as npz.

        The same content again is the same arrival (`added` is false), so a lost connection costs nothing but time: the file is
        sent once more, from its beginning.
        """
        query = {"fileName": file_name, "asNewTask": True if as_new_task else None, **_reading(reading)}
        status, answer = self._requests.send("POST", _path(name), query=query, body=_body(content, progress))
        return {**json.loads(answer), "added": status == 202}

    def upload_file(self, name: str, path: str | os.PathLike[str], *, progress: Progress | None = None, as_new_task: bool = False,
                    reading: Mapping[str, Any] | None = None) -> Json:
        """Hands over a file of this machine, with flat memory. `progress(sent, total)` is called as its bytes go out."""
        with _open(path) as file:
            return self.upload(name, Path(path).name, file, progress=progress, as_new_task=as_new_task, reading=reading)

    def validate(self, name: str, path: str | os.PathLike[str], *, reading: Mapping[str, Any] | None = None) -> Json:
        """What is right and wrong with a file of at most 256 MiB; nothing is kept of it."""
        with _open(path) as file:
            query = {"fileName": Path(path).name, **_reading(reading)}
            answer = self._requests.send("POST", f"/v1/learners/{part(name)}/validate", query=query, body=_body(file, None))[1]
            return json.loads(answer)

    def adopt(self, name: str, object: str, *, as_new_task: bool = False) -> Json:
        """Hands over an object that is in the store already: `incoming/<name>/<file>`."""
        query = {"asNewTask": True if as_new_task else None}
        status, answer = self._requests.send("POST", _path(name), query=query, value={"object": object})
        return {**json.loads(answer), "added": status == 202}

    def arrival(self, name: str, seq: int) -> Json:
        """What became of a file."""
        return self._requests.get(f"/v1/learners/{part(name)}/arrivals/{seq}")

    def retry(self, name: str, task: int, *, reason: str | None = None, overrides: Mapping[str, Any] | None = None) -> str:
        """Learns a task again: `continued` where it had stopped, or as a `new attempt`."""
        return self._requests.post(f"{_path(name, task)}/retry", {**_reason(reason), "overrides": dict(overrides or {})})["how"]

    def cancel(self, name: str, task: int, *, reason: str | None = None) -> Json:
        """Steps over a task that is not decided."""
        return self._requests.post(f"{_path(name, task)}/cancel", _reason(reason))

    def memory(self, name: str, task: int) -> Json:
        """What is remembered of its real rows, and which versions have replayed it."""
        return self._requests.get(f"{_path(name, task)}/memory")

    def pseudo_rows(self, name: str, task: int, version: int, *, rows: int = 256) -> Json:
        """Pseudo-samples of it that a version was trained on, evenly spaced."""
        return self._requests.get(f"{_path(name, task)}/memory/{version}", {"rows": rows})

    def rows(self, name: str, task: int, *, rows: int = 256, episode: int | None = None) -> Json:
        """Its real rows where they still exist, evenly spaced, or one episode (from 0)."""
        return self._requests.get(f"{_path(name, task)}/rows", {"rows": rows, "episode": episode})

    def relabel(self, name: str, task: int, set: Mapping[str, Any], *, reason: str | None = None, dry_run: bool = False) -> Json:
        """Corrects a task's labels: `{"goal": [2]}`."""
        return self._requests.patch(_path(name, task), {"set": dict(set), "dryRun": dry_run, **_reason(reason)})


def _path(name: str, task: int | None = None) -> str:
    return f"/v1/learners/{part(name)}/tasks" + ("" if task is None else f"/{task}")


def _reason(reason: str | None) -> Json:
    return {} if reason is None else {"reason": reason}


def _reading(reading: Mapping[str, Any] | None) -> Json:
    query = dict(reading or {})
    if isinstance(query.get("map"), Mapping):
        query["map"] = [f"{array}={','.join(fields)}" for array, fields in query["map"].items()]
    if isinstance(query.get("gymnasium"), Mapping):
        query["gymnasium"] = json.dumps(query["gymnasium"])
    return query


def _open(path: str | os.PathLike[str]) -> BinaryIO:
    if Path(path).is_dir():
        raise IsADirectoryError(f"{path} is a folder: hand over a zip archive of it (shutil.make_archive)")
    return open(path, "rb")


def _body(content: Content, progress: Progress | None) -> Body:
    if isinstance(content, Mapping):
        packed = io.BytesIO()
        np.savez(packed, **content)
        content = packed.getvalue()
    file = io.BytesIO(content) if isinstance(content, (bytes, bytearray, memoryview)) else content
    start = file.tell()
    size = file.seek(0, os.SEEK_END) - start

    def begin() -> tuple[_Sent, int]:
        file.seek(start)
        return _Sent(file, size, progress), size

    return begin


class _Sent:
    """A file as it goes out."""

    def __init__(self, file: BinaryIO, size: int, progress: Progress | None):
        self._file, self._size, self._progress, self._sent = file, size, progress, 0

    def read(self, size: int = -1) -> bytes:
        left = self._size - self._sent
        piece = self._file.read(left if size < 0 else min(size, left))
        if not piece and left > 0:
            raise ValueError(f"The file has become shorter while it was sent: {self._sent} bytes instead of {self._size}")
        # What was given out before has been sent by now.
        if self._progress:
            self._progress(self._sent, self._size)
        self._sent += len(piece)
        return piece
