"""Evaluates versions in a simulator of one's own, over NATS alone: asks what is wanted, acts, hands in the results.

    pip install "nats-py[nkeys]" numpy
    python nats_evaluator.py nats://localhost:4222 --seed infra/secrets/evaluator.seed --environments "point*"

With the rights of the user `evaluator`, which may do this and nothing else. Where a learner's knob `awaitScores` is above 0 (with
`gate: enforce`), a version waits, parked, for what comes from here. In place of `Point` stands your simulator or robot; episodes that
start alike in every version (seeds) make comparisons sharp. A local cluster needs no seed.
"""
import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

import nats
import numpy as np
from nats.aio.client import Client

EVALUATOR = "point simulator 1.0, over NATS"
SEEDS = list(range(20))


class Refused(Exception):
    """A gateway refused; the message says why."""


class Point:
    """Many episodes at once, each from its own seed: a point that is pushed about and should stay near the middle."""

    def __init__(self, seeds: list[int]):
        self.at = np.stack([np.random.default_rng(seed).uniform(-1, 1, 2) for seed in seeds])
        self.returns = np.zeros(len(seeds))

    def step(self, actions: np.ndarray) -> None:
        self.at = self.at + 0.2 * np.clip(actions, -1, 1)
        self.returns -= np.abs(self.at).sum(1)


async def ask(connection: Client, subject: str, document: Any) -> Any:
    """The answer of one of the gateways; `NoRespondersError` where none listens."""
    answer = await connection.request(subject, json.dumps(document).encode(), timeout=60)
    told = json.loads(answer.data)
    if answer.headers and "Nats-Service-Error-Code" in answer.headers:
        raise Refused(f"{subject}: {told['detail']}")
    return told


async def evaluate(connection: Client, wanted: dict[str, Any]) -> None:
    learner, version, task = wanted["learner"], wanted["version"], wanted["task"]
    point = Point(SEEDS)
    for step in range(20):
        request = {"task": task, "version": version, "observations": point.at.tolist(), "seed": step}
        point.step(np.array((await ask(connection, f"act.{learner}", request))["actions"]))
    await ask(connection, f"evaluations.hand-in.{learner}", {
        "version": version, "task": task, "returns": point.returns.tolist(), "seeds": SEEDS, "evaluator": EVALUATOR,
    })
    print(f"{learner}: version {version}, task {task}: mean return {point.returns.mean():.2f} of {len(SEEDS)} episodes", flush=True)


async def work(server: str, seed: Path | None, environments: list[str], pause: float, once: bool) -> None:
    login = {"nkeys_seed": str(seed)} if seed else {}
    connection = await nats.connect(server, inbox_prefix=b"_INBOX_evaluator", max_reconnect_attempts=-1, **login)
    while True:
        try:
            told = await ask(connection, "evaluations.wanted", {"environments": environments})
            for wanted in told["wanted"]:
                try:
                    await evaluate(connection, wanted)
                except Refused as error:
                    # It may have been taken back, or learnt again, meanwhile: the others are as wanted as before.
                    print(error, flush=True)
        except (Refused, nats.errors.Error, asyncio.TimeoutError) as error:
            # Bus or gateways are away: what is wanted is wanted afterwards, too.
            print(f"not now: {error!r}", flush=True)
        if once:
            return await connection.close()
        await asyncio.sleep(pause)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("server", help="nats://HOST:PORT")
    parser.add_argument("--seed", type=Path, help="file with the nkey seed of the user evaluator")
    parser.add_argument("--environments", nargs="+", default=["point*"], help="names of environments, with * for any characters")
    parser.add_argument("--pause", type=float, default=10, help="seconds between two questions")
    parser.add_argument("--once", action="store_true", help="measure what is wanted now, and end")
    options = parser.parse_args()
    try:
        asyncio.run(work(options.server, options.seed, options.environments, options.pause, options.once))
    except KeyboardInterrupt:
        pass
