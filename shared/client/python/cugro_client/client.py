"""The client: the gateway's routes as methods, named as those of the TypeScript client."""
from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from .events import EventStream
from .policies import RemotePolicy
from .requests import Requests, part
from .tables import Tables
from .tasks import TaskClient
from .versions import VersionClient

Json = dict[str, Any]
# In classes that have a method of this name, `list` is that.
Jsons = list[Json]
Knobs = Mapping[str, "str | float | bool"]


class Client:
    """A gateway, and a token for it.

    Every method raises a `GatewayError` when the gateway refuses, and `Unreachable` when no answer comes. What is returned is the
    gateway's JSON, described at its `/docs`.

    Args:
        url: like `https://cugro.example.org`; the variable `CUGRO_URL` if left out.
        token: the variable `CUGRO_TOKEN` if left out.
        timeout: seconds that an answer may take.
        retries: how often a request is sent again that the gateway was too busy for, or whose connection was lost.
        context: for TLS with certificates of your own.
    """

    def __init__(self, url: str | None = None, token: str | None = None, *, timeout: float = 60.0, retries: int = 3,
                 context: ssl.SSLContext | None = None):
        address, secret = _given("url", url, "CUGRO_URL"), _given("token", token, "CUGRO_TOKEN")
        self._requests = Requests(address, secret, timeout, retries, context)
        self.learners = LearnerClient(self._requests)
        self.tasks = TaskClient(self._requests)
        self.jobs = JobClient(self._requests)
        self.versions = VersionClient(self._requests)
        self.webhooks = WebhookClient(self._requests)
        self.problems = ProblemClient(self._requests)
        self.tables = Tables(self)

    def close(self) -> None:
        """Ends the connection that this thread has; there is no need to, and the client may be used afterwards."""
        self._requests.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def results(self, name: str) -> Json:
        """The results matrix and its metrics; `client.tables.results` has it as a table."""
        return self._requests.get(f"/v1/learners/{part(name)}/results")

    def history(self, name: str) -> Json:
        """All versions in columns, for pictures of many."""
        return self._requests.get(f"/v1/learners/{part(name)}/history")

    def fidelity(self, name: str, *, last: int | None = None) -> Jsons:
        """How far each replay was from real data. `last`: only this many, the newest."""
        return self._requests.get(f"/v1/learners/{part(name)}/fidelity", {"last": last})["fidelity"]

    def losses(self, name: str) -> Jsons:
        """Losses of all trainings that are done, curve by curve; `client.tables.losses` has them as a table."""
        return self._requests.get(f"/v1/learners/{part(name)}/losses")["losses"]

    def table(self, name: str, what: str, format: str = "parquet") -> bytes:
        """`results`, `fidelity` or `losses` as the bytes of a file for other tools: `parquet` or `csv`."""
        return self._requests.send("GET", f"/v1/learners/{part(name)}/{what}", query={"format": format})[1]

    def traffic(self, name: str) -> Json:
        """What its policies were asked in the last hour."""
        return self._requests.get(f"/v1/learners/{part(name)}/traffic")

    def token(self) -> Json:
        """What this token may do."""
        return self._requests.get("/v1/token")

    def report(self, name: str) -> str:
        """An HTML page."""
        return self._requests.send("GET", f"/v1/learners/{part(name)}/report")[1].decode()

    def report_link(self, name: str) -> Json:
        """An address (`url`) that opens the report in a browser, without a token, until `expires`."""
        made = self._requests.post(f"/v1/learners/{part(name)}/report/link", {})
        return {"url": self._requests.address + made["path"], "expires": made["expires"]}

    def act(self, name: str, request: Json) -> Json:
        """Actions as the gateway gives them; `client.policy(...)` takes and gives arrays."""
        return self._requests.post(f"/v1/learners/{part(name)}/act", request)

    def policy(self, name: str, task: int | None = None, *, seed: int = 0, version: int | None = None,
               acting: str | None = None) -> RemotePolicy:
        """The learner's serving policy, which acts over HTTP. `task`: the one it acts in, unless `act` is told another."""
        return RemotePolicy(self, name, task, seed=seed, version=version, acting=acting)

    def events(self, name: str | None = None, *, types: Sequence[str] | None = None, progress: bool = False,
               after: str | None = None, timeout: float | None = None) -> EventStream:
        """Events of a learner (of all, without a name), from now on or after the `place` of an earlier one.

        The stream is open when this returns, so what is done afterwards is not missed. After `timeout` seconds `TimeoutError`.
        """
        path = "/v1/events" if name is None else f"/v1/learners/{part(name)}/events"
        return EventStream(self._requests, path, types, progress, after, timeout)


class LearnerClient:
    """Learners."""

    def __init__(self, requests: Requests):
        self._requests = requests

    def list(self) -> list[str]:
        """Names of the learners that the token sees."""
        return [learner["name"] for learner in self._requests.get("/v1/learners")["learners"]]

    def create(self, name: str, *, preset: str = "default", seed: int = 0, overrides: Knobs | None = None) -> Json:
        """Makes a learner. `overrides`: knobs that differ from the preset."""
        settings = {"name": name, "preset": preset, "seed": seed, "overrides": dict(overrides or {})}
        return self._requests.post("/v1/learners", settings)

    def show(self, name: str) -> Json:
        """Where it stands."""
        return self._requests.get(f"/v1/learners/{part(name)}")

    def configure(self, name: str, overrides: Knobs, *, preset: str | None = None) -> Json:
        """New knobs for the tasks that have not been started."""
        change = {"overrides": dict(overrides)} | ({} if preset is None else {"preset": preset})
        return self._requests.post(f"/v1/learners/{part(name)}/config", change)

    def delete(self, name: str) -> None:
        """Stops a learner and its running jobs; it can be restored until garbage collection, 24 hours later at the earliest."""
        self._requests.send("DELETE", f"/v1/learners/{part(name)}")

    def restore(self, name: str) -> Json:
        """Takes a deletion back."""
        return self._requests.post(f"/v1/learners/{part(name)}/restore", {})


class JobClient:
    """Jobs of a learner."""

    def __init__(self, requests: Requests):
        self._requests = requests

    def list(self, name: str, *, state: str | None = None, task: int | None = None) -> Jsons:
        """All of them, page by page."""
        jobs: Jsons = []
        while True:
            query = {"limit": 1000, "offset": len(jobs), "state": state, "task": task}
            page = self._requests.get(f"/v1/learners/{part(name)}/jobs", query)
            jobs += page["jobs"]
            if not page["jobs"] or len(jobs) >= page["total"]:
                return jobs

    def show(self, name: str, job: str) -> Json:
        """One job, with what it reported."""
        return self._requests.get(f"/v1/learners/{part(name)}/jobs/{part(job)}")

    def curves(self, name: str, job: str) -> Json:
        """Its losses, also while it runs; `client.tables.curves` has them as a table."""
        return self._requests.get(f"/v1/learners/{part(name)}/jobs/{part(job)}/curves")


class ProblemClient:
    """What is wrong and needs a person."""

    def __init__(self, requests: Requests):
        self._requests = requests

    def list(self, *, all: bool = False) -> Jsons:
        """Everything that the token may see. `all`: also what was acknowledged."""
        return self._requests.get("/v1/problems", {"all": all})["problems"]

    def acknowledge(self, id: str, *, reason: str | None = None) -> Json:
        """Somebody has seen it: it is not shown any more until it comes up again."""
        return self._requests.post(f"/v1/problems/{part(id)}/acknowledge", {} if reason is None else {"reason": reason})


class WebhookClient:
    """Has events sent to URLs. Needs the scope admin."""

    def __init__(self, requests: Requests):
        self._requests = requests

    def list(self) -> Jsons:
        """All whose learners the token sees."""
        return self._requests.get("/v1/webhooks")["webhooks"]

    def create(self, url: str, **settings: Any) -> Json:
        """Makes one (`types`, `learners`, `description`). The answer holds the secret that signs what is sent: told once."""
        return self._requests.post("/v1/webhooks", {"url": url, **settings})

    def show(self, id: str) -> Json:
        """One, without its secret."""
        return self._requests.get(f"/v1/webhooks/{part(id)}")

    def change(self, id: str, **change: Any) -> Json:
        """What it gets, or where: `url`, `types`, `learners`, `description`, `active`."""
        return self._requests.patch(f"/v1/webhooks/{part(id)}", change)

    def remove(self, id: str) -> None:
        """Removes it, its secret and its deliveries."""
        self._requests.send("DELETE", f"/v1/webhooks/{part(id)}")

    def deliveries(self, id: str, *, state: str | None = None, limit: int = 50) -> Jsons:
        """The newest first."""
        return self._requests.get(f"/v1/webhooks/{part(id)}/deliveries", {"state": state, "limit": limit})["deliveries"]

    def redeliver(self, id: str, delivery: str) -> Json:
        """Sends an event again, with all attempts again."""
        return self._requests.post(f"/v1/webhooks/{part(id)}/deliveries/{part(delivery)}/redeliver", {})


def _given(name: str, value: str | None, variable: str) -> str:
    found = value or os.environ.get(variable)
    if not found:
        raise ValueError(f"{name} must be given, or stand in the variable {variable}")
    return found
