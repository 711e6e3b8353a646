"""Acts with an exported policy: numpy alone, or onnxruntime if asked for.

    policy = Policy("FOLDER")                       # the folder that this file lies in, if left out
    action = policy.act(observation, task=1)        # one observation [S] or several [n, S], raw; actions likewise
    action = policy.act(observation, task=1, way="sampler", onnx=True)

python cugro_policy.py tests the folder that it lies in against selftest.safetensors.
"""
import json
import sys
from pathlib import Path

import numpy as np

TYPES = {"F32": np.float32, "I32": np.int32, "U8": np.uint8}


def read_safetensors(path):
    """Arrays by name, and the metadata."""
    data = Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__", {})
    arrays = {name: np.frombuffer(data[start + info["data_offsets"][0]:start + info["data_offsets"][1]],
                                  TYPES[info["dtype"]]).reshape(info["shape"]) for name, info in header.items()}
    return arrays, metadata


class Policy:
    """A policy for the tasks in `self.tasks`; `self.acting` says how each is served."""

    def __init__(self, folder=Path(__file__).parent):
        self.folder = Path(folder)
        self.arrays, self.knobs = read_safetensors(self.folder / "weights.safetensors")
        self.tasks = self.arrays["tasks/ids"].tolist()
        self.acting = dict(zip(self.tasks, self.knobs["acting"].split(",")))
        self.classes, self.candidates = int(self.knobs["classes"]), int(self.knobs["candidates"])
        self.action_size = self.arrays["tasks/actions.min"].shape[1]
        self.sessions = {}

    def act(self, observation, task, seed=None, way=None, noise=None, gumbel=None, onnx=False):
        """Raw actions [n, A] (the numbers of discrete ones [n]); without an axis n if the observation has none."""
        rows = np.atleast_2d(np.asarray(observation, np.float32))
        ids = np.broadcast_to(np.asarray(task), len(rows))
        unknown = sorted(set(ids.tolist()) - set(self.tasks))
        if unknown:
            raise ValueError(f"Cannot act in task {unknown[0]}: known tasks are {self.tasks}")
        if rows.shape[1] != self.arrays["tasks/observations.min"].shape[1] or not np.isfinite(rows).all():
            raise ValueError(f"Observations must be finite rows like the data's: current shape is {rows.shape}")
        rng = np.random.default_rng(seed)
        if noise is None:
            noise = rng.standard_normal((len(rows), self.candidates, self.action_size), np.float32)
        if gumbel is None:
            gumbel = rng.gumbel(size=noise.shape[:2]).astype(np.float32)
        actions = None
        for one in sorted({way or self.acting[task] for task in ids.tolist()}):
            of = np.array([(way or self.acting[task]) == one for task in ids.tolist()])
            decide = self._ask if onnx else self._decide
            found = decide(one, rows[of], ids[of], noise[of], gumbel[of])
            actions = np.empty((len(rows), *found.shape[1:]), found.dtype) if actions is None else actions
            actions[of] = found
        return actions if np.ndim(observation) > 1 else actions[0]

    def _ask(self, way, rows, ids, noise, gumbel):
        import onnxruntime
        if way not in self.sessions:
            self.sessions[way] = onnxruntime.InferenceSession(str(self.folder / f"{way}.onnx"))
        given = {"observation": rows, "task": ids.astype(np.int64), "noise": noise, "gumbel": gumbel}
        return self.sessions[way].run(["action"], {i.name: given[i.name] for i in self.sessions[way].get_inputs()})[0]

    def _decide(self, way, rows, ids, noise, gumbel):
        k = np.array([self.tasks.index(task) for task in ids.tolist()])
        table = lambda name: self.arrays["tasks/" + name][k][:, None]
        low, high = table("actions.low"), table("actions.high")
        s = (rows[:, None] - table("observations.centre")) / table("observations.halfRange")
        s = np.clip(s, table("observations.clampLow"), table("observations.clampHigh"))
        if way == "actor":
            actions = np.clip(self._run("actor", k, s=s), low, high)
        else:
            z = self._sample(k, s, noise, low, high) if way == "sampler" else self._run("proposer", k, s=s, z=noise)
            actions = self._choose(k, s, np.clip(z, low, high), gumbel, low, high, table)
        if self.classes:
            return actions[:, 0].argmax(-1)
        raw = actions * table("actions.halfRange") + table("actions.centre")
        return np.clip(raw, table("actions.min"), table("actions.max"))[:, 0]

    def _run(self, network, k, step=0, **registers):
        """The network's words, see bundle.json: one current value x and a few registers."""
        x, kept = np.float32(0), dict(registers)
        for word in self.knobs[network].split(";"):
            verb, _, name = word.partition(" ")
            w = self.arrays.get(name)
            if verb == "get": x = kept.get(name, np.zeros((1, 1, 1), np.float32))
            elif verb == "set": kept[name] = x
            elif verb == "add": x = x + kept[name]
            elif verb == "join": x = np.concatenate([kept[name], x], -1)
            elif verb == "times": x = (x.reshape(-1, len(w)) @ w).reshape(*x.shape[:-1], -1)
            elif verb == "plus": x = x + w
            elif verb == "task": x = x + w[k][:, None]
            elif verb == "step": x = x + w[step]
            elif verb == "pick": x = np.take_along_axis(x, np.broadcast_to(k[:, None, None], (*x.shape[:2], 1)), -1)
            elif verb == "norm":
                x = x - x.mean(-1, keepdims=True)
                x = x / np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(1e-5))
            elif verb == "silu": x = x / (1 + np.exp(-np.maximum(x, -80)))
            elif verb == "relu": x = np.maximum(x, 0)
        return x

    def _sample(self, k, s, noise, low, high):
        x = at = noise
        before, predicted = np.float32(0), []
        for step, (keep, c1, c2, c3, end, clamp, kx, m, q) in enumerate(self.arrays["sampler/solver"]):
            predicted.append(self._run("sampler", k, step, s=s, z=at))
            at = keep * x + sum(c * e for c, e in zip((c1, c2, c3), predicted) if c)
            if clamp: at = np.clip(at, low, high)
            if end:
                y = at
                x = at = kx * x + m * (y + q * (y - before))
                before, predicted = y, []
        return x

    def _choose(self, k, s, candidates, gumbel, low, high, table):
        knobs, soft = self.knobs, float(self.knobs["inverseTemperature"])
        if self.classes:
            candidates = np.eye(self.classes, dtype=np.float32)[candidates.argmax(-1)]
        given = {"s": s, "z": candidates}
        if knobs["criticNormalisedInputs"] != "true":
            given = {"s": s * table("observations.halfRange") + table("observations.centre"),
                     "z": candidates * table("actions.halfRange") + table("actions.centre")}
        q = np.concatenate([self._run(f"critic.{e}", k, **given) for e in range(int(knobs["critics"]))], -1)
        q = q.min(-1) if knobs["pessimism"] == "min" else q.mean(-1) - float(knobs["pessimism"]) * q.std(-1)
        if knobs["selection"] == "top":
            n = min(int(knobs["topCount"]), self.candidates)
            w = np.zeros_like(q)
            np.put_along_axis(w, np.argsort(-q, -1, "stable")[:, :n], 1 / n, -1)
        else:
            spread = 1 if knobs["selectionSpread"] == "returns" else np.maximum(q.std(-1, keepdims=True), 1e-4)
            w = (q - q.max(-1, keepdims=True)) / spread * soft
            if knobs["selection"] == "one":
                w = np.eye(self.candidates, dtype=np.float32)[(w + gumbel).argmax(-1)]
            else:
                w = np.exp(w) / np.exp(w).sum(-1, keepdims=True)
            if knobs["selection"] == "mode" and not self.classes:
                w = np.stack([heavier_mode(*row) for row in zip(w, candidates, low[:, 0], high[:, 0])])
        return (w[:, :, None] * candidates).sum(1, keepdims=True).astype(np.float32)


def heavier_mode(w, actions, low, high):
    """The weights again; where the candidates are two groups far apart, those of the heavier one alone."""
    places = (actions - low) / np.where(high > low, high - low, np.inf)
    variance = w @ (places - w @ places) ** 2
    at, mean, variance = places[:, variance.argmax()], (w @ places)[variance.argmax()], variance.max()
    lower = at[None] <= at[:, None]
    share, moment = lower @ w, lower @ (w * at)
    rest = np.maximum(1 - share, 0)
    whole = share * rest
    explained = np.where(whole > 0, (mean * share - moment) ** 2 / np.where(whole > 0, whole, 1), 0)
    i = explained.argmax()
    if not (whole[i] > 0 and explained[i] > 0.95 * variance and (mean - moment[i]) / rest[i] - moment[i] / share[i] > 0.3):
        return w
    kept = w * (lower[i] if share[i] >= 0.5 else ~lower[i])
    return kept / kept.sum()


def self_test(folder=Path(__file__).parent, onnx=False):
    """Compares with what the policy answered where it was exported. Returns whether all ways of acting agree."""
    policy, (given, _) = Policy(folder), read_safetensors(Path(folder) / "selftest.safetensors")
    unit = policy.arrays["tasks/actions.halfRange"][[policy.tasks.index(task) for task in given["task"].tolist()]]
    agrees = True
    for way in [way for way in ("actor", "proposer", "sampler") if way in given]:
        found = policy.act(given["observation"], given["task"], way=way, noise=given["noise"],
                           gumbel=given.get("gumbel"), onnx=onnx)
        wanted = given[way][:, 0] if policy.classes else given[way]
        errors = (found != wanted) if policy.classes else (np.abs(found - wanted) / unit).max(-1)
        # Two candidates whose values are equal to the last digit may change places: 2 rows of 256.
        far = int((~(errors <= 1e-4)).sum())
        agrees = agrees and far <= len(errors) // 100
        print(f"{way}: greatest error {np.sort(errors)[len(errors) - 1 - far]:.1e} of {len(errors)} rows, {far} elsewhere")
    return agrees


if __name__ == "__main__":
    sys.exit(0 if self_test(onnx="--onnx" in sys.argv) else 1)
