"""The gateway's stream of events as an iterator that survives lost connections."""
from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import GatewayError, Unreachable
from .requests import Opened, Requests

#: A silence (s) after which a connection counts as lost: the gateway says something every 15 s.
_SILENCE = 45.0
_PAUSE = 1.0


@dataclass(frozen=True)
class Event:
    """Something that happened.

    `type`: `cugro.version.published` and its like, `progress` of a job, `traffic` (policies of the learner were asked), or `gap`
    (events were missed and are gone: read the state again). `place`: to go on from, `client.events(after=place)`.
    """

    type: str
    learner: str | None
    data: dict[str, Any] = field(default_factory=dict)
    #: Key of the fact it tells of: an event may come twice, with the same id.
    id: str | None = None
    #: When the fact was written, ISO 8601, where that is known.
    time: str | None = None
    place: str | None = None


class EventStream(Iterator[Event]):
    """Events as they happen. Open from the moment it is made, so that nothing is missed that is done afterwards.

    Goes on after the last event by itself when a connection is lost, until `timeout` seconds have passed since it was made (then
    `TimeoutError`), or it is closed.
    """

    def __init__(self, requests: Requests, path: str, types: Sequence[str] | None, progress: bool, after: str | None,
                 timeout: float | None):
        self._requests, self._path, self._place = requests, path, after
        self._query = {"progress": progress, "types": ",".join(types) if types else None}
        self._ends = None if timeout is None else time.monotonic() + timeout
        self._closed = False
        self._opened: Opened | None = None
        self._opened = self._open()

    def __next__(self) -> Event:
        while not self._closed:
            try:
                if self._opened is None:
                    self._opened = self._open()
                event = self._read()
                if event is not None:
                    return event
            except TimeoutError:
                raise
            except (GatewayError, OSError) as error:
                self._drop()
                if isinstance(error, GatewayError) and error.status < 500:
                    raise
                time.sleep(min(_PAUSE, self._left()))
        raise StopIteration

    def close(self) -> None:
        """Ends the iteration."""
        self._closed = True
        self._drop()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> Opened:
        headers = {"accept": "text/event-stream"} | ({} if self._place is None else {"last-event-id": self._place})
        return self._requests.open(self._path, self._query, headers, self._left())

    def _left(self) -> float:
        """How long (s) to wait for the next line."""
        if self._ends is None:
            return _SILENCE
        left = self._ends - time.monotonic()
        if left <= 0:
            self._drop()
            raise TimeoutError("The event that was waited for did not come in time")
        return min(left, _SILENCE)

    def _drop(self) -> None:
        if self._opened:
            answer, connection = self._opened
            answer.close()
            connection.close()
        self._opened = None

    def _read(self) -> Event | None:
        """The next event; None: there is none in what came, which may be the end of the stream."""
        assert self._opened
        answer, connection = self._opened
        kind, data, place = None, [], self._place
        while True:
            wait = self._left()
            if connection.sock is not None:
                connection.sock.settimeout(wait)
            try:
                line = answer.readline()
            except TimeoutError:
                self._left()
                raise Unreachable("The stream has gone silent") from None
            except Exception as error:
                raise Unreachable(f"The stream broke off: {error}") from error
            if not line.endswith(b"\n"):
                self._drop()
                return None
            name, _, value = line.decode().rstrip("\r\n").partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                kind = value
            elif name == "data":
                data.append(value)
            elif name == "id":
                place = value
            elif line.strip() == b"":
                self._place = place
                return _event_of(kind, "\n".join(data), place) if kind and data else None


def _event_of(kind: str, text: str, place: str | None) -> Event | None:
    if kind == "gap":
        return Event("gap", None)
    told = json.loads(text)
    if kind in ("progress", "traffic"):
        return Event(kind, told.get("learner"), told)
    if not kind.startswith("cugro."):
        return None
    return Event(kind, told["subject"], told["data"], told["id"], told.get("time"), place)
