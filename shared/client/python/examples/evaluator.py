"""Evaluates versions in a simulator of one's own, for tasks that have none at the gateway, and hands in the results.

    python evaluator.py LEARNER            # every version that lacks scores, then it ends
    python evaluator.py LEARNER --follow   # and every version to come

Where the learner's knob `awaitScores` is above 0 (with `gate: enforce`), a version waits, parked, for what comes from here. In place
of `episode` stands your simulator or robot; episodes that start alike in every version (`seeds`) make comparisons sharp.
"""
import argparse

import numpy as np

from cugro_client import Client, NotFound, Policy

EVALUATOR = "point simulator 1.0"
SEEDS = range(20)


def episode(policy: Policy, task: int, seed: int) -> float:
    """The return of one episode: a point that is pushed about and should stay near the middle."""
    at, total = np.random.default_rng(seed).uniform(-1, 1, 2), 0.0
    for _ in range(20):
        at = at + 0.2 * np.clip(policy.act(at, task), -1, 1)
        total -= float(np.abs(at).sum())
    return total


def evaluate(client: Client, learner: str, version: int) -> None:
    """Measures a version, published or parked, in its tasks that have no scores."""
    told = client.versions.show(learner, version)
    lacking = [cell["task"] for cell in told["row"] if not cell["scores"]]
    for task in lacking:
        policy = client.policy(learner, task, version=version)
        returns = [episode(policy, task, seed) for seed in SEEDS]
        client.versions.evaluate(learner, version, task, evaluator=EVALUATOR, returns=returns, seeds=SEEDS)
        print(f"version {version}, task {task}: mean return {np.mean(returns):.2f} of {len(returns)} episodes", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("learner")
    parser.add_argument("--follow", action="store_true", help="go on with versions to come")
    options = parser.parse_args()
    client = Client()
    # Open before it looks, so that no version falls between.
    events = client.events(options.learner, types=["cugro.version.published", "cugro.version.parked"])
    for one in client.versions.list(options.learner):
        if one["state"] not in ("withdrawn", "superseded"):
            evaluate(client, options.learner, one["version"])
    if options.follow:
        for event in events:
            if event.type == "gap":
                continue
            try:
                evaluate(client, options.learner, event.data["version"])
            except NotFound as error:
                print(error)
    events.close()
